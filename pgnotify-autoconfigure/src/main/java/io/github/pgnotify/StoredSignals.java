package io.github.pgnotify;

import java.util.LinkedHashMap;
import java.util.Map;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * Tells the store which channels have new messages, once these are committed. Only a
 * hint, so nothing that goes wrong here is the sender's concern.
 */
final class StoredSignals {

	private static final Log logger = LogFactory.getLog(StoredSignals.class);

	private final MessageStore store;

	StoredSignals(MessageStore store) {
		this.store = store;
	}

	/**
	 * Tells now what is committed already, and the rest when the caller's transaction
	 * commits. Where that cannot be known, because a connection was bound to the thread
	 * without Spring's synchronization, nothing is told.
	 */
	void signal(Map<ChannelName, Integer> messages, boolean committed) {
		if (committed) {
			tell(messages);
		}
		else if (TransactionSynchronizationManager.isSynchronizationActive()) {
			Map<ChannelName, Integer> all = ofTransaction().messages;
			messages.forEach((channel, number) -> all.merge(channel, number, Integer::sum));
		}
	}

	/**
	 * One for each transaction: bound to the thread, but put aside with the transaction.
	 */
	private AtCommit ofTransaction() {
		AtCommit atCommit = (AtCommit) TransactionSynchronizationManager.getResource(this);
		if (atCommit == null) {
			atCommit = new AtCommit();
			TransactionSynchronizationManager.registerSynchronization(atCommit);
			TransactionSynchronizationManager.bindResource(this, atCommit);
		}
		return atCommit;
	}

	private void tell(Map<ChannelName, Integer> messages) {
		if (messages.isEmpty()) {
			return;
		}
		try {
			this.store.stored(messages);
		}
		catch (RuntimeException ex) {
			logger.warn("Messages are stored, but their consumers could not be told; they will look by themselves", ex);
		}
	}

	/**
	 * Collects what a transaction stores.
	 */
	private final class AtCommit implements TransactionSynchronization {

		private Map<ChannelName, Integer> messages = new LinkedHashMap<>();

		@Override
		public void suspend() {
			TransactionSynchronizationManager.unbindResourceIfPossible(StoredSignals.this);
		}

		@Override
		public void resume() {
			TransactionSynchronizationManager.bindResource(StoredSignals.this, this);
		}

		@Override
		public void afterCommit() {
			tellOnce();
		}

		/**
		 * For what was stored by another callback after the commit, and should such a
		 * callback have failed before it was our turn.
		 */
		@Override
		public void afterCompletion(int status) {
			TransactionSynchronizationManager.unbindResourceIfPossible(StoredSignals.this);
			if (status == STATUS_COMMITTED) {
				tellOnce();
			}
		}

		private void tellOnce() {
			Map<ChannelName, Integer> told = this.messages;
			this.messages = new LinkedHashMap<>();
			tell(told);
		}

	}

}
