package io.github.pgnotify.gateway;

import java.time.Instant;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

class PositionTests {

	private static final Instant TIME = Instant.ofEpochSecond(1_800_000_000L);

	private static final Snapshot SEEN = Snapshot.parse("100:110:100,105");

	private static final Snapshot PAGE = Snapshot.parse("105:120:105,118");

	@Test
	void aSnapshotSeesWhatHadEnded() {
		assertThat(SEEN.sees(99)).isTrue();
		assertThat(SEEN.sees(100)).isFalse();
		assertThat(SEEN.sees(101)).isTrue();
		assertThat(SEEN.sees(105)).isFalse();
		assertThat(SEEN.sees(110)).isFalse();
		assertThat(Snapshot.NOTHING.sees(1)).isFalse();
	}

	@Test
	void aSnapshotCoversAnotherThatSeesNoMore() {
		assertThat(PAGE.covers(SEEN)).isTrue();
		assertThat(SEEN.covers(PAGE)).isFalse();
		assertThat(SEEN.covers(SEEN)).isTrue();
		assertThat(Snapshot.parse("100:120:100,101").covers(SEEN)).isFalse();
		assertThat(SEEN.covers(Snapshot.NOTHING)).isTrue();
	}

	@Test
	void aPositionInAPageContainsWhatWasSeenBeforeAndTheFirstOfThePage() {
		Position position = Position.of(SEEN, TIME).upTo(PAGE, 112, 50);
		assertThat(position.contains(101, 999)).isTrue();
		assertThat(position.contains(100, 1)).isTrue();
		assertThat(position.contains(105, 1)).isFalse();
		assertThat(position.contains(112, 50)).isTrue();
		assertThat(position.contains(112, 51)).isFalse();
		assertThat(position.contains(113, 1)).isFalse();
		assertThat(position.contains(118, 1)).isFalse();
	}

	@Test
	void aCursorIsReadAsItWasWritten() {
		Position whole = Position.of(SEEN, TIME);
		Position inPage = whole.upTo(PAGE, 112, 50);
		assertThat(Position.ofCursor(whole.toCursor("0a1b2c3d"), "0a1b2c3d")).isEqualTo(whole);
		assertThat(Position.ofCursor(inPage.toCursor("0a1b2c3d"), "0a1b2c3d")).isEqualTo(inPage);
		assertThat(inPage.toCursor("0a1b2c3d")).matches("[0-9a-z.-]+");
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "live", "0a1b2c3d", "0a1b2c3d.", "0a1b2c3d.x", "0a1b2c3d.x.1", "0a1b2c3d.x.1-0-0",
			"0a1b2c3d.x.2-5-4-3", "0a1b2c3d.x.2-1-1", "0a1b2c3d.x.2-1.2-1", "0a1b2c3d.x.-1-1", "ffffffff.x.1-0",
			"0a1b2c3d.x.1-0.1-0.ü.1", "0a1b2c3d.zzzzzzzzzzzzzzzzzz.1-0" })
	void whatIsNoCursorOfThisEpochIsNone(String text) {
		assertThat(Position.ofCursor(text, "0a1b2c3d")).isNull();
	}

}
