package io.github.pgnotify.listener;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.IntUnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import io.github.pgnotify.InvalidPayloadException;
import io.github.pgnotify.PgListener;
import io.github.pgnotify.PgNotifyOperations;
import io.github.pgnotify.testsupport.PgNotifyContext;
import io.github.pgnotify.testsupport.Recorder;
import io.github.pgnotify.testsupport.TestDatabase;
import io.github.pgnotify.testsupport.fault.Seed;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.util.Assert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Text of any characters arrives as it was sent, or is refused before it is.
 */
class UnicodePayloadIntegrationTests {

	private static final int PAYLOADS = 400;

	@RegisterExtension
	static final TestDatabase database = new TestDatabase();

	private final ApplicationContextRunner runner = PgNotifyContext.runner(database)
		.withUserConfiguration(Listener.class);

	@Test
	void textOfEveryKindOfCharacterArrivesAsItWasSent() {
		List<String> texts = texts();
		this.runner.run((context) -> {
			PgNotifyOperations template = context.getBean(PgNotifyOperations.class);
			texts.forEach((text) -> template.convertAndSend("text", text));
			assertThat(context.getBean(Listener.class).texts.await(texts.size())).containsExactlyElementsOf(texts);
		});
	}

	@Test
	void itDoesInsideJsonToo() {
		List<Note> notes = texts().stream().map((text) -> new Note(text, List.of(text, ""))).toList();
		this.runner.run((context) -> {
			PgNotifyOperations template = context.getBean(PgNotifyOperations.class);
			notes.forEach((note) -> template.convertAndSend("json", note));
			assertThat(context.getBean(Listener.class).notes.await(notes.size())).containsExactlyElementsOf(notes);
		});
	}

	@Test
	void itDoesInAnEnvelopeByReferenceAndWhenStoredToo() {
		List<String> texts = texts().subList(0, 40);
		this.runner.withPropertyValues("pgnotify.queue.announce=true").run((context) -> {
			PgNotifyOperations template = context.getBean(PgNotifyOperations.class);
			List<String> expected = new ArrayList<>();
			for (String text : texts) {
				template.distinct().convertAndSend("text", text);
				template.enqueue("text", text);
				template.convertAndSend("text", text.repeat(8_000));
				expected.addAll(List.of(text, text, text.repeat(8_000)));
			}
			assertThat(context.getBean(Listener.class).texts.await(expected.size()))
				.containsExactlyElementsOf(expected);
		});
	}

	@Test
	void whatPostgresCannotHoldIsRefusedWithItsPlace() {
		Random random = Seed.random("unstorable payloads");
		this.runner.run((context) -> {
			PgNotifyOperations template = context.getBean(PgNotifyOperations.class);
			for (int i = 0; i < PAYLOADS; i++) {
				String before = text(random);
				boolean nul = random.nextInt(3) == 0;
				char bad = nul ? 0 : (char) (Character.MIN_SURROGATE + random.nextInt(0x800));
				// no low surrogate may follow a high one, nor a high one come before a
				// low
				String text = before + bad + "x" + text(random);
				String what = nul ? "a NUL character" : "an unpaired surrogate (U+%04X)".formatted((int) bad);
				assertThatExceptionOfType(InvalidPayloadException.class)
					.isThrownBy(() -> template.convertAndSend("text", text))
					.withMessage("Payload for channel 'text' has " + what + " at position " + before.length()
							+ ", which PostgreSQL cannot hold");
			}
			template.convertAndSend("text", "only this");
			assertThat(context.getBean(Listener.class).texts.await(1)).containsExactly("only this");
		});
	}

	/**
	 * A text of each class alone, then texts of all classes.
	 */
	private static List<String> texts() {
		Random random = Seed.random("unicode payloads");
		List<String> texts = new ArrayList<>();
		for (CharacterClass each : CharacterClass.values()) {
			texts.add(IntStream.range(0, 1 + random.nextInt(20))
				.mapToObj((i) -> Character.toString(each.pick(random)))
				.collect(Collectors.joining()));
		}
		while (texts.size() < PAYLOADS) {
			texts.add(text(random));
		}
		return texts;
	}

	private static String text(Random random) {
		CharacterClass[] classes = CharacterClass.values();
		return IntStream.range(0, 1 + random.nextInt(40))
			.mapToObj((i) -> Character.toString(classes[random.nextInt(classes.length)].pick(random)))
			.collect(Collectors.joining());
	}

	/**
	 * Characters that programs are known to stumble over.
	 */
	private enum CharacterClass {

		ASCII(0x20, 0x7E), CONTROLS(0x01, 0x1F), MORE_CONTROLS(0x7F, 0x9F), LATIN(0xA0, 0x24F), COMBINING(0x300, 0x36F),
		RIGHT_TO_LEFT(0x590, 0x6FF), DIRECTIONS(0x202A, 0x202E), INVISIBLE(0x200B, 0x200F),
		LINE_SEPARATORS(0x2028, 0x2029), HAN(0x4E00, 0x9FFF), PRIVATE(0xE000, 0xF8FF),
		NON_CHARACTERS((i) -> 0xFDD0 + i, 0x20), ENDS_OF_PLANES((i) -> (i / 2 << 16) + 0xFFFE + i % 2, 34),
		BYTE_ORDER_MARK(0xFEFF, 0xFEFF), REPLACEMENT(0xFFFD, 0xFFFD), BEFORE_SURROGATES(0xD7F0, 0xD7FF),
		SUPPLEMENTARY(0x10000, 0x10FFFF), EMOJI(0x1F600, 0x1F64F), VARIATION(0xFE00, 0xFE0F),
		JSON((i) -> "\"\\/{}[]:,\b\f\n\r\t ".charAt(i), 15), SQL((i) -> "'$\\;-%_\"".charAt(i), 8);

		private final IntUnaryOperator at;

		private final int size;

		CharacterClass(int first, int last) {
			this((i) -> first + i, last - first + 1);
		}

		CharacterClass(IntUnaryOperator at, int size) {
			this.at = at;
			this.size = size;
		}

		int pick(Random random) {
			int codePoint = this.at.applyAsInt(random.nextInt(this.size));
			Assert.isTrue(codePoint > 0 && (codePoint < 0xD800 || codePoint > 0xDFFF), "Not to be sent");
			return codePoint;
		}

	}

	record Note(String text, List<String> lines) {

	}

	static class Listener {

		final Recorder<String> texts = new Recorder<>();

		final Recorder<Note> notes = new Recorder<>();

		@PgListener("text")
		void text(String payload) {
			this.texts.record(payload);
		}

		@PgListener("json")
		void note(Note payload) {
			this.notes.record(payload);
		}

	}

}
