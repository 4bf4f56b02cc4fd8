package io.github.pgnotify.listener;

import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

import org.jspecify.annotations.Nullable;

import io.github.pgnotify.PgListener;
import io.github.pgnotify.PgListenerMethods;
import io.github.pgnotify.PgListeners;

import org.springframework.aop.framework.AopInfrastructureBean;
import org.springframework.aop.framework.AopProxyUtils;
import org.springframework.aop.support.AopUtils;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.BeanFactoryAware;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.beans.factory.config.ConfigurableBeanFactory;
import org.springframework.core.MethodIntrospector;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.core.annotation.AnnotationUtils;

/**
 * Finds {@link PgListener} methods on beans, behind proxies too, and subscribes them to
 * the container when all beans are there; those of beans that come later, at once.
 *
 * @since 0.1.0
 */
public final class PgListenerAnnotationBeanPostProcessor
		implements BeanPostProcessor, Ordered, BeanFactoryAware, SmartInitializingSingleton, PgListenerMethods {

	private final Set<Class<?>> withoutListeners = ConcurrentHashMap.newKeySet();

	private final List<AnnotatedMethod> found = new ArrayList<>();

	private @Nullable ConfigurableBeanFactory beanFactory;

	private @Nullable ListenerRegistrar registrar;

	/**
	 * Creates the post-processor.
	 */
	public PgListenerAnnotationBeanPostProcessor() {
	}

	/**
	 * Whether a class has methods that listen.
	 * @param type the class of a bean, without proxies
	 * @return {@code true} if there is at least one
	 */
	public static boolean hasListeners(Class<?> type) {
		return AnnotationUtils.isCandidateClass(type, PgListener.class) && !listenerMethods(type).isEmpty();
	}

	@Override
	public int getOrder() {
		return LOWEST_PRECEDENCE;
	}

	@Override
	public void setBeanFactory(BeanFactory beanFactory) {
		this.beanFactory = (ConfigurableBeanFactory) beanFactory;
	}

	@Override
	public Object postProcessAfterInitialization(Object bean, String beanName) {
		if (bean instanceof AopInfrastructureBean || bean instanceof PgListenerContainer) {
			return bean;
		}
		Class<?> type = AopProxyUtils.ultimateTargetClass(bean);
		if (this.withoutListeners.contains(type)) {
			return bean;
		}
		Map<Method, Set<PgListener>> methods = AnnotationUtils.isCandidateClass(type, PgListener.class)
				? listenerMethods(type) : Map.of();
		if (methods.isEmpty()) {
			this.withoutListeners.add(type);
		}
		methods.forEach((method, annotations) -> annotations
			.forEach((annotation) -> found(new AnnotatedMethod(bean, method, annotation))));
		return bean;
	}

	@Override
	public void afterSingletonsInstantiated() {
		this.withoutListeners.clear();
		if (this.beanFactory == null) {
			return;
		}
		ListenerRegistrar created = new ListenerRegistrar(this.beanFactory);
		List<AnnotatedMethod> waiting;
		synchronized (this.found) {
			this.registrar = created;
			waiting = List.copyOf(this.found);
			this.found.clear();
		}
		waiting.forEach(created::register);
		created.registerProgrammatic();
	}

	@Override
	public void register(Object bean, Method method, PgListener annotation) {
		found(new AnnotatedMethod(bean, method, annotation));
	}

	private void found(AnnotatedMethod method) {
		ListenerRegistrar ready;
		synchronized (this.found) {
			ready = this.registrar;
			if (ready == null) {
				this.found.add(method);
			}
		}
		if (ready != null) {
			ready.register(method);
		}
	}

	private static Map<Method, Set<PgListener>> listenerMethods(Class<?> type) {
		return MethodIntrospector.selectMethods(type, (MethodIntrospector.MetadataLookup<Set<PgListener>>) (method) -> {
			Set<PgListener> annotations = new LinkedHashSet<>(
					AnnotatedElementUtils.getMergedRepeatableAnnotations(method, PgListener.class, PgListeners.class));
			return annotations.isEmpty() ? null : annotations;
		});
	}

	/**
	 * A method that listens.
	 *
	 * @param bean the bean, as others see it
	 * @param method the method of its class
	 * @param annotation says what it hears
	 */
	record AnnotatedMethod(Object bean, Method method, PgListener annotation) {

		/**
		 * The method to call on the bean, which may be a proxy.
		 */
		Method invocable() {
			return AopUtils.selectInvocableMethod(this.method, this.bean.getClass());
		}

	}

}
