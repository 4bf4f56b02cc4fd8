package io.github.pgnotify.connection;

import io.github.pgnotify.PgListenerConnectionSource;

/**
 * What a listening connection keeps across its sessions.
 *
 * @param source opens physical connections
 * @param settings how to behave
 * @param control how the reading thread is spoken to
 * @param wanted what to listen on
 * @param board how it is
 */
record Listening(PgListenerConnectionSource source, ListeningSettings settings, ControlChannel control,
		WantedChannels wanted, StatusBoard board) {

}
