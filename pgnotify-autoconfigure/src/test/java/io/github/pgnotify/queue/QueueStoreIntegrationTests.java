package io.github.pgnotify.queue;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Optional;

import io.github.pgnotify.ChannelName;
import io.github.pgnotify.MessageStore.NewMessage;
import io.github.pgnotify.StoredMessage;
import io.github.pgnotify.testsupport.TestDatabase;
import io.github.pgnotify.testsupport.TestListener;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class QueueStoreIntegrationTests {

	private static final String SCHEMA = "My \"Schema\" 100%";

	private static final String TABLE = "\"My \"\"Schema\"\" 100%\".message";

	private static final ChannelName ORDERS = ChannelName.of("or'ders; DROP");

	@RegisterExtension
	final TestDatabase database = new TestDatabase();

	private QueueStore store;

	@BeforeEach
	void createSchema() {
		new QueueSchema(this.database.dataSource(), SCHEMA).migrate();
		this.store = new QueueStore(this.database.dataSource(), SCHEMA, (channels) -> {
		});
	}

	@Test
	void returnsWhatWasStored() throws SQLException {
		StoredMessage first = store("1", false);
		StoredMessage second = store("2", false);
		assertThat(first.channel()).isEqualTo(ORDERS);
		assertThat(second.id()).isGreaterThan(first.id());
		assertThat(this.database.jdbc()
			.queryForObject("SELECT created_at FROM " + TABLE + " WHERE id = ?", OffsetDateTime.class, first.id()))
			.isEqualTo(first.createdAt());
	}

	@ParameterizedTest
	@NullSource
	@ValueSource(strings = { "\"Hello, PostgreSQL!\"", "null", "{ \"b\" : 1.10, \"a\":1, \"a\":2 }", "1e400",
			"\"?::json ' \\\\ \u20ac\ud83d\ude00\"" })
	void keepsDataAsItIs(@Nullable String data) throws SQLException {
		long id = store(data, false).id();
		assertThat(this.database.queryForString("SELECT data::text FROM " + TABLE + " WHERE id = ?", id))
			.isEqualTo(data);
		assertThat(this.store.findData(id, ORDERS)).isEqualTo(Optional.ofNullable(data));
	}

	@Test
	void storesInTheTransactionOfTheConnectionAndLeavesItOpen() throws SQLException {
		try (Connection connection = this.database.dataSource().getConnection()) {
			connection.setAutoCommit(false);
			long id = store(connection, "1", true).id();
			assertThat(connection.isClosed()).isFalse();
			assertThat(this.store.findData(id, ORDERS)).isEmpty();
			connection.rollback();
			assertThat(this.store.findData(id, ORDERS)).isEmpty();
			id = store(connection, "1", true).id();
			connection.commit();
			assertThat(this.store.findData(id, ORDERS)).contains("1");
		}
	}

	@Test
	void announcesOnlyIfAsked() throws SQLException {
		try (TestListener listener = new TestListener(this.database.dataSource(), ORDERS.value())) {
			store("\"silent\"", false);
			store("\"loud\"", true);
			assertThat(listener.receivedPayloads()).singleElement().asString().contains("\"data\":\"loud\"");
		}
	}

	@Test
	void findsTheDataOfALongMessage() throws SQLException {
		String data = '"' + "\u20ac".repeat(100_000) + '"';
		assertThat(this.store.findData(store(data, true).id(), ORDERS)).contains(data);
	}

	@Test
	void findsNothingOnAnotherChannelOrUnderAnotherNumber() throws SQLException {
		long id = store("1", false).id();
		assertThat(this.store.findData(id, ChannelName.of("invoices"))).isEmpty();
		assertThat(this.store.findData(id + 1, ORDERS)).isEmpty();
	}

	@Test
	void leavesTheRefusalOfWhatIsNotJsonToTheDatabase() {
		assertThatExceptionOfType(SQLException.class).isThrownBy(() -> store("{", false))
			.satisfies((ex) -> assertThat(ex.getSQLState()).isEqualTo("22P02"));
	}

	private StoredMessage store(@Nullable String data, boolean announce) throws SQLException {
		try (Connection connection = this.database.dataSource().getConnection()) {
			return store(connection, data, announce);
		}
	}

	private StoredMessage store(Connection connection, @Nullable String data, boolean announce) throws SQLException {
		return this.store.store(connection, List.of(new NewMessage(ORDERS, data, announce))).get(0);
	}

}
