package io.github.pgnotify.benchmarks.live;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;

import javax.sql.DataSource;

/**
 * Sends over a connection of a pool, with a statement prepared each time, as applications
 * do.
 */
record PooledPublisher(DataSource pool) implements Publisher {

	@Override
	public void publish(String payload) throws SQLException {
		try (Connection connection = this.pool.getConnection();
				PreparedStatement statement = connection.prepareStatement(BarePublisher.ONE)) {
			statement.setString(1, payload);
			statement.execute();
		}
	}

	@Override
	public void publishAll(List<String> payloads) throws SQLException {
		try (Connection connection = this.pool.getConnection();
				PreparedStatement statement = connection.prepareStatement(BarePublisher.MANY)) {
			statement.setArray(1, connection.createArrayOf("text", payloads.toArray()));
			statement.execute();
		}
	}

}
