package io.github.pgnotify;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

import javax.sql.DataSource;

import io.github.pgnotify.queue.QueueSchema;
import io.github.pgnotify.queue.QueueStore;
import io.github.pgnotify.testsupport.Recorder;
import io.github.pgnotify.testsupport.TestDatabase;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * A template that stores messages, its transactions, and what it told the consumers.
 */
final class QueuePublisher {

	final Recorder<Set<ChannelName>> signals = new Recorder<>();

	final DataSource dataSource;

	final PgNotifyTemplate template;

	final JdbcTransactionManager transactionManager;

	QueuePublisher(DataSource dataSource) {
		this.dataSource = dataSource;
		this.template = new PgNotifyTemplate(dataSource, new PgMessageConverter(JsonMapper.shared()),
				new QueueStore(dataSource, "queue", this.signals::record));
		this.transactionManager = new JdbcTransactionManager(dataSource);
	}

	/**
	 * Publishes to a database, whose schema is created.
	 */
	static QueuePublisher of(TestDatabase database) {
		new QueueSchema(database.dataSource(), "queue").migrate();
		return new QueuePublisher(database.dataSource());
	}

	TransactionTemplate transaction() {
		return new TransactionTemplate(this.transactionManager);
	}

	TransactionTemplate transaction(int propagation) {
		TransactionTemplate transaction = transaction();
		transaction.setPropagationBehavior(propagation);
		return transaction;
	}

	/**
	 * Works with the connection of the transaction, if there is one.
	 */
	JdbcTemplate jdbc() {
		return new JdbcTemplate(this.dataSource);
	}

	@Nullable String query(String sql, Object... arguments) {
		return jdbc().queryForObject(sql, String.class, arguments);
	}

	int addGroup(String channel, String group) {
		jdbc().update("UPDATE queue.subscription_change SET changed_at = now()");
		return jdbc().queryForObject("INSERT INTO queue.subscription (channel, group_name, start_at, state) "
				+ "VALUES (?, ?, 'latest', 'active') RETURNING id", Integer.class, channel, group);
	}

	/**
	 * What the consumers were told, as names.
	 */
	List<Set<String>> signalled() {
		return this.signals.received()
			.stream()
			.map((channels) -> channels.stream().map(ChannelName::value).collect(Collectors.toUnmodifiableSet()))
			.toList();
	}

}
