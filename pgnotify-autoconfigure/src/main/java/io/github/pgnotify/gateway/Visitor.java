package io.github.pgnotify.gateway;

import java.security.Principal;
import java.util.Map;

import io.github.pgnotify.ChannelName;
import io.github.pgnotify.gateway.PgGatewayRequest.Action;
import org.jspecify.annotations.Nullable;

/**
 * Who connects, as far as the request that did so tells.
 *
 * @param principal who has logged in; {@code null} if nobody has
 * @param clientId its id for filters; {@code null} without
 * @param remoteAddress where it comes from
 * @param parameters the query parameters
 * @param attributes what the application's filters know of it
 */
record Visitor(@Nullable Principal principal, @Nullable String clientId, String remoteAddress,
		Map<String, String> parameters, Map<String, Object> attributes) {

	@Nullable String user() {
		return (this.principal != null) ? this.principal.getName() : null;
	}

	PgGatewayRequest wants(Action action, ChannelName channel) {
		return new PgGatewayRequest(action, channel, this.principal, this.clientId, this.parameters, this.attributes);
	}

	@Override
	public String toString() {
		return "visitor from " + this.remoteAddress;
	}

}
