package io.github.pgnotify.autoconfigure;

import java.util.Locale;

import io.github.pgnotify.gateway.PgGateway;
import io.github.pgnotify.gateway.PgGatewayCloseCode;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;

/**
 * Meters of the gateway: how many clients there are, and why others are no longer.
 */
final class PgGatewayMetrics implements MeterBinder {

	private final PgGateway gateway;

	PgGatewayMetrics(PgGateway gateway) {
		this.gateway = gateway;
	}

	@Override
	public void bindTo(MeterRegistry registry) {
		Gauge.builder("pgnotify.gateway.connections", this.gateway, PgGateway::connectionCount)
			.description("Clients that are connected")
			.register(registry);
		for (PgGatewayCloseCode code : PgGatewayCloseCode.values()) {
			FunctionCounter.builder("pgnotify.gateway.closed", this.gateway, (each) -> each.closedCount(code))
				.description("Connections that were closed")
				.tag("code", code.name().toLowerCase(Locale.ROOT))
				.register(registry);
		}
	}

}
