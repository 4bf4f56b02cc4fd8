package io.github.pgnotify.autoconfigure;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.autoconfigure.service.connection.ConnectionDetails;

/**
 * Where the listening connection goes and as whom, if not as the DataSource: a direct
 * address past a pooler, a role of its own. A bean of this type goes before
 * {@code pgnotify.datasource.*}.
 *
 * @since 0.1.0
 */
public interface PgNotifyConnectionDetails extends ConnectionDetails {

	/**
	 * Address of the primary server.
	 * @return a JDBC URL, beginning {@code jdbc:postgresql:}; {@code null} for that of
	 * the DataSource
	 */
	@Nullable String getUrl();

	/**
	 * Who connects; asked at every connection.
	 * @return the role; {@code null}, then always, for that of the DataSource or the one
	 * that the URL names
	 */
	default @Nullable String getUsername() {
		return null;
	}

	/**
	 * Password of the role; asked at every connection.
	 * @return the password; not asked for without a role
	 */
	default @Nullable String getPassword() {
		return null;
	}

}
