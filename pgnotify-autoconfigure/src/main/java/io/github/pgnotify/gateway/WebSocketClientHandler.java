package io.github.pgnotify.gateway;

import jakarta.websocket.Session;

import org.springframework.util.Assert;
import org.springframework.web.socket.BinaryMessage;
import org.springframework.web.socket.CloseStatus;
import org.springframework.web.socket.PongMessage;
import org.springframework.web.socket.TextMessage;
import org.springframework.web.socket.WebSocketSession;
import org.springframework.web.socket.adapter.NativeWebSocketSession;
import org.springframework.web.socket.handler.AbstractWebSocketHandler;

/**
 * Hears what one WebSocket client says.
 */
final class WebSocketClientHandler extends AbstractWebSocketHandler {

	private final GatewayClient client;

	private final Commands commands;

	private final PgGatewaySettings settings;

	WebSocketClientHandler(GatewayClient client, Commands commands, PgGatewaySettings settings) {
		this.client = client;
		this.commands = commands;
		this.settings = settings;
	}

	@Override
	public void afterConnectionEstablished(WebSocketSession session) {
		int limit = (int) this.settings.limits().inboundFrame().toBytes();
		session.setTextMessageSizeLimit(limit);
		session.setBinaryMessageSizeLimit(limit);
		Session container = ((NativeWebSocketSession) session).getNativeSession(Session.class);
		Assert.state(container != null, "The session is not one of a Jakarta WebSocket container");
		this.client.open(new WebSocketTransport(container, this.settings.timing().sendTimeout().toMillis()));
	}

	@Override
	protected void handleTextMessage(WebSocketSession session, TextMessage message) {
		this.commands.take(this.client, message.getPayload());
	}

	@Override
	protected void handleBinaryMessage(WebSocketSession session, BinaryMessage message) {
		this.client.close(PgGatewayCloseCode.NOT_ACCEPTABLE);
	}

	@Override
	protected void handlePongMessage(WebSocketSession session, PongMessage message) {
		this.client.pong();
	}

	@Override
	public void handleTransportError(WebSocketSession session, Throwable exception) {
		this.client.gone();
	}

	@Override
	public void afterConnectionClosed(WebSocketSession session, CloseStatus status) {
		boolean tooBig = status.getCode() == PgGatewayCloseCode.TOO_BIG.code();
		this.client.gone(tooBig ? PgGatewayCloseCode.TOO_BIG : PgGatewayCloseCode.NORMAL);
	}

}
