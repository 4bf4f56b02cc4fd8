package io.github.pgnotify.listener;

import java.lang.reflect.Array;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

import org.jspecify.annotations.Nullable;

import io.github.pgnotify.ChannelName;
import io.github.pgnotify.GroupConsumers;
import io.github.pgnotify.GroupConsumers.GroupConsumer;
import io.github.pgnotify.InvalidChannelNameException;
import io.github.pgnotify.PgListener;
import io.github.pgnotify.PgListenerErrorHandler;
import io.github.pgnotify.PgListenerFilter;
import io.github.pgnotify.PgMessageConverter;
import io.github.pgnotify.PgNotifyStartupException;
import io.github.pgnotify.listener.PgListenerAnnotationBeanPostProcessor.AnnotatedMethod;

import org.springframework.beans.factory.BeanNotOfRequiredTypeException;
import org.springframework.beans.factory.NoSuchBeanDefinitionException;
import org.springframework.aop.support.AopUtils;
import org.springframework.beans.factory.config.BeanExpressionContext;
import org.springframework.beans.factory.config.BeanExpressionResolver;
import org.springframework.beans.factory.config.ConfigurableBeanFactory;
import org.springframework.core.convert.ConversionService;
import org.springframework.core.retry.RetryPolicy;
import org.springframework.format.support.DefaultFormattingConversionService;
import org.springframework.messaging.converter.CompositeMessageConverter;
import org.springframework.messaging.converter.MessageConverter;
import org.springframework.messaging.handler.invocation.HandlerMethodArgumentResolver;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.util.StringUtils;
import org.springframework.validation.Validator;

/**
 * Subscribes annotated methods to the container, and those with a group to the queue, as
 * the application's {@link PgListenerConfigurer}s say.
 */
final class ListenerRegistrar {

	private static final String CONTAINER = "pgListenerContainer";

	private final ConfigurableBeanFactory beanFactory;

	private final List<PgListenerConfigurer> configurers;

	private final ListenerMethods methods;

	private final Set<String> ids = new LinkedHashSet<>();

	ListenerRegistrar(ConfigurableBeanFactory beanFactory) {
		this.beanFactory = beanFactory;
		this.configurers = beanFactory.getBeanProvider(PgListenerConfigurer.class).orderedStream().toList();
		this.methods = new ListenerMethods(converter(), validator(), resolvers(), conversionService(), beanFactory);
	}

	/**
	 * Subscribes a method, or makes it a consumer of its group.
	 * @throws PgNotifyStartupException if it cannot be
	 */
	void register(AnnotatedMethod found) {
		String where = ListenerMethods.describe(found.method());
		GroupAttributes group = new GroupAttributes(found.annotation(), where, this::text);
		if (group.isPresent()) {
			consume(found, group, where);
			return;
		}
		group.refuse();
		Set<ChannelName> channels = channels(found.annotation().value(), where);
		GapMethod gapMethod = GapMethod.find(found.bean(), text(found.annotation().onGap()), where);
		ArrivalHandler handler = this.methods.handler(found.bean(), invocable(found, where), gapMethod);
		PgListenerContainer container = container(text(found.annotation().container()), where);
		container.subscribe(id(found, where), channels, handler, options(found.annotation(), container, where));
	}

	private void consume(AnnotatedMethod found, GroupAttributes attributes, String where) {
		PgListener annotation = found.annotation();
		String group = attributes.name();
		attributes.check(CONTAINER);
		Set<ChannelName> channels = channels(annotation.value(), where);
		GroupMethod method = this.methods.groupMethod(found.bean(), invocable(found, where),
				namedOrNull(annotation.filter(), PgListenerFilter.class, where, "filter"));
		int batchSize = attributes.batchSize(method.isBatch());
		RetryPolicy retryPolicy = namedOrNull(annotation.retryPolicy(), RetryPolicy.class, where, "retryPolicy");
		PlatformTransactionManager transactionManager = namedOrNull(annotation.transactionManager(),
				PlatformTransactionManager.class, where, "transactionManager");
		int concurrency = concurrency(text(annotation.concurrency()), where);
		GroupConsumers consumers = this.beanFactory.getBeanProvider(GroupConsumers.class).getIfAvailable();
		if (consumers == null) {
			throw attributes.queueMissing();
		}
		consumers.add(new GroupConsumer(id(found, where), channels, group, annotation.start(), annotation.ack(),
				concurrency, batchSize, retryPolicy, transactionManager, method));
	}

	void registerProgrammatic() {
		this.configurers.forEach((configurer) -> configurer
			.registerListeners(this.beanFactory.getBean(CONTAINER, PgListenerContainer.class)));
	}

	private PgListenerContainer container(String name, String where) {
		return named(name, PgListenerContainer.class, where, "container");
	}

	private SubscriberOptions options(PgListener annotation, PgListenerContainer container, String where) {
		PgListenerContainerSettings settings = container.settings();
		String retryPolicy = text(annotation.retryPolicy());
		String filter = text(annotation.filter());
		String errorHandler = text(annotation.errorHandler());
		return new SubscriberOptions(concurrency(text(annotation.concurrency()), where), settings.capacity(),
				filter.isEmpty() ? null : named(filter, PgListenerFilter.class, where, "filter"),
				Retries.template(retryPolicy.isEmpty() ? settings.retryPolicy()
						: named(retryPolicy, RetryPolicy.class, where, "retryPolicy")),
				errorHandler.isEmpty() ? null
						: named(errorHandler, PgListenerErrorHandler.class, where, "errorHandler"));
	}

