package io.github.pgnotify.listener;

import java.nio.charset.CharsetEncoder;
import java.nio.charset.StandardCharsets;
import java.util.function.UnaryOperator;

import io.github.pgnotify.AckMode;
import io.github.pgnotify.PgListener;
import io.github.pgnotify.PgNotifyStartupException;
import io.github.pgnotify.StartPosition;

/**
 * What an annotation says of a group. An attribute that would do nothing is refused,
 * since whoever wrote it relies on it.
 *
 * @param annotation the annotation
 * @param where the method it is on
 * @param resolver resolves placeholders and expressions
 */
record GroupAttributes(PgListener annotation, String where, UnaryOperator<String> resolver) {

	private static final int MAX_NAME_BYTES = 63;

	private static final int DEFAULT_BATCH_SIZE = 100;

	/**
	 * Whether there is a group at all.
	 */
	boolean isPresent() {
		return !this.annotation.group().isEmpty();
	}

	/**
	 * Refuses the attributes of groups on a listener that has none.
	 * @throws PgNotifyStartupException if there is one
	 */
	void refuse() {
		refuseWithoutGroup("start", this.annotation.start() != StartPosition.EARLIEST);
		refuseWithoutGroup("ack", this.annotation.ack() != AckMode.AT_LEAST_ONCE);
		refuseWithoutGroup("transactionManager", isSet(this.annotation.transactionManager()));
		refuseWithoutGroup("batchSize", isSet(this.annotation.batchSize()));
	}

	/**
	 * Refuses the attributes of live listeners, and those that do not go together.
	 * @param defaultContainer the only container whose database has a queue
	 * @throws PgNotifyStartupException if there is one
	 */
	void check(String defaultContainer) {
		refuseWithGroup("onGap", isSet(this.annotation.onGap()),
				"Leave onGap out: a group misses nothing, what is stored waits for it.");
		refuseWithGroup("errorHandler", isSet(this.annotation.errorHandler()),
				"Leave errorHandler out: what fails is tried again as retryPolicy says, and then kept as a dead letter.");
		refuseWithGroup("container", !text(this.annotation.container()).equals(defaultContainer),
				"Leave container out: a group consumes from the database in which messages are stored.");
		AckMode ack = this.annotation.ack();
		if (ack != AckMode.TRANSACTIONAL && isSet(this.annotation.transactionManager())) {
			throw refused("has a transactionManager, and ack = " + ack + ", which opens no transaction",
					"Write ack = AckMode.TRANSACTIONAL, or leave transactionManager out.");
		}
		if (ack == AckMode.AT_MOST_ONCE && isSet(this.annotation.retryPolicy())) {
			throw refused("has a retryPolicy, and ack = AT_MOST_ONCE, which tries nothing again",
					"Write another ack, or leave retryPolicy out.");
		}
	}

	/**
	 * Name of the group.
	 * @throws PgNotifyStartupException if no group can have it
	 */
	String name() {
		String name = text(this.annotation.group());
		if (name.isEmpty()) {
			throw unnameable("whose name is empty");
		}
		int nul = name.indexOf('\0');
		if (nul >= 0) {
			throw unnameable("whose name has a NUL character at position " + nul);
		}
		CharsetEncoder encoder = StandardCharsets.UTF_8.newEncoder();
		if (!encoder.canEncode(name)) {
			throw unnameable("whose name has an unpaired surrogate");
		}
		int length = name.getBytes(StandardCharsets.UTF_8).length;
		if (length > MAX_NAME_BYTES) {
			throw unnameable("'" + name + "', whose name has " + length + " bytes");
		}
		return name;
	}

	/**
	 * Most messages of one call.
	 * @throws PgNotifyStartupException if that is not a number, or there is only one
	 */
	int batchSize(boolean batch) {
		String text = text(this.annotation.batchSize());
		if (text.isEmpty()) {
			return batch ? DEFAULT_BATCH_SIZE : 1;
		}
		if (!batch) {
			throw refused("has a batchSize, and takes no List of payloads",
					"Take a List<T> of payloads, or leave batchSize out.");
		}
		try {
			int batchSize = Integer.parseInt(text);
			if (batchSize > 0) {
				return batchSize;
			}
		}
		catch (NumberFormatException ex) {
			// said below
		}
		throw refused("has the batchSize '" + text + "', which is not a number above zero",
				"Write batchSize = \"100\", or leave it out.");
	}

	PgNotifyStartupException queueMissing() {
		return refused(
				"has the group '" + name() + "', and there is no queue to consume from (pgnotify.queue.enabled=false)",
				"Set pgnotify.queue.enabled=true, or leave group out to listen live.");
	}

	private boolean isSet(String attribute) {
		return !text(attribute).isEmpty();
	}

	private String text(String attribute) {
		return this.resolver.apply(attribute);
	}

	private void refuseWithoutGroup(String attribute, boolean present) {
		if (present) {
			throw refused("has the attribute " + attribute + " and no group, without which it means nothing",
					"Name a group, group = \"...\", or leave " + attribute + " out.");
		}
	}

	private void refuseWithGroup(String attribute, boolean present, String action) {
		if (present) {
			throw refused(
					"has the group '" + name() + "' and the attribute " + attribute + ", which is for live listeners",
					action);
		}
	}

	private PgNotifyStartupException unnameable(String fault) {
		return refused("has a group " + fault,
				"Give the attribute group a name of 1 to 63 bytes, without NUL and unpaired surrogates.");
	}

	private PgNotifyStartupException refused(String fault, String action) {
		return new PgNotifyStartupException("The @PgListener method " + this.where + " " + fault + ".", action);
	}

}
