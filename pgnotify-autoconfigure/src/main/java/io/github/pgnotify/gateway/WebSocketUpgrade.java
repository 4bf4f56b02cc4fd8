package io.github.pgnotify.gateway;

import java.util.Collections;
import java.util.Enumeration;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;

import org.springframework.http.server.ServletServerHttpRequest;
import org.springframework.http.server.ServletServerHttpResponse;
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

	private final DefaultHandshakeHandler handshake = new DefaultHandshakeHandler();

	WebSocketUpgrade() {
		this.handshake.setSupportedProtocols(ENVELOPE_PROTOCOL);
	}

	boolean upgrade(HttpServletRequest request, HttpServletResponse response, GatewayClient client, Commands commands,
			PgGatewaySettings settings) {
		return this.handshake.doHandshake(new ServletServerHttpRequest(new WithoutExtensions(request)),
				new ServletServerHttpResponse(response), new WebSocketClientHandler(client, commands, settings),
				Collections.emptyMap());
	}

	/**
	 * A request that asks for no extension: the container would grant compression, which
	 * costs it memory for every client, whatever the handshake handler says.
	 */
	private static final class WithoutExtensions extends HttpServletRequestWrapper {

		private static final String HEADER = "Sec-WebSocket-Extensions";

		WithoutExtensions(HttpServletRequest request) {
			super(request);
		}

		@Override
		public @Nullable String getHeader(String name) {
			return HEADER.equalsIgnoreCase(name) ? null : super.getHeader(name);
		}

		@Override
		public Enumeration<String> getHeaders(String name) {
			return HEADER.equalsIgnoreCase(name) ? Collections.emptyEnumeration() : super.getHeaders(name);
		}

	}

}
