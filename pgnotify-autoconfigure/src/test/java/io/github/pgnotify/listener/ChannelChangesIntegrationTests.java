package io.github.pgnotify.listener;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import io.github.pgnotify.ChannelName;
import io.github.pgnotify.PgListenerRegistry;
import io.github.pgnotify.PgNotificationListener;
import io.github.pgnotify.testsupport.PgNotifyContext;
import io.github.pgnotify.testsupport.TestDatabase;
import io.github.pgnotify.testsupport.fault.DeliveryLedger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Channels that are added and removed while messages flow on all of them.
 */
class ChannelChangesIntegrationTests {

	private static final int ROUNDS = 10;

	private static final List<String> STAYING = names("staying");

	private static final List<String> PASSING = names("passing");

	@RegisterExtension
	final TestDatabase database = new TestDatabase();

	@Test
	void thoseThatStayLoseNothingAndThoseThatPassHearAllWhileTheyAreThere() {
		PgNotifyContext.runner(this.database).run((context) -> {
			PgListenerRegistry registry = context.getBean(PgListenerRegistry.class);
			DeliveryLedger ledger = new DeliveryLedger();
			subscribe(registry, STAYING, ledger);
			Integer pid = registry.status().backendPid();
			assertThat(pid).isNotNull();
			List<String> all = new ArrayList<>(STAYING);
			all.addAll(PASSING);
			DeliveryLedger ofThosePassing = new DeliveryLedger();
			MessageFlow flow = new MessageFlow(this.database, ledger, all);
			for (int round = 0; round < ROUNDS; round++) {
				flow.awaitMore(2);
				long first = flow.rounds() + 1;
				subscribe(registry, PASSING, ofThosePassing);
				first = Math.max(first, flow.rounds() + 1);
				flow.awaitMore(3);
				long last = flow.rounds() - 1;
				awaitReceived(ofThosePassing, first, last);
				unsubscribe(registry, round % 2 == 0);
			}
			flow.close();
			awaitAllOfThoseThatStay(ledger, flow.rounds());
			DeliveryLedger.Report staying = ledger.check();
			assertThat(staying.lost().examples()).allMatch((message) -> message.startsWith("passing"));
			assertThat(staying.duplicated().count()).as("duplicated %s", staying.duplicated().examples()).isZero();
			assertThat(staying.reordered().count()).as("reordered %s", staying.reordered().examples()).isZero();
			assertThat(staying.received()).isEqualTo(STAYING.size() * flow.rounds());
			DeliveryLedger.Report passing = ofThosePassing.check();
			assertThat(passing.lost().count()).as("lost %s", passing.lost().examples()).isZero();
			assertThat(passing.duplicated().count()).as("duplicated %s", passing.duplicated().examples()).isZero();
			assertThat(passing.reordered().count()).as("reordered %s", passing.reordered().examples()).isZero();
			assertThat(registry.status().backendPid()).isEqualTo(pid);
			assertThat(registry.status().gaps()).isZero();
			assertThat(registry.channels())
				.containsExactlyElementsOf(STAYING.stream().sorted().map(ChannelName::of).toList());
		});
	}

	/**
	 * What was sent between the news that they hear and the removal must be heard.
	 */
	private static void awaitReceived(DeliveryLedger ledger, long first, long last) {
		assertThat(last).isGreaterThan(first);
		for (String channel : PASSING) {
			for (long sequence = first; sequence <= last; sequence++) {
				ledger.sent(channel, sequence);
			}
		}
		Awaitility.await().until(() -> ledger.check().lost().count() == 0);
	}

	private static void awaitAllOfThoseThatStay(DeliveryLedger ledger, long rounds) {
		Awaitility.await().until(() -> ledger.check().received() >= STAYING.size() * rounds);
	}

	private static void subscribe(PgListenerRegistry registry, List<String> channels, DeliveryLedger ledger)
			throws Exception {
		registry.change((changes) -> channels.forEach((name) -> {
			PgNotificationListener listener = (notification) -> ledger.received(name,
					Long.parseLong(String.valueOf(notification.payload())));
			changes.subscribe(name, ChannelName.of(name), listener);
		})).get(30, TimeUnit.SECONDS);
	}

	/**
	 * In one step, or one after the other.
	 */
	private static void unsubscribe(PgListenerRegistry registry, boolean atOnce) throws Exception {
		List<ChannelName> channels = PASSING.stream().map(ChannelName::of).collect(Collectors.toList());
		if (atOnce) {
			registry.change((changes) -> changes.removeChannels(channels)).get(30, TimeUnit.SECONDS);
		}
		else {
			for (ChannelName channel : channels) {
				registry.unsubscribe(channel.value(), channel).get(30, TimeUnit.SECONDS);
			}
		}
	}

	private static List<String> names(String prefix) {
		return IntStream.range(0, 10).mapToObj((i) -> prefix + " " + i).toList();
	}

}
