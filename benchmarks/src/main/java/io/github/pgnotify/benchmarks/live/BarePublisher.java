package io.github.pgnotify.benchmarks.live;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;

import io.github.pgnotify.benchmarks.Database;

/**
 * Sends over a connection and with statements that it keeps.
 */
final class BarePublisher implements Publisher {

	static final String ONE = "SELECT pg_notify('" + LiveSetup.CHANNEL + "', ?)";

	static final String MANY = "SELECT count(pg_notify('" + LiveSetup.CHANNEL + "', p)) FROM unnest(?::text[]) AS p";

	private final Connection connection;

	private final PreparedStatement one;

	private final PreparedStatement many;

	BarePublisher(Database database) throws SQLException {
		this.connection = database.connect();
		this.one = this.connection.prepareStatement(ONE);
		this.many = this.connection.prepareStatement(MANY);
	}

	@Override
	public void publish(String payload) throws SQLException {
		this.one.setString(1, payload);
		this.one.execute();
	}

	@Override
	public void publishAll(List<String> payloads) throws SQLException {
		this.many.setArray(1, this.connection.createArrayOf("text", payloads.toArray()));
		this.many.execute();
	}

	@Override
	public void close() throws SQLException {
		this.connection.close();
	}

}
