package io.github.pgnotify.tablechange;

import java.util.Collection;
import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

import io.github.pgnotify.ChannelName;
import io.github.pgnotify.tablechange.TableChange.Operation;
import org.jspecify.annotations.Nullable;

/**
 * Declares that changes of a table are told: on which channel, which changes, and what of
 * them. {@code pgnotify.triggers.<name>} and {@link PgTableListener} make such
 * declarations.
 *
 * @param name names the declaration in its database, unique in the schema of pgnotify: 1
 * to 54 bytes, since triggers and functions are named after it
 * @param table the table or view, names taken as they are written; {@code schema.table}
 * for one that is not found without, and in double quotes what has a dot in its name
 * @param channel where changes are told
 * @param operations which changes
 * @param updateOf of an UPDATE, only one that sets one of these columns; all without. Of
 * a statement or a view, one that changes them
 * @param timing when the trigger runs
 * @param level whether for each row or once for a statement
 * @param columns columns that are told beside the key: none without, {@code *} for all
 * @param keys columns that tell the row; the primary key without
 * @param whenChanged of an UPDATE, only one that changes the value of one of these
 * columns, {@code *} for any; all without
 * @param condition an SQL condition as after WHEN in CREATE TRIGGER; {@code null} for
 * none. If it raises an error, so does the write
 * @param delivery how changes are told
 * @param announce whether a durable change wakes those who wait for it at once, at the
 * price of a notification in the writing transaction, instead of being found by polling;
 * and is heard by live listeners too
 * @param format what a change looks like
 * @param active whether there is to be a trigger; if not, it is dropped
 * @param acknowledgeRowSecurity whether it is known that everybody who may listen is told
 * of rows that the row-level security of the table would hide
 * @since 0.1.0
 */
