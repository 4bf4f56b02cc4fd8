package io.github.pgnotify.testsupport.fault;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.function.Predicate;

/**
 * One message of the PostgreSQL protocol, from the server to the client.
 *
 * @param type its first byte, such as {@code 'C'} for CommandComplete
 * @param body what follows its length
 */
public record BackendMessage(char type, byte[] body) {

	/**
	 * Matches the reply to a command that succeeded.
	 * @param tag beginning of the command tag, such as {@code COMMIT} or
	 * {@code INSERT 0 1}
	 */
	public static Predicate<BackendMessage> commandComplete(String tag) {
		return (message) -> message.type == 'C' && message.text().startsWith(tag);
	}

	/**
	 * Matches a notification.
	 * @param channel the channel, to the letter
	 */
	public static Predicate<BackendMessage> notification(String channel) {
		return (message) -> message.type == 'A' && message.channel().equals(channel);
	}

	private String channel() {
		String channelAndPayload = new String(this.body, Integer.BYTES, this.body.length - Integer.BYTES,
				StandardCharsets.UTF_8);
		return channelAndPayload.substring(0, channelAndPayload.indexOf('\0'));
	}

	private String text() {
		return new String(this.body, StandardCharsets.UTF_8);
	}

	static BackendMessage of(byte[] bytes) {
		byte[] body = new byte[bytes.length - BackendFramer.HEADER_LENGTH];
		ByteBuffer.wrap(bytes, BackendFramer.HEADER_LENGTH, body.length).get(body);
		return new BackendMessage((char) bytes[0], body);
	}

}
