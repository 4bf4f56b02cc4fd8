package io.github.pgnotify.sample;

import io.github.pgnotify.PgGap;
import io.github.pgnotify.PgListenerEvent;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;

/**
 * Shows and logs when notifications may have been missed. A listener that keeps something
 * in memory would name a method by {@code onGap} instead, which is called before the next
 * notification; this is told a moment sooner or later.
 */
@Component
class GapWatch {

	private static final Log logger = LogFactory.getLog(GapWatch.class);

	private final Arrivals arrivals;

	GapWatch(Arrivals arrivals) {
		this.arrivals = arrivals;
	}

	@EventListener
	void missed(PgListenerEvent.Gap event) {
		PgGap gap = event.gap();
		String listener = (event.subscriber() != null) ? event.subscriber().toString() : null;
		logger.warn("Notifications may have been missed by " + who(listener) + ": " + gap.cause() + ", from "
				+ gap.from() + " to " + gap.to() + ", "
				+ ((gap.dropped() != null) ? "exactly " + gap.dropped() : "nobody knows how many"));
		this.arrivals.add(new Gap(gap.cause().name(), gap.from(), gap.to(), gap.dropped(), listener));
	}

	private static String who(@Nullable String listener) {
		return (listener != null) ? "listener '" + listener + "'" : "all listeners";
	}

}
