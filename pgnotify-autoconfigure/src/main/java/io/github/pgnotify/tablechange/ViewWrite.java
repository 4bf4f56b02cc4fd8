package io.github.pgnotify.tablechange;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import io.github.pgnotify.tablechange.Relation.Column;
import io.github.pgnotify.tablechange.Relation.View;
import io.github.pgnotify.tablechange.TableChange.Operation;

/**
 * Writes the part of a function that runs INSTEAD OF a change of a view and makes the
 * change itself: one row of the view's one table, found by its key, else by all its
 * columns. An UPDATE sets what it changes and leaves alone what others changed meanwhile.
 */
final class ViewWrite {

	private final Relation base;

	/** In the order of the view, as the view has them and as the table has them. */
	private final List<Pair> pairs;

	private final List<Column> keys;

	/** Columns of the view that nobody can write. */
	private final List<Column> computed;

	ViewWrite(Relation relation, List<Column> keys) {
		View view = relation.view();
		if (view == null || view.base() == null) {
			throw new IllegalArgumentException(relation + " is no view of one table");
		}
		this.base = view.base();
		this.pairs = relation.columns().stream().flatMap((column) -> pair(column, view, this.base)).toList();
		List<Column> writable = written().stream().map(Pair::view).toList();
		this.computed = relation.columns().stream().filter((column) -> !writable.contains(column)).toList();
		List<Column> primaryKey = this.base.primaryKey();
		boolean byKey = !primaryKey.isEmpty() && this.pairs.stream().map(Pair::table).toList().containsAll(primaryKey);
		this.keys = byKey ? primaryKey : List.of();
	}

	List<String> lines(Set<Operation> operations) {
		List<String> lines = new ArrayList<>();
		for (Operation operation : operations) {
			lines.add((lines.isEmpty() ? "  IF" : "  ELSIF") + " TG_OP = '" + operation + "' THEN");
			lines.addAll(switch (operation) {
				case INSERT -> insert();
				case UPDATE -> update();
				case DELETE -> delete();
				case TRUNCATE -> throw new IllegalArgumentException("No view has TRUNCATE");
			});
		}
		lines.add("  END IF;");
		return lines;
	}

	/**
	 * What is null takes the table's default: nobody can tell it from what was left out.
	 */
	private List<String> insert() {
		List<Pair> written = written();
		List<String> lines = new ArrayList<>();
		for (Column column : this.computed) {
			lines.addAll(refuse("num_nonnulls(NEW." + column.quoted() + ") > 0", column, "inserted into"));
		}
		lines.add("    INSERT INTO " + this.base.quoted() + " AS target ("
				+ join(written, (pair) -> pair.table().quoted()) + ")");
		if (written.stream().anyMatch((pair) -> pair.table().identityAlways())) {
			lines.add("      OVERRIDING SYSTEM VALUE");
		}
		lines.add("      VALUES (" + join(written, ViewWrite::valueOrDefault) + ")");
		lines.add("      " + returning());
		return lines;
	}

	private List<String> update() {
		List<String> lines = new ArrayList<>();
		List<Pair> always = this.pairs.stream().filter((pair) -> pair.table().identityAlways()).toList();
		if (!always.isEmpty()) {
			lines.add("    IF " + RowJson.differs(always.stream().map(Pair::view).toList()) + " THEN");
			lines.add(
					"      RAISE generated_always USING MESSAGE = 'A column GENERATED ALWAYS AS IDENTITY cannot be updated';");
			lines.add("    END IF;");
		}
		for (Column column : this.computed) {
			lines.addAll(refuse(RowJson.differs(List.of(column)), column, "updated"));
		}
		List<Pair> set = written().stream().filter((pair) -> !always.contains(pair)).toList();
		lines.add("    UPDATE " + this.base.quoted() + " AS target SET");
		lines.add("      " + join(set, ViewWrite::changedOrKept));
		lines.add("      WHERE " + match());
		if (!this.keys.isEmpty()) {
			set.forEach((pair) -> lines.add("        AND " + unchangedMeanwhile(pair)));
		}
		lines.add("      " + returning());
		if (!this.keys.isEmpty()) {
			lines.add("    IF NOT FOUND AND EXISTS (SELECT FROM " + this.base.quoted() + " AS target WHERE " + match()
					+ ") THEN");
			lines.add("      RAISE serialization_failure USING MESSAGE = "
					+ "'could not update the view: what is to change was changed by somebody else meanwhile',");
			lines.add("        HINT = 'Try the transaction again.';");
			lines.add("    END IF;");
		}
		lines.addAll(notFound());
		return lines;
	}

