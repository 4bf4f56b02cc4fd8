package io.github.pgnotify;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Repeatable;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import org.springframework.aot.hint.annotation.Reflective;
import org.springframework.core.annotation.AliasFor;
import org.springframework.messaging.handler.annotation.MessageMapping;

/**
 * Marks a method of a bean that is called for every notification on one or more
 * PostgreSQL channels or, with a {@link #group()}, for every message that is stored on
 * them.
 * <p>
 * <strong>Guarantee:</strong> without a group: live, at most once. The method hears every
 * {@code NOTIFY}, every {@link PgNotifyOperations#convertAndSend(Object, Object)
 * convertAndSend} and every stored message that is announced, while the application is
 * connected. It is called by one thread at a time, in the order in which PostgreSQL
 * delivered the notifications, unless {@link #concurrency()} asks for more. An exception
 * it throws hurts neither other listeners nor later messages.
 * <p>
 * <strong>Gaps:</strong> what was missed because the connection broke, or because the
 * method did not keep up, is announced before the next notification: see
 * {@link #onGap()}.
 * <p>
 * <strong>Signature:</strong> the method returns {@code void} and, without a group, takes
 * any of these arguments, in any order and each of them optional:
 * <ul>
 * <li>the payload, with or without {@code @Payload}, at most one: {@code String} (as
 * sent), {@code byte[]} (its UTF-8 bytes), or any type that JSON can be read into: a
 * record, a class, {@code Map}, {@code List}, {@code JsonNode}, a number. An empty
 * payload is {@code null}. With {@code @Valid} or {@code @Validated} it is validated if
 * the application has a validator;</li>
 * <li>{@link PgNotification}: channel, payload and the sender's backend pid;</li>
 * <li>{@code Message<T>}: the payload as {@code T}, with headers. A message cannot hold
 * {@code null}: an empty payload is an empty {@code String} here, and a conversion error
 * for any other {@code T};</li>
 * <li>{@code @Header}, {@code @Headers}, {@code MessageHeaders}: see
 * {@link PgNotifyHeaders};</li>
 * <li>whatever a {@code PgListenerConfigurer} adds resolvers for.</li>
 * </ul>
 * <p>
 * <strong>Groups:</strong> with a {@link #group()} the method handles messages that are
 * stored, by {@link PgNotifyOperations#enqueue(String, Object) enqueue} or by plain SQL,
 * each of them at least once and by one member of the group at a time. It hears neither
 * {@code NOTIFY} nor {@code convertAndSend}. A message is acknowledged when the method
 * returns, tried again when it throws, and kept as a dead letter when that was in vain;
 * what cannot be read as the method takes it becomes one at once, and what the
 * {@link #filter()} refuses is done. A method with a group takes one message, or a batch
 * of them that succeed or fail together:
 * <table class="striped">
 * <caption>Arguments of a method with a group</caption>
 * <tr>
 * <th>one message</th>
 * <th>a batch</th>
 * <th>gets</th>
 * </tr>
 * <tr>
 * <td>{@code String}</td>
 * <td>{@code List<String>}</td>
 * <td>the content of a JSON string, the JSON text of anything else</td>
 * </tr>
 * <tr>
 * <td>{@code byte[]}</td>
 * <td>{@code List<byte[]>}</td>
 * <td>the same in UTF-8</td>
 * </tr>
 * <tr>
 * <td>a record, a class, {@code Map}, {@code JsonNode}, a number, {@code T[]}</td>
 * <td>{@code List} of it</td>
 * <td>the payload read as JSON; validated with {@code @Valid}</td>
 * </tr>
 * <tr>
 * <td>{@code Message<T>}</td>
 * <td>{@code List<Message<T>>}</td>
 * <td>payload and headers</td>
 * </tr>
 * <tr>
 * <td>{@link Delivery}</td>
 * <td>{@code List<Delivery>}</td>
 * <td>the attempt, to extend or end it; in the order of the payloads</td>
 * </tr>
 * <tr>
 * <td>{@code @Header}, {@code @Headers}, {@code MessageHeaders}, arguments of a
 * {@code PgListenerConfigurer}</td>
 * <td>no</td>
 * <td>see {@link PgNotifyHeaders}</td>
 * </tr>
 * </table>
 * A message without data is {@code null}, and so are JSON's null and an empty string. A
 * batch is exactly one {@code List} of payloads or messages and, if wanted, one
 * {@code List<Delivery>}: so a {@code List} is never the JSON array of a single message,
 * which is taken as {@code T[]} or {@code JsonNode}. A batch of which one message cannot
 * be read is not given to the method; its messages are then given one by one. There is no
 * {@link PgNotification} in a group.
 * <p>
 * A method whose signature cannot work fails the start of the application with an error
 * that names it; so does an attribute that would do nothing.
 * <p>
 * Every attribute that is text takes {@code ${...}} placeholders and {@code #{...}}
 * expressions. The annotation may be repeated and used as a meta-annotation.
 *
 * @since 0.1.0
 * @see <a href="https://www.postgresql.org/docs/current/sql-notify.html">NOTIFY</a>
 */
