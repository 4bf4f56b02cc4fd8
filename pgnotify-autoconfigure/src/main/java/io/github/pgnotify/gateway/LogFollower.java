package io.github.pgnotify.gateway;

import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

import org.jspecify.annotations.Nullable;

/**
 * Follows the table of stored messages, and brings clients to exactly the position where
 * it is. Used by one thread.
 */
final class LogFollower {

	/** Asks for all that is kept. */
	static final String EARLIEST = "earliest";

	private static final int PAGE = 500;

	private static final int PAGE_BYTES = 1_000_000;

	private static final int RECENT_BYTES = 4_000_000;

	private final StoredMessages messages;

	private final Replays replays;

	private final Map<String, Set<Subscription>> joined;

	private final Duration retention;

	private final RecentMessages recent = new RecentMessages(RECENT_BYTES);

	private final Set<String> reading = new HashSet<>();

	/** What was sent since the last position with nothing in the middle of it. */
	private final List<StoredMessage> sent = new ArrayList<>();

	private boolean sentTooMuch;

	private @Nullable Position position;

	private String epoch = "";

	private boolean epochInDoubt = true;

	LogFollower(StoredMessages messages, Replays replays, Map<String, Set<Subscription>> joined, Duration retention) {
		this.messages = messages;
		this.replays = replays;
		this.joined = joined;
		this.retention = retention;
	}

	/**
	 * Another server may have taken over.
	 */
	void doubtEpoch() {
		this.epochInDoubt = true;
	}

	/**
	 * Sends all that is new.
	 * @param wanted channels that somebody wants; the position is forgotten if there are
	 * none
	 */
	void follow(Set<String> wanted) throws SQLException {
		if (wanted.isEmpty()) {
			forget();
			return;
		}
		if (this.epochInDoubt) {
			checkEpoch();
		}
		Position begin = this.position;
		if (begin == null) {
			StoredMessages.Page nothing = present();
			begin = Position.of(nothing.snapshot(), nothing.time());
			this.position = begin;
		}
		while (begin.page() != null) {
			// Interrupted in the middle: the rest of it is of the channels of then
			begin = readPage(begin);
		}
		choose(wanted, begin.seen());
		do {
			begin = readPage(begin);
		}
		while (begin.page() != null);
	}

	/**
	 * Sends the present position to those who are there.
	 */
	void sendCursor(Collection<GatewayClient> clients) {
		Position here = this.position;
		if (here != null && here.page() == null) {
			Notice notice = Notice.cursor(here.toCursor(this.epoch));
			clients.stream().filter(this::follows).forEach((client) -> client.send(notice));
		}
	}

	private boolean follows(GatewayClient client) {
		Collection<Subscription> subscriptions = client.subscriptions();
		return subscriptions.stream().anyMatch(Subscription::isStored) && subscriptions.stream()
			.filter(Subscription::isStored)
			.allMatch((each) -> this.joined.getOrDefault(each.channel().value(), Set.of()).contains(each));
	}

	private void checkEpoch() throws SQLException {
		String now = this.messages.epoch();
		if (!now.equals(this.epoch) || isAheadOfDatabase()) {
			if (this.position != null) {
				this.joined.values()
					.forEach((all) -> all
						.forEach((each) -> each.client().send(Notice.gap(each.channel(), "NEW_EPOCH"))));
			}
			forget();
			this.epoch = now;
		}
		this.epochInDoubt = false;
	}

	/**
	 * Whether the database has come back, after a crash, as it was before: transactions
	 * that were not yet on disk are forgotten, and others get their numbers.
	 */
	private boolean isAheadOfDatabase() throws SQLException {
		Position here = this.position;
		return here != null && here.seen().xmax() > present().snapshot().xmax();
	}

	private StoredMessages.Page present() throws SQLException {
		return this.messages.read(Set.of(), Position.of(Snapshot.NOTHING, Instant.EPOCH), 1, 1);
	}

	private void forget() {
		this.position = null;
		this.sent.clear();
		this.sentTooMuch = false;
		this.recent.clear();
		this.reading.clear();
	}

	private void choose(Set<String> wanted, Snapshot from) {
		this.reading.removeIf((channel) -> {
			boolean unwanted = !wanted.contains(channel);
			if (unwanted) {
				this.recent.end(channel);
			}
			return unwanted;
		});
		for (String channel : wanted) {
			if (this.reading.add(channel)) {
				this.recent.begin(channel, from);
			}
		}
	}

