package io.github.pgnotify.queue;

import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;

import io.github.pgnotify.InvalidChannelNameException;
import io.github.pgnotify.InvalidPayloadException;
import io.github.pgnotify.testsupport.TestDatabase;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Finding stored messages by time and content.
 */
class MessageFetchIntegrationTests {

	private static final OffsetDateTime SIXTH = OffsetDateTime.parse("2024-09-06T00:00:00Z");

	private static final OffsetDateTime SEVENTH = OffsetDateTime.parse("2024-09-07T00:00:00Z");

	@RegisterExtension
	final TestDatabase database = new TestDatabase();

	private PgQueueAdmin admin;

	@BeforeEach
	void prepare() {
		new QueueSchema(this.database.dataSource(), "queue").migrate();
		this.admin = new PgQueueAdmin(this.database.dataSource(), "queue", (channels) -> {
		});
	}

	@Test
	void messagesOfADayThatContainTheFilterAreFound() {
		store("sports", "{\"game\":\"NFL\",\"n\":1}", "2024-09-05 23:59:59.999999Z");
		store("sports", "{ \"n\":2, \"game\":\"NFL\" }", "2024-09-06 00:00:00Z");
		store("sports", "{\"game\":\"NBA\",\"n\":3}", "2024-09-06 12:00:00Z");
		store("weather", "{\"game\":\"NFL\",\"n\":4}", "2024-09-06 12:00:00Z");
		store("sports", "{\"game\":\"NFL\",\"n\":5,\"n\":6}", "2024-09-06 23:59:59.999999Z");
		store("sports", "{\"game\":\"NFL\",\"n\":7}", "2024-09-07 00:00:00Z");
		List<FetchedMessage> found = this.admin.fetch("sports", SIXTH, SEVENTH, "{\"game\":\"NFL\"}", 100);
		assertThat(found).extracting(FetchedMessage::data)
			.containsExactly("{ \"n\":2, \"game\":\"NFL\" }", "{\"game\":\"NFL\",\"n\":5,\"n\":6}");
		assertThat(this.admin.fetch("sports", SIXTH, SEVENTH, null, 100)).extracting(FetchedMessage::id)
			.containsExactly(2L, 3L, 5L);
		assertThat(this.admin.fetch("sports", SIXTH, SEVENTH, null, 2)).extracting(FetchedMessage::id)
			.containsExactly(2L, 3L);
		assertThat(this.admin.fetch("sports", SIXTH, SIXTH, null, 2)).isEmpty();
		assertThat(this.admin.fetch("sports", OffsetDateTime.MIN, OffsetDateTime.MAX, null, 100)).hasSize(5);
	}

	@Test
	void aMessageComesWithAllThatWasStored() {
		this.database.execute("INSERT INTO queue.message (channel, data, headers, key, created_at) "
				+ "VALUES ('sports', NULL, '{\"a\":[1]}', 'k', '2024-09-06 12:00:00+02')");
		FetchedMessage message = this.admin.fetch("sports", SIXTH, SEVENTH, null, 1).get(0);
		assertThat(message.createdAt().withOffsetSameInstant(ZoneOffset.UTC)).isEqualTo("2024-09-06T10:00:00Z");
		assertThat(message).isEqualTo(
				new FetchedMessage(1, message.channel(), null, Map.of("a", List.of(1)), "k", message.createdAt()));
		assertThat(this.admin.fetch("sports", SIXTH, SEVENTH, "{}", 1)).isEmpty();
	}

