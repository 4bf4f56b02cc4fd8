package io.github.pgnotify.testsupport.fault;

import java.net.ConnectException;
import java.net.Socket;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.opentest4j.TestAbortedException;

import io.github.pgnotify.testsupport.TestDatabase;
import io.github.pgnotify.testsupport.fault.PgBouncer.PoolMode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

@Timeout(60)
class PgBouncerIntegrationTests {

	@RegisterExtension
	static final TestDatabase database = new TestDatabase();

	@ParameterizedTest
	@EnumSource(PoolMode.class)
	void isInFrontOfTheDatabaseUntilClosed(PoolMode mode) throws Exception {
		PgBouncer bouncer = PgBouncer.to(database, mode);
		try (bouncer; Connection connection = connect(bouncer)) {
			assertThat(query(connection, "SELECT current_database()")).isEqualTo(database.name());
			assertThat(query(connection, "SELECT current_user")).isEqualTo(database.username());
		}
		assertThatExceptionOfType(ConnectException.class)
			.isThrownBy(() -> new Socket(bouncer.host(), bouncer.port()).close());
	}

	@Test
	void clientsShareAConnectionInTransactionMode() throws SQLException {
		try (PgBouncer bouncer = PgBouncer.to(database, PoolMode.TRANSACTION);
				Connection first = connect(bouncer);
				Connection second = connect(bouncer)) {
			assertThat(backend(first)).isEqualTo(backend(second));
		}
	}

	@Test
	void clientsDoNotShareAConnectionInSessionMode() throws SQLException {
		try (PgBouncer bouncer = PgBouncer.to(database, PoolMode.SESSION);
				Connection first = connect(bouncer);
				Connection second = connect(bouncer)) {
			assertThat(backend(first)).isNotEqualTo(backend(second));
		}
	}

	@Test
	void saysWhyItDoesNotStart() {
		assertThatIllegalStateException()
			.isThrownBy(() -> new PgBouncer(PoolMode.SESSION, database.jdbcUrl(), database.username(),
					database.password(), "default_pool_size=many"))
			.withMessageContaining("default_pool_size");
	}

	@Test
	void namesThePackageIfItIsMissing() {
		assertThatThrownBy(() -> PgBouncer.requireProgram(Path.of("/nowhere/pgbouncer")))
			.isInstanceOfAny(IllegalStateException.class, TestAbortedException.class)
			.hasMessageContaining("apt-get install pgbouncer");
	}

	private static Connection connect(PgBouncer bouncer) throws SQLException {
		return DriverManager.getConnection(bouncer.jdbcUrl(database.name()), "anybody", "anything");
	}

	private static String backend(Connection connection) throws SQLException {
		return query(connection, "SELECT pg_backend_pid()");
	}

	private static String query(Connection connection, String sql) throws SQLException {
		try (Statement statement = connection.createStatement(); ResultSet result = statement.executeQuery(sql)) {
			result.next();
			return result.getString(1);
		}
	}

}
