package io.github.pgnotify.tablechange;

import java.math.BigDecimal;
import java.time.OffsetDateTime;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

import org.jspecify.annotations.Nullable;

/**
 * A change of a row, or of many by one statement: what a {@link PgTableListener} gets,
 * and any other listener on the channel of a {@link TableTrigger}.
 * <p>
 * Only the columns that the trigger declares are in {@code before} and {@code after};
 * without any, both are {@code null} and {@code key} tells which row it is. Columns are
 * matched with the properties of {@code T} by their names, {@code created_at} with
 * {@code createdAt}; a {@code bytea} column is a {@code byte[]}.
 *
 * @param <T> what a row is read into: a record, an entity, {@code Map}, {@code JsonNode}
 * @param trigger name of the declaration
 * @param schema schema of the table or view
 * @param table the table or view; of a partitioned one, the parent
 * @param operation what was done
 * @param key the key of the row, the new one if it changed; {@code null} of a statement,
 * of a table without a key, and if not even that fitted into a notification
 * @param previousKey the key before the change, if that changed it; else {@code null}
 * @param before the row before the change; {@code null} of an INSERT, without columns, or
 * if {@code truncated}
 * @param after the row after the change; {@code null} of a DELETE, without columns, or if
 * {@code truncated}
 * @param changed names of the columns whose values an UPDATE changed, of those that the
 * trigger declares anywhere and those of the key; empty of everything else
 * @param count how many rows the statement changed; {@code null} of a single row, of a
 * TRUNCATE and before the statement
 * @param transactionId the transaction, as {@code pg_current_xact_id()} returns it there;
 * 0 if it could not be told
 * @param time when the trigger ran, by the clock of the database; {@code null} if it
 * could not be told
 * @param order the number of the change among those of its transaction that triggers of
 * pgnotify reported, from 1; 0 if it could not be told. It keeps equal changes apart
 * @param truncated whether something was left out because the notification could not hold
 * it, or because the trigger no longer fits the table
 * @since 0.1.0
 */
public record TableChange<T>(String trigger, String schema, String table, Operation operation, @Nullable Key key,
		@Nullable Key previousKey, @Nullable T before, @Nullable T after, Set<String> changed, @Nullable Long count,
		long transactionId, @Nullable OffsetDateTime time, long order, boolean truncated) {

	public TableChange {
		changed = Collections.unmodifiableSet(new LinkedHashSet<>(changed));
	}

	/**
	 * Says what happened where, never the values: this text may end in a log.
	 */
	@Override
	public String toString() {
		return "TableChange[trigger=" + this.trigger + ", operation=" + this.operation + ", table=" + this.schema + "."
				+ this.table + ", transactionId=" + this.transactionId + ", order=" + this.order + "]";
	}

	/**
	 * What can be done to a table.
	 */
	public enum Operation {

		/** Rows came. */
		INSERT,

		/** Rows were changed. */
		UPDATE,

		/** Rows went. */
		DELETE,

		/** The table was emptied. */
		TRUNCATE

	}

	/**
	 * The key of a row, of one or more columns.
	 *
	 * @param values the values by column, in the order of the key: {@code Long} for whole
	 * numbers, {@code BigDecimal} for others, {@code Boolean}, {@code String} for
	 * everything else
	 */
	public record Key(Map<String, @Nullable Object> values) {

		public Key {
			values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
		}

		/**
		 * Returns the value of a key of one column.
		 * @return the value; {@code null} if the column is
		 * @throws IllegalStateException if the key has more than one column
		 */
		public @Nullable Object value() {
			if (this.values.size() != 1) {
				throw new IllegalStateException("The key has " + this.values.size() + " columns " + this.values.keySet()
						+ ": name one of them");
			}
			return this.values.values().iterator().next();
		}

		/**
		 * Returns the value of a column.
		 * @param column name of the column
		 * @return the value; {@code null} if the column is
		 * @throws IllegalArgumentException if the key has no such column
		 */
		public @Nullable Object value(String column) {
			if (!this.values.containsKey(column)) {
				throw new IllegalArgumentException(
						"The key has no column '" + column + "', only " + this.values.keySet());
			}
			return this.values.get(column);
		}

		/**
		 * Returns the value of a key of one column that is a whole number.
		 * @return the number
		 * @throws IllegalStateException if the key has more than one column, or is no
		 * whole number
		 */
		public long longValue() {
			Object value = value();
			if (value instanceof Long number) {
				return number;
			}
			if (value instanceof BigDecimal number) {
				return number.longValueExact();
			}
			throw new IllegalStateException("The key " + this.values.keySet() + " is no whole number");
		}

		/**
		 * Returns the value of a key of one column as text.
		 * @return the text; {@code "null"} if the column is null
		 * @throws IllegalStateException if the key has more than one column
		 */
		public String text() {
			return String.valueOf(value());
		}

		/**
		 * Names the columns, never the values: this text may end in a log.
		 */
		@Override
		public String toString() {
			return "Key" + this.values.keySet();
		}

	}

}
