package io.github.pgnotify.sample;

import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.stereotype.Component;

/**
 * Ends the application when the process that started it is gone. Maven takes along what
 * it started unless it is killed itself; a page and a PostgreSQL that nobody sees running
 * would then be in the way of the next start.
 */
@Component
@ConditionalOnBooleanProperty("sample.end-with-parent")
class ParentWatch {

	ParentWatch() {
		ProcessHandle.current()
			.parent()
			.ifPresent((parent) -> parent.onExit().thenRunAsync(() -> Runtime.getRuntime().exit(0)));
	}

}