public record TableTrigger(String name, String table, ChannelName channel, Set<Operation> operations,
		Set<String> updateOf, Timing timing, Level level, Set<String> columns, Set<String> keys,
		Set<String> whenChanged, @Nullable String condition, DeliveryMode delivery, boolean announce, Format format,
		boolean active, boolean acknowledgeRowSecurity) {

	/**
	 * Stands for all columns.
	 */
	public static final String ALL = "*";

	public TableTrigger {
		operations = operations.isEmpty() ? Set.of() : Collections.unmodifiableSet(EnumSet.copyOf(operations));
		updateOf = ordered(updateOf);
		columns = ordered(columns);
		keys = ordered(keys);
		whenChanged = ordered(whenChanged);
		TableTriggerRules.check(name, table, operations, updateOf, timing, level, columns, whenChanged, condition,
				delivery, announce, format);
	}

	/**
	 * Begins a declaration: every INSERT, UPDATE and DELETE of a row, after it, with the
	 * key only, live, on the channel that has the name of the declaration.
	 * @param name names the declaration
	 * @param table the table or view
	 * @return a builder
	 */
	public static Builder of(String name, String table) {
		return new Builder(name, table);
	}

	private static Set<String> ordered(Collection<String> names) {
		return Collections.unmodifiableSet(new LinkedHashSet<>(names));
	}

	/**
	 * When a trigger runs.
	 */
	public enum Timing {

		/** After the change, with what is stored. */
		AFTER,

		/** Before the change, with what is to be stored as far as is known then. */
		BEFORE,

		/** In place of the change of a view, which the trigger makes itself. */
		INSTEAD_OF

	}

	/**
	 * How often a trigger runs.
	 */
	public enum Level {

		/** For each row. */
		ROW,

		/** Once for a statement. */
		STATEMENT

	}

	/**
	 * How changes are told.
	 */
	public enum DeliveryMode {

		/** By a notification: to those who listen at that moment, at most once. */
		LIVE,

		/**
		 * By a stored message: to every group, at least once, with retries and replay.
		 */
		DURABLE

	}

	/**
	 * What a change looks like.
	 */
	public enum Format {

		/** The JSON of a {@link TableChange}. */
		STANDARD,

		/**
		 * That of PgPigeon: the columns and {@code action}. Equal ones of a transaction
		 * arrive once, as PostgreSQL does it.
		 */
		PIGEON

	}

	/**
	 * Builds a declaration. What is not said is as {@link TableTrigger#of} has it.
	 */
	public static final class Builder {

		private final String name;

		private final String table;

		private @Nullable String channel;

		private Set<Operation> operations = EnumSet.of(Operation.INSERT, Operation.UPDATE, Operation.DELETE);

		private Set<String> updateOf = Set.of();

		private Timing timing = Timing.AFTER;

		private Level level = Level.ROW;

		private Set<String> columns = Set.of();

		private Set<String> keys = Set.of();

		private Set<String> whenChanged = Set.of();

		private @Nullable String condition;

		private DeliveryMode delivery = DeliveryMode.LIVE;

		private boolean announce;

		private Format format = Format.STANDARD;

		private boolean active = true;

		private boolean acknowledgeRowSecurity;

		private Builder(String name, String table) {
			this.name = name;
			this.table = table;
		}

		/**
		 * Sets the channel.
		 * @param channel its name
		 * @return this builder
		 */
		public Builder channel(String channel) {
			this.channel = channel;
			return this;
		}

		/**
		 * Sets which changes are told.
		 * @param operations at least one
		 * @return this builder
		 */
		public Builder on(Operation... operations) {
			this.operations = new LinkedHashSet<>(List.of(operations));
			return this;
		}

		/**
		 * Tells of an UPDATE only if it sets one of these columns.
		 * @param columns names of columns
		 * @return this builder
		 */
		public Builder updateOf(String... columns) {
			this.updateOf = new LinkedHashSet<>(List.of(columns));
			return this;
		}

		/**
		 * Sets when the trigger runs.
		 * @param timing when
		 * @return this builder
		 */
		public Builder timing(Timing timing) {
			this.timing = timing;
			return this;
		}

		/**
		 * Sets how often the trigger runs.
		 * @param level how often
		 * @return this builder
		 */
		public Builder level(Level level) {
			this.level = level;
			return this;
		}

		/**
		 * Sets what is told beside the key.
		 * @param columns names of columns, or {@link TableTrigger#ALL}
		 * @return this builder
		 */
		public Builder columns(String... columns) {
			this.columns = new LinkedHashSet<>(List.of(columns));
			return this;
		}

		/**
		 * Sets what tells the row, in place of the primary key.
		 * @param columns names of columns
		 * @return this builder
		 */
		public Builder keys(String... columns) {
			this.keys = new LinkedHashSet<>(List.of(columns));
			return this;
		}

		/**
		 * Tells of an UPDATE only if it changes the value of one of these columns.
		 * @param columns names of columns, or {@link TableTrigger#ALL}
		 * @return this builder
		 */
		public Builder whenChanged(String... columns) {
			this.whenChanged = new LinkedHashSet<>(List.of(columns));
			return this;
		}

		/**
		 * Tells only of what fulfils a condition.
		 * @param condition SQL as after WHEN in CREATE TRIGGER; {@code null} for none
		 * @return this builder
		 */
		public Builder condition(@Nullable String condition) {
			this.condition = condition;
			return this;
		}

		/**
		 * Sets how changes are told.
		 * @param delivery how
		 * @return this builder
		 */
		public Builder delivery(DeliveryMode delivery) {
			this.delivery = delivery;
			return this;
		}

		/**
		 * Sets whether durable changes are announced.
		 * @param announce whether to notify in the writing transaction
		 * @return this builder
		 */
		public Builder announce(boolean announce) {
			this.announce = announce;
			return this;
		}

		/**
		 * Sets what a change looks like.
		 * @param format the format
		 * @return this builder
		 */
		public Builder format(Format format) {
			this.format = format;
			return this;
		}

		/**
		 * Sets whether there is to be a trigger at all.
		 * @param active whether
		 * @return this builder
		 */
		public Builder active(boolean active) {
			this.active = active;
			return this;
		}

		/**
		 * Accepts a table with row-level security.
		 * @param acknowledged whether it is known that it does not apply to what is told
		 * @return this builder
		 */
		public Builder acknowledgeRowSecurity(boolean acknowledged) {
			this.acknowledgeRowSecurity = acknowledged;
			return this;
		}

		/**
		 * Makes the declaration.
		 * @return the declaration
		 * @throws io.github.pgnotify.PgNotifyStartupException if there can be no such
		 * trigger, whatever the table
		 */
		public TableTrigger build() {
			return new TableTrigger(this.name, this.table,
					TableTriggerRules.channel(this.name, (this.channel != null) ? this.channel : this.name),
					this.operations, this.updateOf, this.timing, this.level, this.columns, this.keys, this.whenChanged,
					this.condition, this.delivery, this.announce, this.format, this.active,
					this.acknowledgeRowSecurity);
		}

	}

}
