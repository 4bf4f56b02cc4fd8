package io.github.pgnotify.gateway;

import java.util.LinkedHashMap;
import java.util.Map;

import io.github.pgnotify.ChannelName;
import io.github.pgnotify.PgGap;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * What the gateway itself has to say to a client. Raw WebSocket clients do not hear it.
 */
final class Notice extends Outgoing {

	private final String type;

	private final @Nullable String cursor;

	private final String json;

	private final boolean silent;

	private Notice(String type, @Nullable String cursor, Map<String, Object> properties, boolean silent) {
		this.type = type;
		this.cursor = cursor;
		this.silent = silent;
		Map<String, Object> all = new LinkedHashMap<>();
		all.put("type", type);
		all.putAll(properties);
		if (cursor != null) {
			all.put("cursor", cursor);
		}
		this.json = JsonMapper.shared().writeValueAsString(all);
	}

	/**
	 * From now on the client hears the channel.
	 */
	static Notice subscribed(ChannelName channel, String cursor) {
		return new Notice("subscribed", cursor, Map.of("channel", channel.value()), false);
	}

	/**
	 * From now on the client hears a live channel, beside stored ones. As an event that
	 * has no id, as the client goes on from the stored ones.
	 */
	static Notice subscribedLive(ChannelName channel) {
		Map<String, Object> properties = new LinkedHashMap<>();
		properties.put("channel", channel.value());
		properties.put("cursor", ChannelSource.LIVE_CURSOR);
		return new Notice("subscribed", null, properties, false);
	}

	/**
	 * From now on the client no longer hears the channel.
	 */
	static Notice unsubscribed(String channel) {
		return new Notice("unsubscribed", null, Map.of("channel", channel), false);
	}

	/**
	 * The client may have missed messages before the next one.
	 */
	static Notice gap(ChannelName channel, PgGap gap) {
		Map<String, Object> properties = new LinkedHashMap<>();
		properties.put("channel", channel.value());
		properties.put("cause", gap.cause().name());
		properties.put("from", gap.from().toString());
		properties.put("to", gap.to().toString());
		if (gap.dropped() != null) {
			properties.put("dropped", gap.dropped());
		}
		return new Notice("gap", null, properties, false);
	}

	/**
	 * The client cannot be sent what it has missed.
	 * @param cause why, one word
	 */
	static Notice gap(ChannelName channel, String cause) {
		return new Notice("gap", null, Map.of("channel", channel.value(), "cause", cause), false);
	}

	/**
	 * What the client wanted is refused.
	 */
	static Notice error(@Nullable String channel, String reason) {
		Map<String, Object> properties = new LinkedHashMap<>();
		if (channel != null) {
			properties.put("channel", channel);
		}
		properties.put("reason", reason);
		return new Notice("error", null, properties, false);
	}

	/**
	 * Where to go on, though there was nothing new for the client.
	 */
	static Notice cursor(String cursor) {
		return new Notice("cursor", cursor, Map.of(), true);
	}

	@Override
	@Nullable Frame encode(Format format) {
		return switch (format) {
			case TEXT -> null;
			case JSON -> Frame.ofText(this.json);
			case EVENT_TEXT, EVENT_JSON -> this.silent ? EventText.event(null, this.cursor, null)
					: EventText.event(this.type, this.cursor, this.json);
		};
	}

}
