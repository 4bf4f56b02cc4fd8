package io.github.pgnotify.queue;

import java.util.ArrayList;
import java.util.List;

import javax.sql.DataSource;

import io.github.pgnotify.GroupConsumers.GroupConsumer;
import io.github.pgnotify.PgNotifyStartupException;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionException;
import org.springframework.transaction.support.DefaultTransactionDefinition;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * Finds the transaction manager whose transactions include the DataSource of the queue:
 * an acknowledgement in any other would not be part of them. Found out by beginning a
 * transaction, which says so whatever kind of manager it is.
 */
final class TransactionManagers {

	private static final Log logger = LogFactory.getLog(TransactionManagers.class);

	private final DataSource dataSource;

	private final Iterable<PlatformTransactionManager> candidates;

	TransactionManagers(DataSource dataSource, Iterable<PlatformTransactionManager> candidates) {
		this.dataSource = dataSource;
		this.candidates = candidates;
	}

	/**
	 * Chooses the one that a consumer names, or else the only one that will do.
	 * @throws PgNotifyStartupException if it will not do, or there is none
	 */
	PlatformTransactionManager choose(GroupConsumer consumer) {
		if (consumer.transactionManager() != null) {
			if (!includes(consumer.transactionManager())) {
				throw new PgNotifyStartupException(
						"The transaction manager of listener '" + consumer.id()
								+ "' does not manage the DataSource of pgnotify's queue.",
						"Name one that does by transactionManager, or use ack = AT_LEAST_ONCE.");
			}
			return consumer.transactionManager();
		}
		List<PlatformTransactionManager> fitting = new ArrayList<>();
		for (PlatformTransactionManager candidate : this.candidates) {
			if (includes(candidate)) {
				fitting.add(candidate);
			}
		}
		if (fitting.size() != 1) {
			throw new PgNotifyStartupException(
					"Listener '" + consumer.id() + "' has ack = TRANSACTIONAL, and " + fitting.size()
							+ " transaction managers manage the DataSource of pgnotify's queue.",
					fitting.isEmpty() ? "Define one for that DataSource, or use ack = AT_LEAST_ONCE."
							: "Name one of them by transactionManager.");
		}
		return fitting.get(0);
	}

	private boolean includes(PlatformTransactionManager candidate) {
		DefaultTransactionDefinition probe = new DefaultTransactionDefinition(
				DefaultTransactionDefinition.PROPAGATION_REQUIRES_NEW);
		probe.setReadOnly(true);
		try {
			var status = candidate.getTransaction(probe);
			try {
				return TransactionSynchronizationManager.hasResource(this.dataSource);
			}
			finally {
				candidate.rollback(status);
			}
		}
		catch (TransactionException ex) {
			// That of another database, perhaps, which is down
			logger.warn("Transaction manager " + candidate.getClass().getName() + " could not begin a transaction", ex);
			return false;
		}
	}

}
