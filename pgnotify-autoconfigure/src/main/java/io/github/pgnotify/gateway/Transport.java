package io.github.pgnotify.gateway;

import org.jspecify.annotations.Nullable;

/**
 * The way to a client. Nothing here waits for the client.
 */
interface Transport {

	/**
	 * Begins to write. Called again only after it is done.
	 * @param frame what to write
	 * @param done told when it is, on any thread, this one included
	 */
	void write(Frame frame, Done done);

	/**
	 * Asks the client whether it is there. Called while nothing is being written.
	 * @return whether it will answer
	 */
	boolean ping();

	/**
	 * Closes the connection, whether or not something is being written.
	 * @param code why
	 * @param reason why, in a few words
	 */
	void close(PgGatewayCloseCode code, String reason);

	/**
	 * Told when something is written.
	 */
	interface Done {

		/** A part of it is on its way. */
		void progressed();

		/**
		 * All of it is on its way, or will never be.
		 * @param failure {@code null} if it is
		 */
		void done(@Nullable Throwable failure);

	}

}
