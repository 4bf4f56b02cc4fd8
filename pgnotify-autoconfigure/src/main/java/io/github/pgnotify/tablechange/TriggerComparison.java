package io.github.pgnotify.tablechange;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;

import io.github.pgnotify.PgNotifyStartupException;
import io.github.pgnotify.tablechange.InstalledFunction.Use;
import io.github.pgnotify.tablechange.PlannedTrigger.OnTable;
import io.github.pgnotify.tablechange.TriggerDifference.Kind;
import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Compares what is declared with what is there. Reads catalogs, changes nothing.
 */
final class TriggerComparison {

	private final JdbcTemplate jdbc;

	private final TriggerSettings settings;

	private final Map<String, InstalledFunction> installed;

	private final SchemaRights rights;

	private final List<String> missing = new ArrayList<>();

	private final List<InstalledFunction> left = new ArrayList<>();

	private final boolean drops;

	/**
	 * Reads what is there.
	 * @param drops whether what is not declared is to go
	 */
	TriggerComparison(JdbcTemplate jdbc, TriggerSettings settings, boolean drops) {
		this.jdbc = jdbc;
		this.settings = settings;
		this.drops = drops;
		this.installed = InstalledFunction.read(jdbc, settings.schema());
		this.rights = SchemaRights.read(jdbc, settings.schema());
	}

	/**
	 * Compares.
	 * @param declared all declarations, active or not
	 * @return one difference for each active declaration, in their order, then one for
	 * each that is to go
	 * @throws PgNotifyStartupException if a declaration is impossible
	 */
	List<TriggerDifference> compare(List<TableTrigger> declared) {
		TriggerPlanner planner = new TriggerPlanner(this.jdbc, this.settings);
		Map<String, PlannedTrigger> planned = new LinkedHashMap<>();
		for (TableTrigger trigger : declared) {
			if (trigger.active()) {
				planned.put(QuotedNames.functionName(trigger), planner.plan(trigger));
			}
		}
		TriggerNames.check(this.jdbc, planned.values());
		List<TriggerDifference> differences = new ArrayList<>();
		planned.forEach((function, plan) -> differences.add(compare(plan, this.installed.get(function))));
		this.installed.values()
			.stream()
			.filter((function) -> function.isOf(this.settings.application()) && !planned.containsKey(function.name()))
			.forEach((function) -> {
				if (mayDrop(function, declared)) {
					differences.add(drop(function, declared));
				}
				else {
					this.left.add(function);
				}
			});
		if (!this.rights.schemaExists() && differences.stream().anyMatch(TriggerDifference::isDifferent)) {
			differences.set(0, withSchema(differences.get(0)));
		}
		return differences;
	}

	/**
	 * What the role lacks that would be needed to do all that.
	 * @return in words; empty if nothing is lacking, or nothing is to be done
	 */
	List<String> missingRights() {
		return this.missing.stream().distinct().toList();
	}

	/**
	 * What is not declared, and stays since nobody can tell whose it is.
	 */
	List<String> left() {
		return this.left.stream().map((function) -> Objects.requireNonNull(function.mark()).name()).toList();
	}

	/**
	 * Declarations whose triggers somebody disabled by hand.
	 */
	List<Use> disabled() {
		return this.installed.values()
			.stream()
			.filter((function) -> function.isOf(this.settings.application()))
			.flatMap((function) -> function.triggers().stream())
			.filter((use) -> !use.enabled())
			.toList();
	}

	private TriggerDifference compare(PlannedTrigger plan, @Nullable InstalledFunction function) {
		String table = plan.relation().toString();
		if (function == null) {
			List<String> statements = create(plan, null, true, plan.triggers(), Map.of());
			return new TriggerDifference(plan.trigger().name(), table, Kind.CREATE, List.of("it is not there"),
					statements);
		}
		if (!function.isOf(this.settings.application())) {
			throw taken(plan, function);
		}
		List<String> reasons = new ArrayList<>();
		boolean replaceFunction = functionDiffers(plan, function, reasons);
		Map<String, Use> there = function.triggers()
			.stream()
			.filter((use) -> use.tableOid() == plan.relation().oid())
			.collect(Collectors.toMap(Use::name, Function.identity()));
		Map<String, Use> replaced = Map.copyOf(there);
		List<OnTable> triggers = new ArrayList<>();
		for (OnTable trigger : plan.triggers()) {
			Use use = there.remove(trigger.name());
			if (use == null || !trigger.mark().equals(use.mark()) || !use.asCommented()) {
				triggers.add(trigger);
				reason(reasons, plan, use, trigger);
			}
		}
		List<Use> superfluous = new ArrayList<>(there.values());
		function.triggers().stream().filter((use) -> use.tableOid() != plan.relation().oid()).forEach(superfluous::add);
		superfluous.forEach((use) -> reasons.add("trigger " + use.name() + " on " + use.table() + " is too many"));
		if (reasons.isEmpty()) {
			return new TriggerDifference(plan.trigger().name(), table, Kind.UNCHANGED, List.of(), List.of());
		}
		List<String> statements = new ArrayList<>();
		superfluous.forEach((use) -> statements.add(dropped(use)));
		if (replaceFunction && !function.owned()) {
			this.missing.add("does not own the function " + function.quoted() + ", " + function.owner() + " does");
		}
		statements.addAll(create(plan, function, replaceFunction, triggers, replaced));
		return new TriggerDifference(plan.trigger().name(), table, Kind.REPLACE, reasons, statements);
	}

