package io.github.pgnotify.queue;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

/**
 * What became of a delivery, to be told to the database.
 *
 * @param delivery which
 * @param outcome what became of it
 * @param failure what is known of a failure; {@code null} without one
 * @param answer completed with whether it was ours; {@code null} if nobody waits for it
 */
record Settlement(LeasedDelivery delivery, Outcome outcome, DeliveryTable.@Nullable Failure failure,
		@Nullable Answer answer) {

	static Settlement done(LeasedDelivery delivery) {
		return new Settlement(delivery, Outcome.DONE, null, null);
	}

	static Settlement release(LeasedDelivery delivery) {
		return new Settlement(delivery, Outcome.RELEASED, null, null);
	}

	static Settlement retry(LeasedDelivery delivery, Duration delay, String error) {
		return new Settlement(delivery, Outcome.RETRY,
				new DeliveryTable.Failure(delivery, Durations.bounded(delay), DeadLetter.Reason.FAILED, error), null);
	}

	static Settlement dead(LeasedDelivery delivery, DeadLetter.Reason reason, String error) {
		return new Settlement(delivery, Outcome.DEAD, new DeliveryTable.Failure(delivery, Duration.ZERO, reason, error),
				null);
	}

	/**
	 * Of a delivery that was acknowledged before it failed.
	 */
	static Settlement buried(LeasedDelivery delivery, DeadLetter.Reason reason, String error) {
		return new Settlement(delivery, Outcome.BURIED,
				new DeliveryTable.Failure(delivery, Duration.ZERO, reason, error), null);
	}

	Settlement answering(Answer question) {
		return new Settlement(this.delivery, this.outcome, this.failure, question);
	}

	enum Outcome {

		DONE, RETRY, DEAD, BURIED, RELEASED

	}

}
