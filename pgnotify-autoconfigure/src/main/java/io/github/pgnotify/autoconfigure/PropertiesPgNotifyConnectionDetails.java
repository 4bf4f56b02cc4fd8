package io.github.pgnotify.autoconfigure;

import org.jspecify.annotations.Nullable;

/**
 * Address and role as properties give them.
 */
final class PropertiesPgNotifyConnectionDetails implements PgNotifyConnectionDetails {

	private final @Nullable String url;

	private final @Nullable String username;

	private final @Nullable String password;

	private PropertiesPgNotifyConnectionDetails(@Nullable String url, @Nullable String username,
			@Nullable String password) {
		this.url = url;
		this.username = username;
		this.password = password;
	}

	static PropertiesPgNotifyConnectionDetails of(PgNotifyProperties.Datasource properties) {
		return new PropertiesPgNotifyConnectionDetails(properties.url(), properties.username(), properties.password());
	}

	static PropertiesPgNotifyConnectionDetails of(PgNotifyProperties.Flyway properties) {
		return new PropertiesPgNotifyConnectionDetails(properties.url(), properties.user(), properties.password());
	}

	@Override
	public @Nullable String getUrl() {
		return this.url;
	}

	@Override
	public @Nullable String getUsername() {
		return this.username;
	}

	@Override
	public @Nullable String getPassword() {
		return this.password;
	}

}
