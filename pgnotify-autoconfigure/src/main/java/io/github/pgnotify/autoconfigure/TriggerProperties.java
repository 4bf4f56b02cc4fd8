package io.github.pgnotify.autoconfigure;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;

import io.github.pgnotify.tablechange.TableChange.Operation;
import io.github.pgnotify.tablechange.TableTrigger;
import io.github.pgnotify.tablechange.TableTrigger.DeliveryMode;
import io.github.pgnotify.tablechange.TableTrigger.Format;
import io.github.pgnotify.tablechange.TableTrigger.Level;
import io.github.pgnotify.tablechange.TableTrigger.Timing;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.StringUtils;

/**
 * A declared trigger, {@code pgnotify.triggers.<name>}.
 *
 * @param table The table or view, as it is written: case counts.
 * @param channel Channel on which changes are told. The name of the trigger if not set.
 * @param operations Which changes. All but TRUNCATE if not set.
 * @param updateOf Of an UPDATE, only one that sets one of these columns.
 * @param timing When the trigger runs.
 * @param level Whether it runs for each row or once for a statement.
 * @param columns Columns that are told beside the key, or *.
 * @param keys Columns that tell the row. The primary key if not set.
 * @param whenChanged Of an UPDATE, only one that changes one of these columns, or *.
 * @param condition SQL condition as after WHEN in CREATE TRIGGER.
 * @param delivery How changes are told.
 * @param announce Whether a durable change wakes its consumers at once.
 * @param format What a change looks like.
 * @param active Whether there is to be a trigger at all.
 * @param acknowledgeRowSecurity Whether it is known that row-level security of the table
 * does not apply to what is told.
 */
record TriggerProperties(@DefaultValue("") String table, @Nullable String channel, @Nullable Set<Operation> operations,
		@DefaultValue List<String> updateOf, @DefaultValue("after") Timing timing, @DefaultValue("row") Level level,
		@DefaultValue List<String> columns, @DefaultValue List<String> keys, @DefaultValue List<String> whenChanged,
		@Nullable String condition, @DefaultValue("live") DeliveryMode delivery,
		@DefaultValue("false") boolean announce, @DefaultValue("standard") Format format,
		@DefaultValue("true") boolean active, @DefaultValue("false") boolean acknowledgeRowSecurity) {

	TableTrigger declare(String name) {
		Set<Operation> which = (this.operations != null && !this.operations.isEmpty()) ? this.operations
				: EnumSet.complementOf(EnumSet.of(Operation.TRUNCATE));
		return TableTrigger.of(name, this.table)
			.channel(StringUtils.hasText(this.channel) ? this.channel : name)
			.on(which.toArray(Operation[]::new))
			.updateOf(this.updateOf.toArray(String[]::new))
			.timing(this.timing)
			.level(this.level)
			.columns(this.columns.toArray(String[]::new))
			.keys(this.keys.toArray(String[]::new))
			.whenChanged(this.whenChanged.toArray(String[]::new))
			.condition(StringUtils.hasText(this.condition) ? this.condition : null)
			.delivery(this.delivery)
			.announce(this.announce)
			.format(this.format)
			.active(this.active)
			.acknowledgeRowSecurity(this.acknowledgeRowSecurity)
			.build();
	}

}
