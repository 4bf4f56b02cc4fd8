package io.github.pgnotify.gateway;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * Lets all clients go: what is on its way may arrive, everybody is told, and whoever does
 * not read is left.
 */
final class Farewell {

	private static final long LOOK_NANOS = 5_000_000;

	private final Clients clients;

	private final long deadline;

	Farewell(Clients clients, Duration grace) {
		this.clients = clients;
		this.deadline = System.nanoTime() + grace.toNanos();
	}

	void say() {
		await(this.clients::isIdle, this.deadline - (this.deadline - System.nanoTime()) / 2);
		this.clients.closeAll(PgGatewayCloseCode.GOING_AWAY);
		await(this.clients::isEmpty, this.deadline);
		this.clients.hangUpAll();
		await(this.clients::isHungUp, this.deadline);
	}

	private static void await(BooleanSupplier condition, long until) {
		while (!condition.getAsBoolean() && until - System.nanoTime() > 0) {
			LockSupport.parkNanos(LOOK_NANOS);
		}
	}

}
