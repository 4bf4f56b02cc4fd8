package io.github.pgnotify.gateway;

import java.time.Instant;
import java.util.List;
import java.util.Objects;

import io.github.pgnotify.ChannelName;
import io.github.pgnotify.InvalidChannelNameException;
import io.github.pgnotify.gateway.PgGatewayRequest.Action;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Who may do what on which channel. What is not configured does not exist, and what is
 * denied looks as if it did not.
 */
final class Access {

	private static final Log logger = LogFactory.getLog(Access.class);

	private final List<PgGatewayChannel> channels;

	private final @Nullable PgGatewayAuthorizer authorizer;

	Access(List<PgGatewayChannel> channels, @Nullable PgGatewayAuthorizer authorizer) {
		this.channels = channels;
		this.authorizer = authorizer;
	}

	/**
	 * Finds what is configured for a channel: its own name before any beginning of it,
	 * and of these the longest.
	 * @return {@code null} if nothing is
	 */
	@Nullable PgGatewayChannel rule(String channel) {
		PgGatewayChannel found = null;
		for (PgGatewayChannel rule : this.channels) {
			if (rule.matches(channel) && (found == null || isCloser(rule, found))) {
				found = rule;
			}
		}
		try {
			ChannelName.of(channel);
		}
		catch (InvalidChannelNameException ex) {
			return null;
		}
		return found;
	}

	private static boolean isCloser(PgGatewayChannel rule, PgGatewayChannel other) {
		return (rule.isPattern() != other.isPattern()) ? other.isPattern()
				: rule.name().length() > other.name().length();
	}

	/**
	 * Names of the channels that are configured one by one.
	 */
	List<String> names() {
		return this.channels.stream()
			.filter((rule) -> !rule.isPattern())
			.map(PgGatewayChannel::name)
			.distinct()
			.toList();
	}

	/**
	 * Decides. What is allowed is so no longer than the token of the visitor holds.
	 */
	PgGatewayDecision decide(PgGatewayChannel rule, Visitor visitor, Action action, ChannelName channel) {
		Instant expiry = TokenExpiry.of(visitor.principal());
		if (action == Action.PUBLISH && !rule.publish() || rule.isFiltered() && visitor.clientId() == null
				|| expiry != null && !expiry.isAfter(Instant.now())) {
			return PgGatewayDecision.deny();
		}
		PgGatewayDecision decision = ask(rule, visitor, action, channel);
		Instant until = decision.until();
		boolean earlier = expiry != null && (until == null || expiry.isBefore(until));
		return (decision.allowed() && earlier) ? new PgGatewayDecision(true, expiry) : decision;
	}

	private PgGatewayDecision ask(PgGatewayChannel rule, Visitor visitor, Action action, ChannelName channel) {
		if (this.authorizer == null) {
			boolean allowed = rule.access() == PgGatewayChannel.Access.PUBLIC || visitor.principal() != null;
			return allowed ? PgGatewayDecision.allow() : PgGatewayDecision.deny();
		}
		try {
			return Objects.requireNonNull(this.authorizer.authorize(visitor.wants(action, channel)),
					"The authorizer decided nothing");
		}
		catch (Throwable ex) {
			logger.error(
					"The authorizer failed on " + action + " on channel '" + channel + "', which is taken for a denial",
					ex);
			return PgGatewayDecision.deny();
		}
	}

}
