package io.github.pgnotify.listener;

import java.util.List;
import java.util.stream.Stream;

import io.github.pgnotify.AckMode;
import io.github.pgnotify.PgListener;
import io.github.pgnotify.StartPosition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import org.springframework.context.annotation.Bean;
import org.springframework.core.retry.RetryPolicy;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Groups that cannot be: what whoever wrote them reads when the application does not
 * start.
 */
class GroupRefusalTests {

	private static final String NAME = "Give the attribute group a name of 1 to 63 bytes, without NUL and unpaired "
			+ "surrogates.";

	@ParameterizedTest(name = "{0}")
	@MethodSource
	void namesThatCannotBe(Class<?> listener, String fault) {
		Refusals.assertRefused(RecordedGroups.runner(), listener, fault, NAME);
	}

	static Stream<Arguments> namesThatCannotBe() {
		return Stream.of(Arguments.of(EmptyName.class, "has a group whose name is empty."),
				Arguments.of(LongName.class, "has a group '" + "ü".repeat(32) + "', whose name has 64 bytes."),
				Arguments.of(NulInName.class, "has a group whose name has a NUL character at position 3."),
				Arguments.of(SurrogateInName.class, "has a group whose name has an unpaired surrogate."));
	}

	@Test
	void theLongestNameIsTaken() {
		RecordedGroups.runner()
			.withUserConfiguration(LongestName.class)
			.run((context) -> assertThat(context.getBean(RecordedGroups.class).all().get(0).group())
				.isEqualTo("ü".repeat(31) + "x"));
	}

	@ParameterizedTest(name = "{0}")
	@MethodSource
	void attributesThatDoNothing(Class<?> listener, String fault, String action) {
		Refusals.assertRefused(RecordedGroups.runner(), listener, fault, action);
	}

	static Stream<Arguments> attributesThatDoNothing() {
		return Stream.of(
				Arguments.of(GapInGroup.class,
						"has the group 'billing' and the attribute onGap, which is for live listeners.",
						"Leave onGap out: a group misses nothing, what is stored waits for it."),
				Arguments.of(ErrorHandlerInGroup.class,
						"has the group 'billing' and the attribute errorHandler, which is for live listeners.",
						"Leave errorHandler out: what fails is tried again as retryPolicy says, and then kept as a dead "
								+ "letter."),
				Arguments.of(ContainerInGroup.class,
						"has the group 'billing' and the attribute container, which is for live listeners.",
						"Leave container out: a group consumes from the database in which messages are stored."),
				Arguments.of(TransactionManagerWithoutTransaction.class,
						"has a transactionManager, and ack = AT_LEAST_ONCE, which opens no transaction.",
						"Write ack = AckMode.TRANSACTIONAL, or leave transactionManager out."),
				Arguments.of(RetryOfNothing.class,
						"has a retryPolicy, and ack = AT_MOST_ONCE, which tries nothing again.",
						"Write another ack, or leave retryPolicy out."),
				Arguments.of(BatchSizeWithoutBatch.class, "has a batchSize, and takes no List of payloads.",
						"Take a List<T> of payloads, or leave batchSize out."),
				Arguments.of(BatchSizeOfNothing.class, "has the batchSize '0', which is not a number above zero.",
						"Write batchSize = \"100\", or leave it out."),
				Arguments.of(BatchSizeInWords.class, "has the batchSize 'many', which is not a number above zero.",
						"Write batchSize = \"100\", or leave it out."));
	}

	@ParameterizedTest(name = "{0}")
	@MethodSource
	void attributesOfGroupsWithoutOne(Class<?> listener, String attribute) {
		Refusals.assertRefused(RecordedGroups.runner(), listener,
				"has the attribute " + attribute + " and no group, without which it means nothing.",
				"Name a group, group = \"...\", or leave " + attribute + " out.");
	}

	static Stream<Arguments> attributesOfGroupsWithoutOne() {
		return Stream.of(Arguments.of(LiveStart.class, "start"), Arguments.of(LiveAck.class, "ack"),
				Arguments.of(LiveTransactionManager.class, "transactionManager"),
				Arguments.of(LiveBatchSize.class, "batchSize"));
	}

