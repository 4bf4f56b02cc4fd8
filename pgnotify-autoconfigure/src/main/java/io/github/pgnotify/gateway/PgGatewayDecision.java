package io.github.pgnotify.gateway;

import java.time.Instant;

import org.jspecify.annotations.Nullable;

/**
 * What a {@link PgGatewayAuthorizer} has decided.
 *
 * @param allowed whether it may happen
 * @param until until when that holds; then the authorizer is asked again, and the
 * connection is closed within a second if the answer is no. {@code null} for as long as
 * the connection lasts
 * @since 0.1.0
 */
public record PgGatewayDecision(boolean allowed, @Nullable Instant until) {

	private static final PgGatewayDecision ALLOW = new PgGatewayDecision(true, null);

	private static final PgGatewayDecision DENY = new PgGatewayDecision(false, null);

	/**
	 * It may happen.
	 * @return a decision without an end
	 */
	public static PgGatewayDecision allow() {
		return ALLOW;
	}

	/**
	 * It may happen until then, when the token of the client expires for example.
	 * @param until the moment
	 * @return a decision with an end
	 */
	public static PgGatewayDecision allowUntil(Instant until) {
		return new PgGatewayDecision(true, until);
	}

	/**
	 * It must not happen.
	 * @return a denial
	 */
	public static PgGatewayDecision deny() {
		return DENY;
	}

}