	private boolean functionDiffers(PlannedTrigger plan, InstalledFunction function, List<String> reasons) {
		if (!plan.mark().equals(function.mark())) {
			reasons.add("its declaration or its table changed");
			return true;
		}
		if (!plan.body().equals(function.body()) || plan.definer() != function.definer()
				|| !plan.settings().equalsIgnoreCase(function.settings())) {
			reasons.add("the function " + function.quoted() + " was changed by hand");
			return true;
		}
		if (!newOwner(plan, function.owner()).isEmpty()) {
			reasons.add("the function " + function.quoted() + " belongs to " + function.owner());
			return true;
		}
		return false;
	}

	private static void reason(List<String> reasons, PlannedTrigger plan, @Nullable Use use, OnTable trigger) {
		if (use == null) {
			reasons.add("trigger " + trigger.name() + " on " + plan.relation() + " is missing");
		}
		else if (use.mark() == null || (trigger.mark().equals(use.mark()) && !use.asCommented())) {
			reasons.add("trigger " + trigger.name() + " on " + plan.relation() + " was changed by hand");
		}
		else if (reasons.isEmpty()) {
			reasons.add("its declaration or its table changed");
		}
	}

	private List<String> create(PlannedTrigger plan, @Nullable InstalledFunction function, boolean withFunction,
			List<OnTable> triggers, Map<String, Use> there) {
		this.missing.addAll(this.rights.missing());
		this.missing.addAll(TableRights.missing(this.jdbc, plan, this.settings));
		List<String> statements = new ArrayList<>();
		if (withFunction) {
			String comment = QuotedNames.quote(this.jdbc, "%L", List.of(plan.mark().comment())).get(0).strip();
			String owner = (function != null) ? function.owner() : this.rights.role();
			statements.addAll(plan.functionStatements(comment, newOwner(plan, owner)));
		}
		String table = plan.relation().quoted();
		triggers.forEach((trigger) -> statements.addAll(trigger.statements(table, there.get(trigger.name()),
				TriggerComment.statement(this.jdbc, table, trigger.name(), trigger.mark()))));
		return statements;
	}

	/**
	 * Stored messages belong to the owner of the schema, and so does what stores them,
	 * where the role may give it to that owner.
	 */
	private String newOwner(PlannedTrigger plan, String owner) {
		boolean stores = plan.trigger().delivery() == TableTrigger.DeliveryMode.DURABLE
				&& plan.trigger().timing() != TableTrigger.Timing.INSTEAD_OF;
		String wanted = this.rights.owner();
		return (stores && wanted != null && !wanted.equals(owner) && this.rights.mayGiveToOwner())
				? Objects.requireNonNull(this.rights.ownerQuoted()) : "";
	}

	/**
	 * Applications without a name cannot be told apart, so what one of them does not
	 * declare another may.
	 */
	private boolean mayDrop(InstalledFunction function, List<TableTrigger> declared) {
		String name = Objects.requireNonNull(function.mark()).name();
		return declared.stream().anyMatch((trigger) -> trigger.name().equals(name))
				|| (this.drops && !this.settings.application().equals(TriggerSettings.UNNAMED));
	}

	private TriggerDifference drop(InstalledFunction function, List<TableTrigger> declared) {
		String name = Objects.requireNonNull(function.mark()).name();
		boolean known = declared.stream().anyMatch((trigger) -> trigger.name().equals(name));
		if (!function.owned()) {
			this.missing.add("does not own the function " + function.quoted() + ", " + function.owner() + " does");
		}
		function.triggers().forEach(this::dropped);
		return new TriggerDifference(name, function.table(), Kind.DROP,
				List.of(known ? "it is not active" : "it is not declared any more"), function.dropStatements());
	}

	private String dropped(Use use) {
		if (!use.tableOwned()) {
			this.missing.add("does not own the table " + use.table());
		}
		return use.dropStatement();
	}

	private TriggerDifference withSchema(TriggerDifference first) {
		List<String> statements = new ArrayList<>();
		statements.add("CREATE SCHEMA IF NOT EXISTS "
				+ QuotedNames.quote(this.jdbc, "%I", List.of(this.settings.schema())).get(0));
		statements.addAll(first.statements());
		return new TriggerDifference(first.name(), first.table(), first.kind(), first.reasons(), statements);
	}

	private PgNotifyStartupException taken(PlannedTrigger plan, InstalledFunction function) {
		Mark mark = function.mark();
		if (mark == null) {
			return TableTriggerRules.refusal(plan.trigger().name(),
					"needs the function " + function.quoted() + "(), and there is one that pgnotify did not create",
					"Give the trigger another name, or drop the function.");
		}
		return TableTriggerRules.refusal(plan.trigger().name(),
				"is already declared by another application, '" + mark.application() + "'; this one is '"
						+ this.settings.application() + "'",
				"Give one of the two another name. If it is the same application under a new name, set "
						+ "pgnotify.triggers.application to the old one, or drop what the old one left: "
						+ String.join("; ", function.dropStatements()) + ".");
	}

}