	private static int concurrency(String text, String where) {
		if (text.isEmpty()) {
			return 1;
		}
		try {
			int concurrency = Integer.parseInt(text);
			if (concurrency > 0) {
				return concurrency;
			}
		}
		catch (NumberFormatException ex) {
			// said below
		}
		throw new PgNotifyStartupException(
				"The @PgListener method " + where + " has the concurrency '" + text
						+ "', which is not a number above zero.",
				"Write concurrency = \"4\", or leave it out to keep the order of notifications.");
	}

	private <T> T named(String name, Class<T> type, String where, String attribute) {
		try {
			return this.beanFactory.getBean(name, type);
		}
		catch (NoSuchBeanDefinitionException | BeanNotOfRequiredTypeException ex) {
			throw new PgNotifyStartupException(
					"The @PgListener method " + where + " names '" + name + "' as " + attribute
							+ ", and there is no such bean of type " + type.getSimpleName() + ".",
					"Define a bean named '" + name + "', or correct the name.", ex);
		}
	}

	private <T> @Nullable T namedOrNull(String value, Class<T> type, String where, String attribute) {
		String name = text(value);
		return name.isEmpty() ? null : named(name, type, where, attribute);
	}

	private String text(String value) {
		Object resolved = resolve(value);
		return (resolved != null) ? resolved.toString() : "";
	}

	private static Method invocable(AnnotatedMethod found, String where) {
		try {
			Method method = found.invocable();
			if (AopUtils.isCglibProxy(found.bean()) && Modifier.isFinal(method.getModifiers())) {
				throw new IllegalStateException("Called on the proxy itself, the method would not reach the bean");
			}
			return method;
		}
		catch (IllegalStateException ex) {
			throw new PgNotifyStartupException(
					"The @PgListener method " + where + " cannot be called through the proxy of its bean.",
					"Declare it in an interface of the bean, make it neither private nor static nor final, or let the bean be "
							+ "proxied by its class (spring.aop.proxy-target-class=true).",
					ex);
		}
	}

	private synchronized String id(AnnotatedMethod found, String where) {
		String id = text(found.annotation().id());
		if (StringUtils.hasText(id)) {
			if (!this.ids.add(id)) {
				throw new PgNotifyStartupException("The id '" + id + "' of the @PgListener method " + where
						+ " is already that of another listener.", "Choose another id, or leave it out.");
			}
			return id;
		}
		String name = found.method().getDeclaringClass().getSimpleName() + "." + found.method().getName();
		String unique = name;
		for (int n = 2; !this.ids.add(unique); n++) {
			unique = name + "#" + n;
		}
		return unique;
	}

	private Set<ChannelName> channels(String[] expressions, String where) {
		Set<ChannelName> channels = new LinkedHashSet<>();
		for (String expression : expressions) {
			for (String name : names(resolve(expression))) {
				channels.add(channel(name, where));
			}
		}
		if (channels.isEmpty()) {
			throw new PgNotifyStartupException("The @PgListener method " + where + " names no channel.",
					"Write @PgListener(\"channel\").");
		}
		return channels;
	}

	private static ChannelName channel(String name, String where) {
		try {
			return ChannelName.of(name);
		}
		catch (InvalidChannelNameException ex) {
			throw new PgNotifyStartupException(
					"The @PgListener method " + where + " cannot listen: " + ex.getMessage() + ".",
					"A channel name has 1 to 63 bytes, no NUL, and does not begin with '" + ChannelName.RESERVED_PREFIX
							+ "'.",
					ex);
		}
	}

	private static List<String> names(@Nullable Object resolved) {
		if (resolved instanceof Collection<?> collection) {
			return collection.stream().map(String::valueOf).toList();
		}
		if (resolved != null && resolved.getClass().isArray()) {
			return IntStream.range(0, Array.getLength(resolved))
				.mapToObj((i) -> String.valueOf(Array.get(resolved, i)))
				.toList();
		}
		return List.of((resolved != null) ? resolved.toString() : "");
	}

	/**
	 * Resolves placeholders, then an expression.
	 */
	private @Nullable Object resolve(String value) {
		String text = this.beanFactory.resolveEmbeddedValue(value);
		BeanExpressionResolver expressions = this.beanFactory.getBeanExpressionResolver();
		return (expressions != null) ? expressions.evaluate(text, new BeanExpressionContext(this.beanFactory, null))
				: text;
	}

	private MessageConverter converter() {
		List<MessageConverter> converters = new ArrayList<>(
				this.beanFactory.getBean(PgMessageConverter.class).getConverters());
		this.configurers.forEach((configurer) -> configurer.configureMessageConverters(converters));
		return new CompositeMessageConverter(converters);
	}

	private List<HandlerMethodArgumentResolver> resolvers() {
		List<HandlerMethodArgumentResolver> resolvers = new ArrayList<>();
		this.configurers.forEach((configurer) -> configurer.addArgumentResolvers(resolvers));
		return resolvers;
	}

	private @Nullable Validator validator() {
		for (PgListenerConfigurer configurer : this.configurers) {
			Validator validator = configurer.getValidator();
			if (validator != null) {
				return validator;
			}
		}
		return this.beanFactory.getBeanProvider(Validator.class).getIfUnique();
	}

	private ConversionService conversionService() {
		ConversionService existing = this.beanFactory.getConversionService();
		return (existing != null) ? existing : new DefaultFormattingConversionService();
	}

}
