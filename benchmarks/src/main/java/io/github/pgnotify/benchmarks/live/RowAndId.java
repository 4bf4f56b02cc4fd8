package io.github.pgnotify.benchmarks.live;

import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.function.Consumer;

import io.github.pgnotify.benchmarks.Database;

/**
 * What one writes by hand for payloads that do not fit into a notification: a row of an
 * unlogged table and a notification of its id, in one statement; whoever hears it reads
 * the row.
 */
final class RowAndId implements LiveContender {

	private static final String SCHEMA = "bench_row";

	private static final String INSERT = """
			WITH stored AS (INSERT INTO %s.payload (data) VALUES (?) RETURNING id)
			SELECT pg_notify('%s', id::text) FROM stored""".formatted(SCHEMA, LiveSetup.CHANNEL);

	@Override
	public String name() {
		return "hand-written, row and its id";
	}

	@Override
	public Listening open(LiveSetup setup) throws Exception {
		Database database = setup.database();
		database.createSchema(SCHEMA);
		database.execute("CREATE UNLOGGED TABLE " + SCHEMA
				+ ".payload (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, data text)");
		Connection reader = database.connect();
		PreparedStatement select = reader.prepareStatement("SELECT data FROM " + SCHEMA + ".payload WHERE id = ?");
		Listening loop = new DriverLoop(name(), true)
			.open(setup.withHandler((id) -> read(select, Long.parseLong(id), setup.handler())));
		return new Running(database, loop, reader);
	}

	private static void read(PreparedStatement select, long id, Consumer<String> handler) {
		try {
			select.setLong(1, id);
			try (ResultSet row = select.executeQuery()) {
				row.next();
				handler.accept(row.getString(1));
			}
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * Somebody who listens and somebody who reads.
	 */
	private record Running(Database database, Listening loop, Connection reader) implements Listening {

		@Override
		public Publisher publisher() throws SQLException {
			Connection connection = this.database.connect();
			PreparedStatement insert = connection.prepareStatement(INSERT);
			return new Publisher() {

				@Override
				public void publish(String payload) throws SQLException {
					insert.setString(1, payload);
					insert.execute();
				}

				@Override
				public void close() throws SQLException {
					connection.close();
				}

			};
		}

		@Override
		public void close() throws IOException, SQLException {
			this.loop.close();
			this.reader.close();
			this.database.dropSchema(SCHEMA);
		}

	}

}
