package io.github.pgnotify.sample;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class WelcomeTests {

	@Test
	void makesAnAddressForPsql() {
		assertThat(Welcome.psqlAddress("jdbc:postgresql://localhost:5432/postgres", "postgres"))
			.isEqualTo("postgresql://postgres@localhost:5432/postgres");
	}

	@Test
	void leavesOutParametersAsTheyMayHoldSecrets() {
		assertThat(Welcome.psqlAddress("jdbc:postgresql://db/app?user=me&password=secret", null))
			.isEqualTo("postgresql://db/app");
	}

	@Test
	void takesSeveralHosts() {
		assertThat(Welcome.psqlAddress("jdbc:postgresql://one:5432,two:5433/app", "me"))
			.isEqualTo("postgresql://me@one:5432,two:5433/app");
	}

}
