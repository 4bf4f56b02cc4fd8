package io.github.pgnotify.tablechange;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import io.github.pgnotify.AckMode;
import io.github.pgnotify.GapMethodReflectiveProcessor;
import io.github.pgnotify.StartPosition;
import io.github.pgnotify.tablechange.TableChange.Operation;
import io.github.pgnotify.tablechange.TableTrigger.Level;
import io.github.pgnotify.tablechange.TableTrigger.Timing;

import org.springframework.aot.hint.annotation.Reflective;
import org.springframework.core.annotation.AliasFor;
import org.springframework.messaging.handler.annotation.MessageMapping;

/**
 * Declares a trigger and marks the method of a bean that is called for every change it
 * tells: {@code pgnotify.triggers} and {@link io.github.pgnotify.PgListener} in one.
 * <pre class="code">
 * &#64;PgTableListener(table = "orders", columns = { "id", "status" }, whenChanged = "status")
 * void changed(TableChange&lt;Order&gt; change) { ... }
 * </pre>
 * <p>
 * <strong>Guarantee:</strong> without a {@link #group()}: live, at most once, in the
 * order of the changes of each transaction, to every instance of the application that is
 * connected. With one: durable, at least once, by one member of the group at a time, the
 * changes of one row one after the other. Either way a change is told if and only if its
 * transaction commits.
 * <p>
 * The method takes a {@code TableChange<T>} or, with a group, a {@code List} of them, and
 * whatever else a {@code PgListener} method takes; what that promises of threads, errors
 * and retries holds here too. The trigger is installed before the method is first called:
 * see {@link PgTableTriggers}.
 * <p>
 * Every attribute that is text takes {@code ${...}} placeholders and {@code #{...}}
 * expressions, those of the listener also by name of a bean.
 *
 * @since 0.1.0
 */
@Target({ ElementType.METHOD, ElementType.ANNOTATION_TYPE })
@Retention(RetentionPolicy.RUNTIME)
@Documented
@MessageMapping
@Reflective(GapMethodReflectiveProcessor.class)
public @interface PgTableListener {

	/**
	 * The table or view, its name as it is written, case included; {@code schema.table}
	 * for one that is not found without, and in double quotes what has a dot in its name.
	 * @return the table
	 */
	@AliasFor("table")
	String value() default "";

	/**
	 * Same as {@link #value()}.
	 * @return the table
	 */
	@AliasFor("value")
	String table() default "";

	/**
	 * Which changes.
	 * @return by default all but TRUNCATE
	 */
	Operation[] on() default { Operation.INSERT, Operation.UPDATE, Operation.DELETE };

	/**
	 * Columns of the row that are told: whoever may connect to the database may hear
	 * them, if they are told live.
	 * @return names, or {@code *} for all; by default none, the key alone tells the row
	 */
	String[] columns() default {};

	/**
	 * Columns that tell the row.
	 * @return names; by default the primary key
	 */
	String[] keys() default {};

	/**
	 * Of an UPDATE, tells only of one that sets one of these columns, whether their
	 * values change or not.
	 * @return names; by default of every one
	 */
	String[] updateOf() default {};

	/**
	 * Of an UPDATE, tells only of one that changes the value of one of these columns.
	 * @return names, or {@code *} for any; by default of every one
	 */
	String[] whenChanged() default {};

	/**
	 * An SQL condition as after WHEN in CREATE TRIGGER, {@code NEW.amount > 100}. If it
	 * raises an error, so does the write.
	 * @return the condition; by default none
	 */
	String condition() default "";

	/**
	 * When the trigger runs.
	 * @return by default after the change
	 */
	Timing timing() default Timing.AFTER;

	/**
	 * Whether for each row or once for a statement, with a count.
	 * @return by default for each row
	 */
	Level level() default Level.ROW;

	/**
	 * Whether it is known that row-level security of the table does not apply to what is
	 * told.
	 * @return by default such a table is refused
	 */
	boolean acknowledgeRowSecurity() default false;

	/**
	 * Name of the declaration, 1 to 54 bytes, unique in the schema of pgnotify. A
	 * declaration of another name is another one: what was stored for the old one is not
	 * handled under the new.
	 * @return the name; by default the table's and the group's, or the table's and the
	 * method's
	 */
	String name() default "";

	/**
	 * Channel on which the changes are told.
	 * @return the channel; by default it has the name of the declaration
	 */
	String channel() default "";

	/**
	 * Whether a durable change wakes the group at once, at the price of a notification in
	 * the writing transaction, instead of being found within
	 * {@code pgnotify.queue.poll-interval}; only with a {@link #group()}.
	 * @return by default not
	 */
	boolean announce() default false;

	/**
	 * Name of a group: then changes are stored, and each of them is handled by one member
	 * of the group.
	 * @return the name; by default there is no group and the listener is live
	 * @see io.github.pgnotify.PgListener#group()
	 */
	String group() default "";

	/**
	 * Where a group begins that was never there before.
	 * @return by default, with the oldest change that is still kept
	 */
	StartPosition start() default StartPosition.EARLIEST;

	/**
	 * When a change counts as handled by a group.
	 * @return by default, when the method has returned
	 */
	AckMode ack() default AckMode.AT_LEAST_ONCE;

	/**
	 * Bean name of the {@code PlatformTransactionManager} for
	 * {@link AckMode#TRANSACTIONAL}.
	 * @return the name; by default the one for the DataSource of the queue
	 */
	String transactionManager() default "";

	/**
	 * Most changes of one call of a group listener that takes a {@code List} of them.
	 * @return a number, by default 100
	 */
	String batchSize() default "";

	/**
	 * Unique name of this listener in logs and for
	 * {@link io.github.pgnotify.PgListenerRegistry}.
	 * @return the id, by default made from class and method name
	 */
	String id() default "";

	/**
	 * How many calls may be under way at once. With more than one the order is not kept,
	 * except of the changes of one row in a group.
	 * @return a number, by default 1
	 */
	String concurrency() default "";

	/**
	 * Name of a method of the same bean that is called when changes may have been missed,
	 * before the next one. Not in groups, which miss nothing.
	 * @return the name; by default nobody is called
	 */
	String onGap() default "";

	/**
	 * Bean name of a {@link io.github.pgnotify.PgListenerFilter}.
	 * @return the name; by default everything is heard
	 */
	String filter() default "";

	/**
	 * Bean name of an {@code org.springframework.core.retry.RetryPolicy}.
	 * @return the name; by default as for other listeners
	 */
	String retryPolicy() default "";

	/**
	 * Bean name of a {@link io.github.pgnotify.PgListenerErrorHandler}. Not in groups,
	 * which keep dead letters.
	 * @return the name; by default errors are logged
	 */
	String errorHandler() default "";

}
