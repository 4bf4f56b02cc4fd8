package io.github.pgnotify.autoconfigure;

import java.util.List;
import java.util.Map;

import io.github.pgnotify.PgNotifyStartupException;
import io.github.pgnotify.tablechange.TableChange.Operation;
import io.github.pgnotify.tablechange.TableTrigger;
import io.github.pgnotify.tablechange.TableTrigger.DeliveryMode;
import io.github.pgnotify.tablechange.TableTrigger.Format;
import io.github.pgnotify.tablechange.TableTrigger.Level;
import io.github.pgnotify.tablechange.TableTrigger.Timing;
import org.junit.jupiter.api.Test;

import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class DeclaredTriggersTests {

	@Test
	void everythingIsBoundAndSettingsAreNoTriggers() {
		assertThat(read(Map.of("pgnotify.triggers.mode", "validate", "pgnotify.triggers.import", "a.json",
				"pgnotify.triggers.lock-timeout", "1s", "pgnotify.triggers.orders.table", "Order Items",
				"pgnotify.triggers.orders.operations", "update,delete", "pgnotify.triggers.orders.update-of", "a",
				"pgnotify.triggers.orders.columns[0]", "b", "pgnotify.triggers.orders.columns[1]", "c",
				"pgnotify.triggers.orders.timing", "before", "pgnotify.triggers.orders.delivery", "durable")))
			.singleElement()
			.isEqualTo(TableTrigger.of("orders", "Order Items")
				.on(Operation.UPDATE, Operation.DELETE)
				.updateOf("a")
				.columns("b", "c")
				.timing(Timing.BEFORE)
				.delivery(DeliveryMode.DURABLE)
				.build());
		assertThat(read(Map.of("pgnotify.triggers.o.table", "t", "pgnotify.triggers.o.channel", "c",
				"pgnotify.triggers.o.level", "statement", "pgnotify.triggers.o.keys", "k",
				"pgnotify.triggers.o.when-changed", "*", "pgnotify.triggers.o.delivery", "durable",
				"pgnotify.triggers.o.announce", "true", "pgnotify.triggers.o.format", "pigeon",
				"pgnotify.triggers.o.active", "false")))
			.singleElement()
			.isEqualTo(TableTrigger.of("o", "t")
				.channel("c")
				.level(Level.STATEMENT)
				.keys("k")
				.whenChanged("*")
				.delivery(DeliveryMode.DURABLE)
				.announce(true)
				.format(Format.PIGEON)
				.active(false)
				.build());
	}

	@Test
	void namesMayBeInBrackets() {
		assertThat(read(Map.of("pgnotify.triggers[Order_Items.all].table", "t"))).singleElement()
			.extracting(TableTrigger::name)
			.isEqualTo("Order_Items.all");
		assertThat(read(Map.of("pgnotify.triggers[Order_Items].table", "t"))).singleElement()
			.extracting(TableTrigger::name)
			.isEqualTo("Order_Items");
		assertThat(read(Map.of("pgnotify.triggers.order_items.table", "t"))).singleElement()
			.extracting(TableTrigger::name)
			.isEqualTo("order_items");
		assertThat(read(Map.of("pgnotify.triggers.orderItems.table", "t"))).singleElement()
			.extracting(TableTrigger::name)
			.isEqualTo("orderItems");
	}

	@Test
	void whatIsMisspeltIsRefused() {
		assertThatExceptionOfType(PgNotifyStartupException.class).isThrownBy(
				() -> read(Map.of("pgnotify.triggers.orders.table", "t", "pgnotify.triggers.orders.wen-changed", "a")))
			.withMessage("The declared trigger 'orders' has properties that no trigger has: [wen-changed].");
		assertThatExceptionOfType(PgNotifyStartupException.class)
			.isThrownBy(
					() -> read(Map.of("pgnotify.triggers.orders.table", "t", "pgnotify.triggers.orders.level", "cell")))
			.withMessageContaining("pgnotify.triggers.orders.level of a declared trigger cannot be read");
		assertThatExceptionOfType(PgNotifyStartupException.class)
			.isThrownBy(() -> read(Map.of("pgnotify.triggers.orders.columns", "t")))
			.withMessageContaining("names no table");
		assertThatExceptionOfType(PgNotifyStartupException.class)
			.isThrownBy(() -> read(Map.of("pgnotify.triggers.orders", "t")))
			.withMessageContaining("pgnotify.triggers.orders");
	}

	private static List<TableTrigger> read(Map<String, Object> properties) {
		StandardEnvironment environment = new StandardEnvironment();
		environment.getPropertySources().addFirst(new MapPropertySource("test", properties));
		return DeclaredTriggers.read(environment);
	}

}