	@ParameterizedTest
	@ValueSource(strings = { "{\"x\":\"\\u0000\",\"game\":\"NFL\"}", "{\"game\":\"NFL\",\"x\":\"\\ud83d\"}",
			"{\"game\":\"NFL\",\"x\":\"\\ude00\\ud83d\"}", "{\"game\":\"NFL\",\"x\":1e999999}" })
	void whatJsonbRefusesIsNotFoundAndHidesNothing(String data) {
		store("sports", "{\"game\":\"NFL\"}", "2024-09-06");
		store("sports", data, "2024-09-06");
		store("sports", "{\"game\":\"NFL\",\"x\":\"\\ud83d\\ude00 \\\\u0000\"}", "2024-09-06");
		assertThat(this.admin.fetch("sports", SIXTH, SEVENTH, "{\"game\":\"NFL\"}", 100)).extracting(FetchedMessage::id)
			.containsExactly(1L, 3L);
		assertThat(this.admin.fetch("sports", SIXTH, SEVENTH, "{\"x\":\"\ud83d\ude00 \\\\u0000\"}", 100))
			.extracting(FetchedMessage::id)
			.containsExactly(3L);
		assertThat(this.admin.fetch("sports", SIXTH, SEVENTH, null, 100)).extracting(FetchedMessage::data)
			.contains(data);
	}

	@ParameterizedTest
	@ValueSource(strings = { "\"Hello, PostgreSQL!\"", "[1,[2]]", "null", "7", "{\"a\":{\"b\":[1,2]}}",
			"{\"'; DROP TABLE queue.message; --\":\"?\"}" })
	void anyJsonIsAFilter(String json) {
		store("sports", json, "2024-09-06");
		store("sports", "{\"other\":true}", "2024-09-06");
		assertThat(this.admin.fetch("sports", SIXTH, SEVENTH, json, 100)).extracting(FetchedMessage::id)
			.containsExactly(1L);
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "{", "NFL secret", "\"\\u0000\"", "\"\\ud83d\"", "1e999999", "{} {}" })
	void whatIsNoFilterIsRefusedWithoutQuotingIt(String filter) {
		store("sports", "{}", "2024-09-06");
		assertThatExceptionOfType(InvalidPayloadException.class)
			.isThrownBy(() -> this.admin.fetch("sports", SIXTH, SEVENTH, filter, 100))
			.withMessageContaining("filter")
			.satisfies((ex) -> assertThat(ex).hasNoCause())
			.satisfies((ex) -> assertThat(ex.getMessage()).doesNotContain("secret"));
	}

	@Test
	void aChannelWindowOrLimitThatCannotBeIsRefused() {
		assertThatExceptionOfType(InvalidChannelNameException.class)
			.isThrownBy(() -> this.admin.fetch("", SIXTH, SEVENTH, null, 1));
		assertThatIllegalArgumentException().isThrownBy(() -> this.admin.fetch("sports", SEVENTH, SIXTH, null, 1));
		assertThatIllegalArgumentException().isThrownBy(() -> this.admin.fetch("sports", SIXTH, SEVENTH, null, 0));
	}

	@Test
	void aWindowIsFoundByItsIndexAmongManyMessages() {
		this.database.execute("INSERT INTO queue.message (channel, data, announce, created_at) "
				+ "SELECT 'sports', '{\"game\":\"NFL\"}', false, timestamptz '2024-09-01Z' + n * interval '9 s' "
				+ "FROM generate_series(1, 100000) AS n");
		// As autovacuum does
		this.database.execute("VACUUM ANALYZE queue.message");
		List<String> plan = this.database.jdbc()
			.queryForList(
					"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) SELECT id FROM queue.message "
							+ "WHERE channel = 'sports' AND created_at >= '2024-09-06Z' AND created_at < '2024-09-07Z' "
							+ "AND queue.json_contains(data, '{\"game\":\"NFL\"}') ORDER BY created_at, id LIMIT 100",
					String.class);
		assertThat(plan).anySatisfy((line) -> assertThat(line).contains("message_created_at"))
			.noneSatisfy((line) -> assertThat(line).contains("Seq Scan"));
		assertThat(this.admin.fetch("sports", SIXTH, SEVENTH, "{\"game\":\"NFL\"}", 100_000)).hasSize(9600);
	}

	private void store(String channel, String data, String createdAt) {
		this.database.jdbc()
			.update("INSERT INTO queue.message (channel, data, created_at) VALUES (?, ?::json, ?::timestamptz)",
					channel, data, createdAt.contains(" ") ? createdAt : createdAt + "Z");
	}

}
