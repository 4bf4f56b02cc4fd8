package io.github.pgnotify.testsupport;

import java.sql.Connection;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

import io.github.pgnotify.ChannelName;
import io.github.pgnotify.MessageStore;
import io.github.pgnotify.StoredMessage;

/**
 * A store as an application may bring its own: it takes messages and keeps nothing.
 */
public final class OwnMessageStore implements MessageStore {

	/**
	 * Number of every message.
	 */
	public static final long ID = 4711;

	@Override
	public List<StoredMessage> store(Connection connection, List<NewMessage> messages) {
		return messages.stream()
			.map((message) -> new StoredMessage(ID, message.channel(), OffsetDateTime.now()))
			.toList();
	}

	@Override
	public boolean cancel(Connection connection, long id) {
		return false;
	}

	@Override
	public void stored(Map<ChannelName, Integer> messages) {
	}

	@Override
	public Optional<String> findData(long id, ChannelName channel) {
		return Optional.empty();
	}

	@Override
	public UUID keepPayload(Connection connection, ChannelName channel, String text) {
		throw new UnsupportedOperationException();
	}

	@Override
	public Optional<String> findPayload(UUID ref, ChannelName channel) {
		return Optional.empty();
	}

}
