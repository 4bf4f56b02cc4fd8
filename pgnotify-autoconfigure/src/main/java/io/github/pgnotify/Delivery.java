package io.github.pgnotify;

import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * One attempt of a group to handle a stored message: an argument of group listeners.
 * <p>
 * It is leased: nobody else in the group has the message at the same time. The lease is
 * renewed for as long as this process lives. When the method returns, the delivery is
 * acknowledged; when it throws, it is tried again as the retry policy says. The methods
 * here end it otherwise, at once and independently of any transaction of the caller; what
 * the listener returns or throws then no longer matters, except that a transaction of
 * {@link AckMode#TRANSACTIONAL} is rolled back.
 * <p>
 * Methods may be called by any thread while the listener runs. They wait for the
 * database's answer.
 *
 * @since 0.1.0
 */
public interface Delivery {

	/**
	 * Which message.
	 * @return its id in {@code queue.message}
	 */
	long messageId();

	/**
	 * On which channel it was stored.
	 * @return the channel
	 */
	ChannelName channel();

	/**
	 * For which group.
	 * @return the name of the group
	 */
	String group();

	/**
	 * Which attempt this is.
	 * @return 1 for the first
	 */
	int attempt();

	/**
	 * The fencing token: higher with every attempt at this message. Another system that
	 * remembers the highest one it saw can refuse what comes from an attempt that was
	 * given up.
	 * @return a number above zero
	 */
	long token();

	/**
	 * When the message was stored.
	 * @return the database's time
	 */
	OffsetDateTime createdAt();

	/**
	 * The ordering key.
	 * @return the key; {@code null} without
	 */
	@Nullable String key();

	/**
	 * The headers its sender gave.
	 * @return the headers, unmodifiable; empty without
	 */
	Map<String, Object> headers();

	/**
	 * Makes sure that the lease lasts, and that it still is ours.
	 * @param duration from now on, from 0 to 36,500 days; a lease that lasts longer is
	 * not shortened
	 * @throws IllegalArgumentException if it is negative or longer
	 * @throws LeaseLostException if it is not ours any more
	 */
	void extend(Duration duration);

	/**
	 * Gives the message back, to be tried again later. Counts as a failed attempt, but is
	 * never the last one.
	 * @param delay how long to wait, from 0 to 36,500 days
	 * @throws IllegalArgumentException if it is negative or longer
	 * @throws LeaseLostException if it is not ours any more
	 */
	void negativeAcknowledge(Duration delay);

	/**
	 * Gives the message up, without further attempts.
	 * @param reason why, kept with the dead letter
	 * @throws LeaseLostException if it is not ours any more
	 */
	void deadLetter(String reason);

}
