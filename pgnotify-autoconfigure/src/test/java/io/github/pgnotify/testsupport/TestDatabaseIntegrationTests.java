package io.github.pgnotify.testsupport;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import org.springframework.jdbc.core.JdbcTemplate;

import static org.assertj.core.api.Assertions.assertThat;

class TestDatabaseIntegrationTests {

	private static final String EXISTS = "SELECT count(*) FROM pg_catalog.pg_database WHERE datname = ?";

	@RegisterExtension
	static final TestDatabase shared = new TestDatabase();

	@RegisterExtension
	final TestDatabase own = new TestDatabase();

	@Test
	void eachTestHasAnEmptyDatabaseOfItsOwn() {
		this.own.execute("CREATE TABLE only_here (x int)");
		assertThat(this.own.queryForString("SELECT current_database()")).isEqualTo(this.own.name())
			.isNotEqualTo(shared.name());
		assertThat(shared.queryForString("SELECT to_regclass('only_here')")).isNull();
	}

	@Test
	void isTheVersionThatWasAskedFor() {
		assertThat(shared.queryForString("SHOW server_version")).startsWith(System.getProperty("postgres", "18"));
	}

	@Test
	void aRoleMayLogInAndNothingMore() {
		String role = this.own.createRole("producer");
		JdbcTemplate jdbc = new JdbcTemplate(this.own.dataSource(role));
		assertThat(jdbc.queryForObject("SELECT current_user", String.class)).isEqualTo(role);
		assertThat(jdbc.queryForObject("SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user",
				Boolean.class))
			.isFalse();
	}

	@Test
	void closingDropsTheDatabaseWhoeverIsConnectedAndItsRoles() throws Exception {
		TestDatabase database = new TestDatabase();
		String role = database.createRole("Some \u00fcser");
		try (var connection = database.dataSource(role).getConnection()) {
			database.close();
			assertThat(connection.isValid(1)).isFalse();
		}
		assertThat(shared.queryForString(EXISTS, database.name())).isEqualTo("0");
		assertThat(shared.queryForString("SELECT count(*) FROM pg_catalog.pg_roles WHERE rolname = ?", role))
			.isEqualTo("0");
	}

}
