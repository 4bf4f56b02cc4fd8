package io.github.pgnotify.connection;

import java.net.Socket;
import java.net.SocketException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.Queue;

import javax.net.SocketFactory;

import io.github.pgnotify.connection.DirectDataSource.Credentials;
import io.github.pgnotify.connection.PromptSocketFactory.PromptSocket;
import io.github.pgnotify.testsupport.Figures;
import io.github.pgnotify.testsupport.TestDatabase;
import io.github.pgnotify.testsupport.fault.Seed;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Sockets that rest on how the driver looks for more notifications: should that change,
 * these tests are to fail.
 */
class PromptSocketFactoryIntegrationTests {

	@RegisterExtension
	static final TestDatabase database = new TestDatabase();

	@Test
	void driverLooksForMoreWithTheTimeoutThatIsAnsweredAtOnce() throws Exception {
		try (Connection listening = connect(RecordingSocketFactory.class.getName())) {
			listen(listening);
			RecordingSocketFactory.TIMEOUTS.clear();
			send(1, "x");
			assertThat(receive(listening)).hasSize(1);
			assertThat(RecordingSocketFactory.TIMEOUTS)
				.as("the driver asks for more with this time-out; if it no longer does, PromptSocketFactory is of no use")
				.contains(PromptSocket.PEEK_MILLIS);
		}
	}

	@Test
	void nothingIsLostHoweverNotificationsAreCutIntoPackets() throws Exception {
		Random random = Seed.random("packets");
		int bursts = Figures.count(300, 5000);
		try (Connection listening = connect(PromptSocketFactory.class.getName())) {
			listen(listening);
			CompletableFuture<Integer> sent = CompletableFuture.supplyAsync(() -> sendBursts(random, bursts));
			int received = 0;
			while (!sent.isDone() || received < sent.join()) {
				for (PGNotification notification : receive(listening)) {
					assertThat(notification.getParameter()).startsWith(received + " ");
					received++;
				}
			}
			assertThat(received).isEqualTo(sent.join());
		}
	}

	@Test
	void wakeIsQuickerThanWithTheDriversOwnSockets() throws Exception {
		for (String factory : List.of(PromptSocketFactory.class.getName(), PlainSocketFactory.class.getName())) {
			Figures figures = new Figures("NOTIFY -> getNotifications returns, " + factory.replaceFirst(".*[.$]", ""));
			try (Connection listening = connect(factory);
					Connection sender = DriverManager.getConnection(database.jdbcUrl(), database.username(),
							database.password());
					PreparedStatement statement = sender.prepareStatement("SELECT pg_notify('prompt', ?)")) {
				listen(listening);
				for (int i = 0; i < Figures.count(300, 3000); i++) {
					CompletableFuture<Long> heard = CompletableFuture.supplyAsync(() -> {
						receive(listening);
						return System.nanoTime();
					});
					statement.setString(1, String.valueOf(i));
					long begin = System.nanoTime();
					statement.execute();
					figures.add(Duration.ofNanos(heard.join() - begin));
				}
			}
			figures.print();
		}
	}

	@Test
	void socketFactoryOfTheUserIsHonoured() throws Exception {
		RecordingSocketFactory.TIMEOUTS.clear();
		DirectDataSource byProperty = new DirectDataSource(database.jdbcUrl(),
				() -> new Credentials(database.username(), database.password()),
				Map.of("socketFactory", RecordingSocketFactory.class.getName()), "test");
		try (Connection connection = byProperty.overPromptSockets().open()) {
			assertThat(connection.isValid(10)).isTrue();
			assertThat(RecordingSocketFactory.TIMEOUTS).isNotEmpty();
		}
		RecordingSocketFactory.TIMEOUTS.clear();
		String separator = database.jdbcUrl().contains("?") ? "&" : "?";
		DirectDataSource byUrl = new DirectDataSource(
				database.jdbcUrl() + separator + "socketFactory=" + RecordingSocketFactory.class.getName(),
				() -> new Credentials(database.username(), database.password()), Map.of(), "test");
		try (Connection connection = byUrl.overPromptSockets().open()) {
			assertThat(connection.isValid(10)).isTrue();
			assertThat(RecordingSocketFactory.TIMEOUTS).isNotEmpty();
		}
	}

	private static Connection connect(String socketFactory) throws Exception {
		Properties properties = new Properties();
		properties.setProperty("user", database.username());
		properties.setProperty("password", database.password());
		properties.setProperty("socketFactory", socketFactory);
		return DriverManager.getConnection(database.jdbcUrl(), properties);
	}

	private static void listen(Connection connection) throws Exception {
		try (Statement statement = connection.createStatement()) {
			statement.execute("LISTEN prompt");
		}
	}

	private static PGNotification[] receive(Connection connection) {
		try {
			return connection.unwrap(PGConnection.class).getNotifications(5000);
		}
		catch (java.sql.SQLException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static void send(int count, String payload) {
		database.jdbc()
			.queryForObject("SELECT count(pg_notify('prompt', n || ' ' || ?)) FROM generate_series(1, ?) AS n",
					Long.class, payload, count);
	}

	private static int sendBursts(Random random, int bursts) {
		int sent = 0;
		try (Connection sender = DriverManager.getConnection(database.jdbcUrl(), database.username(),
				database.password());
				PreparedStatement statement = sender.prepareStatement(
						"SELECT count(pg_notify('prompt', n || ' ' || repeat('x', ?))) FROM generate_series(?, ?) AS n")) {
			for (int i = 0; i < bursts; i++) {
				int count = 1 + random.nextInt(20);
				statement.setInt(1, random.nextInt(7900));
				statement.setInt(2, sent);
				statement.setInt(3, sent + count - 1);
				statement.execute();
				sent += count;
			}
			return sent;
		}
		catch (java.sql.SQLException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * Remembers which time-outs were set on its sockets.
	 */
	public static final class RecordingSocketFactory extends DelegatingFactory {

		static final Queue<Integer> TIMEOUTS = new ConcurrentLinkedQueue<>();

		@Override
		public Socket createSocket() {
			return new Socket() {

				@Override
				public void setSoTimeout(int timeout) throws SocketException {
					TIMEOUTS.add(timeout);
					super.setSoTimeout(timeout);
				}

			};
		}

	}

	/**
	 * Makes plain sockets.
	 */
	public static final class PlainSocketFactory extends DelegatingFactory {

		@Override
		public Socket createSocket() {
			return new Socket();
		}

	}

	private abstract static class DelegatingFactory extends SocketFactory {

		@Override
		public Socket createSocket(String host, int port) {
			throw new UnsupportedOperationException();
		}

		@Override
		public Socket createSocket(String host, int port, java.net.InetAddress localHost, int localPort) {
			throw new UnsupportedOperationException();
		}

		@Override
		public Socket createSocket(java.net.InetAddress host, int port) {
			throw new UnsupportedOperationException();
		}

		@Override
		public Socket createSocket(java.net.InetAddress address, int port, java.net.InetAddress localAddress,
				int localPort) {
			throw new UnsupportedOperationException();
		}

	}

}
