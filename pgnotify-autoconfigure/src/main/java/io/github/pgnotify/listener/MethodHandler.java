package io.github.pgnotify.listener;

import java.lang.reflect.Method;

import org.jspecify.annotations.Nullable;

import io.github.pgnotify.PayloadConversionException;
import io.github.pgnotify.PgGap;

import org.springframework.core.convert.ConversionException;
import org.springframework.messaging.Message;
import org.springframework.messaging.MessageHandlingException;
import org.springframework.messaging.converter.MessageConversionException;
import org.springframework.messaging.handler.annotation.support.MethodArgumentNotValidException;
import org.springframework.messaging.handler.annotation.support.MethodArgumentTypeMismatchException;
import org.springframework.messaging.handler.invocation.HandlerMethodArgumentResolverComposite;
import org.springframework.messaging.handler.invocation.InvocableHandlerMethod;
import org.springframework.util.InvalidMimeTypeException;

/**
 * Calls a method with the arguments it asks for.
 */
final class MethodHandler extends InvocableHandlerMethod implements ArrivalHandler {

	private final @Nullable GapMethod gapMethod;

	MethodHandler(Object bean, Method method, HandlerMethodArgumentResolverComposite resolvers,
			@Nullable GapMethod gapMethod) {
		super(bean, method);
		setMessageMethodArgumentResolvers(resolvers);
		this.gapMethod = gapMethod;
	}

	@Override
	public void handle(Arrival arrival) throws Exception {
		invoke(arrival.message());
	}

	@Override
	public void gap(PgGap gap) throws Exception {
		if (this.gapMethod != null) {
			this.gapMethod.call(gap);
		}
	}

	@Override
	@SuppressWarnings("NullAway") // it does not see nullness of array elements in
									// Spring's classes
	protected @Nullable Object[] getMethodArgumentValues(Message<?> message, @Nullable Object... providedArguments)
			throws Exception {
		try {
			return super.getMethodArgumentValues(message, providedArguments);
		}
		catch (MessageConversionException | MethodArgumentNotValidException | MethodArgumentTypeMismatchException ex) {
			throw undecodable(message, ConversionFault.describe(ex));
		}
		catch (ConversionException | MessageHandlingException | InvalidMimeTypeException ex) {
			// Spring's message would repeat the header
			throw undecodable(message, "its headers do not fit (" + ex.getClass().getSimpleName() + ")");
		}
	}

	private PayloadConversionException undecodable(Message<?> message, String fault) {
		return new PayloadConversionException(
				"Listener " + ListenerMethods.describe(getMethod()) + " cannot take the " + message + ": " + fault);
	}

}
