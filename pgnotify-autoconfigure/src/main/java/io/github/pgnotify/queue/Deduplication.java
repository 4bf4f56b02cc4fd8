package io.github.pgnotify.queue;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransactionRollbackException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

import io.github.pgnotify.MessageStore.NewMessage;
import io.github.pgnotify.StoredMessage;
import org.jspecify.annotations.Nullable;

/**
 * Stores messages whose deduplication ids may be there already.
 * <p>
 * An insert waits for an open transaction that inserted the same id. What another
 * statement then finds is what it waited for, unless that was deleted meanwhile: then
 * there is nothing to duplicate any more, and all begins again.
 */
final class Deduplication {

	/** Each one fails only if yet another message came and went. */
	private static final int ATTEMPTS = 20;

	private final MessageTable messages;

	private final MessageBatches batches;

	Deduplication(MessageTable messages, MessageBatches batches) {
		this.messages = messages;
		this.batches = batches;
	}

	/**
	 * Stores messages, all or none. One alone is stored by one statement, if at all; for
	 * several that takes a transaction.
	 */
	List<StoredMessage> store(Connection connection, List<NewMessage> wanted) throws SQLException {
		if (wanted.size() == 1 || !connection.getAutoCommit()) {
			return storeOrFind(connection, wanted);
		}
		connection.setAutoCommit(false);
		try {
			List<StoredMessage> stored = storeOrFind(connection, wanted);
			connection.commit();
			connection.setAutoCommit(true);
			return stored;
		}
		catch (SQLException | RuntimeException ex) {
			undo(connection, ex);
			throw ex;
		}
	}

	private static void undo(Connection connection, Exception reason) {
		try {
			connection.rollback();
			connection.setAutoCommit(true);
		}
		catch (SQLException ex) {
			reason.addSuppressed(ex);
		}
	}

	private List<StoredMessage> storeOrFind(Connection connection, List<NewMessage> wanted) throws SQLException {
		List<@Nullable StoredMessage> stored = insert(connection, wanted);
		for (int attempt = 1; stored.contains(null); attempt++) {
			if (attempt > ATTEMPTS) {
				throw new SQLTransactionRollbackException("The messages that " + missing(stored, wanted).size()
						+ " messages duplicate come and go: try again", "40001");
			}
			stored = complete(stored, this.batches.findDuplicates(connection, missing(stored, wanted)));
			if (stored.contains(null)) {
				stored = complete(stored, insert(connection, missing(stored, wanted)));
			}
		}
		return stored.stream().map(Objects::requireNonNull).toList();
	}

	private List<@Nullable StoredMessage> insert(Connection connection, List<NewMessage> wanted) throws SQLException {
		if (wanted.size() > 1) {
			return this.batches.insertUnlessDuplicate(connection, wanted);
		}
		List<@Nullable StoredMessage> stored = new ArrayList<>();
		stored.add(this.messages.insertUnlessDuplicate(connection, wanted.get(0)));
		return stored;
	}

	private static List<NewMessage> missing(List<@Nullable StoredMessage> stored, List<NewMessage> wanted) {
		List<NewMessage> missing = new ArrayList<>();
		for (int i = 0; i < wanted.size(); i++) {
			if (stored.get(i) == null) {
				missing.add(wanted.get(i));
			}
		}
		return missing;
	}

	private static List<@Nullable StoredMessage> complete(List<@Nullable StoredMessage> stored,
			List<@Nullable StoredMessage> found) {
		List<@Nullable StoredMessage> all = new ArrayList<>(stored.size());
		int next = 0;
		for (StoredMessage message : stored) {
			all.add((message != null) ? message : found.get(next++));
		}
		return all;
	}

}
