package io.github.pgnotify.queue;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import javax.sql.DataSource;

import org.jspecify.annotations.Nullable;

import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.UncategorizedSQLException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DataSourceUtils;
import org.springframework.jdbc.support.SQLExceptionSubclassTranslator;

/**
 * What listeners' threads do over the application's own connections.
 */
final class TransactionalStatements implements DeliveryRunner.PooledStatements {

	private final DataSource dataSource;

	private final JdbcClient jdbc;

	private final DeliveryTable deliveries;

	private final MessageTable messages;

	TransactionalStatements(DataSource dataSource, SchemaName schema) {
		this.dataSource = dataSource;
		this.jdbc = JdbcClient.create(dataSource);
		this.deliveries = new DeliveryTable(schema);
		this.messages = new MessageTable(schema);
	}

	@Override
	public void acknowledge(List<LeasedDelivery> done) {
		Map<Intake, List<LeasedDelivery>> byIntake = new HashMap<>();
		done.forEach(
				(delivery) -> byIntake.computeIfAbsent(delivery.intake(), (key) -> new ArrayList<>()).add(delivery));
		Connection connection = DataSourceUtils.getConnection(this.dataSource);
		try {
			for (Map.Entry<Intake, List<LeasedDelivery>> entry : byIntake.entrySet()) {
				int accepted = this.deliveries.acknowledgeAnywhere(connection, entry.getKey().subscription(),
						entry.getValue());
				if (accepted < entry.getValue().size()) {
					throw entry.getValue().get(0).lost();
				}
			}
		}
		catch (SQLException ex) {
			DataAccessException translated = new SQLExceptionSubclassTranslator().translate("acknowledge", null, ex);
			throw (translated != null) ? translated : new UncategorizedSQLException("acknowledge", null, ex);
		}
		finally {
			DataSourceUtils.releaseConnection(connection, this.dataSource);
		}
	}

	@Override
	public boolean isReadCommitted() {
		return this.jdbc.sql("SHOW transaction_isolation").query(String.class).single().equals("read committed");
	}

	@Override
	public @Nullable String data(LeasedDelivery delivery) {
		return this.messages.findData(this.jdbc, delivery.messageId(), delivery.channel()).orElse(null);
	}

}
