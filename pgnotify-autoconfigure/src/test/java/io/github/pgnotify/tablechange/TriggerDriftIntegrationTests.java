package io.github.pgnotify.tablechange;

import java.nio.file.Path;
import java.util.List;

import io.github.pgnotify.PgNotifyStartupException;
import io.github.pgnotify.tablechange.TableChange.Operation;
import io.github.pgnotify.tablechange.TableTrigger.DeliveryMode;
import io.github.pgnotify.tablechange.TriggerDifference.Kind;
import io.github.pgnotify.tablechange.TriggerSettings.Mode;
import io.github.pgnotify.testsupport.TestDatabase;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static io.github.pgnotify.tablechange.TriggerDatabase.on;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * What others did to the triggers of a table, and what must not be done to theirs.
 */
class TriggerDriftIntegrationTests {

	@RegisterExtension
	final TestDatabase database = new TestDatabase();

	private final TriggerDatabase triggers = new TriggerDatabase(this.database);

	@BeforeEach
	void createTable() {
		this.triggers.withQueue();
		this.database.execute("CREATE TABLE note (id serial PRIMARY KEY, title text)");
	}

	@Test
	void aTriggerWrittenByHandIsNeitherReplacedNorDropped() {
		this.database.execute("CREATE FUNCTION mine() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'");
		this.database.execute("CREATE TRIGGER notify_test AFTER INSERT ON note FOR EACH ROW EXECUTE FUNCTION mine()");
		assertThatExceptionOfType(PgNotifyStartupException.class)
			.isThrownBy(() -> this.triggers.apply(on("note").build()))
			.withMessageContaining("needs a trigger of the name notify_test on public.note, and the table has one "
					+ "already that calls public.mine()");
		this.triggers.apply();
		assertThat(definition()).contains("mine()");
	}

	@Test
	void applicationsOfOtherSchemasDoNotTakeEachOthersTriggers() {
		this.triggers.apply(on("note").build());
		TriggerSettings own = this.triggers.settings(Mode.APPLY, "second", Path.of("unused.sql"));
		TriggerSettings second = new TriggerSettings(own.mode(), own.application(), "second", true, own.lockTimeout(),
				own.script());
		assertThatExceptionOfType(PgNotifyStartupException.class).isThrownBy(
				() -> this.triggers.declare(this.database.dataSource(), second, List.of(on("note").build())).apply())
			.withMessageContaining("calls queue.trigger_test()");
		assertThat(definition()).contains("queue.trigger_test()");
	}

	@Test
	void declarationsWhoseTriggersWouldHaveTheSameNameAreRefused() {
		assertThatExceptionOfType(PgNotifyStartupException.class).isThrownBy(() -> this.triggers.apply(
				TableTrigger.of("orders", "note").on(Operation.INSERT, Operation.UPDATE).whenChanged("title").build(),
				TableTrigger.of("orders_u", "note").build()))
			.withMessageContaining("notify_orders_u");
		assertThat(this.triggers.declare().list()).isEmpty();
	}

	@ParameterizedTest
	@ValueSource(strings = { "AFTER INSERT OR UPDATE ON note FOR EACH ROW",
			"AFTER UPDATE OF title ON note FOR EACH ROW WHEN (OLD.title IS DISTINCT FROM NEW.title)",
			"AFTER UPDATE ON note FOR EACH ROW WHEN (NEW.title = 'b')", "AFTER UPDATE ON note FOR EACH STATEMENT",
			"BEFORE UPDATE ON note FOR EACH ROW" })
	void aTriggerChangedByHandIsFoundAndUndone(String changed) {
		TableTrigger declared = on("note").on(Operation.UPDATE).condition("NEW.title = 'a'").build();
		this.triggers.apply(declared);
		String before = definition();
		this.database
			.execute("CREATE OR REPLACE TRIGGER notify_test " + changed + " EXECUTE FUNCTION queue.trigger_test()");
		assertThat(this.triggers.declare(declared).diff()).singleElement().satisfies((difference) -> {
			assertThat(difference.kind()).isEqualTo(Kind.REPLACE);
			assertThat(difference.reasons()).containsExactly("trigger notify_test on public.note was changed by hand");
		});
		this.triggers.apply(declared);
		assertThat(definition()).isEqualTo(before);
		assertThat(this.triggers.declare(declared).diff()).extracting(TriggerDifference::kind)
			.containsExactly(Kind.UNCHANGED);
	}

