package io.github.pgnotify.queue;

import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Compares what producers, handlers and the database say of the same messages.
 *
 * @param committed how many messages producers know to be committed
 * @param stored how many messages are in the database
 * @param handled how many messages handlers have returned from
 * @param vanished committed, and not in the database
 * @param lost in the database, and neither handled, nor dead letters, nor waiting
 * @param unexpected stored or handled, and no producer knows of them
 * @param waiting in the database, with a delivery
 * @param dead dead letters
 * @param again how many returns of handlers were not the first one for their message
 */
record QueueAudit(int committed, int stored, int handled, Set<Long> vanished, Set<Long> lost, Set<Long> unexpected,
		Set<Long> waiting, Set<Long> dead, int again) {

	static QueueAudit of(ProducerLog producers, Collection<Long> returned, JdbcTemplate jdbc) {
		Set<Long> stored = numbers(jdbc, "TRUE");
		Set<Long> waiting = numbers(jdbc, "id IN (SELECT message_id FROM queue.delivery)");
		Set<Long> dead = numbers(jdbc, "id IN (SELECT message_id FROM queue.dead_letter)");
		Set<Long> handled = new HashSet<>(returned);
		Set<Long> lost = without(without(without(stored, handled), waiting), dead);
		Set<Long> unexpected = without(stored, producers.attempted());
		unexpected.addAll(without(handled, stored));
		return new QueueAudit(producers.committed().size(), stored.size(), handled.size(),
				without(producers.committed(), stored), lost, unexpected, waiting, dead,
				returned.size() - handled.size());
	}

	/**
	 * Whether every message is handled or dead, and there is no other one.
	 */
	boolean isSettled() {
		return this.vanished.isEmpty() && this.lost.isEmpty() && this.unexpected.isEmpty() && this.waiting.isEmpty();
	}

	private static Set<Long> numbers(JdbcTemplate jdbc, String condition) {
		List<Long> numbers = jdbc.queryForList("SELECT data::text::bigint FROM queue.message WHERE " + condition,
				Long.class);
		return new HashSet<>(numbers);
	}

	private static Set<Long> without(Set<Long> some, Set<Long> others) {
		Set<Long> rest = new HashSet<>(some);
		rest.removeAll(others);
		return rest;
	}

}
