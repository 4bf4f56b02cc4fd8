package io.github.pgnotify.gateway;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What cannot be encoded as it is.
 */
class FrameTests {

	@Test
	void halfAPairOfSurrogatesIsReplaced() {
		assertThat(Frame.ofText("a\ud800b").text()).isEqualTo("a\ufffdb");
		assertThat(Frame.ofText("\udc00\ud83d").text()).isEqualTo("\ufffd\ufffd");
		Frame whole = Frame.ofText("\ud83d\ude00");
		assertThat(whole.text()).isEqualTo("\ud83d\ude00");
		assertThat(whole.size()).isEqualTo(4);
	}

}
