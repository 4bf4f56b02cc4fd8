package io.github.pgnotify.queue;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

import javax.sql.DataSource;

import io.github.pgnotify.ChannelName;
import io.github.pgnotify.queue.DeadLetterTable.Redriven;
import io.github.pgnotify.queue.MessageFetch.Window;
import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * What administrators do with stored messages: see how groups stand, pause, resume and
 * remove them, handle dead letters anew or discard them, find messages.
 * <p>
 * Works whether or not this process consumes anything, and for all processes. Joins the
 * caller's transaction, except where it says otherwise; what it changes takes effect when
 * that commits. Thread-safe; several administrators at once do not disturb each other.
 * What the database refuses arrives as Spring's {@code DataAccessException}. A channel
 * that cannot be is refused with an
 * {@link io.github.pgnotify.InvalidChannelNameException}, a group or limit that cannot be
 * with an {@link IllegalArgumentException}.
 *
 * @since 0.1.0
 */
public final class PgQueueAdmin {

	private static final Duration PATIENCE = Duration.ofSeconds(2);

	private static final int MAX_GROUP_BYTES = 63;

	private final CallerWork caller;

	private final JdbcClient jdbc;

	private final GroupTable groups;

	private final DeadLetterTable deadLetters;

	private final MessageFetch messages;

	private final SubscriptionRemoval removal;

	private final Consumer<Set<ChannelName>> wakeUp;

	/**
	 * Creates the admin; touches no database.
	 * @param dataSource that of the application
	 * @param schema name of the schema, case kept
	 * @param wakeUp told on which channels there are messages to be handled again, such
	 * as {@link QueueConsumers#stored}
	 * @throws io.github.pgnotify.PgNotifyStartupException if there can be no such schema
	 */
	public PgQueueAdmin(DataSource dataSource, String schema, Consumer<Set<ChannelName>> wakeUp) {
		SchemaName name = new SchemaName(schema);
		this.caller = new CallerWork(dataSource);
		this.jdbc = JdbcClient.create(dataSource);
		this.groups = new GroupTable(name);
		this.deadLetters = new DeadLetterTable(name);
		this.messages = new MessageFetch(name);
		this.removal = new SubscriptionRemoval(name);
		this.wakeUp = wakeUp;
	}

	/**
	 * How all groups stand. Counts what they still have to do, so it takes the longer the
	 * more that is.
	 * @return the groups, by channel and name
	 */
	public List<GroupStatus> groups() {
		return this.groups.groups(this.jdbc);
	}

	/**
	 * Lets a group begin nothing new, in any process, until {@link #resume}. What a
	 * process has taken already, its prefetch included, is still handled. Survives
	 * restarts.
	 * @param channel the channel
	 * @param group the group
	 * @throws UnknownGroupException if there is no such group
	 */
	public void pause(String channel, String group) {
		setPaused(ChannelName.of(channel), requireGroup(group), true);
	}

	/**
	 * Lets a group go on, in all processes and at once.
	 * @param channel the channel
	 * @param group the group
	 * @throws UnknownGroupException if there is no such group
	 */
	public void resume(String channel, String group) {
		ChannelName name = ChannelName.of(channel);
		setPaused(name, requireGroup(group), false);
		wakeUp(Set.of(name));
	}

	/**
	 * Removes a group from a channel, with everything it still had to do and its dead
	 * letters. The messages themselves stay, for other groups and until they are old.
	 * <p>
	 * In a transaction of the caller this only marks the group, to be removed after the
	 * commit. Without one it waits for the transactions that began before, up to two
	 * seconds, and deletes. What cannot be finished at once, because a transaction goes
	 * on for longer or a handler holds a message in one, is finished by the processes
	 * that consume, within about a minute after that is over.
	 * <p>
	 * A process that has a listener for the group logs that it is gone and consumes
	 * nothing from then on; what its handlers still complete does not count. A process
	 * that starts with such a listener begins the group anew.
	 * @param channel the channel
	 * @param group the group
	 * @return whether nothing is left of it; {@code false} if it is being removed
	 * @throws org.springframework.dao.DataAccessException if it could not even be marked,
	 * because somebody is just changing it
	 */
	public boolean remove(String channel, String group) {
		ChannelName name = ChannelName.of(channel);
		requireGroup(group);
		if (this.caller.isInTransaction()) {
			return this.caller.execute("remove", (connection) -> this.removal.mark(connection, name, group)) == null;
		}
		return this.caller.executeAlone("remove", (connection) -> {
			Integer subscription = this.removal.mark(connection, name, group, PATIENCE);
			return subscription == null || this.removal.finish(connection, subscription, PATIENCE);
		});
	}

	/**
	 * The first dead letters of a group.
	 * @param channel the channel
	 * @param group the group
	 * @param limit how many at most
	 * @return dead letters, oldest first
	 */
	public List<DeadLetter> deadLetters(String channel, String group, int limit) {
		return deadLetters(channel, group, Long.MIN_VALUE, limit);
	}

	/**
	 * The next dead letters of a group.
	 * @param channel the channel
	 * @param group the group
	 * @param afterId {@link DeadLetter#id() id} of the last one known
	 * @param limit how many at most
	 * @return dead letters, oldest first
	 */
	public List<DeadLetter> deadLetters(String channel, String group, long afterId, int limit) {
		return this.deadLetters.list(this.jdbc, ChannelName.of(channel), requireGroup(group), afterId,
				requireLimit(limit));
	}

