package io.github.pgnotify.gateway;

import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

import io.github.pgnotify.lifecycle.DaemonThreads;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

/**
 * Sends to clients what they have missed for longer than is kept in memory, each as fast
 * as it reads and one thing after the other. A few threads do that for all; none of them
 * waits for a client.
 */
final class Replays {

	private static final Log logger = LogFactory.getLog(Replays.class);

	private static final int THREADS = 2;

	private static final int PAGE = 100;

	private static final int PAGE_BYTES = 200_000;

	private final StoredMessages messages;

	private final Consumer<Joining> done;

	private final Consumer<Joining> failed;

	/** What is being replayed to a client, and what waits for that. */
	private final Map<GatewayClient, Deque<Runnable>> turns = new HashMap<>();

	private final Executor executor = DaemonThreads.atMost("pgnotify-gateway-replay", THREADS);

	/**
	 * Creates the replays.
	 * @param messages what is replayed
	 * @param done told when a client has been sent all that there was
	 * @param failed told when the rest could not be read
	 */
	Replays(StoredMessages messages, Consumer<Joining> done, Consumer<Joining> failed) {
		this.messages = messages;
		this.done = done;
		this.failed = failed;
	}

	/**
	 * Begins, or goes on, at the position of the client, after what else is being
	 * replayed to it.
	 */
	void start(Joining joining, Position position, String epoch) {
		Runnable replay = () -> read(joining, position, epoch);
		synchronized (this.turns) {
			Deque<Runnable> turn = this.turns.computeIfAbsent(joining.client(), (client) -> new ArrayDeque<>());
			turn.add(replay);
			if (turn.size() > 1) {
				return;
			}
		}
		this.executor.execute(replay);
	}

	/**
	 * Lets the next replay to the client begin. Two at a time would fill its outbox.
	 */
	private void end(Joining joining, Consumer<Joining> next) {
		Runnable waiting = null;
		synchronized (this.turns) {
			Deque<Runnable> turn = this.turns.get(joining.client());
			if (turn != null) {
				turn.poll();
				waiting = turn.peek();
				if (waiting == null) {
					this.turns.remove(joining.client());
				}
			}
		}
		if (waiting != null) {
			this.executor.execute(waiting);
		}
		next.accept(joining);
	}

	private void read(Joining joining, Position position, String epoch) {
		if (isAbandoned(joining)) {
			return;
		}
		try {
			StoredMessages.Page page = this.messages.read(joining.channels(), position, PAGE, PAGE_BYTES);
			send(joining, position, page, new ArrayDeque<>(page.rows()), epoch);
		}
		catch (SQLException | RuntimeException ex) {
			failed(joining, ex);
		}
	}

	private void failed(Joining joining, Exception ex) {
		logger.debug("A client cannot be sent what it has missed; trying again", ex);
		end(joining, this.failed);
	}

	/**
	 * Ends a replay that nobody wants any more.
	 */
	private boolean isAbandoned(Joining joining) {
		boolean abandoned = joining.client().isClosed() || !joining.isWanted();
		if (abandoned) {
			end(joining, (ended) -> ended.told().cancel(false));
		}
		return abandoned;
	}

	private void goOn(Joining joining, Position position, StoredMessages.Page page, Deque<StoredMessages.Row> rows,
			String epoch) {
		try {
			send(joining, position, page, rows, epoch);
		}
		catch (RuntimeException ex) {
			failed(joining, ex);
		}
	}

	/**
	 * Sends as much of a page as there is room for, and goes on when there is more.
	 */
	private void send(Joining joining, Position position, StoredMessages.Page page, Deque<StoredMessages.Row> rows,
			String epoch) {
		while (!rows.isEmpty()) {
			if (isAbandoned(joining)) {
				return;
			}
			StoredMessage message = StoredMessage.of(rows.element());
			boolean later = joining.client()
				.outbox()
				.whenRoom(message.size(),
						() -> this.executor.execute(() -> goOn(joining, position, page, rows, epoch)));
			if (later) {
				return;
			}
			StoredMessages.Row row = rows.remove();
			Position reached = position.upTo(page.snapshot(), row.xid(), row.id());
			joining.send(message, reached.toCursor(epoch));
			joining.position(reached);
		}
		Position after = page.after(position);
		joining.position(after);
		if (page.more()) {
			this.executor.execute(() -> read(joining, after, epoch));
		}
		else {
			end(joining, this.done);
		}
	}

}
