package io.github.pgnotify.tablechange;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;

import javax.sql.DataSource;

import io.github.pgnotify.PgNotifyStartupException;
import io.github.pgnotify.tablechange.TableTrigger.DeliveryMode;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * The declared triggers: what there is, what there should be, and how the one becomes the
 * other.
 * <p>
 * For each active declaration there is one function in the schema of pgnotify and one or
 * a few triggers that use it. Both carry a comment that tells the application they belong
 * to and a hash of everything that was generated; what has no such comment, or another
 * application's, is never touched. A trigger that somebody disabled stays disabled.
 * <p>
 * Methods may be called by any thread and in any process: applying is one transaction
 * under an advisory lock. They work on connections of their own, as the role that creates
 * the schema of pgnotify, and join no transaction of the caller. What the database
 * refuses arrives as Spring's {@code DataAccessException}.
 *
 * @since 0.1.0
 */
public final class PgTableTriggers {

	private static final Log logger = LogFactory.getLog(PgTableTriggers.class);

	private static final String LOCK = "SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(?, 0))";

	private static final String LOCK_TIMEOUT = "SELECT pg_catalog.set_config('lock_timeout', ?, true)";

	private final TriggerSettings settings;

	private final JdbcTemplate jdbc;

	private final TransactionTemplate transactions;

	private final Map<String, TableTrigger> declared = new LinkedHashMap<>();

	/**
	 * Creates the triggers' representation; touches no database.
	 * @param dataSource where, and as whom to create triggers
	 * @param settings how they come into the database
	 */
	public PgTableTriggers(DataSource dataSource, TriggerSettings settings) {
		this.settings = settings;
		this.jdbc = new JdbcTemplate(dataSource);
		this.transactions = new TransactionTemplate(new JdbcTransactionManager(dataSource));
	}

	/**
	 * Declares triggers. That changes nothing in the database before they are applied.
	 * @param triggers declarations; what is declared already may be declared once more
	 * @throws PgNotifyStartupException if a name is declared as something else, or
	 * durable delivery is asked for where nothing can be stored
	 */
	public synchronized void declare(Collection<TableTrigger> triggers) {
		for (TableTrigger trigger : triggers) {
			if (trigger.active() && trigger.delivery() == DeliveryMode.DURABLE && !this.settings.durable()) {
				throw TableTriggerRules.refusal(trigger.name(),
						"is durable, and there is no queue to store changes in (pgnotify.queue.enabled=false)",
						"Set pgnotify.queue.enabled=true, or its delivery to live.");
			}
			TableTrigger there = this.declared.putIfAbsent(trigger.name(), trigger);
			if (there != null && !there.equals(trigger)) {
				throw new PgNotifyStartupException("There are two declared triggers '" + trigger.name() + "'.",
						"Give one of them another name.");
			}
		}
	}

	/**
	 * What is declared, active or not.
	 * @return a snapshot, in the order of declaration
	 */
	public synchronized List<TableTrigger> declared() {
		return List.copyOf(this.declared.values());
	}

	/**
	 * What is in the database, of all applications.
	 * @return a snapshot, by name
	 */
	public List<InstalledTrigger> list() {
		return inTransaction(() -> InstalledFunction.read(this.jdbc, this.settings.schema())).values()
			.stream()
			.filter((function) -> function.mark() != null)
			.map(InstalledFunction::describe)
			.toList();
	}

	/**
	 * What {@link #apply} would do. Needs no rights but to read the catalogs, takes no
	 * locks and changes nothing.
	 * @return one for each active declaration, then one for each that is to be dropped
	 * @throws PgNotifyStartupException if a declaration is impossible
	 */
	public List<TriggerDifference> diff() {
		return compare(true).differences();
	}

	/**
	 * Makes the database have what is declared, in one transaction, one process at a
	 * time. Where nothing is to be done no lock is taken.
	 * @return what was done
	 * @throws PgNotifyStartupException if a declaration is impossible; nothing was
	 * touched then. And if a table is in use for longer than the lock timeout
	 */
	public List<TriggerDifference> apply() {
		return apply(true);
	}

	List<TriggerDifference> apply(boolean drops) {
		List<TriggerDifference> before = compare(drops).differences();
		if (before.stream().noneMatch(TriggerDifference::isDifferent)) {
			return before;
		}
		return inTransaction(() -> {
			this.jdbc.query(LOCK, (row) -> {
			}, this.settings.schema() + ".triggers");
			this.jdbc.queryForObject(LOCK_TIMEOUT, String.class, this.settings.lockTimeout().toMillis() + "ms");
			List<TriggerDifference> differences = new TriggerComparison(this.jdbc, this.settings, drops)
				.compare(declared());
			differences.forEach(this::execute);
			return differences;
		});
	}

	/**
	 * What {@link #apply} would do as a script, which Flyway or psql can run.
	 * @return the script; empty if nothing is to be done
	 * @throws PgNotifyStartupException if a declaration is impossible
	 */
	public String script() {
		return TriggerScript.write(diff(), this.settings);
	}

	String script(boolean drops) {
		return TriggerScript.write(compare(drops).differences(), this.settings);
	}

	/**
	 * Does what the settings say is to be done when the application starts.
	 * @throws PgNotifyStartupException if a declaration is impossible, or the database
	 * has anything else than what is declared and that is not to be, or cannot be,
	 * changed
	 */
	public void start() {
		start(true);
	}

	/**
	 * Starts.
	 * @param drops whether all is declared, so that what is not is to go
	 */
	void start(boolean drops) {
		new TriggerStart(this, this.settings, drops).run();
	}

	/**
	 * Compares.
	 * @param drops whether what is not declared is to go
	 */
	Compared compare(boolean drops) {
		return inTransaction(() -> {
			TriggerComparison comparison = new TriggerComparison(this.jdbc, this.settings, drops);
			List<TriggerDifference> differences = comparison.compare(declared());
			String role = this.jdbc.queryForObject("SELECT current_user", String.class);
			return new Compared(differences, comparison.missingRights(), comparison.disabled(), comparison.left(),
					String.valueOf(role));
		});
	}

	private void execute(TriggerDifference difference) {
		for (String statement : difference.statements()) {
			try {
				this.jdbc.execute(statement);
			}
			catch (DataAccessException ex) {
				throw TriggerRefusals.failed(difference, this.settings, ex);
			}
		}
		if (difference.isDifferent()) {
			logger.info("Triggers: " + difference);
		}
	}

	private <T> T inTransaction(Supplier<T> work) {
		return Objects.requireNonNull(this.transactions.execute((status) -> work.get()));
	}

	/**
	 * What a comparison found.
	 *
	 * @param differences the differences
	 * @param missingRights what the role lacks to apply them, in words
	 * @param disabled triggers that somebody disabled
	 * @param left triggers that nobody declares, and that stay
	 * @param role who compared
	 */
	record Compared(List<TriggerDifference> differences, List<String> missingRights,
			List<InstalledFunction.Use> disabled, List<String> left, String role) {

		List<TriggerDifference> todo() {
			return this.differences.stream().filter(TriggerDifference::isDifferent).toList();
		}

	}

}
