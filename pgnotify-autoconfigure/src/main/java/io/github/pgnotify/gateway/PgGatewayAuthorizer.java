package io.github.pgnotify.gateway;

/**
 * Decides who may do what on which channel. A bean of this type takes the place of the
 * rule that a channel's {@link PgGatewayChannel.Access} states.
 * <p>
 * Asked for every channel at every subscribe, replay and publish, and again when a
 * decision expires; only for channels that are configured. Called by threads of the web
 * server and of the gateway, several at a time. What it throws is a denial.
 *
 * @since 0.1.0
 */
@FunctionalInterface
public interface PgGatewayAuthorizer {

	/**
	 * Decides.
	 * @param request who wants to do what
	 * @return the decision
	 */
	PgGatewayDecision authorize(PgGatewayRequest request);

}
