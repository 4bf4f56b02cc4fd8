package io.github.pgnotify.tablechange;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

import io.github.pgnotify.tablechange.Relation.Column;
import io.github.pgnotify.tablechange.TableChange.Operation;
import io.github.pgnotify.tablechange.TableTrigger.DeliveryMode;
import io.github.pgnotify.tablechange.TableTrigger.Format;
import io.github.pgnotify.tablechange.TableTrigger.Level;
import io.github.pgnotify.tablechange.TableTrigger.Timing;

/**
 * Writes the body of a trigger function, in plain PL/pgSQL with everything that is known
 * beforehand written out.
 * <p>
 * What is made of the row is made in a block of its own: should that fail, because a
 * column was renamed or a type's own functions raise an error, less is told, with a
 * warning, and the write goes on. The block writes nothing, so it uses up no transaction
 * id.
 */
final class FunctionBody {

	private final TableTrigger trigger;

	private final TriggerColumns columns;

	private final QuotedNames names;

	private final Relation relation;

	private final Set<Operation> operations;

	FunctionBody(TableTrigger trigger, Relation relation, TriggerColumns columns, QuotedNames names) {
		this.trigger = trigger;
		this.relation = relation;
		this.columns = columns;
		this.names = names;
		this.operations = trigger.operations();
	}

	String write() {
		List<String> lines = new ArrayList<>();
		lines.add("#variable_conflict use_column");
		lines.add("DECLARE");
		lines.add("  number bigint;");
		lines.add("  head text;");
		lines.add("  keyed text;");
		lines.add("  row_key text;");
		lines.add("  payload text;");
		lines.add("  row_count bigint;");
		if (durable()) {
			lines.add("  data json;");
		}
		lines.add("BEGIN");
		if (this.trigger.timing() == Timing.INSTEAD_OF) {
			lines.addAll(new ViewWrite(this.relation, this.columns.keys()).lines(this.operations));
		}
		lines.add("  BEGIN");
		lines.addAll(filter());
		lines.addAll((this.trigger.format() == Format.PIGEON) ? pigeon() : standard());
		if (durable()) {
			lines.add("    data := payload::json;");
		}
		lines.add("  EXCEPTION WHEN others THEN");
		lines.add(
				"    RAISE WARNING 'pgnotify: trigger % on %.% tells less than it should (%): it no longer fits the table',");
		lines.add("      TG_NAME, TG_TABLE_SCHEMA, TG_TABLE_NAME,");
		lines.add("      CASE WHEN SQLSTATE = '42703' THEN SQLERRM ELSE SQLSTATE END;");
		if (this.trigger.format() == Format.STANDARD) {
			// Undone with the block
			lines.add("    PERFORM set_config('pgnotify.order', number::text, true);");
		}
		if (durable()) {
			lines.add("    payload := NULL;");
		}
		lines.add("  END;");
		lines.addAll((this.trigger.format() == Format.PIGEON) ? pigeonEnd() : standardEnd());
		lines.addAll(durable() ? store() : send());
		lines.addAll(returning("  "));
		lines.add("END");
		return "\n" + String.join("\n", lines) + "\n";
	}

	/**
	 * What the trigger itself cannot decide.
	 */
	private List<String> filter() {
		List<Column> changing = this.columns.changing();
		boolean inside = this.trigger.timing() == Timing.INSTEAD_OF;
		List<String> lines = new ArrayList<>();
		if (counts()) {
			lines.addAll(count(changing));
			lines.add("    IF row_count = 0 THEN");
			lines.add("      RETURN NULL;");
			lines.add("    END IF;");
		}
		else if (inside && !changing.isEmpty()) {
			lines.add("    IF TG_OP = 'UPDATE' AND NOT (" + RowJson.differs(changing) + ") THEN");
			lines.add("      RETURN NEW;");
			lines.add("    END IF;");
		}
		return lines;
	}

	private boolean durable() {
		return this.trigger.delivery() == DeliveryMode.DURABLE;
	}

	private boolean counts() {
		return this.trigger.level() == Level.STATEMENT && this.trigger.timing() == Timing.AFTER
				&& !this.operations.equals(Set.of(Operation.TRUNCATE));
	}

	private List<String> count(List<Column> changing) {
		List<String> lines = new ArrayList<>();
		for (Operation operation : this.operations) {
			String rows = switch (operation) {
				case INSERT -> "SELECT count(*) INTO row_count FROM new_rows";
				case DELETE -> "SELECT count(*) INTO row_count FROM old_rows";
				case UPDATE ->
					changing.isEmpty() ? "SELECT count(*) INTO row_count FROM new_rows" : changedRows(changing);
				case TRUNCATE -> "row_count := NULL";
			};
			lines.add((lines.isEmpty() ? "    IF" : "    ELSIF") + " TG_OP = '" + operation + "' THEN");
			lines.add("      " + rows + ";");
		}
		lines.add("    END IF;");
		return lines;
	}

