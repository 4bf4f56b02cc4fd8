package io.github.pgnotify.sample;

import java.time.Instant;
import java.util.List;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonProperty;
import org.jspecify.annotations.Nullable;

/**
 * Something that arrived at a listener. As JSON, it tells the type and the text of the
 * payload instead of the payload.
 *
 * @param time when
 * @param channel on which channel
 * @param payload the object that the listener was given; {@code null} if none was sent
 * @param senderPid process id of the sender's server process
 * @param listener id of the listener
 */
public record Arrival(Instant time, String channel, @JsonIgnore @Nullable Object payload, int senderPid,
		String listener) implements Shown {

	@Override
	public String event() {
		return "arrival";
	}

	/**
	 * Java type of the payload.
	 * @return simple name of its class, for a list with that of its elements if they are
	 * all of one
	 */
	@JsonProperty
	public String type() {
		if (this.payload instanceof List<?> list) {
			List<String> elements = list.stream().map(Arrival::typeOf).distinct().toList();
			return typeOf(list) + ((elements.size() == 1) ? "<" + elements.get(0) + ">" : "");
		}
		return typeOf(this.payload);
	}

	/**
	 * The payload as text.
	 * @return what its {@code toString()} says
	 */
	@JsonProperty
	public String value() {
		return String.valueOf(this.payload);
	}

	private static String typeOf(@Nullable Object object) {
		return (object != null) ? object.getClass().getSimpleName() : "null";
	}

}
