package io.github.pgnotify;

import java.lang.reflect.Method;

/**
 * Where methods become listeners, as those see it who find methods by an annotation of
 * their own.
 *
 * @since 0.1.0
 */
public interface PgListenerMethods {

	/**
	 * Makes a method a listener, as if it had the annotation: at once, or when all beans
	 * are there.
	 * @param bean the bean, as others see it
	 * @param method the method of its class
	 * @param annotation says what it hears, and how
	 * @throws PgNotifyStartupException if it cannot
	 */
	void register(Object bean, Method method, PgListener annotation);

}
