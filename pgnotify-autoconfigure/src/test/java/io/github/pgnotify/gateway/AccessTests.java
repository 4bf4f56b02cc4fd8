package io.github.pgnotify.gateway;

import java.time.Duration;
import java.util.List;
import java.util.Set;

import io.github.pgnotify.PgNotifyStartupException;
import org.junit.jupiter.api.Test;

import org.springframework.util.unit.DataSize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Which settings count for a channel.
 */
class AccessTests {

	@Test
	void theOwnNameOfAChannelCountsBeforeAnyPattern() {
		PgGatewayChannel all = PgGatewayChannel.open("orders*");
		PgGatewayChannel some = PgGatewayChannel.open("orders.eu*");
		PgGatewayChannel own = new PgGatewayChannel("orders", PgGatewayChannel.Kind.LIVE,
				PgGatewayChannel.Access.AUTHENTICATED, false, null, null);
		for (List<PgGatewayChannel> rules : List.of(List.of(all, some, own), List.of(own, some, all))) {
			Access access = new Access(rules, null);
			assertThat(access.rule("orders")).isSameAs(own);
			assertThat(access.rule("orders.x")).isSameAs(all);
			assertThat(access.rule("orders.eu.1")).isSameAs(some);
			assertThat(access.rule("other")).isNull();
		}
	}

	@Test
	void aNameThatIsConfiguredTwiceIsRefused() {
		assertThatExceptionOfType(PgNotifyStartupException.class)
			.isThrownBy(() -> settings(PgGatewayChannel.open("a*"), PgGatewayChannel.open("a*")))
			.withMessageContaining("'a*' is configured twice");
	}

	static PgGatewaySettings settings(PgGatewayChannel... channels) {
		Duration second = Duration.ofSeconds(1);
		return new PgGatewaySettings(List.of(channels), Set.of(), true, null,
				new PgGatewaySettings.Limits(10, 10, 10, 2, 10, 10, DataSize.ofKilobytes(8), DataSize.ofKilobytes(256)),
				new PgGatewaySettings.Timing(second, second, second, second, second, Duration.ofDays(7), second));
	}

}
