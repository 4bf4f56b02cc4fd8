package io.github.pgnotify.gateway;

import java.time.Instant;
import java.util.Set;

import io.github.pgnotify.ChannelName;
import org.jspecify.annotations.Nullable;

/**
 * A client that is connected, or was.
 *
 * @param id number of the connection in this application
 * @param transport how it is connected
 * @param user name of its principal; {@code null} if it has not logged in
 * @param clientId its id for filters; {@code null} if it has none
 * @param remoteAddress where it came from
 * @param since when it came
 * @param channels what it hears
 * @since 0.1.0
 */
public record PgGatewayConnection(long id, Transport transport, @Nullable String user, @Nullable String clientId,
		String remoteAddress, Instant since, Set<ChannelName> channels) {

	/**
	 * How a client is connected.
	 */
	public enum Transport {

		/** WebSocket. */
		WEB_SOCKET,

		/** Server-Sent Events. */
		EVENT_STREAM

	}

}
