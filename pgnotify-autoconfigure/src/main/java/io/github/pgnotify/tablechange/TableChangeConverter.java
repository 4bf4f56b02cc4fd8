package io.github.pgnotify.tablechange;

import java.lang.reflect.Type;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

import io.github.pgnotify.tablechange.TableChange.Key;
import io.github.pgnotify.tablechange.TableChange.Operation;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.cfg.JsonNodeFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

import org.springframework.core.GenericTypeResolver;
import org.springframework.core.MethodParameter;
import org.springframework.messaging.Message;
import org.springframework.messaging.MessageHeaders;
import org.springframework.messaging.converter.MessageConversionException;
import org.springframework.messaging.converter.SmartMessageConverter;

/**
 * Makes a {@link TableChange} of the JSON that a trigger tells, for parameters of that
 * type and for no others.
 * <p>
 * A row is read with the application's own JSON settings, but for names: a property
 * {@code createdAt} gets the column {@code created_at}, {@code createdAt} or
 * {@code "Created At"}; one with {@code @JsonProperty} the column of just that name.
 * Columns without a property are left out. A {@code Map} or {@code JsonNode} has the
 * names of the columns.
 *
 * @since 0.1.0
 */
public final class TableChangeConverter implements SmartMessageConverter {

	private final JsonMapper mapper;

	/** Does not lose digits. */
	private final JsonMapper exact;

	/**
	 * Creates a converter.
	 * @param jsonMapper the application's own
	 */
	public TableChangeConverter(JsonMapper jsonMapper) {
		this.mapper = jsonMapper.rebuild()
			.propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
			.disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
			.enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
			.build();
		this.exact = JsonMapper.builder()
			.enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS, DeserializationFeature.USE_LONG_FOR_INTS)
			.disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
			.build();
	}

	@Override
	public @Nullable Object fromMessage(Message<?> message, Class<?> targetClass) {
		return fromMessage(message, targetClass, null);
	}

	@Override
	public @Nullable Object fromMessage(Message<?> message, Class<?> targetClass, @Nullable Object conversionHint) {
		if (targetClass != TableChange.class || !(message.getPayload() instanceof String json)) {
			return null;
		}
		try {
			return read(this.exact.readTree(json), rowType(conversionHint));
		}
		catch (JacksonException ex) {
			throw new MessageConversionException(message, "The payload is no table change", ex);
		}
	}

	@Override
	public @Nullable Message<?> toMessage(Object payload, @Nullable MessageHeaders headers) {
		return null;
	}

	@Override
	public @Nullable Message<?> toMessage(Object payload, @Nullable MessageHeaders headers,
			@Nullable Object conversionHint) {
		return null;
	}

	private JavaType rowType(@Nullable Object conversionHint) {
		if (conversionHint instanceof MethodParameter hint) {
			MethodParameter parameter = hint.nestedIfOptional();
			if (Message.class.isAssignableFrom(parameter.getParameterType())) {
				parameter = parameter.nested();
			}
			Type type = GenericTypeResolver.resolveType(parameter.getNestedGenericParameterType(),
					parameter.getContainingClass());
			JavaType change = this.mapper.constructType(type);
			if (change.hasRawClass(TableChange.class)) {
				return change.containedTypeOrUnknown(0);
			}
		}
		return this.mapper.constructType(Object.class);
	}

	private TableChange<Object> read(JsonNode json, JavaType rowType) {
		if (!json.path("operation").isString() || !json.path("table").isString()) {
			// Says nothing of the payload
			throw new MessageConversionException("The payload is no table change: it has no operation and table");
		}
		return new TableChange<>(json.path("trigger").asString(), json.path("schema").asString(),
				json.path("table").asString(), Operation.valueOf(json.path("operation").asString()),
				key(json.path("key")), key(json.path("previousKey")), row(json.path("before"), rowType),
				row(json.path("after"), rowType), changed(json.path("changed")),
				json.path("count").isNumber() ? (Long) json.path("count").longValue() : null,
				json.path("transaction").asLong(0), time(json.path("time")), json.path("order").asLong(0),
				json.path("truncated").asBoolean(false));
	}

	private @Nullable Key key(JsonNode json) {
		if (!(json instanceof ObjectNode object)) {
			return null;
		}
		Map<String, @Nullable Object> values = new LinkedHashMap<>();
		object.forEachEntry((column, value) -> values.put(column, scalar(value)));
		return new Key(values);
	}

	private static @Nullable Object scalar(JsonNode value) {
		if (value.isNull()) {
			return null;
		}
		if (value.isIntegralNumber() && value.canConvertToLong()) {
			return value.longValue();
		}
		if (value.isNumber()) {
			return value.decimalValue();
		}
		if (value.isBoolean()) {
			return value.booleanValue();
		}
		return value.isString() ? value.stringValue() : value.toString();
	}

	private @Nullable Object row(JsonNode json, JavaType type) {
		if (!(json instanceof ObjectNode object)) {
			return null;
		}
		boolean named = type.isMapLikeType() || type.isTypeOrSubTypeOf(JsonNode.class) || type.isJavaLangObject();
		return this.mapper.readerFor(type).readValue(named ? object : withPropertyNames(object));
	}

	/**
	 * Has every column under its own name and under the one that a property's name
	 * becomes.
	 */
	private ObjectNode withPropertyNames(ObjectNode row) {
		ObjectNode named = row.deepCopy();
		row.forEachEntry((column, value) -> {
			String name = snakeCase(column);
			if (!row.has(name)) {
				named.set(name, value);
			}
		});
		return named;
	}

	private static String snakeCase(String column) {
		return column.replaceAll("(\\p{Ll}|\\d)(\\p{Lu})", "$1_$2")
			.replaceAll("[^\\p{L}\\p{N}]+", "_")
			.toLowerCase(Locale.ROOT);
	}

	private static Set<String> changed(JsonNode json) {
		Set<String> names = new LinkedHashSet<>();
		json.forEach((name) -> names.add(name.asString()));
		return names;
	}

	private static @Nullable OffsetDateTime time(JsonNode json) {
		try {
			return json.isString() ? OffsetDateTime.parse(json.stringValue()) : null;
		}
		catch (DateTimeParseException ex) {
			return null;
		}
	}

}