	/**
	 * Rows are matched by their key; compared as text, which every type has.
	 */
	private String changedRows(List<Column> changing) {
		List<Column> compared = new ArrayList<>(this.columns.keys());
		changing.stream().filter((column) -> !compared.contains(column)).forEach(compared::add);
		return "SELECT count(*) INTO row_count FROM (SELECT " + RowJson.record("n", compared)
				+ "::text FROM new_rows AS n EXCEPT ALL SELECT " + RowJson.record("o", compared)
				+ "::text FROM old_rows AS o) AS changed";
	}

	private List<String> standard() {
		List<String> lines = new ArrayList<>();
		lines.add("    number := set_config('pgnotify.order',");
		lines.add(
				"      (coalesce(nullif(current_setting('pgnotify.order', true), ''), '0')::bigint + 1)::text, true)::bigint;");
		lines.add("    head := " + this.names.head()
				+ " || TG_OP || '\",\"transaction\":' || pg_current_xact_id()::text");
		lines.add("      || ',\"time\":' || to_json(clock_timestamp())::text || ',\"order\":' || number::text;");
		if (this.trigger.level() == Level.STATEMENT) {
			lines.add("    payload := head || coalesce(',\"count\":' || row_count::text, '') || '}';");
			return lines;
		}
		String indent = "    ";
		if (this.operations.contains(Operation.TRUNCATE)) {
			lines.add("    IF TG_OP = 'TRUNCATE' THEN");
			lines.add("      payload := head || '}';");
			lines.add("    ELSE");
			indent = "      ";
		}
		lines.addAll(row(indent));
		if (this.operations.contains(Operation.TRUNCATE)) {
			lines.add("    END IF;");
		}
		return lines;
	}

	private List<String> row(String indent) {
		List<String> lines = new ArrayList<>();
		List<Column> keys = this.columns.keys();
		if (keys.isEmpty()) {
			lines.add(indent + "keyed := head;");
		}
		else {
			lines.add(indent + "row_key := " + ofRow((row) -> RowJson.object(row, keys, "")) + "::text;");
			lines.add(indent + "keyed := head || ',\"key\":' || row_key;");
		}
		List<String> parts = new ArrayList<>();
		if (this.operations.contains(Operation.UPDATE)) {
			lines.addAll(update(indent));
		}
		List<Column> told = this.columns.told();
		if (!told.isEmpty() && has(Operation.UPDATE, Operation.DELETE)) {
			parts.add(unless("INSERT", "',\"before\":' || " + RowJson.object("OLD", told, "") + "::text"));
		}
		if (!told.isEmpty() && has(Operation.INSERT, Operation.UPDATE)) {
			parts.add(unless("DELETE", "',\"after\":' || " + RowJson.object("NEW", told, "") + "::text"));
		}
		parts.add(0, "payload := keyed");
		lines.add(indent + String.join("\n" + indent + "  || ", parts) + " || '}';");
		return lines;
	}

	private List<String> update(String indent) {
		List<String> lines = new ArrayList<>();
		List<Column> keys = this.columns.keys();
		List<Column> watched = this.columns.watched();
		if (watched.isEmpty()) {
			return lines;
		}
		lines.add(indent + "IF TG_OP = 'UPDATE' THEN");
		if (!keys.isEmpty()) {
			lines.add(indent + "  IF " + RowJson.differs(keys) + " THEN");
			lines.add(indent + "    keyed := keyed || ',\"previousKey\":' || " + RowJson.object("OLD", keys, "")
					+ "::text;");
			lines.add(indent + "  END IF;");
		}
		lines.add(indent + "  keyed := keyed || ',\"changed\":' || array_to_json(array_remove(ARRAY[" + watched.stream()
			.map((column) -> "CASE WHEN " + RowJson.differs(List.of(column)) + " THEN " + column.literal() + " END")
			.collect(Collectors.joining(", ")) + "]::text[], NULL))::text;");
		lines.add(indent + "END IF;");
		return lines;
	}

	/**
	 * With less, whatever could not be made or does not fit.
	 */
	private List<String> standardEnd() {
		List<String> lines = new ArrayList<>();
		lines.add("  head := coalesce(head, " + this.names.head() + " || TG_OP || '\"');");
		lines.add("  payload := coalesce(payload, coalesce(keyed, head) || ',\"truncated\":true}');");
		if (!durable()) {
			lines.add("  IF octet_length(payload) > 7999 THEN");
			lines.add("    payload := coalesce(keyed, head) || ',\"truncated\":true}';");
			lines.add("    IF octet_length(payload) > 7999 THEN");
			lines.add("      payload := head || ',\"truncated\":true}';");
			lines.add("    END IF;");
			lines.add("  END IF;");
		}
		return lines;
	}

