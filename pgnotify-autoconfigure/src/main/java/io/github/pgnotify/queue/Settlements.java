package io.github.pgnotify.queue;

import java.time.Duration;

/**
 * Where is told what became of deliveries. Thread-safe.
 */
interface Settlements {

	/**
	 * Has the database told soon, together with others. Does not wait.
	 */
	void settle(Settlement settlement);

	/**
	 * Has the database told, and waits for its answer.
	 * @return whether the delivery was ours
	 */
	boolean settleNow(Settlement settlement);

	/**
	 * Extends the lease, and waits for the answer.
	 * @return whether the delivery is ours
	 */
	boolean extend(LeasedDelivery delivery, Duration duration);

}
