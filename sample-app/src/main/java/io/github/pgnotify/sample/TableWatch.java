package io.github.pgnotify.sample;

import java.util.Map;

import io.github.pgnotify.PgNotifyHeaders;
import io.github.pgnotify.tablechange.PgTableListener;
import io.github.pgnotify.tablechange.TableChange;
import io.github.pgnotify.tablechange.TableChange.Operation;
import org.jspecify.annotations.Nullable;

import org.springframework.messaging.handler.annotation.Header;
import org.springframework.stereotype.Component;

/**
 * Hears changes of tables, whoever makes them: of PgPigeon's items, and of the jobs of
 * postgres-pubsub-go when their status changes. The annotation is all it takes; the
 * tables are in {@code schema.sql}.
 */
@Component
class TableWatch {

	private final Arrivals arrivals;

	TableWatch(Arrivals arrivals) {
		this.arrivals = arrivals;
	}

	@PgTableListener(table = "items", columns = { "item_no", "item_description" }, channel = "items", id = "stock")
	void item(TableChange<Item> change, @Header(PgNotifyHeaders.SENDER_PID) int senderPid) {
		this.arrivals.add("items", new ItemChanged(change.operation(), change.before(), change.after()), senderPid,
				"stock");
	}

	@PgTableListener(table = "job", columns = "status", whenChanged = "status", channel = "job", id = "jobs")
	void job(TableChange<Map<String, String>> change, @Header(PgNotifyHeaders.SENDER_PID) int senderPid) {
		if (change.key() != null) {
			String status = (change.after() != null) ? change.after().get("status") : "deleted";
			this.arrivals.add("job", new JobStatus(change.key().longValue(), status), senderPid, "jobs");
		}
	}

	/**
	 * A row of {@code items}.
	 *
	 * @param itemNo its number
	 * @param itemDescription what it is
	 */
	record Item(@Nullable Integer itemNo, @Nullable String itemDescription) {

	}

	/**
	 * What happened to an item.
	 *
	 * @param operation what was done
	 * @param before as it was; {@code null} if it is new
	 * @param after as it is; {@code null} if it is gone
	 */
	record ItemChanged(Operation operation, @Nullable Item before, @Nullable Item after) {

	}

	/**
	 * How a job is.
	 *
	 * @param jobId which
	 * @param status its status
	 */
	record JobStatus(long jobId, @Nullable String status) {

	}

}
