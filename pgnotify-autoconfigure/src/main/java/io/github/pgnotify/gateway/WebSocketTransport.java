package io.github.pgnotify.gateway;

import java.io.IOException;
import java.nio.ByteBuffer;

import jakarta.websocket.CloseReason;
import jakarta.websocket.Session;

/**
 * Writes text frames through the container's asynchronous remote endpoint.
 */
final class WebSocketTransport implements Transport {

	/** Tomcat's, for how long a ping may wait until there is room for it. */
	private static final String PING_TIMEOUT = "org.apache.tomcat.websocket.BLOCKING_SEND_TIMEOUT";

	/**
	 * Tomcat's, for how long a close frame may. Its 50 ms are short for a busy machine.
	 */
	private static final String CLOSE_TIMEOUT = "org.apache.tomcat.websocket.ABNORMAL_SESSION_CLOSE_SEND_TIMEOUT";

	private static final long STUCK_MILLIS = 10;

	private final Session session;

	private final long sendMillis;

	private volatile boolean writing;

	WebSocketTransport(Session session, long sendMillis) {
		this.session = session;
		this.sendMillis = sendMillis;
		session.getUserProperties().put(PING_TIMEOUT, sendMillis);
		session.getUserProperties().put(CLOSE_TIMEOUT, sendMillis);
	}

	@Override
	public void write(Frame frame, Done done) {
		this.writing = true;
		try {
			this.session.getAsyncRemote().sendText(frame.text(), (result) -> {
				this.writing = false;
				done.done(result.isOK() ? null : failure(result.getException()));
			});
		}
		catch (RuntimeException ex) {
			this.writing = false;
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
			// Behind a frame that is stuck there is no hope for another one
			this.session.getUserProperties().put(CLOSE_TIMEOUT, this.writing ? STUCK_MILLIS : this.sendMillis);
			this.session.close(new CloseReason(CloseReason.CloseCodes.getCloseCode(code.code()), reason));
		}
		catch (IOException | RuntimeException ex) {
			// Closed already
		}
	}

}