	/**
	 * Lets the group of a dead letter handle its message anew, and wakes it. See
	 * {@link #redrive(Collection)}.
	 * @param id number of the dead letter
	 * @return whether there was such a dead letter
	 */
	public boolean redrive(long id) {
		return redrive(List.of(id)) > 0;
	}

	/**
	 * Lets the groups of dead letters handle their messages anew, and wakes them. The
	 * attempts are counted from one again, the errors are kept and added to, the fencing
	 * token goes on rising. A message with a key comes before the later ones of its key
	 * that are not handled yet. One that has expired does so again.
	 * @param ids numbers of the dead letters
	 * @return how many of them there were
	 */
	public int redrive(Collection<Long> ids) {
		return redriven(this.caller.execute("redrive", (connection) -> this.deadLetters.redrive(connection, ids)));
	}

	/**
	 * Lets a group handle the messages of all its dead letters anew, and wakes it. See
	 * {@link #redrive(Collection)}.
	 * @param channel the channel
	 * @param group the group
	 * @return how many there were
	 */
	public int redriveAll(String channel, String group) {
		ChannelName name = ChannelName.of(channel);
		requireGroup(group);
		return redriven(
				this.caller.execute("redrive", (connection) -> this.deadLetters.redriveAll(connection, name, group)));
	}

	/**
	 * Forgets a dead letter.
	 * @param id number of the dead letter
	 * @return whether there was such a dead letter
	 */
	public boolean discard(long id) {
		return discard(List.of(id)) > 0;
	}

	/**
	 * Forgets dead letters.
	 * @param ids numbers of the dead letters
	 * @return how many of them there were
	 */
	public int discard(Collection<Long> ids) {
		return this.caller.execute("discard", (connection) -> this.deadLetters.discard(connection, ids));
	}

	/**
	 * Forgets all dead letters of a group.
	 * @param channel the channel
	 * @param group the group
	 * @return how many there were
	 */
	public int discardAll(String channel, String group) {
		ChannelName name = ChannelName.of(channel);
		requireGroup(group);
		return this.caller.execute("discard", (connection) -> this.deadLetters.discardAll(connection, name, group));
	}

	/**
	 * The keys of which a group can begin no message now, because one is being handled,
	 * waits for its time, or is suspect.
	 * @param channel the channel
	 * @param group the group
	 * @param limit how many at most
	 * @return the keys, those with the most messages waiting first
	 */
	public List<BlockedKey> blockedKeys(String channel, String group, int limit) {
		return this.groups.blockedKeys(this.jdbc, ChannelName.of(channel), requireGroup(group), requireLimit(limit));
	}

	/**
	 * Finds messages that are kept, whatever became of them: by time, and by content if
	 * asked to. <pre class="code">
	 * admin.fetch("sports", from, to, "{\"game\":\"NFL\"}", 100);
	 * </pre>
	 * @param channel the channel
	 * @param from stored at this time or later, on the database's clock
	 * @param to stored before this time
	 * @param jsonFilter JSON that the message's data must contain, as PostgreSQL's
	 * {@code @>} has it; {@code null} for all messages. Data that is no {@code jsonb}, as
	 * with an escaped NUL character, contains nothing
	 * @param limit how many at most
	 * @return messages, oldest first
	 * @throws io.github.pgnotify.InvalidPayloadException if the filter is not JSON
	 */
	public List<FetchedMessage> fetch(String channel, OffsetDateTime from, OffsetDateTime to,
			@Nullable String jsonFilter, int limit) {
		return this.messages.fetch(this.jdbc, ChannelName.of(channel), new Window(from, to, requireLimit(limit)),
				jsonFilter);
	}

	private void setPaused(ChannelName channel, String group, boolean paused) {
		boolean known = this.caller.execute(paused ? "pause" : "resume",
				(connection) -> this.groups.pause(connection, channel, group, paused));
		if (!known) {
			throw new UnknownGroupException("Channel '" + channel + "' has no group '" + group
					+ "'. PgQueueAdmin.groups() tells which there are");
		}
	}

	private int redriven(Redriven redriven) {
		wakeUp(redriven.channels());
		return redriven.count();
	}

	private void wakeUp(Set<ChannelName> channels) {
		if (!channels.isEmpty()) {
			this.caller.afterCommit(() -> this.wakeUp.accept(channels));
		}
	}

	private static int requireLimit(int limit) {
		if (limit < 1) {
			throw new IllegalArgumentException("The limit must be at least 1, and is " + limit);
		}
		return limit;
	}

	private static String requireGroup(String group) {
		int length = group.getBytes(StandardCharsets.UTF_8).length;
		if (length == 0 || length > MAX_GROUP_BYTES) {
			throw new IllegalArgumentException(
					"The name of a group has 1 to " + MAX_GROUP_BYTES + " bytes, and this one has " + length);
		}
		if (group.indexOf(0) >= 0 || !StandardCharsets.UTF_8.newEncoder().canEncode(group)) {
			throw new IllegalArgumentException("The name of a group has a character that PostgreSQL cannot hold");
		}
		return group;
	}

}
