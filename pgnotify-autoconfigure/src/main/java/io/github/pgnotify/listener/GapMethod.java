package io.github.pgnotify.listener;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.List;

import io.github.pgnotify.PgGap;
import io.github.pgnotify.PgNotifyStartupException;
import org.jspecify.annotations.Nullable;

import org.springframework.aop.framework.AopProxyUtils;
import org.springframework.aop.support.AopUtils;
import org.springframework.util.ReflectionUtils;

/**
 * The method of a bean that is told of gaps.
 *
 * @param bean the bean
 * @param method takes a {@link PgGap} or nothing
 */
record GapMethod(Object bean, Method method) {

	/**
	 * Finds the method by its name.
	 * @return the method; {@code null} if no name is given
	 * @throws PgNotifyStartupException if there is no such method
	 */
	static @Nullable GapMethod find(Object bean, String name, String where) {
		if (name.isEmpty()) {
			return null;
		}
		Class<?> type = AopProxyUtils.ultimateTargetClass(bean);
		for (Class<?>[] parameters : List.of(new Class<?>[] { PgGap.class }, new Class<?>[0])) {
			Method method = ReflectionUtils.findMethod(type, name, parameters);
			if (method != null) {
				Method invocable = AopUtils.selectInvocableMethod(method, bean.getClass());
				ReflectionUtils.makeAccessible(invocable);
				return new GapMethod(bean, invocable);
			}
		}
		throw new PgNotifyStartupException(
				"The @PgListener method " + where + " names '" + name + "' as onGap, and there is no such method.",
				"Add the method " + name + "(PgGap gap) or " + name + "() to " + type.getName() + ".");
	}

	void call(PgGap gap) throws Exception {
		try {
			if (this.method.getParameterCount() == 0) {
				this.method.invoke(this.bean);
			}
			else {
				this.method.invoke(this.bean, gap);
			}
		}
		catch (InvocationTargetException ex) {
			ReflectionUtils.rethrowException(ex.getTargetException());
		}
	}

}
