package io.github.pgnotify.sample.orders;

import java.time.Instant;

import io.github.pgnotify.Delivery;
import io.github.pgnotify.PgListener;
import io.github.pgnotify.PgNotifyHeaders;
import io.github.pgnotify.sample.Arrivals;

import org.springframework.messaging.handler.annotation.Header;
import org.springframework.stereotype.Component;

/**
 * Two listeners of one channel. The first is told of orders, however they were sent, as
 * long as it is connected. The second handles each stored order until it is done, also
 * what was stored while the application was down.
 */
@Component
class OrderListeners {

	private final Arrivals arrivals;

	OrderListeners(Arrivals arrivals) {
		this.arrivals = arrivals;
	}

	@PgListener(channels = Orders.CHANNEL, id = "dashboard")
	void placed(Order order, @Header(PgNotifyHeaders.SENDER_PID) int senderPid) {
		this.arrivals.add(Orders.CHANNEL, order, senderPid, "dashboard");
	}

	@PgListener(channels = Orders.CHANNEL, group = Orders.GROUP, id = "billing", retryPolicy = "billingRetries")
	void bill(Order order, Delivery delivery) {
		// The token rises with every attempt, also when a dead letter gets another chance
		String error = (delivery.token() <= order.declined()) ? "The card was declined" : null;
		this.arrivals.add(new Attempt(Instant.now(), Orders.CHANNEL, Orders.GROUP, delivery.messageId(),
				delivery.attempt(), order.toString(), error));
		if (error != null) {
			throw new CardDeclinedException(error);
		}
	}

	static class CardDeclinedException extends RuntimeException {

		private static final long serialVersionUID = 1L;

		CardDeclinedException(String message) {
			super(message);
		}

	}

}