	private Position readPage(Position before) throws SQLException {
		StoredMessages.Page page = this.messages.read(this.reading, before, PAGE, PAGE_BYTES);
		Position after = page.after(before);
		for (int i = 0; i < page.rows().size(); i++) {
			StoredMessages.Row row = page.rows().get(i);
			boolean last = i == page.rows().size() - 1;
			Position reached = last ? after : before.upTo(page.snapshot(), row.xid(), row.id());
			StoredMessage message = StoredMessage.of(row);
			send(message, reached);
			this.sent.add(message);
		}
		this.position = after;
		keepSent(before.seen(), after);
		return after;
	}

	/**
	 * Keeps what was sent in one batch, unless it is too much to be kept at all.
	 */
	private void keepSent(Snapshot before, Position after) {
		if (size(this.sent) > RECENT_BYTES) {
			this.sent.clear();
			this.sentTooMuch = true;
		}
		if (after.page() == null) {
			if (this.sentTooMuch) {
				this.recent.clear();
				this.reading.forEach((channel) -> this.recent.begin(channel, after.seen()));
				this.sentTooMuch = false;
			}
			else if (!this.sent.isEmpty()) {
				this.recent.add(before, List.copyOf(this.sent));
			}
			this.sent.clear();
		}
	}

	private void send(StoredMessage stored, Position reached) {
		Set<Subscription> all = this.joined.get(stored.row().channel());
		if (all != null) {
			Message message = stored.withCursor(reached.toCursor(this.epoch));
			all.forEach((subscription) -> subscription.send(message));
		}
	}

	/**
	 * Brings a client to where this is, at once or in the background.
	 * @return {@code true}
	 */
	boolean join(Joining joiner) {
		Position here = this.position;
		if (here == null || joiner.client().isClosed() || !joiner.isWanted()) {
			joiner.told().cancel(false);
			return true;
		}
		if (joiner.position() == null && !begin(joiner, here)) {
			attach(joiner, here);
			return true;
		}
		if (!joiner.epoch().equals(this.epoch) && joiner.position() != null) {
			joiner.gap("NEW_EPOCH");
			attach(joiner, here);
			return true;
		}
		Position from = joiner.position();
		if (from != null) {
			catchUp(joiner, from, here);
		}
		return true;
	}

	/**
	 * Finds out where a client is.
	 * @return whether it is somewhere
	 */
	private boolean begin(Joining joiner, Position here) {
		String after = joiner.after();
		if (after == null) {
			return false;
		}
		Position from = EARLIEST.equals(after) ? Position.of(Snapshot.NOTHING, here.time())
				: Position.ofCursor(after, this.epoch);
		if (from == null || from.seen().xmax() > here.seen().xmax()) {
			joiner.tell(here.toCursor(this.epoch));
			joiner.gap("UNKNOWN_CURSOR");
			return false;
		}
		joiner.tell(from.toCursor(this.epoch));
		if (from.time().plus(this.retention).isBefore(here.time())) {
			joiner.gap("EXPIRED");
		}
		joiner.begin(from, this.epoch);
		return true;
	}

	private void catchUp(Joining joiner, Position from, Position here) {
		List<StoredMessage> missed = this.recent.missed(joiner.channels(), from, here.seen());
		if (missed == null || size(missed) > joiner.client().outbox().capacity() / 2) {
			this.replays.start(joiner, from, this.epoch);
			return;
		}
		Position reached = from;
		Snapshot page = from.page();
		if (page != null) {
			for (StoredMessage message : missed) {
				if (page.sees(message.row().xid())) {
					joiner.send(message, from.upTo(page, message.row().xid(), message.row().id()).toCursor(this.epoch));
				}
			}
			reached = Position.of(page, from.time());
		}
		for (StoredMessage message : missed) {
			if (page == null || !page.sees(message.row().xid())) {
				joiner.send(message,
						reached.upTo(here.seen(), message.row().xid(), message.row().id()).toCursor(this.epoch));
			}
		}
		attach(joiner, here);
	}

	private static int size(Collection<StoredMessage> messages) {
		return messages.stream().mapToInt(StoredMessage::size).sum();
	}

	private void attach(Joining joiner, Position here) {
		joiner.tell(here.toCursor(this.epoch));
		for (Subscription subscription : joiner.subscriptions()) {
			StoredChannels.enter(this.joined, subscription);
			if (!subscription.isWanted()) {
				StoredChannels.leave(this.joined, subscription);
			}
		}
	}

}
