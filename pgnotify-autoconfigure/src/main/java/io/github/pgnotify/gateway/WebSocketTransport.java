package io.github.pgnotify.gateway;

import java.io.IOException;
import java.nio.ByteBuffer;

import jakarta.websocket.CloseReason;
import jakarta.websocket.Session;

/**
 * Writes text frames through the container's asynchronous remote endpoint.
 */
final class WebSocketTransport implements Transport {

	private final Session session;

	WebSocketTransport(Session session) {
		this.session = session;
	}

	@Override
	public void write(Frame frame, Done done) {
		try {
			this.session.getAsyncRemote()
				.sendText(frame.text(), (result) -> done.done(result.isOK() ? null : failure(result.getException())));
		}
		catch (RuntimeException ex) {
			done.done(ex);
		}
	}

	private static Throwable failure(Throwable exception) {
		return (exception != null) ? exception : new IOException("Not sent");
	}

	@Override
	public boolean ping() {
		try {
			this.session.getAsyncRemote().sendPing(ByteBuffer.allocate(0));
			return true;
		}
		catch (IOException | RuntimeException ex) {
			// Closed meanwhile, or will be for its silence
			return true;
		}
	}

	@Override
	public void close(PgGatewayCloseCode code, String reason) {
		try {
			this.session.close(new CloseReason(CloseReason.CloseCodes.getCloseCode(code.code()), reason));
		}
		catch (IOException | RuntimeException ex) {
			// Closed already
		}
	}

}
