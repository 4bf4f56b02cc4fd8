package io.github.pgnotify.tablechange;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;

/**
 * What the catalogs say of a table or view. Names come quoted by the server.
 *
 * @param oid its object id
 * @param schema name of its schema
 * @param name its name
 * @param quoted both as SQL
 * @param kind {@code r} table, {@code p} partitioned table, {@code v} view, and others
 * @param temporary whether it is gone with its session
 * @param rowSecurity whether it, or the table of a view, has row-level security
 * @param columns its columns
 * @param view what it is over; {@code null} of everything but a view
 */
record Relation(long oid, String schema, String name, String quoted, String kind, boolean temporary,
		boolean rowSecurity, List<Column> columns, @Nullable View view) {

	boolean isTable() {
		return this.kind.equals("r") || this.kind.equals("p") || this.kind.equals("f");
	}

	@Nullable Column column(String columnName) {
		return this.columns.stream().filter((column) -> column.name().equals(columnName)).findFirst().orElse(null);
	}

	List<Column> primaryKey() {
		return this.columns.stream()
			.filter((column) -> column.keyPosition() != null)
			.sorted(Comparator.comparing(Column::keyPosition))
			.toList();
	}

	/**
	 * The columns by their numbers.
	 */
	Map<Integer, Column> byNumber() {
		return this.columns.stream().collect(Collectors.toMap(Column::number, Function.identity()));
	}

	@Override
	public String toString() {
		return this.schema + "." + this.name;
	}

	/**
	 * A column.
	 *
	 * @param number its number
	 * @param name its name
	 * @param quoted the name as an SQL identifier
	 * @param literal the name as an SQL string
	 * @param bytes whether it is of type {@code bytea}
	 * @param generated {@code s} stored, {@code v} virtual, empty if it is not generated
	 * @param identityAlways whether it is GENERATED ALWAYS AS IDENTITY
	 * @param defaultValue its default, names qualified; {@code null} without
	 * @param keyPosition its place in the primary key; {@code null} if it is not in it
	 * @param stable whether its text is the same in all sessions
	 * @param foreign whether its type is somebody's own, who may run code when it becomes
	 * JSON
	 * @param equality the operator that finds it by the primary key, with its schema;
	 * {@code null} if it is not in it
	 */
	record Column(int number, String name, String quoted, String literal, boolean bytes, String generated,
			boolean identityAlways, @Nullable String defaultValue, @Nullable Integer keyPosition, boolean stable,
			boolean foreign, @Nullable String equality) {

		Column trusted() {
			return new Column(this.number, this.name, this.quoted, this.literal, this.bytes, this.generated,
					this.identityAlways, this.defaultValue, this.keyPosition, this.stable, false, this.equality);
		}

	}

	/**
	 * What a view is over.
	 *
	 * @param updatable what PostgreSQL would do itself: the sum of 4 UPDATE, 8 INSERT, 16
	 * DELETE
	 * @param checkOption whether it has WITH CHECK OPTION
	 * @param invoker whether it is used with the rights of who uses it
	 * @param base the table; {@code null} if there is not exactly one
	 * @param baseColumns number of the table's column for each number of the view's that
	 * is one
	 */
	record View(int updatable, boolean checkOption, boolean invoker, @Nullable Relation base,
			Map<Integer, Integer> baseColumns) {

	}

}
