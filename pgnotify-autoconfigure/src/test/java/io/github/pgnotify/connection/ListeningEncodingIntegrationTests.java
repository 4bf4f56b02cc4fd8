package io.github.pgnotify.connection;

import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;

import io.github.pgnotify.InvalidChannelNameException;
import io.github.pgnotify.PgNotification;
import io.github.pgnotify.PgNotifyStartupException;
import io.github.pgnotify.connection.ListeningSettings.StartupFailurePolicy;
import io.github.pgnotify.testsupport.TestDatabase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.util.StringUtils;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Channels whose names the database cannot hold: they alone are not listened on.
 */
@ExtendWith(OutputCaptureExtension.class)
class ListeningEncodingIntegrationTests {

	private static final Duration PATIENCE = Duration.ofSeconds(30);

	@ParameterizedTest
	@CsvSource({ "LATIN1, grün, łódź", "EUC_JP, 注文, grün-€", "WIN1252, grün-€, 注文" })
	void nameThatTheDatabaseCannotHoldIsRefusedAlone(String encoding, String possible, String impossible,
			CapturedOutput output) throws Exception {
		try (TestDatabase database = new TestDatabase(encoding);
				ListeningHarness listening = to(database, StartupFailurePolicy.FAIL).listen("first")) {
			int pid = Objects.requireNonNull(listening.status().backendPid());
			CompletableFuture<Void> refused = listening
				.begin(ListeningHarness.names("first", possible, impossible, "plain"));
			assertThat(refused).failsWithin(PATIENCE)
				.withThrowableThat()
				.havingCause()
				.isInstanceOf(InvalidChannelNameException.class)
				.withMessageContaining("'" + impossible + "'")
				.withMessageContaining("'" + database.name() + "' has encoding " + encoding)
				.withMessageContaining("Rename the channel");
			assertThat(listening.begin(ListeningHarness.names(possible, impossible, "plain", "last")))
				.as("a change that did not ask for it")
				.succeedsWithin(PATIENCE);
			assertThat(listening.status().channels()).isEqualTo(3);
			for (String channel : new String[] { "first", possible, "plain", "last" }) {
				notify(database, channel);
			}
			assertThat(listening.notifications.await(3)).map(PgNotification::payload)
				.containsExactly(possible, "plain", "last");
			database.execute("SELECT pg_terminate_backend(" + pid + ")");
			listening.gaps.await(1);
			notify(database, possible);
			listening.notifications.await(4);
			assertThat(listening.losses.received()).hasSize(1);
		}
		assertThat(StringUtils.countOccurrencesOf(output.getAll(), "Channel '" + impossible)).isOne();
	}

	@Test
	void whateverIsAskedForIsHeardWhereTheDatabaseDoesNotKnowOfEncodings() throws Exception {
		try (TestDatabase database = new TestDatabase("SQL_ASCII");
				ListeningHarness listening = to(database, StartupFailurePolicy.FAIL).listen("łódź", "注文")) {
			notify(database, "łódź");
			notify(database, "注文");
			assertThat(listening.notifications.await(2))
				.allSatisfy((heard) -> assertThat(heard.payload()).isEqualTo(heard.channel().value()));
		}
	}

	@Test
	void startFailsIfOneOfTheChannelsCanNeverBeHeard() {
		try (TestDatabase database = new TestDatabase("LATIN1");
				ListeningHarness listening = to(database, StartupFailurePolicy.FAIL)) {
			assertThatExceptionOfType(PgNotifyStartupException.class)
				.isThrownBy(() -> listening.begin("plain", "łódź", "注文"))
				.withMessageContaining("Channel 'łódź' cannot be listened on")
				.withMessageContaining("Channel '注文' cannot be listened on")
				.satisfies((ex) -> assertThat(ex.getAction()).contains("@PgListener"));
			assertThat(listening.status().isListening()).isFalse();
		}
	}

	@Test
	void startThatMayNotFailGoesWithoutThem() throws Exception {
		try (TestDatabase database = new TestDatabase("LATIN1");
				ListeningHarness listening = to(database, StartupFailurePolicy.RETRY).begin("plain", "łódź")) {
			assertThat(listening.status().isLive()).as("the start waits for the first connection").isTrue();
			notify(database, "plain");
			assertThat(listening.notifications.await(1)).hasSize(1);
		}
	}

	private static ListeningHarness to(TestDatabase database, StartupFailurePolicy policy) {
		return new ListeningHarness(database.jdbcUrl(), database.username(), database.password(), policy);
	}

	private static void notify(TestDatabase database, String channel) throws Exception {
		ListeningHarness.notify(database.jdbcUrl(), database.username(), database.password(), channel, channel);
	}

}
