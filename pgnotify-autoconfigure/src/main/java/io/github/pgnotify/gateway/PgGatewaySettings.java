package io.github.pgnotify.gateway;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

import io.github.pgnotify.PgNotifyStartupException;
import org.jspecify.annotations.Nullable;

import org.springframework.util.unit.DataSize;

/**
 * How the gateway behaves.
 *
 * @param channels all channels that clients may be allowed to hear
 * @param allowedOrigins from which web pages, beside those of the same origin, browsers
 * may connect, such as {@code https://www.example.org}; {@code *} for any
 * @param cookies whether who has logged in by a cookie counts as such; if not, requests
 * with cookies count as anonymous
 * @param clientIdParameter name of the query parameter that has the client's id;
 * {@code null} to take the name of the principal
 * @param limits what clients may use up
 * @param timing how long things may take
 * @since 0.1.0
 */
public record PgGatewaySettings(List<PgGatewayChannel> channels, Set<String> allowedOrigins, boolean cookies,
		@Nullable String clientIdParameter, Limits limits, Timing timing) {

	/**
	 * Stands for any origin.
	 */
	public static final String ANY_ORIGIN = "*";

	public PgGatewaySettings {
		channels = List.copyOf(channels);
		allowedOrigins = Set.copyOf(allowedOrigins);
		requireDistinctNames(channels);
		if (cookies && allowedOrigins.contains(ANY_ORIGIN)) {
			throw new PgNotifyStartupException(
					"The gateway is to let in web pages of any origin (pgnotify.gateway.allowed-origins=*) and to "
							+ "accept cookies: any page could listen in the name of whoever looks at it.",
					"Name the origins in pgnotify.gateway.allowed-origins, or set pgnotify.gateway.cookies=false: "
							+ "requests with cookies then count as anonymous.");
		}
	}

	private static void requireDistinctNames(List<PgGatewayChannel> channels) {
		Set<String> names = new HashSet<>();
		for (PgGatewayChannel channel : channels) {
			if (!names.add(channel.name())) {
				throw new PgNotifyStartupException(
						"Channel '" + channel.name() + "' is configured twice in pgnotify.gateway.channels: which of "
								+ "the two says who may hear it cannot be told.",
						"Remove one of the two.");
			}
		}
	}

	/**
	 * What clients may use up.
	 *
	 * @param connections connections to this application
	 * @param connectionsPerUser connections of one principal
	 * @param connectionsPerAddress connections from one address
	 * @param channels different channels of all connections, live ones and stored ones
	 * each
	 * @param subscriptions channels of one connection
	 * @param commandsPerSecond messages that one client may send for long; for a moment,
	 * as many as subscriptions
	 * @param inboundFrame longest message of a client
	 * @param sendBuffer how much may wait for one client
	 */
	public record Limits(int connections, int connectionsPerUser, int connectionsPerAddress, int channels,
			int subscriptions, int commandsPerSecond, DataSize inboundFrame, DataSize sendBuffer) {

		public Limits {
			requirePositive(connections, "connections");
			requirePositive(connectionsPerUser, "connections-per-user");
			requirePositive(connectionsPerAddress, "connections-per-address");
			requirePositive(channels, "channels");
			requirePositive(subscriptions, "subscriptions");
			requirePositive(commandsPerSecond, "commands-per-second");
			requirePositive(inboundFrame.toBytes(), "inbound-frame");
			requirePositive(sendBuffer.toBytes(), "send-buffer");
		}

		private static void requirePositive(long value, String name) {
			if (value < 1 || value > Integer.MAX_VALUE) {
				throw new IllegalArgumentException(
						"pgnotify.gateway.limits." + name + " must be from 1 to 2147483647, and is " + value);
			}
		}

	}

	/**
	 * How long things may take.
	 *
	 * @param sendTimeout how long a client may take nothing of what is sent to it
	 * @param pingInterval how often a client is asked whether it is there
	 * @param pongTimeout how long it may take to answer
	 * @param subscribeTimeout how long a handshake waits until a channel is listened on
	 * @param pollInterval how often to look for stored messages though nobody said that
	 * there are any
	 * @param retention for how long messages are kept: older cursors are a gap
	 * @param shutdownGrace how long a stop waits until clients have what is on its way
	 */
	public record Timing(Duration sendTimeout, Duration pingInterval, Duration pongTimeout, Duration subscribeTimeout,
			Duration pollInterval, Duration retention, Duration shutdownGrace) {

	}

}
