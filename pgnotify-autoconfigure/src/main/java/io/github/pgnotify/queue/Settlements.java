package io.github.pgnotify.queue;

import java.time.Duration;
import java.util.List;

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
	 * @return the deliveries that were ours
	 */
	List<LeasedDelivery> settleNow(List<Settlement> settlements);

	/**
	 * Extends the lease, and waits for the answer.
	 * @return whether the delivery is ours
	 */
	boolean extend(LeasedDelivery delivery, Duration duration);

}
