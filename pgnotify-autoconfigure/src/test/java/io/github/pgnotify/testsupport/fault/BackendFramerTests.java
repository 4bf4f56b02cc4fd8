package io.github.pgnotify.testsupport.fault;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

class BackendFramerTests {

	private final BackendFramer framer = new BackendFramer();

	private final ByteArrayOutputStream out = new ByteArrayOutputStream();

	private final List<String> messages = new ArrayList<>();

	@ParameterizedTest
	@ValueSource(ints = { 1, 2, 4, 5, 6, 7, 100 })
	void findsTheMessagesHoweverTheyAreCut(int chunk) {
		byte[] in = concat("NN".getBytes(StandardCharsets.US_ASCII), message('R', ""), message('S', "name=value"),
				message('N', "a notice"), message('C', "COMMIT"));
		for (int position = 0; position < in.length; position += chunk) {
			feed(Arrays.copyOfRange(in, position, Math.min(in.length, position + chunk)), true);
		}
		assertThat(this.messages).containsExactly("R", "Sname=value", "Na notice", "CCOMMIT");
		assertThat(this.out.toByteArray()).isEqualTo(in);
	}

	@Test
	void keepsBackAMessageThatIsNotComplete() {
		byte[] message = message('C', "COMMIT");
		feed(concat(message('T', "row"), Arrays.copyOf(message, message.length - 1)), true);
		assertThat(this.out.toByteArray()).isEqualTo(message('T', "row"));
		feed(new byte[] { message[message.length - 1] }, true);
		assertThat(this.messages).containsExactly("T" + "row", "CCOMMIT");
	}

	@Test
	void doesNotJudgeAMessageOfWhichAPartHasGone() {
		byte[] message = message('C', "COMMIT");
		feed(Arrays.copyOf(message, 3), false);
		assertThat(this.out.toByteArray()).isEqualTo(Arrays.copyOf(message, 3));
		feed(concat(Arrays.copyOfRange(message, 3, message.length), message('C', "BEGIN")), true);
		assertThat(this.messages).containsExactly("CBEGIN");
		assertThat(this.out.toByteArray()).isEqualTo(concat(message, message('C', "BEGIN")));
	}

	@Test
	void handsOutWhatItKeptBackWhenNothingMoreComes() {
		feed(new byte[] { 'C', 0 }, true);
		assertThat(this.framer.rest()).singleElement()
			.satisfies((piece) -> assertThat(piece.bytes()).containsExactly('C', 0));
		assertThat(this.framer.rest()).isEmpty();
	}

	@Test
	void letsPassWhatIsEncryptedOrSomethingElse() {
		byte[] encrypted = concat(new byte[] { 'N', 'S' }, message('C', "COMMIT"));
		feed(encrypted, true);
		assertThat(this.out.toByteArray()).isEqualTo(encrypted);
		BackendFramer http = new BackendFramer();
		assertThat(http.split("HTTP/1.1 200 OK".getBytes(StandardCharsets.US_ASCII), true))
			.extracting((piece) -> new String(piece.bytes(), StandardCharsets.US_ASCII))
			.containsExactly("HTTP/1.1 200 OK");
		assertThat(this.messages).isEmpty();
	}

	@Test
	void losesNothingWhateverHappens() {
		Random random = Seed.random("framer");
		ByteArrayOutputStream in = new ByteArrayOutputStream();
		in.writeBytes(concat(new byte[] { 'N' }, message('R', "")));
		for (int i = 0; i < 1_000; i++) {
			in.writeBytes(message((char) ('A' + random.nextInt(26)), "x".repeat(random.nextInt(50))));
		}
		byte[] all = in.toByteArray();
		int position = 0;
		while (position < all.length) {
			int next = Math.min(all.length, position + random.nextInt(80));
			feed(Arrays.copyOfRange(all, position, next), random.nextBoolean());
			position = next;
		}
		this.framer.rest().forEach((piece) -> this.out.writeBytes(piece.bytes()));
		assertThat(this.out.toByteArray()).isEqualTo(all);
		assertThat(this.messages).hasSizeGreaterThan(100);
	}

	private void feed(byte[] bytes, boolean whole) {
		List<BackendFramer.Piece> pieces = this.framer.split(bytes, whole);
		pieces.forEach((piece) -> this.out.writeBytes(piece.bytes()));
		pieces.stream()
			.map(BackendFramer.Piece::message)
			.filter(Objects::nonNull)
			.forEach((message) -> this.messages
				.add(message.type() + new String(message.body(), StandardCharsets.US_ASCII)));
	}

	private static byte[] message(char type, String body) {
		byte[] bytes = body.getBytes(StandardCharsets.US_ASCII);
		return ByteBuffer.allocate(5 + bytes.length)
			.put((byte) type)
			.putInt(Integer.BYTES + bytes.length)
			.put(bytes)
			.array();
	}

	private static byte[] concat(byte[]... parts) {
		ByteArrayOutputStream all = new ByteArrayOutputStream();
		Arrays.stream(parts).forEach(all::writeBytes);
		return all.toByteArray();
	}

}
