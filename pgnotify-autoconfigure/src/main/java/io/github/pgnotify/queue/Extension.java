package io.github.pgnotify.queue;

import java.sql.SQLException;
import java.time.Duration;

/**
 * That a lease is to be extended.
 *
 * @param delivery whose
 * @param duration for how long from now on
 * @param answer whether it is ours
 */
record Extension(LeasedDelivery delivery, Duration duration, Answer answer) {

	void run(QueueSession session, Heartbeat heartbeat) throws SQLException {
		try {
			this.answer.complete(heartbeat.extend(session, this.delivery, this.duration));
		}
		finally {
			this.answer.complete(false);
		}
	}

}
