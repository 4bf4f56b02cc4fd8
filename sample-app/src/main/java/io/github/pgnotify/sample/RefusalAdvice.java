package io.github.pgnotify.sample;

import io.github.pgnotify.InvalidChannelNameException;
import io.github.pgnotify.InvalidPayloadException;
import io.github.pgnotify.PayloadTooLargeException;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.core.task.TaskRejectedException;
import org.springframework.dao.DataAccessException;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;

/**
 * Answers with the sentence of what refused a message.
 */
@RestControllerAdvice
class RefusalAdvice {

	private static final Log logger = LogFactory.getLog(RefusalAdvice.class);

	@ExceptionHandler({ InvalidChannelNameException.class, InvalidPayloadException.class,
			PayloadTooLargeException.class })
	ProblemDetail badMessage(RuntimeException ex) {
		return ProblemDetail.forStatusAndDetail(HttpStatus.BAD_REQUEST, String.valueOf(ex.getMessage()));
	}

	@ExceptionHandler
	ProblemDetail databaseRefuses(DataAccessException ex) {
		logger.warn("Nothing was sent", ex);
		return ProblemDetail.forStatusAndDetail(HttpStatus.SERVICE_UNAVAILABLE,
				"The database refuses or does not answer: " + ex.getMostSpecificCause().getMessage());
	}

	@ExceptionHandler
	ProblemDetail tooManyBrowsers(TaskRejectedException ex) {
		return ProblemDetail.forStatusAndDetail(HttpStatus.SERVICE_UNAVAILABLE, "Too many browsers are looking");
	}

}
