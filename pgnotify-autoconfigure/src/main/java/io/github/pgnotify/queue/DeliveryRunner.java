package io.github.pgnotify.queue;

import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

import io.github.pgnotify.GroupConsumers.GroupConsumer;
import io.github.pgnotify.GroupConsumers.ReceivedMessage;
import io.github.pgnotify.LeaseLostException;
import io.github.pgnotify.PayloadConversionException;
import io.github.pgnotify.queue.DeadLetter.Reason;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Calls a listener with deliveries and sees to what becomes of them. Runs on the
 * listener's threads.
 */
final class DeliveryRunner {

	private static final Log logger = LogFactory.getLog(DeliveryRunner.class);

	/** After an error in what decides about errors. */
	private static final Duration UNDECIDED_DELAY = Duration.ofSeconds(10);

	private final Settlements settlements;

	private final PooledStatements pooled;

	private final RetryDelays delays;

	private final @Nullable PlatformTransactionManager transactionManager;

	private volatile @Nullable TransactionTemplate transactions;

	DeliveryRunner(Settlements settlements, PooledStatements pooled, RetryDelays delays,
			@Nullable PlatformTransactionManager transactionManager) {
		this.settlements = settlements;
		this.pooled = pooled;
		this.delays = delays;
		this.transactionManager = transactionManager;
	}

	/**
	 * In any other isolation a renewed lease would make the acknowledgement fail. To ask
	 * for it takes a round trip for each transaction, so it is not where there is no
	 * other.
	 */
	private TransactionTemplate transactions() {
		TransactionTemplate template = this.transactions;
		if (template == null) {
			template = new TransactionTemplate(Objects.requireNonNull(this.transactionManager));
			if (!this.pooled.isReadCommitted()) {
				template.setIsolationLevel(TransactionDefinition.ISOLATION_READ_COMMITTED);
			}
			this.transactions = template;
		}
		return template;
	}

	/**
	 * Handles deliveries, which succeed or fail together. None is left undecided.
	 */
	void run(GroupConsumer consumer, List<LeasedDelivery> claimed) {
		try {
			handle(consumer, claimed);
		}
		catch (Throwable ex) {
			logger.error("Listener '" + consumer.id() + "' failed beyond its error handling", ex);
			for (LeasedDelivery delivery : claimed) {
				if (delivery.settle()) {
					this.settlements
						.settle(Settlement.retry(delivery, UNDECIDED_DELAY, Errors.json(delivery.attempt(), ex)));
				}
			}
		}
	}

	private void handle(GroupConsumer consumer, List<LeasedDelivery> claimed) {
		List<LeasedDelivery> deliveries = ours(claimed);
		if (deliveries.isEmpty()) {
			return;
		}
		switch (consumer.ack()) {
			case AT_LEAST_ONCE -> atLeastOnce(consumer, deliveries);
			case TRANSACTIONAL -> transactional(consumer, deliveries);
			case AT_MOST_ONCE -> atMostOnce(consumer, deliveries);
		}
	}

	/**
	 * What may be begun: not what was lost while it waited, nor what has failed too
	 * often.
	 */
	private List<LeasedDelivery> ours(List<LeasedDelivery> claimed) {
		List<LeasedDelivery> deliveries = new ArrayList<>(claimed.size());
		for (LeasedDelivery delivery : claimed) {
			if (delivery.isOpen() && isOurs(delivery) && !hasExpired(delivery) && !hasFailedTooOften(delivery)) {
				deliveries.add(delivery);
			}
		}
		return deliveries;
	}

	/**
	 * If the database does not answer, nobody knows: then it is given back, and begun by
	 * whoever gets it when there is an answer.
	 */
	private boolean isOurs(LeasedDelivery delivery) {
		if (!delivery.isDoubtful() || this.settlements.extend(delivery, Duration.ZERO)) {
			return true;
		}
		if (delivery.settle()) {
			this.settlements.settle(Settlement.release(delivery));
		}
		return false;
	}

	private boolean hasExpired(LeasedDelivery delivery) {
		if (delivery.isExpired()) {
			dead(delivery, Reason.EXPIRED, "expired before it was handled");
			return true;
		}
		return false;
	}

	/** Only of what its owners died with: other failures end with the last attempt. */
	private boolean hasFailedTooOften(LeasedDelivery delivery) {
		if (!delivery.isSuspect() || this.delays.allows(delivery.attempt())) {
			return false;
		}
		dead(delivery, Reason.FAILED, "the process that handled it died, again and again");
		return true;
	}

	private void atLeastOnce(GroupConsumer consumer, List<LeasedDelivery> deliveries) {
		try {
			call(consumer, deliveries);
		}
		catch (Throwable ex) {
			failed(consumer, deliveries, ex);
			return;
		}
		for (LeasedDelivery delivery : deliveries) {
			if (delivery.settle()) {
				this.settlements.settle(Settlement.done(delivery));
			}
		}
	}

	private void transactional(GroupConsumer consumer, List<LeasedDelivery> deliveries) {
		List<LeasedDelivery> ending = new ArrayList<>();
		try {
			transactions().executeWithoutResult((status) -> {
				callUnchecked(consumer, deliveries);
				deliveries.stream().filter(LeasedDelivery::settle).forEach(ending::add);
				if (ending.size() < deliveries.size()) {
					// The listener has settled one otherwise, or it was lost
					status.setRollbackOnly();
				}
				else if (status.isRollbackOnly()) {
					throw new RolledBackException();
				}
				else {
					this.pooled.acknowledge(deliveries);
				}
			});
		}
		catch (Throwable ex) {
			ending.forEach(LeasedDelivery::reopen);
			failed(consumer, deliveries, (ex instanceof CheckedException checked) ? checked.getCause() : ex);
			return;
		}
		if (ending.size() < deliveries.size()) {
			ending.forEach((delivery) -> this.settlements.settle(Settlement.release(delivery)));
		}
		else {
			deliveries.forEach((delivery) -> delivery.intake().forget(delivery));
		}
	}

