package io.github.pgnotify.listener;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;

import io.github.pgnotify.GroupConsumers;
import io.github.pgnotify.GroupConsumers.ReceivedMessage;
import io.github.pgnotify.PgListenerFilter;
import org.jspecify.annotations.Nullable;

import org.springframework.core.DefaultParameterNameDiscoverer;
import org.springframework.core.MethodParameter;
import org.springframework.messaging.handler.HandlerMethod;
import org.springframework.util.ReflectionUtils;

/**
 * Calls a method of a group with stored messages: with each for itself, or with a list of
 * them. What the method throws comes out as it was thrown.
 */
final class GroupMethod extends HandlerMethod implements GroupConsumers.Handler {

	private final List<GroupArgument> arguments;

	private final boolean batch;

	private final @Nullable PgListenerFilter filter;

	GroupMethod(Object bean, Method method, GroupSignature signature, @Nullable PgListenerFilter filter) {
		super(bean, method);
		MethodParameter[] parameters = getMethodParameters();
		for (MethodParameter parameter : parameters) {
			parameter.initParameterNameDiscovery(new DefaultParameterNameDiscoverer());
		}
		this.arguments = signature.arguments(method, parameters);
		this.batch = signature.isBatch(parameters);
		this.filter = filter;
	}

	/**
	 * Whether it takes many messages at once.
	 */
	boolean isBatch() {
		return this.batch;
	}

	@Override
	public void handle(List<ReceivedMessage> messages) throws Exception {
		List<StoredArrival> accepted = accepted(messages);
		if (!this.batch) {
			for (StoredArrival message : accepted) {
				call(List.of(message));
			}
		}
		else if (!accepted.isEmpty()) {
			call(accepted);
		}
	}

	/**
	 * What the filter refuses is done.
	 */
	private List<StoredArrival> accepted(List<ReceivedMessage> messages) {
		List<StoredArrival> accepted = new ArrayList<>(messages.size());
		for (ReceivedMessage received : messages) {
			StoredArrival message = new StoredArrival(received);
			if (this.filter == null || this.filter.accepts(message.message())) {
				accepted.add(message);
			}
		}
		return accepted;
	}

	private void call(List<StoredArrival> messages) throws Exception {
		@Nullable Object[] values = new Object[this.arguments.size()];
		for (int i = 0; i < values.length; i++) {
			values[i] = this.arguments.get(i).of(messages);
		}
		try {
			getBridgedMethod().invoke(getBean(), values);
		}
		catch (InvocationTargetException ex) {
			ReflectionUtils.rethrowException(ex.getTargetException());
		}
	}

}
