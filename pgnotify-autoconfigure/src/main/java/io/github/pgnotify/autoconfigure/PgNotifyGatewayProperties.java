package io.github.pgnotify.autoconfigure;

import java.time.Duration;
import java.util.List;
import java.util.Set;

import io.github.pgnotify.gateway.PgGatewayChannel.Access;
import io.github.pgnotify.gateway.PgGatewayChannel.Kind;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * Configuration of the gateway.
 *
 * @param enabled Whether channels are brought to browsers and tools.
 * @param path Path under which clients connect, followed by the name of a channel.
 * @param channels Channels that clients may be allowed to hear. No others exist for them.
 * @param allowedOrigins Origins of web pages, beside the gateway's own, from which
 * browsers may connect. "*" for any, which needs cookies=false.
 * @param cookies Whether who has logged in by a cookie counts as such. If not, requests
 * with cookies count as anonymous.
 * @param clientIdParameter Name of the query parameter that has the client's id, by which
 * channels are filtered. The name of the principal if not set.
 * @param limits What clients may use up.
 * @param sendTimeout How long a client may take nothing of what is sent to it.
 * @param pingInterval How often a client is asked whether it is there.
 * @param pongTimeout How long it may take to answer.
 * @param subscribeTimeout How long a handshake waits until its channel is listened on.
 * @param shutdownGrace How long a stop waits until clients have been told.
 * @since 0.1.0
 */
@ConfigurationProperties("pgnotify.gateway")
public record PgNotifyGatewayProperties(@DefaultValue("false") boolean enabled, @DefaultValue("/subscribe") String path,
		@DefaultValue List<Channel> channels, @DefaultValue Set<String> allowedOrigins,
		@DefaultValue("true") boolean cookies, @Nullable String clientIdParameter, @DefaultValue Limits limits,
		@DefaultValue("5s") Duration sendTimeout, @DefaultValue("25s") Duration pingInterval,
		@DefaultValue("8s") Duration pongTimeout, @DefaultValue("5s") Duration subscribeTimeout,
		@DefaultValue("5s") Duration shutdownGrace) {

	public PgNotifyGatewayProperties {
		if (!path.startsWith("/") || path.endsWith("/") || path.contains("*")) {
			throw new IllegalArgumentException(
					"pgnotify.gateway.path must begin with a slash and not end with one, and is '" + path + "'");
		}
		requirePassing(sendTimeout, "send-timeout");
		requirePassing(pingInterval, "ping-interval");
		requirePassing(pongTimeout, "pong-timeout");
		requirePassing(subscribeTimeout, "subscribe-timeout");
	}

	private static void requirePassing(Duration time, String name) {
		if (time.toMillis() < 1) {
			throw new IllegalArgumentException(
					"pgnotify.gateway." + name + " must be at least 1ms, and is " + time.toMillis() + "ms");
		}
	}

	/**
	 * A channel that clients may be allowed to hear.
	 *
	 * @param name Name of the channel, or the beginning of names followed by "*".
	 * @param kind Where what is sent comes from: notifications, or stored messages.
	 * @param access Who may hear it, unless a PgGatewayAuthorizer decides.
	 * @param publish Whether clients may send to it.
	 * @param clientField Path in the JSON payload, with dots, of the value that has to
	 * equal the client's id.
	 * @param clientHeader Header whose value has to equal the client's id.
	 */
	public record Channel(String name, @DefaultValue("live") Kind kind, @DefaultValue("authenticated") Access access,
			@DefaultValue("false") boolean publish, @Nullable String clientField, @Nullable String clientHeader) {

	}

	/**
	 * What clients may use up.
	 *
	 * @param connections Connections to this application.
	 * @param connectionsPerUser Connections of one principal.
	 * @param connectionsPerAddress Connections from one address. Behind a proxy, see
	 * server.forward-headers-strategy.
	 * @param channels Different channels of all connections, live ones and stored ones
	 * each.
	 * @param subscriptions Channels of one connection.
	 * @param commandsPerSecond Messages that one client may send for long. For a moment,
	 * as many as subscriptions.
	 * @param inboundFrame Longest message of a client.
	 * @param sendBuffer How much may wait for one client.
	 */
	public record Limits(@DefaultValue("10000") int connections, @DefaultValue("50") int connectionsPerUser,
			@DefaultValue("200") int connectionsPerAddress, @DefaultValue("10000") int channels,
			@DefaultValue("100") int subscriptions, @DefaultValue("10") int commandsPerSecond,
			@DefaultValue("8KB") DataSize inboundFrame, @DefaultValue("256KB") DataSize sendBuffer) {

	}

}