	private List<String> pigeon() {
		if (this.trigger.level() == Level.STATEMENT) {
			return List.of("    payload := json_build_object('action', TG_OP" + (counts() ? ", 'count', row_count" : "")
					+ ")::text;");
		}
		List<String> lines = new ArrayList<>();
		String indent = "    ";
		if (this.operations.contains(Operation.TRUNCATE)) {
			lines.add("    IF TG_OP <> 'TRUNCATE' THEN");
			indent = "      ";
		}
		List<Column> keys = this.columns.keys();
		if (!keys.isEmpty()) {
			lines.add(indent + "row_key := " + ofRow((row) -> RowJson.object(row, keys, "")) + "::text;");
			lines.add(indent + "keyed := "
					+ ofRow((row) -> RowJson.object(row, keys, ", 'action', TG_OP, 'truncated', true")) + "::text;");
		}
		lines.add(indent + "payload := " + ofRow((row) -> RowJson.object(row, this.columns.told(), ", 'action', TG_OP"))
				+ "::text;");
		if (this.operations.contains(Operation.TRUNCATE)) {
			lines.add("    ELSE");
			lines.add("      payload := json_build_object('action', TG_OP)::text;");
			lines.add("    END IF;");
		}
		return lines;
	}

	private List<String> pigeonEnd() {
		List<String> lines = new ArrayList<>();
		lines.add("  head := json_build_object('action', TG_OP, 'truncated', true)::text;");
		lines.add("  payload := coalesce(payload, keyed, head);");
		if (!durable()) {
			lines.add("  IF octet_length(payload) > 7999 THEN");
			lines.add("    payload := coalesce(keyed, head);");
			lines.add("    IF octet_length(payload) > 7999 THEN");
			lines.add("      payload := head;");
			lines.add("    END IF;");
			lines.add("  END IF;");
		}
		return lines;
	}

	private List<String> send() {
		return List.of("  PERFORM pg_notify(" + this.names.channel() + ", payload);");
	}

	/**
	 * Changes of one row are handled one after the other.
	 */
	private List<String> store() {
		List<String> lines = new ArrayList<>();
		lines.add("  IF data IS NULL THEN");
		lines.add("    BEGIN");
		lines.add("      data := payload::json;");
		lines.add("    EXCEPTION WHEN others THEN");
		lines.add("      data := "
				+ ((this.trigger.format() == Format.PIGEON) ? "head" : "(head || ',\"truncated\":true}')") + "::json;");
		lines.add("    END;");
		lines.add("  END IF;");
		lines.add("  row_key := " + this.names.keyPrefix() + " || row_key;");
		lines.add("  IF octet_length(row_key) > 255 THEN");
		lines.add("    row_key := " + this.names.keyPrefix() + " "
				+ " || encode(sha256(convert_to(row_key, 'UTF8')), 'hex');");
		lines.add("  END IF;");
		lines.add("  INSERT INTO " + this.names.schema() + ".message (channel, key, data, announce)");
		lines.add("    VALUES (" + this.names.channel() + ", row_key, data, " + this.trigger.announce() + ");");
		return lines;
	}

	private List<String> returning(String indent) {
		if (this.trigger.timing() == Timing.AFTER || this.trigger.level() == Level.STATEMENT) {
			return List.of(indent + "RETURN NULL;");
		}
		List<String> lines = new ArrayList<>();
		if (this.operations.contains(Operation.DELETE)) {
			lines.add(indent + "IF TG_OP = 'DELETE' THEN");
			lines.add(indent + "  RETURN OLD;");
			lines.add(indent + "END IF;");
		}
		lines.add(indent + "RETURN NEW;");
		return lines;
	}

	private boolean has(Operation one, Operation other) {
		return this.operations.contains(one) || this.operations.contains(other);
	}

	private String unless(String operation, String value) {
		return this.operations.contains(Operation.valueOf(operation))
				? "CASE WHEN TG_OP = '" + operation + "' THEN '' ELSE " + value + " END" : value;
	}

	/**
	 * The row there is: after a DELETE the old one.
	 */
	private String ofRow(UnaryOperator<String> expression) {
		if (!has(Operation.INSERT, Operation.UPDATE)) {
			return expression.apply("OLD");
		}
		if (!this.operations.contains(Operation.DELETE)) {
			return expression.apply("NEW");
		}
		return "CASE WHEN TG_OP = 'DELETE' THEN " + expression.apply("OLD") + " ELSE " + expression.apply("NEW")
				+ " END";
	}

}
