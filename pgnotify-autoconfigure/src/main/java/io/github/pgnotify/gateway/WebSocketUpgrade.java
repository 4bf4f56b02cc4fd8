package io.github.pgnotify.gateway;

import java.util.Collections;
import java.util.List;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

import org.springframework.http.server.ServerHttpRequest;
import org.springframework.http.server.ServletServerHttpRequest;
import org.springframework.http.server.ServletServerHttpResponse;
import org.springframework.web.socket.WebSocketExtension;
import org.springframework.web.socket.server.support.DefaultHandshakeHandler;

/**
 * Makes a WebSocket connection of a request, without compression. The only class besides
 * its handler that needs Spring's WebSocket module.
 */
final class WebSocketUpgrade {

	/**
	 * Subprotocol of clients that want envelopes.
	 */
	static final String ENVELOPE_PROTOCOL = "pgnotify.json";

	private final DefaultHandshakeHandler handshake = new Handshake();

	WebSocketUpgrade() {
		this.handshake.setSupportedProtocols(ENVELOPE_PROTOCOL);
	}

	boolean upgrade(HttpServletRequest request, HttpServletResponse response, GatewayClient client, Commands commands,
			PgGatewaySettings settings) {
		return this.handshake.doHandshake(new ServletServerHttpRequest(request),
				new ServletServerHttpResponse(response), new WebSocketClientHandler(client, commands, settings),
				Collections.emptyMap());
	}

	private static final class Handshake extends DefaultHandshakeHandler {

		@Override
		protected List<WebSocketExtension> filterRequestedExtensions(ServerHttpRequest request,
				List<WebSocketExtension> requested, List<WebSocketExtension> supported) {
			return List.of();
		}

	}

}
