package io.github.pgnotify.autoconfigure;

import java.util.Map;
import java.util.Properties;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.util.PropertyElf;
import io.github.pgnotify.PgNotifyStartupException;
import io.github.pgnotify.connection.DirectDataSource;
import io.github.pgnotify.connection.DirectDataSource.Credentials;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.BeanUtils;
import org.springframework.boot.jdbc.DataSourceBuilder;
import org.springframework.boot.jdbc.DataSourceUnwrapper;
import org.springframework.jdbc.datasource.AbstractDriverBasedDataSource;
import org.springframework.jdbc.datasource.SimpleDriverDataSource;
import org.springframework.jdbc.datasource.lookup.AbstractRoutingDataSource;
import org.springframework.util.ClassUtils;

/**
 * Finds out how a DataSource connects, so that the same can be done beside it.
 */
final class DirectDataSourceDeriver {

	private static final boolean HIKARI_PRESENT = ClassUtils.isPresent("com.zaxxer.hikari.HikariDataSource",
			DirectDataSourceDeriver.class.getClassLoader());

	private static final Pattern ROLE_IN_URL = Pattern.compile("[?&]user=");

	private final String applicationName;

	DirectDataSourceDeriver(String applicationName) {
		this.applicationName = applicationName;
	}

	/**
	 * Connects as the DataSource does.
	 * @throws PgNotifyStartupException if it does not tell how
	 */
	DirectDataSource derive(DataSource dataSource) {
		Address address = address(dataSource);
		return new DirectDataSource(address.url(), address.credentials(), address.properties(), this.applicationName);
	}

	/**
	 * Connects to another address, as another role, or both.
	 * @param other what differs
	 * @param base connects where, and as whom, nothing differs; not asked if all does
	 */
	DirectDataSource derive(PgNotifyConnectionDetails other, Supplier<DirectDataSource> base) {
		String url = other.getUrl();
		boolean hasRole = other.getUsername() != null;
		DirectDataSource derived;
		if (url == null) {
			derived = base.get();
		}
		else if (hasRole || ROLE_IN_URL.matcher(url).find()) {
			derived = new DirectDataSource(url, () -> new Credentials(null, null), Map.of(), this.applicationName);
		}
		else {
			derived = base.get().at(url);
		}
		return hasRole ? derived.as(() -> new Credentials(other.getUsername(), other.getPassword())) : derived;
	}

	private static Address address(DataSource dataSource) {
		DataSource root = DataSourceUnwrapper.unwrapRoot(dataSource);
		if (root instanceof AbstractRoutingDataSource) {
			throw new PgNotifyStartupException(
					"pgnotify cannot listen through a routing DataSource (" + root.getClass().getName()
							+ "): it has no one database.",
					"Mark the DataSource of the database to listen on with @PgNotifyDataSource, or set "
							+ "pgnotify.datasource.url, username and password.");
		}
		if (HIKARI_PRESENT && root instanceof HikariDataSource) {
			return HikariAddress.of((HikariDataSource) root, DirectDataSourceDeriver::address);
		}
		return basicAddress(root);
	}

	private static Address basicAddress(DataSource dataSource) {
		String url = copy(dataSource).getUrl();
		if (url == null || url.isBlank()) {
			throw unknown(dataSource, null);
		}
		Properties properties = (dataSource instanceof AbstractDriverBasedDataSource driverBased)
				? driverBased.getConnectionProperties() : null;
		return new Address(url, () -> {
			SimpleDriverDataSource current = copy(dataSource);
			return new Credentials(current.getUsername(), current.getPassword());
		}, asMap(properties));
	}

	private static SimpleDriverDataSource copy(DataSource dataSource) {
		try {
			return DataSourceBuilder.derivedFrom(dataSource).type(SimpleDriverDataSource.class).build();
		}
		catch (RuntimeException ex) {
			throw unknown(dataSource, ex);
		}
	}

	private static PgNotifyStartupException unknown(DataSource dataSource, @Nullable Exception cause) {
		return new PgNotifyStartupException(
				"pgnotify keeps a connection of its own and cannot tell how a DataSource of type "
						+ dataSource.getClass().getName() + " connects.",
				"Set pgnotify.datasource.url, username and password, or define a PgListenerConnectionSource bean "
						+ "that opens a connection.",
				cause);
	}

	private static Map<String, String> asMap(@Nullable Properties properties) {
		return (properties == null) ? Map.of() : properties.entrySet()
			.stream()
			.collect(Collectors.toMap((entry) -> entry.getKey().toString(), (entry) -> entry.getValue().toString()));
	}

	/**
	 * How to connect.
	 *
	 * @param url JDBC URL
	 * @param credentials asked at every connection
	 * @param properties for the driver
	 */
	private record Address(String url, Supplier<Credentials> credentials, Map<String, String> properties) {

		Address as(Supplier<Credentials> others) {
			return new Address(this.url, () -> {
				Credentials given = others.get();
				return (given.username() != null) ? given : this.credentials.get();
			}, this.properties);
		}

	}

	/**
	 * Hikari connects in one of three ways, and tells another address than its own in two
	 * of them.
	 */
	private static final class HikariAddress {

		/** By it Hikari asks a subclass for user name and password again. */
		private static final String OVERRIDE = "com.zaxxer.hikari.legacy.supportUserPassDataSourceOverride";

		private HikariAddress() {
		}

		static Address of(HikariDataSource pool, Function<DataSource, Address> addressOf) {
			Supplier<Credentials> credentials = () -> credentials(pool);
			if (pool.getDataSource() != null) {
				return addressOf.apply(pool.getDataSource()).as(credentials);
			}
			if (pool.getDataSourceClassName() != null) {
				return addressOf.apply(instantiate(pool)).as(credentials);
			}
			String url = pool.getJdbcUrl();
			if (url == null) {
				throw unknown(pool, null);
			}
			return new Address(url, credentials, asMap(pool.getDataSourceProperties()));
		}

		/** Asks whom the pool itself asks. */
		private static Credentials credentials(HikariDataSource pool) {
			if (pool.getCredentialsProvider() == null && Boolean.getBoolean(OVERRIDE)) {
				return new Credentials(pool.getUsername(), pool.getPassword());
			}
			com.zaxxer.hikari.util.Credentials current = (pool.getCredentialsProvider() != null)
					? pool.getCredentialsProvider().getCredentials() : pool.getCredentials();
			return new Credentials(current.getUsername(), current.getPassword());
		}

		private static DataSource instantiate(HikariDataSource pool) {
			try {
				Class<?> type = ClassUtils.forName(pool.getDataSourceClassName(), pool.getClass().getClassLoader());
				DataSource dataSource = (DataSource) BeanUtils.instantiateClass(type);
				PropertyElf.setTargetFromProperties(dataSource, pool.getDataSourceProperties());
				return dataSource;
			}
			catch (ReflectiveOperationException | LinkageError | RuntimeException ex) {
				throw unknown(pool, new IllegalStateException(ex));
			}
		}

	}

}
