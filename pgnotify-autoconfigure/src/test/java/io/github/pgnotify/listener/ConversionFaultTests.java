package io.github.pgnotify.listener;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonProperty;
import org.junit.jupiter.api.Test;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.core.MethodParameter;
import org.springframework.messaging.handler.annotation.support.MethodArgumentNotValidException;
import org.springframework.messaging.support.GenericMessage;
import org.springframework.validation.BeanPropertyBindingResult;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchException;

/**
 * What is said of a payload that cannot be converted: where the fault is, and nothing
 * that the sender wrote.
 */
class ConversionFaultTests {

	private static final JsonMapper MAPPER = JsonMapper.builder()
		.enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
		.propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
		.build();

	private static final TypeReference<Order> ORDER = new TypeReference<>() {
	};

	@Test
	void propertiesAndPlacesInListsAreNamed() {
		assertThat(describe("{\"order_lines\": [{}, {}, {\"amount\": \"secret\"}]}", ORDER))
			.startsWith("its JSON does not fit java.lang.Integer at order_lines[2].amount (line 1, column ");
		assertThat(describe("{\"order_lines\": [{\"renamed-by-hand\": \"secret\"}]}", ORDER))
			.contains(" at order_lines[0].renamed-by-hand (line 1");
	}

	@Test
	void keysOfMapsAreLeftOut() {
		assertThat(describe("{\"prices\": {\"secret\": {\"amount\": \"secret\"}}}", ORDER))
			.contains(" at prices[\u2026].amount (line 1");
		assertThat(describe("{\"secret\": {\"secret\": \"secret\"}}",
				new TypeReference<Map<String, Map<String, Integer>>>() {
				}))
			.contains(" at [\u2026][\u2026] (line 1");
		assertThat(
				describe("{\"size\": {\"head\": \"secret\"}}", new TypeReference<Map<String, Map<String, Integer>>>() {
				}))
			.contains(" at [\u2026][\u2026] (line 1");
	}

	@Test
	void propertiesThatTheTypeDoesNotHaveAreLeftOut() {
		assertThat(describe("{\"secret\": 1}", ORDER)).contains("at [\u2026] (line 1");
		assertThat(describe("{\"secret\": \"secret\"}", new TypeReference<Open>() {
		})).contains("at [\u2026] (line 1");
	}

	@Test
	void keysInPathsOfValidatorsAreLeftOut() throws Exception {
		BeanPropertyBindingResult result = new BeanPropertyBindingResult(new Order(List.of(), new LinkedHashMap<>()),
				"order");
		result.addError(
				new org.springframework.validation.FieldError("order", "prices[sec]ret].amount", "must be positive"));
		MethodParameter parameter = new MethodParameter(
				ConversionFaultTests.class.getDeclaredMethod("parameter", Order.class), 0);
		assertThat(ConversionFault
			.describe(new MethodArgumentNotValidException(new GenericMessage<>("secret"), parameter, result)))
			.isEqualTo("it is not valid: 'prices[\u2026].amount' must be positive");
	}

	@SuppressWarnings("unused")
	private static void parameter(Order order) {
	}

	private static String describe(String json, TypeReference<?> type) {
		Exception ex = catchException(() -> MAPPER.readValue(json, type));
		assertThat(ex).hasMessageContaining("secret");
		String described = ConversionFault.describe(ex);
		assertThat(described).doesNotContain("secret");
		return described;
	}

	record Order(List<Line> orderLines, Map<String, Line> prices) {

	}

	record Line(Integer amount, @JsonProperty("renamed-by-hand") Integer other) {

	}

	static class Open {

		private final Map<String, Integer> all = new LinkedHashMap<>();

		@JsonAnySetter
		void put(String name, int value) {
			this.all.put(name, value);
		}

	}

}
