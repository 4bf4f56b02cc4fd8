package io.github.pgnotify.gateway;

import java.security.Principal;
import java.util.Map;

import io.github.pgnotify.ChannelName;
import org.jspecify.annotations.Nullable;

/**
 * What a client wants to do.
 *
 * @param action what
 * @param channel on which channel
 * @param principal who: with Spring Security its {@code Authentication}; {@code null} if
 * nobody has logged in
 * @param clientId the client's id, by which channels may be filtered; {@code null} if it
 * has none
 * @param parameters query parameters of the connecting request, the first of each name
 * @param attributes what the application's filters set as attributes of that request, and
 * as {@code remoteAddress} where it came from
 * @since 0.1.0
 */
public record PgGatewayRequest(Action action, ChannelName channel, @Nullable Principal principal,
		@Nullable String clientId, Map<String, String> parameters, Map<String, Object> attributes) {

	/**
	 * What a client may want.
	 */
	public enum Action {

		/** To hear what is sent from now on. */
		SUBSCRIBE,

		/** To be sent what it missed. */
		REPLAY,

		/** To send. */
		PUBLISH

	}

	/**
	 * Says what and where, never who: this text may end in a log.
	 */
	@Override
	public String toString() {
		return "PgGatewayRequest[" + this.action + " on '" + this.channel + "']";
	}

}
