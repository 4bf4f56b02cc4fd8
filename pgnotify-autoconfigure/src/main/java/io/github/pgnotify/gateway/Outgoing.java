package io.github.pgnotify.gateway;

import org.jspecify.annotations.Nullable;

/**
 * Something to be written to clients, each in its own format. It is encoded once for all
 * clients of a format.
 */
abstract class Outgoing {

	private final @Nullable Frame[] frames = new @Nullable Frame[Format.values().length];

	/**
	 * Returns what to write.
	 * @return {@code null} if there is no way to say it in that format
	 */
	@Nullable Frame frame(Format format) {
		Frame frame = this.frames[format.ordinal()];
		if (frame == null) {
			frame = encode(format);
			// Two threads may encode it twice; nobody minds
			this.frames[format.ordinal()] = frame;
		}
		return frame;
	}

	abstract @Nullable Frame encode(Format format);

}