	@Test
	void theSearchPathOfWhoComparesIsNoDifference() {
		this.database.execute("CREATE FUNCTION public.wanted(text) RETURNS boolean LANGUAGE sql AS 'SELECT true'");
		TableTrigger declared = on("note").on(Operation.UPDATE).condition("public.wanted(NEW.title)").build();
		this.triggers.apply(declared);
		this.database.execute("ALTER DATABASE " + this.database.name() + " SET search_path = queue");
		TableTrigger qualified = TableTrigger.of("test", "public.note")
			.channel(TriggerDatabase.CHANNEL)
			.on(Operation.UPDATE)
			.condition("public.wanted(NEW.title)")
			.build();
		assertThat(this.triggers.declare(qualified).diff()).extracting(TriggerDifference::kind)
			.containsExactly(Kind.UNCHANGED);
	}

	@ParameterizedTest
	@ValueSource(strings = { "DISABLE", "ENABLE REPLICA", "ENABLE ALWAYS" })
	void whenATriggerRunsStaysAsSomebodySetItThoughItIsReplaced(String mode) {
		this.triggers.apply(on("note").build());
		this.database.execute("ALTER TABLE note " + mode + " TRIGGER notify_test");
		String before = enabled();
		this.triggers.apply(on("note").condition("true").build());
		assertThat(definition()).contains("WHEN (true)");
		assertThat(enabled()).isEqualTo(before);
	}

	@Test
	void whereOnlyTheFunctionChangesTheTableIsNotLocked() {
		this.triggers.apply(on("note").build());
		assertThat(this.triggers.declare(on("note").columns("title").build()).diff()).singleElement()
			.satisfies((difference) -> assertThat(difference.statements()).isNotEmpty()
				.noneMatch((statement) -> statement.contains("TRIGGER notify_test")));
	}

	@Test
	void theOwnerOfAFunctionSettles() {
		TableTrigger declared = on("note").delivery(DeliveryMode.DURABLE).build();
		this.triggers.apply(declared);
		this.database.execute("ALTER FUNCTION queue.trigger_test() OWNER TO " + this.database.createRole("other"));
		assertThat(this.triggers.declare(declared).diff()).extracting(TriggerDifference::kind)
			.containsExactly(Kind.REPLACE);
		this.triggers.apply(declared);
		assertThat(this.triggers.declare(declared).diff()).extracting(TriggerDifference::kind)
			.containsExactly(Kind.UNCHANGED);
	}

	@Test
	void anApplicationWithoutNameDropsOnlyWhatItDeclaresInactive() {
		TriggerSettings settings = this.triggers.settings(Mode.APPLY, TriggerSettings.UNNAMED, Path.of("unused.sql"));
		apply(settings, TableTrigger.of("first", "note").build());
		PgTableTriggers second = apply(settings, TableTrigger.of("second", "note").build());
		assertThat(second.script()).isEmpty();
		second.apply();
		assertThat(second.list()).extracting(InstalledTrigger::name).containsExactly("first", "second");
		apply(settings, TableTrigger.of("first", "note").active(false).build());
		assertThat(second.list()).extracting(InstalledTrigger::name).containsExactly("second");
	}

	private PgTableTriggers apply(TriggerSettings settings, TableTrigger... declared) {
		PgTableTriggers applied = this.triggers.declare(this.database.dataSource(), settings, List.of(declared));
		applied.start();
		return applied;
	}

	private String definition() {
		return this.database
			.queryForString("SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgname = 'notify_test'");
	}

	private String enabled() {
		return this.database.queryForString("SELECT tgenabled FROM pg_trigger WHERE tgname = 'notify_test'");
	}

}
