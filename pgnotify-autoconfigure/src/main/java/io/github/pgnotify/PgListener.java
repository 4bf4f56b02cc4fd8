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
 * PostgreSQL channels.
 * <p>
 * <strong>Guarantee:</strong> live, at most once. The method hears every {@code NOTIFY},
 * every {@link PgNotifyOperations#convertAndSend(Object, Object) convertAndSend} and
 * every stored message that is announced, while the application is connected. It is
 * called by one thread at a time, in the order in which PostgreSQL delivered the
 * notifications, unless {@link #concurrency()} asks for more. An exception it throws
 * hurts neither other listeners nor later messages.
 * <p>
 * <strong>Gaps:</strong> what was missed because the connection broke, or because the
 * method did not keep up, is announced before the next notification: see
 * {@link #onGap()}.
 * <p>
 * <strong>Signature:</strong> the method returns {@code void} and takes any of these
 * arguments, in any order and each of them optional:
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
 * A method whose signature cannot work fails the start of the application with an error
 * that names it.
 * <p>
 * Every attribute takes {@code ${...}} placeholders and {@code #{...}} expressions. The
 * annotation may be repeated and used as a meta-annotation.
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
	 * How many notifications may be handled at once. With more than one the order is not
	 * kept.
	 * @return a number, by default 1
	 */
	String concurrency() default "";

	/**
	 * Name of a method of the same bean that is called when notifications may have been
	 * missed, before the next one: to read anew what is kept in memory. It takes a
	 * {@link PgGap} or nothing.
	 * @return the name; by default nobody is called
	 */
	String onGap() default "";

	/**
	 * Bean name of a {@link PgListenerFilter}.
	 * @return the name; by default everything is heard
	 */
	String filter() default "";

	/**
	 * Bean name of an {@code org.springframework.core.retry.RetryPolicy}: what the method
	 * throws is tried again. A payload that cannot be converted is not.
	 * @return the name; by default what {@code pgnotify.listener.retry} says
	 */
	String retryPolicy() default "";

	/**
	 * Bean name of a {@link PgListenerErrorHandler}, called when retries are over.
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
	 * Where a group begins that was never there before.
	 * @return by default, with the oldest message that is still kept
	 */
	StartPosition start() default StartPosition.EARLIEST;

	/**
	 * When a message of a group counts as done.
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
	 * Bean name of the container, that is, of the database to listen on.
	 * @return the name
	 */
	String container() default "pgListenerContainer";

}