	private void atMostOnce(GroupConsumer consumer, List<LeasedDelivery> deliveries) {
		List<Settlement> done = deliveries.stream().filter(LeasedDelivery::settle).map(Settlement::done).toList();
		handleAcknowledged(consumer, this.settlements.settleNow(done));
	}

	private void handleAcknowledged(GroupConsumer consumer, List<LeasedDelivery> deliveries) {
		if (deliveries.isEmpty()) {
			return;
		}
		try {
			call(consumer, deliveries);
		}
		catch (PayloadConversionException ex) {
			if (deliveries.size() > 1) {
				deliveries.forEach((delivery) -> handleAcknowledged(consumer, List.of(delivery)));
				return;
			}
			bury(consumer, deliveries, Reason.UNDECODABLE, ex);
		}
		catch (Throwable ex) {
			bury(consumer, deliveries, Reason.FAILED, ex);
		}
	}

	private void bury(GroupConsumer consumer, List<LeasedDelivery> deliveries, Reason reason, Throwable error) {
		for (LeasedDelivery delivery : deliveries) {
			log(consumer, delivery, error, "given up");
			this.settlements.settle(Settlement.buried(delivery, reason, Errors.json(delivery.attempt(), error)));
		}
	}

	private void call(GroupConsumer consumer, List<LeasedDelivery> deliveries) throws Exception {
		List<ReceivedMessage> messages = new ArrayList<>(deliveries.size());
		for (LeasedDelivery delivery : deliveries) {
			messages.add(new ReceivedMessage(delivery,
					delivery.claimed().large() ? this.pooled.data(delivery) : delivery.claimed().data()));
		}
		consumer.handler().handle(messages);
	}

	private void callUnchecked(GroupConsumer consumer, List<LeasedDelivery> deliveries) {
		try {
			call(consumer, deliveries);
		}
		catch (RuntimeException | Error ex) {
			throw ex;
		}
		catch (Exception ex) {
			throw new CheckedException(ex);
		}
	}

	private void failed(GroupConsumer consumer, List<LeasedDelivery> deliveries, Throwable error) {
		if (error instanceof PayloadConversionException && deliveries.size() > 1) {
			// One of them cannot be read, but which?
			deliveries.forEach((delivery) -> run(consumer, List.of(delivery)));
			return;
		}
		for (LeasedDelivery delivery : deliveries) {
			if (delivery.isOpen()) {
				failed(consumer, delivery, error);
			}
		}
	}

	private void failed(GroupConsumer consumer, LeasedDelivery delivery, Throwable error) {
		String json = Errors.json(delivery.attempt(), error);
		Duration delay = (error instanceof PayloadConversionException) ? null
				: this.delays.after(delivery.attempt(), error);
		if (!delivery.settle()) {
			return;
		}
		if (delay != null) {
			log(consumer, delivery, error, "again in " + delay.toMillis() + " ms");
			this.settlements.settle(Settlement.retry(delivery, delay, json));
		}
		else {
			log(consumer, delivery, error, "given up");
			Reason reason = (error instanceof PayloadConversionException) ? Reason.UNDECODABLE : Reason.FAILED;
			this.settlements.settle(Settlement.dead(delivery, reason, json));
		}
	}

	private void dead(LeasedDelivery delivery, Reason reason, String error) {
		if (delivery.settle()) {
			this.settlements.settle(Settlement.dead(delivery, reason, Errors.json(delivery.attempt(), error)));
		}
	}

	private static void log(GroupConsumer consumer, LeasedDelivery delivery, Throwable error, String next) {
		String message = "Listener '" + consumer.id() + "' failed on message " + delivery.messageId() + " on channel '"
				+ delivery.channel() + "', attempt " + delivery.attempt() + "; " + next;
		if (error instanceof PayloadConversionException || error instanceof LeaseLostException) {
			logger.warn(message + ": " + error.getMessage());
		}
		else {
			logger.warn(message, error);
		}
	}

	/**
	 * Carries a checked exception through a transaction.
	 */
	private static final class CheckedException extends RuntimeException {

		private static final long serialVersionUID = 1L;

		CheckedException(Exception cause) {
			super(cause);
		}

		@Override
		@SuppressWarnings("NullAway") // it has one
		public synchronized Throwable getCause() {
			return super.getCause();
		}

	}

	/**
	 * The listener has marked the transaction for rollback.
	 */
	private static final class RolledBackException extends RuntimeException {

		private static final long serialVersionUID = 1L;

		RolledBackException() {
			super("The listener's transaction was marked for rollback");
		}

	}

	/**
	 * What is done with deliveries outside the thread of the queue, over the
	 * application's own connections.
	 */
	interface PooledStatements {

		/**
		 * Ends deliveries in the caller's transaction.
		 * @throws LeaseLostException if one of them is not ours any more
		 */
		void acknowledge(List<LeasedDelivery> deliveries);

		/**
		 * Whether a connection's transactions are {@code READ COMMITTED} if nobody says
		 * otherwise.
		 */
		boolean isReadCommitted();

		/**
		 * Reads a payload that was too large to be claimed along.
		 */
		@Nullable String data(LeasedDelivery delivery) throws SQLException;

	}

}
