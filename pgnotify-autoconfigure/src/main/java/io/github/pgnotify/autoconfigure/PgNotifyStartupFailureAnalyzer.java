package io.github.pgnotify.autoconfigure;

import io.github.pgnotify.PgNotifyStartupException;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/**
 * Prints what is wrong and what to do.
 */
final class PgNotifyStartupFailureAnalyzer extends AbstractFailureAnalyzer<PgNotifyStartupException> {

	@Override
	protected FailureAnalysis analyze(Throwable rootFailure, PgNotifyStartupException cause) {
		return new FailureAnalysis(String.valueOf(cause.getMessage()), cause.getAction(), cause);
	}

}