	@ParameterizedTest(name = "{0}")
	@MethodSource
	void beansThatAreNotThere(Class<?> listener, String attribute, String type) {
		Refusals.assertRefused(RecordedGroups.runner(), listener,
				"names 'none' as " + attribute + ", and there is no such bean of type " + type + ".",
				"Define a bean named 'none', or correct the name.");
	}

	static Stream<Arguments> beansThatAreNotThere() {
		return Stream.of(Arguments.of(NoFilter.class, "filter", "PgListenerFilter"),
				Arguments.of(NoRetryPolicy.class, "retryPolicy", "RetryPolicy"),
				Arguments.of(NoTransactionManager.class, "transactionManager", "PlatformTransactionManager"));
	}

	@Test
	void queueIsSwitchedOff() {
		Refusals.assertRefused(RecordedGroups.runnerWithoutQueue(), Fine.class,
				"has the group 'billing', and there is no queue to consume from (pgnotify.queue.enabled=false).",
				"Set pgnotify.queue.enabled=true, or leave group out to listen live.");
	}

	static class Fine {

		@PgListener(channels = "orders", group = "billing")
		void listen(String payload) {
		}

	}

	static class EmptyName {

		@PgListener(channels = "orders", group = "${app.group:}")
		void listen(String payload) {
		}

	}

	static class LongName {

		@PgListener(channels = "orders", group = "#{'ü' * 32}")
		void listen(String payload) {
		}

	}

	static class LongestName {

		@PgListener(channels = "orders", group = "#{'ü' * 31}x")
		void listen(String payload) {
		}

	}

	static class NulInName {

		@PgListener(channels = "orders", group = "abc\0")
		void listen(String payload) {
		}

	}

	static class SurrogateInName {

		@PgListener(channels = "orders", group = "abc\ud83d")
		void listen(String payload) {
		}

	}

	static class GapInGroup {

		@PgListener(channels = "orders", group = "billing", onGap = "reload")
		void listen(String payload) {
		}

	}

	static class ErrorHandlerInGroup {

		@PgListener(channels = "orders", group = "billing", errorHandler = "handler")
		void listen(String payload) {
		}

	}

	static class ContainerInGroup {

		@PgListener(channels = "orders", group = "billing", container = "reporting")
		void listen(String payload) {
		}

	}

	static class TransactionManagerWithoutTransaction {

		@PgListener(channels = "orders", group = "billing", transactionManager = "transactionManager")
		void listen(String payload) {
		}

	}

	static class RetryOfNothing {

		@PgListener(channels = "orders", group = "billing", ack = AckMode.AT_MOST_ONCE, retryPolicy = "patient")
		void listen(String payload) {
		}

		@Bean
		static RetryPolicy patient() {
			return RetryPolicy.withMaxRetries(100);
		}

	}

	static class BatchSizeWithoutBatch {

		@PgListener(channels = "orders", group = "billing", batchSize = "2")
		void listen(String payload) {
		}

	}

	static class BatchSizeOfNothing {

		@PgListener(channels = "orders", group = "billing", batchSize = "0")
		void listen(List<String> payloads) {
		}

	}

	static class BatchSizeInWords {

		@PgListener(channels = "orders", group = "billing", batchSize = "many")
		void listen(List<String> payloads) {
		}

	}

	static class LiveStart {

		@PgListener(channels = "orders", start = StartPosition.LATEST)
		void listen(String payload) {
		}

	}

	static class LiveAck {

		@PgListener(channels = "orders", ack = AckMode.TRANSACTIONAL)
		void listen(String payload) {
		}

	}

	static class LiveTransactionManager {

		@PgListener(channels = "orders", transactionManager = "transactionManager")
		void listen(String payload) {
		}

	}

	static class LiveBatchSize {

		@PgListener(channels = "orders", batchSize = "2")
		void listen(List<String> payloads) {
		}

	}

	static class NoFilter {

		@PgListener(channels = "orders", group = "billing", filter = "none")
		void listen(String payload) {
		}

	}

	static class NoRetryPolicy {

		@PgListener(channels = "orders", group = "billing", retryPolicy = "none")
		void listen(String payload) {
		}

	}

	static class NoTransactionManager {

		@PgListener(channels = "orders", group = "billing", ack = AckMode.TRANSACTIONAL, transactionManager = "none")
		void listen(String payload) {
		}

	}

}