@Target({ ElementType.METHOD, ElementType.ANNOTATION_TYPE })
@Retention(RetentionPolicy.RUNTIME)
@Documented
@MessageMapping
@Reflective(GapMethodReflectiveProcessor.class)
@Repeatable(PgListeners.class)
public @interface PgListener {

	/**
	 * Channels to listen on, exactly as the sender writes them: {@code MyChan} is not
	 * {@code mychan}, and any character but NUL is allowed. An expression may yield a
	 * collection or an array.
	 * @return the channels, at least one
	 */
	@AliasFor("channels")
	String[] value() default {};

	/**
	 * Same as {@link #value()}.
	 * @return the channels, at least one
	 */
	@AliasFor("value")
	String[] channels() default {};

	/**
	 * Unique name of this listener, in logs, for {@link PgListenerRegistry}, and at the
	 * end of the name of its thread while it is at work.
	 * @return the id, by default made from class and method name
	 */
	String id() default "";

	/**
	 * How many notifications or, in a group, calls of the method may be under way at
	 * once. With more than one the order is not kept, except within a key of stored
	 * messages.
	 * @return a number, by default 1
	 */
	String concurrency() default "";

	/**
	 * Name of a method of the same bean that is called when notifications may have been
	 * missed, before the next one: to read anew what is kept in memory. It takes a
	 * {@link PgGap} or nothing. Not in groups, which miss nothing.
	 * @return the name; by default nobody is called
	 */
	String onGap() default "";

	/**
	 * Bean name of a {@link PgListenerFilter}. What it refuses in a group counts as done.
	 * @return the name; by default everything is heard
	 */
	String filter() default "";

	/**
	 * Bean name of an {@code org.springframework.core.retry.RetryPolicy}: what the method
	 * throws is tried again. A payload that cannot be converted is not. In a group, what
	 * the policy does not try again becomes a dead letter.
	 * @return the name; by default what {@code pgnotify.listener.retry} says, in a group
	 * {@code pgnotify.queue.retry}
	 */
	String retryPolicy() default "";

	/**
	 * Bean name of a {@link PgListenerErrorHandler}, called when retries are over. Not in
	 * groups, which keep dead letters.
	 * @return the name; by default errors are logged
	 */
	String errorHandler() default "";

	/**
	 * Name of a group: then the method handles the messages that are stored on the
	 * channels, durably and each of them by one member of the group, instead of hearing
	 * notifications. All methods with the same channel and group, in all instances of the
	 * application, are members. A group that was never there before begins at
	 * {@link #start()}.
	 * @return the name, 1 to 63 bytes; by default there is no group and the listener is
	 * live
	 */
	String group() default "";

	/**
	 * Where a group begins that was never there before; only with a {@link #group()}.
	 * @return by default, with the oldest message that is still kept
	 */
	StartPosition start() default StartPosition.EARLIEST;

	/**
	 * When a message of a group counts as done; only with a {@link #group()}.
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
	 * Most messages of one call of a group listener that takes a {@code List} of
	 * payloads.
	 * @return a number, by default 100
	 */
	String batchSize() default "";

	/**
	 * Bean name of the container, that is, of the database to listen on. Groups consume
	 * from the database in which messages are stored.
	 * @return the name
	 */
	String container() default "pgListenerContainer";

}
