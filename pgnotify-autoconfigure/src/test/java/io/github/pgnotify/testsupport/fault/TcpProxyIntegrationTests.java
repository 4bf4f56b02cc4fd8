package io.github.pgnotify.testsupport.fault;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

import io.github.pgnotify.testsupport.TestDatabase;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

@Timeout(60)
class TcpProxyIntegrationTests {

	@RegisterExtension
	static final TestDatabase database = new TestDatabase();

	@Test
	void forwardsSessions() {
		try (TcpProxy proxy = TcpProxy.to(database)) {
			JdbcTemplate jdbc = new JdbcTemplate(new DriverManagerDataSource(proxy.jdbcUrl(database.name()),
					database.username(), database.password()));
			assertThat(jdbc.queryForObject("SELECT current_database()", String.class)).isEqualTo(database.name());
			proxy.awaitConnections(0);
		}
	}

	@Test
	void cutsTheReplyToACommitThatHappened() throws SQLException {
		database.execute("CREATE TABLE cut_reply (x int)");
		try (TcpProxy proxy = TcpProxy.to(database);
				Connection connection = connect(proxy);
				Statement statement = connection.createStatement()) {
			proxy.cutReply(BackendMessage.commandComplete("COMMIT"));
			connection.setAutoCommit(false);
			statement.execute("INSERT INTO cut_reply VALUES (1)");
			assertThatExceptionOfType(SQLException.class).isThrownBy(connection::commit)
				.satisfies((ex) -> assertThat(ex.getSQLState()).isEqualTo("08006"));
			proxy.awaitCuts(1);
			assertThat(database.queryForString("SELECT count(*) FROM cut_reply")).isEqualTo("1");
			try (Connection next = connect(proxy)) {
				next.setAutoCommit(false);
				next.createStatement().execute("INSERT INTO cut_reply VALUES (2)");
				next.commit();
			}
		}
	}

	@Test
	void cutsANotificationAndDeliversWhatCameBefore() throws SQLException {
		try (TcpProxy proxy = TcpProxy.to(database); Connection connection = listen(proxy)) {
			proxy.cutReply(BackendMessage.notification("second"));
			database.execute("NOTIFY first, '1'");
			database.execute("NOTIFY second, '2'");
			PGNotification[] received = connection.unwrap(PGConnection.class).getNotifications(30_000);
			assertThat(received).extracting(PGNotification::getName).containsExactly("first");
			assertThatExceptionOfType(SQLException.class)
				.isThrownBy(() -> connection.unwrap(PGConnection.class).getNotifications(30_000));
		}
	}

	/**
	 * The driver waits without a limit once a message has begun, which is why this fault
	 * is worth having.
	 */
	@Test
	void stallsInTheMiddleOfANotification() throws Exception {
		try (TcpProxy proxy = TcpProxy.to(database); Connection connection = listen(proxy)) {
			proxy.stallAfter(Direction.SERVER_TO_CLIENT, 40);
			database.execute("NOTIFY first, '" + "x".repeat(5_000) + "'");
			CompletableFuture<PGNotification[]> received = CompletableFuture.supplyAsync(() -> {
				try {
					return connection.unwrap(PGConnection.class).getNotifications(100);
				}
				catch (SQLException ex) {
					throw new IllegalStateException(ex);
				}
			});
			proxy.awaitStalled(Direction.SERVER_TO_CLIENT);
			assertThatExceptionOfType(TimeoutException.class).isThrownBy(() -> received.get(1, TimeUnit.SECONDS));
			connection.abort(Runnable::run);
			assertThatExceptionOfType(ExecutionException.class).isThrownBy(() -> received.get(30, TimeUnit.SECONDS));
		}
	}

	private static Connection listen(TcpProxy proxy) throws SQLException {
		Connection connection = connect(proxy);
		try (Statement statement = connection.createStatement()) {
			statement.execute("LISTEN first");
			statement.execute("LISTEN second");
		}
		return connection;
	}

	private static Connection connect(TcpProxy proxy) throws SQLException {
		return new DriverManagerDataSource(proxy.jdbcUrl(database.name()), database.username(), database.password())
			.getConnection();
	}

}
