package io.github.pgnotify.listener;

import java.lang.reflect.Method;
import java.util.List;

import org.jspecify.annotations.Nullable;

import io.github.pgnotify.PgListenerFilter;
import io.github.pgnotify.PgNotifyStartupException;

import org.springframework.beans.factory.config.ConfigurableBeanFactory;
import org.springframework.core.DefaultParameterNameDiscoverer;
import org.springframework.core.MethodParameter;
import org.springframework.core.ParameterNameDiscoverer;
import org.springframework.core.annotation.SynthesizingMethodParameter;
import org.springframework.core.convert.ConversionService;
import org.springframework.messaging.converter.MessageConverter;
import org.springframework.messaging.handler.annotation.Header;
import org.springframework.messaging.handler.annotation.Payload;
import org.springframework.messaging.handler.annotation.support.HeaderMethodArgumentResolver;
import org.springframework.messaging.handler.annotation.support.HeadersMethodArgumentResolver;
import org.springframework.messaging.handler.invocation.HandlerMethodArgumentResolver;
import org.springframework.messaging.handler.invocation.HandlerMethodArgumentResolverComposite;
import org.springframework.util.StringUtils;
import org.springframework.validation.Validator;

/**
 * Makes handlers of methods, and refuses methods that could never be called.
 */
final class ListenerMethods {

	private final HandlerMethodArgumentResolverComposite beforePayload = new HandlerMethodArgumentResolverComposite();

	private final HandlerMethodArgumentResolverComposite resolvers = new HandlerMethodArgumentResolverComposite();

	private final GroupSignature groups;

	private final ParameterNameDiscoverer parameterNames = new DefaultParameterNameDiscoverer();

	ListenerMethods(MessageConverter converter, @Nullable Validator validator,
			List<HandlerMethodArgumentResolver> customResolvers, ConversionService conversionService,
			ConfigurableBeanFactory beanFactory) {
		this.beforePayload.addResolver(new NotificationResolver());
		this.beforePayload.addResolver(new HeaderMethodArgumentResolver(conversionService, beanFactory));
		this.beforePayload.addResolver(new HeadersMethodArgumentResolver());
		HandlerMethodArgumentResolver wholeMessage = new EmptyPayload.InMessageResolver(converter);
		this.beforePayload.addResolver(wholeMessage);
		this.beforePayload.addResolvers(customResolvers);
		this.resolvers.addResolvers(this.beforePayload.getResolvers());
		HandlerMethodArgumentResolver payload = new EmptyPayload.AsNullResolver(converter, validator);
		this.resolvers.addResolver(payload);
		this.groups = new GroupSignature(this.beforePayload::supportsParameter, this.resolvers, wholeMessage, payload);
	}

	/**
	 * Makes a handler that calls a method.
	 * @throws PgNotifyStartupException if the method could never be called
	 */
	ArrivalHandler handler(Object bean, Method method, @Nullable GapMethod gapMethod) {
		GroupSignature.refuseDelivery(method);
		check(method);
		return new MethodHandler(bean, method, this.resolvers, gapMethod);
	}

	/**
	 * Makes a handler that calls a method with what is stored.
	 * @throws PgNotifyStartupException if the method could never be called
	 */
	GroupMethod groupMethod(Object bean, Method method, @Nullable PgListenerFilter filter) {
		check(method);
		return new GroupMethod(bean, method, this.groups, filter);
	}

	private void check(Method method) {
		if (method.getReturnType() != void.class) {
			throw impossible(method, "returns " + method.getReturnType().getName() + ", but nobody waits for an answer",
					"Let it return void; to answer, send a message with PgNotifyTemplate.");
		}
		int payloads = 0;
		for (int i = 0; i < method.getParameterCount(); i++) {
			MethodParameter parameter = new SynthesizingMethodParameter(method, i);
			parameter.initParameterNameDiscovery(this.parameterNames);
			if (isPayload(parameter)) {
				payloads++;
				checkPayload(method, parameter);
			}
			else {
				checkHeader(method, parameter);
			}
		}
		if (payloads > 1) {
			throw impossible(method, "has " + payloads + " parameters that would all be the payload",
					"Keep one of them; mark the others @Header or @Headers, or make them one record.");
		}
	}

	private boolean isPayload(MethodParameter parameter) {
		return !GroupSignature.isDelivery(parameter) && !this.beforePayload.supportsParameter(parameter);
	}

	private static void checkPayload(Method method, MethodParameter parameter) {
		Payload annotation = parameter.getParameterAnnotation(Payload.class);
		if (annotation != null && StringUtils.hasText(annotation.expression())) {
			throw impossible(method, "has a @Payload with an expression, which is not supported",
					"Take the whole payload and pick from it what is needed.");
		}
	}

	private static void checkHeader(Method method, MethodParameter parameter) {
		Header annotation = parameter.getParameterAnnotation(Header.class);
		if (annotation != null && annotation.name().isEmpty() && parameter.getParameterName() == null) {
			throw impossible(method,
					"has a @Header without a name on parameter " + (parameter.getParameterIndex() + 1)
							+ ", and was compiled without parameter names",
					"Name the header, @Header(\"...\"), or compile with -parameters.");
		}
	}

	static PgNotifyStartupException impossible(Method method, String fault, String action) {
		return new PgNotifyStartupException("The @PgListener method " + describe(method) + " " + fault + ".", action);
	}

	static String describe(Method method) {
		return method.getDeclaringClass().getName() + "." + method.getName() + "("
				+ StringUtils.arrayToCommaDelimitedString(
						java.util.Arrays.stream(method.getParameterTypes()).map(Class::getSimpleName).toArray())
				+ ")";
	}

}
