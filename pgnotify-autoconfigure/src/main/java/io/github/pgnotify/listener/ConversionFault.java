package io.github.pgnotify.listener;

import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.databind.exc.MismatchedInputException;

import org.springframework.messaging.handler.annotation.support.MethodArgumentNotValidException;
import org.springframework.validation.BindingResult;
import org.springframework.validation.FieldError;

/**
 * Says why a payload could not be converted without repeating any of it, as the messages
 * of the exceptions do.
 */
final class ConversionFault {

	private ConversionFault() {
	}

	static String describe(Exception ex) {
		if (ex instanceof MethodArgumentNotValidException invalid && invalid.getBindingResult() != null) {
			return describe(invalid.getBindingResult());
		}
		for (Throwable cause = ex; cause != null; cause = cause.getCause()) {
			if (cause instanceof JacksonException jacksonException) {
				return describe(jacksonException);
			}
		}
		return "no converter makes the parameter's type of it (" + ex.getClass().getSimpleName() + ")";
	}

	private static String describe(JacksonException ex) {
		StringBuilder text = new StringBuilder();
		if (ex instanceof MismatchedInputException mismatch) {
			text.append("its JSON does not fit ").append(typeName(mismatch.getTargetType()));
			String path = KnownPath.of(ex.getPath());
			if (!path.isEmpty()) {
				text.append(" at ").append(path);
			}
		}
		else {
			text.append("it is not valid JSON");
		}
		TokenStreamLocation location = ex.getLocation();
		if (location != null && location.getLineNr() > 0) {
			text.append(" (line ")
				.append(location.getLineNr())
				.append(", column ")
				.append(location.getColumnNr())
				.append(")");
		}
		return text.append(" (").append(ex.getClass().getSimpleName()).append(")").toString();
	}

	private static String typeName(@Nullable Class<?> type) {
		return (type != null) ? type.getName() : "the parameter's type";
	}

	private static String describe(BindingResult result) {
		return result.getAllErrors()
			.stream()
			.map((error) -> ((error instanceof FieldError field) ? "'" + KnownPath.of(field.getField()) + "' " : "")
					+ error.getDefaultMessage())
			.collect(Collectors.joining("; ", "it is not valid: ", ""));
	}

}
