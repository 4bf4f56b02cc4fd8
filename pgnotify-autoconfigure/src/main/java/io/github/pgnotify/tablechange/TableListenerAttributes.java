package io.github.pgnotify.tablechange;

import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

import io.github.pgnotify.PgListener;
import io.github.pgnotify.PgNotifyStartupException;
import io.github.pgnotify.tablechange.TableTrigger.DeliveryMode;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.config.BeanExpressionContext;
import org.springframework.beans.factory.config.BeanExpressionResolver;
import org.springframework.beans.factory.config.ConfigurableBeanFactory;
import org.springframework.core.annotation.AnnotationUtils;

/**
 * What an annotation says, as the trigger it declares and the listener that hears it.
 *
 * @param trigger the trigger
 * @param listener the listener
 */
record TableListenerAttributes(TableTrigger trigger, PgListener listener) {

	static TableListenerAttributes of(Method method, PgTableListener annotation, ConfigurableBeanFactory factory) {
		Texts texts = new Texts(factory);
		String where = method.getDeclaringClass().getName() + "." + method.getName();
		String table = texts.resolve(annotation.table());
		if (table.isBlank()) {
			throw new PgNotifyStartupException("The @PgTableListener method " + where + " names no table.",
					"Write @PgTableListener(\"table\").");
		}
		String group = texts.resolve(annotation.group());
		String name = texts.resolve(annotation.name());
		if (name.isEmpty()) {
			name = defaultName(table, group.isEmpty() ? method.getName() : group);
		}
		String channel = texts.resolve(annotation.channel());
		String condition = texts.resolve(annotation.condition());
		if (annotation.announce() && group.isEmpty()) {
			throw new PgNotifyStartupException(
					"The @PgTableListener method " + where
							+ " has announce and no group, without which it means nothing.",
					"Name a group, group = \"...\", or leave announce out.");
		}
		TableTrigger trigger = TableTrigger.of(name, table)
			.channel(channel.isEmpty() ? name : channel)
			.on(annotation.on())
			.columns(texts.resolve(annotation.columns()))
			.keys(texts.resolve(annotation.keys()))
			.updateOf(texts.resolve(annotation.updateOf()))
			.whenChanged(texts.resolve(annotation.whenChanged()))
			.condition(condition.isEmpty() ? null : condition)
			.timing(annotation.timing())
			.level(annotation.level())
			.delivery(group.isEmpty() ? DeliveryMode.LIVE : DeliveryMode.DURABLE)
			.announce(annotation.announce())
			.acknowledgeRowSecurity(annotation.acknowledgeRowSecurity())
			.build();
		return new TableListenerAttributes(trigger, listener(method, annotation, trigger));
	}

	/**
	 * Does not change when a method of a group is renamed or moved.
	 */
	private static String defaultName(String table, String who) {
		TableName parsed = TableName.parse(table);
		return ((parsed != null) ? parsed.table() : table) + "_" + snakeCase(who);
	}

	private static String snakeCase(String name) {
		return name.replaceAll("(\\p{Ll}|\\d)(\\p{Lu})", "$1_$2").toLowerCase(Locale.ROOT);
	}

	/**
	 * What both annotations have is passed on as it is written.
	 */
	private static PgListener listener(Method method, PgTableListener annotation, TableTrigger trigger) {
		Map<String, Object> attributes = new HashMap<>();
		attributes.put("value", new String[] { literal(trigger.channel().value()) });
		attributes.put("id", annotation.id());
		attributes.put("concurrency", annotation.concurrency());
		attributes.put("onGap", annotation.onGap());
		attributes.put("filter", annotation.filter());
		attributes.put("retryPolicy", annotation.retryPolicy());
		attributes.put("errorHandler", annotation.errorHandler());
		attributes.put("group", annotation.group());
		attributes.put("start", annotation.start());
		attributes.put("ack", annotation.ack());
		attributes.put("transactionManager", annotation.transactionManager());
		attributes.put("batchSize", annotation.batchSize());
		return AnnotationUtils.synthesizeAnnotation(attributes, PgListener.class, method);
	}

	/**
	 * Resolved already, a name must not be resolved once more.
	 */
	private static String literal(String resolved) {
		if (!resolved.contains("${") && !resolved.contains("#{")) {
			return resolved;
		}
		throw new PgNotifyStartupException(
				"The channel '" + resolved + "' of a @PgTableListener has a '${' or '#{' in its name.",
				"Choose another name.");
	}

	/**
	 * Resolves placeholders and expressions.
	 *
	 * @param factory knows them
	 */
	private record Texts(ConfigurableBeanFactory factory) {

		String[] resolve(String[] values) {
			return Arrays.stream(values).map(this::resolve).toArray(String[]::new);
		}

		String resolve(String value) {
			String text = this.factory.resolveEmbeddedValue(value);
			BeanExpressionResolver expressions = this.factory.getBeanExpressionResolver();
			@Nullable Object resolved = (expressions != null)
					? expressions.evaluate(text, new BeanExpressionContext(this.factory, null)) : text;
			return (resolved != null) ? resolved.toString() : "";
		}

	}

}
