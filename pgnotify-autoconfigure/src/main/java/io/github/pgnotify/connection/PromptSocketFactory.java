package io.github.pgnotify.connection;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;

import javax.net.SocketFactory;

import org.jspecify.annotations.Nullable;

/**
 * Makes sockets from which the driver hands out notifications without delay.
 * <p>
 * When a notification has arrived, the driver looks whether another one follows by a read
 * with the shortest time-out there is, 1 ms; that is how much later every listener hears
 * (p50 about 1.2 ms instead of 0.2 ms on a loopback connection). These sockets answer
 * such a read at once by what has already been received, unless their factory was made
 * with {@link #PATIENT}.
 * <p>
 * The driver also goes on for as long as another one follows, and would hand out nothing
 * of a stream without a break. These sockets make the break every 50 ms.
 * <p>
 * TLS works on top of them. Public because the driver makes it by its name, through its
 * {@code socketFactory} property.
 *
 * @since 0.1.0
 * @see <a href=
 * "https://jdbc.postgresql.org/documentation/use/#connection-parameters">socketFactory</a>
 */
public final class PromptSocketFactory extends SocketFactory {

	/**
	 * The {@code socketFactoryArg} with which reads wait as long as the driver asks.
	 */
	public static final String PATIENT = "patient";

	private final boolean patient;

	/**
	 * Creates a factory of sockets that do not wait for what may follow.
	 */
	public PromptSocketFactory() {
		this(null);
	}

	/**
	 * Creates a factory.
	 * @param argument the driver's {@code socketFactoryArg}: {@link #PATIENT}, or
	 * anything else not to wait for what may follow
	 */
	public PromptSocketFactory(@Nullable String argument) {
		this.patient = PATIENT.equals(argument);
	}

	@Override
	public Socket createSocket() {
		return new PromptSocket(this.patient);
	}

	@Override
	public Socket createSocket(String host, int port) throws IOException {
		return connected(new InetSocketAddress(host, port), null);
	}

	@Override
	public Socket createSocket(String host, int port, InetAddress localHost, int localPort) throws IOException {
		return connected(new InetSocketAddress(host, port), new InetSocketAddress(localHost, localPort));
	}

	@Override
	public Socket createSocket(InetAddress host, int port) throws IOException {
		return connected(new InetSocketAddress(host, port), null);
	}

	@Override
	public Socket createSocket(InetAddress address, int port, InetAddress localAddress, int localPort)
			throws IOException {
		return connected(new InetSocketAddress(address, port), new InetSocketAddress(localAddress, localPort));
	}

	private Socket connected(InetSocketAddress remote, @Nullable InetSocketAddress local) throws IOException {
		Socket socket = createSocket();
		if (local != null) {
			socket.bind(local);
		}
		socket.connect(remote);
		return socket;
	}

	/**
	 * A socket with a 1 ms time-out that is none.
	 */
	static final class PromptSocket extends Socket {

		/** The time-out with which the driver asks whether there is more. */
		static final int PEEK_MILLIS = 1;

		/** For how long the driver may go on collecting what arrives. */
		private static final long COLLECT_NANOS = 50_000_000;

		private final Incoming incoming = Incoming.ofThisThread();

		private final boolean patient;

		private volatile boolean peeking;

		/** When collecting ends; 0 until something has arrived. */
		private volatile long collectUntil;

		PromptSocket(boolean patient) {
			this.patient = patient;
		}

		@Override
		public void setSoTimeout(int timeout) throws SocketException {
			// After a peek the driver only sets what was before
			if (timeout > PEEK_MILLIS && !this.peeking) {
				this.collectUntil = 0;
			}
			this.peeking = timeout == PEEK_MILLIS;
			super.setSoTimeout(timeout);
		}

		@Override
		public InputStream getInputStream() throws IOException {
			return new FilterInputStream(super.getInputStream()) {

				@Override
				public int read() throws IOException {
					requireSomething();
					int value = super.read();
					received();
					return value;
				}

				@Override
				public int read(byte[] bytes, int offset, int length) throws IOException {
					requireSomething();
					int count = super.read(bytes, offset, length);
					received();
					return count;
				}

				@Override
				public int available() throws IOException {
					return isCollectingOver() ? 0 : super.available();
				}

			};
		}

		private void received() {
			this.incoming.received();
			if (this.collectUntil == 0) {
				this.collectUntil = System.nanoTime() + COLLECT_NANOS | 1;
			}
		}

		private boolean isCollectingOver() {
			return this.collectUntil != 0 && System.nanoTime() - this.collectUntil > 0;
		}

		private void requireSomething() throws IOException {
			if (this.peeking && (isCollectingOver() || (!this.patient && super.getInputStream().available() == 0))) {
				throw new SocketTimeoutException("Nothing more has been received");
			}
		}

	}

}
