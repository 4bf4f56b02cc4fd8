package io.github.pgnotify.tablechange;

import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

import io.github.pgnotify.PgListenerMethods;
import org.jspecify.annotations.Nullable;

import org.springframework.aop.framework.AopInfrastructureBean;
import org.springframework.aop.framework.AopProxyUtils;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.BeanFactoryAware;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.beans.factory.config.ConfigurableBeanFactory;
import org.springframework.core.MethodIntrospector;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.core.annotation.AnnotationUtils;
import org.springframework.util.ClassUtils;

/**
 * Finds {@link PgTableListener} methods on beans, behind proxies too. When all beans are
 * there, and with them all tables that the application creates, their triggers are
 * declared, all declared triggers are dealt with as {@link TriggerSettings.Mode} says,
 * and the methods become listeners. Beans that come later follow at once.
 *
 * @since 0.1.0
 */
public final class PgTableListenerAnnotationBeanPostProcessor
		implements BeanPostProcessor, Ordered, BeanFactoryAware, SmartInitializingSingleton {

	private final Set<Class<?>> withoutListeners = ConcurrentHashMap.newKeySet();

	private final List<Found> found = new ArrayList<>();

	private @Nullable ConfigurableBeanFactory beanFactory;

	private boolean ready;

	/**
	 * Creates the post-processor.
	 */
	public PgTableListenerAnnotationBeanPostProcessor() {
	}

	/**
	 * Whether a class has methods that hear changes of tables.
	 * @param type the class of a bean, without proxies
	 * @return {@code true} if there is at least one
	 */
	public static boolean hasListeners(Class<?> type) {
		return AnnotationUtils.isCandidateClass(type, PgTableListener.class) && !listenerMethods(type).isEmpty();
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
		if (bean instanceof AopInfrastructureBean) {
			return bean;
		}
		Class<?> type = AopProxyUtils.ultimateTargetClass(bean);
		if (this.withoutListeners.contains(type)) {
			return bean;
		}
		Map<Method, PgTableListener> methods = AnnotationUtils.isCandidateClass(type, PgTableListener.class)
				? listenerMethods(type) : Map.of();
		if (methods.isEmpty()) {
			this.withoutListeners.add(type);
		}
		List<Found> of = methods.entrySet()
			.stream()
			.map((entry) -> new Found(bean, entry.getKey(), entry.getValue()))
			.toList();
		if (!of.isEmpty()) {
			found(of);
		}
		return bean;
	}

	@Override
	public void afterSingletonsInstantiated() {
		this.withoutListeners.clear();
		List<Found> waiting;
		synchronized (this.found) {
			this.ready = true;
			waiting = List.copyOf(this.found);
			this.found.clear();
		}
		install(waiting, true);
	}

	private void found(List<Found> methods) {
		synchronized (this.found) {
			if (!this.ready) {
				this.found.addAll(methods);
				return;
			}
		}
		install(methods, false);
	}

	/**
	 * Triggers of beans that are only created later, lazy or of another scope, are
	 * declared from the start on; else they would be dropped as not declared.
	 */
	private static List<TableTrigger> ofAllBeans(ConfigurableBeanFactory factory) {
		if (!(factory instanceof ListableBeanFactory beans)) {
			return List.of();
		}
		List<TableTrigger> triggers = new ArrayList<>();
		for (String name : beans.getBeanNamesForType(Object.class, true, false)) {
			Class<?> type = beans.getType(name, false);
			if (type != null && hasListeners(ClassUtils.getUserClass(type))) {
				listenerMethods(ClassUtils.getUserClass(type)).forEach((method, annotation) -> triggers
					.add(TableListenerAttributes.of(method, annotation, factory).trigger()));
			}
		}
		return triggers;
	}

	private void install(List<Found> methods, boolean starting) {
		ConfigurableBeanFactory factory = this.beanFactory;
		if (factory == null) {
			return;
		}
		PgTableTriggers triggers = factory.getBean(PgTableTriggers.class);
		List<TableListenerAttributes> listeners = methods.stream()
			.map((method) -> TableListenerAttributes.of(method.method(), method.annotation(), factory))
			.toList();
		List<TableTrigger> declared = listeners.stream().map(TableListenerAttributes::trigger).toList();
		boolean known = triggers.declared().containsAll(declared);
		triggers.declare(declared);
		if (starting) {
			triggers.declare(ofAllBeans(factory));
			triggers.start();
		}
		else if (!known) {
			triggers.start(false);
		}
		if (methods.isEmpty()) {
			return;
		}
		PgListenerMethods heard = factory.getBean(PgListenerMethods.class);
		for (int i = 0; i < methods.size(); i++) {
			heard.register(methods.get(i).bean(), methods.get(i).method(), listeners.get(i).listener());
		}
	}

	private static Map<Method, PgTableListener> listenerMethods(Class<?> type) {
		return MethodIntrospector.selectMethods(type,
				(MethodIntrospector.MetadataLookup<PgTableListener>) (method) -> AnnotatedElementUtils
					.findMergedAnnotation(method, PgTableListener.class));
	}

	/**
	 * A method that hears changes.
	 *
	 * @param bean the bean, as others see it
	 * @param method the method of its class
	 * @param annotation says of which table
	 */
	private record Found(Object bean, Method method, PgTableListener annotation) {

	}

}
