package io.github.pgnotify;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.messaging.Message;
import org.springframework.messaging.MessageHeaders;
import org.springframework.messaging.converter.AbstractMessageConverter;
import org.springframework.messaging.converter.CompositeMessageConverter;
import org.springframework.messaging.converter.JacksonJsonMessageConverter;
import org.springframework.messaging.converter.MessageConverter;
import org.springframework.messaging.converter.StringMessageConverter;
import org.springframework.messaging.support.GenericMessage;
import org.springframework.util.MimeTypeUtils;

/**
 * Makes text of payloads and payloads of text: a {@code String} is taken as it is, a
 * {@code byte[]} as UTF-8, everything else is JSON.
 * <p>
 * Its {@link #getConverters() converters} are tried in order; more can be added in front.
 *
 * @since 0.1.0
 */
public final class PgMessageConverter extends CompositeMessageConverter {

	/**
	 * Creates a converter.
	 * @param jsonMapper reads and writes JSON
	 */
	public PgMessageConverter(JsonMapper jsonMapper) {
		super(converters(jsonMapper));
	}

	private static List<MessageConverter> converters(JsonMapper jsonMapper) {
		JacksonJsonMessageConverter json = jsonConverter(jsonMapper);
		StringMessageConverter text = new StringMessageConverter(StandardCharsets.UTF_8);
		text.setSerializedPayloadClass(String.class);
		return List.of(text, new Utf8Converter(), new JsonStringConverter(json, jsonMapper), json);
	}

	private static JacksonJsonMessageConverter jsonConverter(JsonMapper jsonMapper) {
		JacksonJsonMessageConverter converter = new JacksonJsonMessageConverter(jsonMapper);
		converter.setSerializedPayloadClass(String.class);
		return converter;
	}

	/**
	 * Bytes, which must be UTF-8 text on the way out and are such on the way in.
	 */
	private static final class Utf8Converter extends AbstractMessageConverter {

		Utf8Converter() {
			super(MimeTypeUtils.TEXT_PLAIN, MimeTypeUtils.APPLICATION_JSON);
		}

		@Override
		protected boolean supports(Class<?> type) {
			return type == byte[].class;
		}

		@Override
		protected @Nullable Object convertFromInternal(Message<?> message, Class<?> targetClass,
				@Nullable Object conversionHint) {
			return (message.getPayload() instanceof String text) ? text.getBytes(StandardCharsets.UTF_8) : null;
		}

		@Override
		protected Object convertToInternal(Object payload, @Nullable MessageHeaders headers,
				@Nullable Object conversionHint) {
			try {
				return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap((byte[]) payload)).toString();
			}
			catch (CharacterCodingException ex) {
				throw new InvalidPayloadException("A byte[] payload is not UTF-8 text. A notification holds text: "
						+ "encode other bytes, for example with Base64", ex);
			}
		}

	}

	/**
	 * Text that was a JSON string where it was stored, for a type other than text: a
	 * date, an enum constant, a UUID.
	 */
	private static final class JsonStringConverter extends AbstractMessageConverter {

		private final JacksonJsonMessageConverter json;

		private final JsonMapper jsonMapper;

		JsonStringConverter(JacksonJsonMessageConverter json, JsonMapper jsonMapper) {
			super(MimeTypeUtils.TEXT_PLAIN);
			setStrictContentTypeMatch(true);
			this.json = json;
			this.jsonMapper = jsonMapper;
		}

		@Override
		protected boolean supports(Class<?> type) {
			return true;
		}

		@Override
		protected boolean canConvertTo(Object payload, @Nullable MessageHeaders headers) {
			return false;
		}

		@Override
		protected @Nullable Object convertFromInternal(Message<?> message, Class<?> targetClass,
				@Nullable Object conversionHint) {
			String jsonString = this.jsonMapper.writeValueAsString(message.getPayload());
			return this.json.fromMessage(new GenericMessage<>(jsonString), targetClass, conversionHint);
		}

	}

}
