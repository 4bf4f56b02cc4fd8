package io.github.pgnotify.testsupport;

import java.sql.Connection;
import java.time.OffsetDateTime;
import java.util.Optional;
import java.util.UUID;

import io.github.pgnotify.ChannelName;
import io.github.pgnotify.MessageStore;
import io.github.pgnotify.StoredMessage;
import org.jspecify.annotations.Nullable;

/**
 * A store as an application may bring its own: it takes messages and keeps nothing.
 */
public final class OwnMessageStore implements MessageStore {

	/**
	 * Number of every message.
	 */
	public static final long ID = 4711;

	@Override
	public StoredMessage store(Connection connection, ChannelName channel, @Nullable String data, boolean announce) {
		return new StoredMessage(ID, channel, OffsetDateTime.now());
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
