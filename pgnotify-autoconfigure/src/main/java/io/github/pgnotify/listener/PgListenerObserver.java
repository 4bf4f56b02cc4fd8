package io.github.pgnotify.listener;

import java.time.Duration;

/**
 * Looks on while a container serves its listeners, as metrics do. Set by
 * {@link PgListenerContainer#observe}.
 *
 * @since 0.1.0
 */
public interface PgListenerObserver {

	/**
	 * Takes the news of a listener. Must return soon and not throw.
	 * @param listener what can be asked about it from now on
	 * @return told of all that it handles
	 */
	Handling added(Listener listener);

	/**
	 * Takes the news that a listener hears nothing any more. Must return soon and not
	 * throw.
	 * @param listener the same as was added
	 */
	void removed(Listener listener);

	/**
	 * A listener as seen from outside. Thread-safe.
	 */
	interface Listener {

		/**
		 * Names it.
		 * @return its id, of any type
		 */
		Object id();

		/**
		 * How many notifications wait for it now.
		 * @return a number
		 */
		int waiting();

		/**
		 * How many notifications it has missed: because they did not fit into its
		 * capacity, were not handled when it was stopped, or were no longer there.
		 * @return a number that only grows
		 */
		long dropped();

	}

	/**
	 * Told of what one listener handles. Called on the thread of the listener, by several
	 * at once if it is concurrent: must return soon and not throw.
	 */
	@FunctionalInterface
	interface Handling {

		/**
		 * Takes the news that one notification is done with.
		 * @param outcome how it ended
		 * @param duration how long it took, all tries included
		 */
		void handled(Outcome outcome, Duration duration);

	}

	/**
	 * How the handling of a notification ended.
	 */
	enum Outcome {

		/** The listener returned. */
		SUCCESS,

		/** The listener's filter did not accept it. */
		FILTERED,

		/** The listener threw, at its last try too, or could not take it. */
		FAILURE

	}

}
