package io.github.pgnotify;

import java.util.List;
import java.util.Set;

import org.jspecify.annotations.Nullable;

import org.springframework.core.retry.RetryPolicy;
import org.springframework.transaction.PlatformTransactionManager;

/**
 * Where group listeners get stored messages from, as those who call their methods see it.
 *
 * @since 0.1.0
 */
public interface GroupConsumers {

	/**
	 * Adds a consumer. It begins when the consumers are started, or at once if they are.
	 * @param consumer who consumes what
	 * @throws PgNotifyStartupException if it cannot work
	 */
	void add(GroupConsumer consumer);

	/**
	 * Who consumes what, and how.
	 *
	 * @param id names it in logs and threads
	 * @param channels what to consume
	 * @param group name of the group, 1 to 63 bytes
	 * @param start where a new group begins
	 * @param ack when a message counts as done
	 * @param concurrency how many calls of the handler at a time
	 * @param batchSize most messages of one call
	 * @param retryPolicy how failures are tried again; {@code null} for the default
	 * @param transactionManager whose transactions to use with
	 * {@link AckMode#TRANSACTIONAL}; {@code null} for that of the queue's DataSource
	 * @param handler handles the messages
	 */
	record GroupConsumer(String id, Set<ChannelName> channels, String group, StartPosition start, AckMode ack,
			int concurrency, int batchSize, @Nullable RetryPolicy retryPolicy,
			@Nullable PlatformTransactionManager transactionManager, Handler handler) {

		public GroupConsumer {
			channels = Set.copyOf(channels);
		}

	}

	/**
	 * Handles messages. Called by several threads if the consumer asks for that.
	 */
	@FunctionalInterface
	interface Handler {

		/**
		 * Handles messages, which succeed or fail together.
		 * @param messages one, or up to the batch size of them in order
		 * @throws PayloadConversionException if they cannot be read, so that another
		 * attempt is in vain
		 * @throws Exception if they could not be handled
		 */
		void handle(List<ReceivedMessage> messages) throws Exception;

	}

	/**
	 * A stored message as it came from the database.
	 *
	 * @param delivery the attempt
	 * @param data its JSON text; {@code null} without
	 */
	record ReceivedMessage(Delivery delivery, @Nullable String data) {

		/**
		 * Says which, never what: this text may end in a log.
		 */
		@Override
		public String toString() {
			return "message " + this.delivery.messageId() + " on channel '" + this.delivery.channel() + "'";
		}

	}

}
