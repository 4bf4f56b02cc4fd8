package io.github.pgnotify.gateway;

import java.io.IOException;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;

/**
 * Writes an event stream without ever waiting: as much as the container takes, and the
 * rest when it says that it takes more.
 */
final class EventStreamTransport implements Transport, WriteListener, AsyncListener {

	private static final int CHUNK = 8192;

	private final GatewayClient client;

	private final AsyncContext context;

	private final ServletOutputStream output;

	private byte @Nullable [] current;

	private int written;

	private boolean flushed;

	private @Nullable Done done;

	private boolean ended;

	private EventStreamTransport(GatewayClient client, AsyncContext context, ServletOutputStream output) {
		this.client = client;
		this.context = context;
		this.output = output;
	}

	/**
	 * Makes an event stream of a request.
	 */
	static void open(HttpServletRequest request, HttpServletResponse response, GatewayClient client)
			throws IOException {
		AsyncContext context = request.startAsync();
		context.setTimeout(0);
		EventStreamTransport transport = new EventStreamTransport(client, context, response.getOutputStream());
		context.addListener(transport);
		transport.output.setWriteListener(transport);
		client.open(transport);
	}

	@Override
	public void write(Frame frame, Done whenDone) {
		synchronized (this) {
			this.current = frame.bytes();
			this.written = 0;
			this.flushed = false;
			this.done = whenDone;
		}
		pump();
	}

	@Override
	public void onWritePossible() {
		pump();
	}

	private void pump() {
		Done finished;
		try {
			finished = writeWhatIsTaken();
		}
		catch (IOException | RuntimeException ex) {
			onError(ex);
			return;
		}
		if (finished != null) {
			finished.done(null);
		}
	}

	private synchronized @Nullable Done writeWhatIsTaken() throws IOException {
		byte[] bytes = this.current;
		Done finished = this.done;
		if (bytes == null || finished == null || this.ended) {
			return null;
		}
		while (this.output.isReady()) {
			finished.progressed();
			if (this.written < bytes.length) {
				int length = Math.min(CHUNK, bytes.length - this.written);
				this.output.write(bytes, this.written, length);
				this.written += length;
			}
			else if (!this.flushed) {
				this.output.flush();
				this.flushed = true;
			}
			else {
				this.current = null;
				this.done = null;
				return finished;
			}
		}
		return null;
	}

	@Override
	public void onError(Throwable failure) {
		Done failed;
		synchronized (this) {
			failed = this.done;
			this.done = null;
			this.current = null;
		}
		if (failed != null) {
			failed.done(failure);
		}
		else {
			this.client.gone();
			close(PgGatewayCloseCode.NORMAL, "");
		}
	}

	/** Whether a client that is sent something is gone shows by itself. */
	@Override
	public boolean ping() {
		return false;
	}

	/**
	 * Ends the stream. If the client has not taken what is half written, the request is
	 * made to time out, upon which the container closes the connection: to complete it
	 * would have a thread wait for the client.
	 */
	@Override
	public void close(PgGatewayCloseCode code, String reason) {
		synchronized (this) {
			if (this.ended) {
				return;
			}
			if (this.current != null) {
				timeOut();
				return;
			}
			this.ended = true;
		}
		try {
			this.context.complete();
		}
		catch (RuntimeException ex) {
			// Ended already
		}
	}

	private void timeOut() {
		try {
			this.context.setTimeout(1);
		}
		catch (IllegalStateException ex) {
			// Ended already
		}
	}

	@Override
	public void onComplete(AsyncEvent event) {
		synchronized (this) {
			this.ended = true;
		}
		this.client.gone();
	}

	@Override
	public void onTimeout(AsyncEvent event) {
		this.client.gone();
	}

	@Override
	public void onError(AsyncEvent event) {
		this.client.gone();
	}

	@Override
	public void onStartAsync(AsyncEvent event) {
	}

}