	/**
	 * What another transaction has set is not overwritten by what was computed from the
	 * value before.
	 */
	private static String unchangedMeanwhile(Pair pair) {
		String target = "ROW(target." + pair.table().quoted() + ")::record OPERATOR(pg_catalog.*=) ";
		List<Column> view = List.of(pair.view());
		return "(NOT (" + RowJson.differs(view) + ") OR " + target + RowJson.record("OLD", view) + " OR " + target
				+ RowJson.record("NEW", view) + ")";
	}

	/**
	 * As PostgreSQL refuses it of a view without a trigger.
	 */
	private static List<String> refuse(String condition, Column column, String done) {
		return List.of("    IF " + condition + " THEN",
				"      RAISE feature_not_supported USING MESSAGE = format('column %I of the view cannot be " + done
						+ ": it is computed', " + column.literal() + ");",
				"    END IF;");
	}

	private List<String> delete() {
		List<String> lines = new ArrayList<>();
		lines.add("    DELETE FROM " + this.base.quoted() + " AS target WHERE " + match() + ";");
		lines.addAll(notFound());
		return lines;
	}

	/**
	 * Somebody else was faster: as without a trigger, nothing is changed.
	 */
	private static List<String> notFound() {
		return List.of("    IF NOT FOUND THEN", "      RETURN NULL;", "    END IF;");
	}

	private String returning() {
		return "RETURNING " + join(this.pairs, (pair) -> "target." + pair.table().quoted()) + " INTO "
				+ join(this.pairs, (pair) -> "NEW." + pair.view().quoted()) + ";";
	}

	private String match() {
		if (!this.keys.isEmpty()) {
			return this.pairs.stream()
				.filter((pair) -> this.keys.contains(pair.table()))
				.map((pair) -> "target." + pair.table().quoted() + " " + equality(pair) + " OLD."
						+ pair.view().quoted())
				.collect(Collectors.joining(" AND "));
		}
		String stored = "ROW(" + join(this.pairs, (pair) -> "one." + pair.table().quoted()) + ")::record";
		String old = "ROW(" + join(this.pairs, (pair) -> "OLD." + pair.view().quoted()) + ")::record";
		return "(target.tableoid, target.ctid) = (SELECT one.tableoid, one.ctid FROM " + this.base.quoted()
				+ " AS one WHERE " + stored + " OPERATOR(pg_catalog.*=) " + old + " LIMIT 1)";
	}

	/** On the search path there is only what is PostgreSQL's own. */
	private static String equality(Pair pair) {
		String equality = pair.table().equality();
		return (equality != null) ? equality : "=";
	}

	private List<Pair> written() {
		return this.pairs.stream().filter((pair) -> pair.table().generated().isEmpty()).toList();
	}

	private static String valueOrDefault(Pair pair) {
		String value = "NEW." + pair.view().quoted();
		String defaultValue = pair.table().defaultValue();
		return (defaultValue != null) ? "coalesce(" + value + ", " + defaultValue + ")" : value;
	}

	private static String changedOrKept(Pair pair) {
		String column = pair.view().quoted();
		return pair.table().quoted() + " = CASE WHEN " + RowJson.differs(List.of(pair.view())) + " THEN NEW." + column
				+ " ELSE target." + pair.table().quoted() + " END";
	}

	private static String join(List<Pair> pairs, Function<Pair, String> text) {
		return pairs.stream().map(text).collect(Collectors.joining(", "));
	}

	private static Stream<Pair> pair(Column column, View view, Relation base) {
		Integer number = view.baseColumns().get(column.number());
		Column found = (number != null) ? base.byNumber().get(number) : null;
		return Stream.ofNullable((found != null) ? new Pair(column, found) : null);
	}

	/**
	 * A column of the view and that of the table.
	 */
	private record Pair(Column view, Column table) {

	}

}
