package io.github.pgnotify.gateway;

import java.nio.charset.StandardCharsets;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class EventTextTests {

	@Test
	void nothingInAFieldEndsIt() {
		assertThat(text(EventText.event("a\r\nid: 7", "1\n\ndata: forged\r\0", "x")))
			.isEqualTo("event: aid: 7\nid: 1data: forged\ndata: x\n\n");
	}

	@Test
	void everyLineOfTheDataHasItsOwnField() {
		assertThat(text(EventText.event(null, null, "a\nb\r\nc\rid: 7\n\nd")))
			.isEqualTo("data: a\ndata: b\ndata: c\ndata: id: 7\ndata: \ndata: d\n\n");
		assertThat(text(EventText.event(null, null, ""))).isEqualTo("data: \n\n");
	}

	@Test
	void anIdAloneIsNoEvent() {
		assertThat(text(EventText.event(null, "5", null))).isEqualTo("id: 5\n\n");
	}

	private static String text(Frame frame) {
		return new String(frame.bytes(), StandardCharsets.UTF_8);
	}

}
