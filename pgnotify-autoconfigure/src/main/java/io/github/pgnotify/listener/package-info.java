/**
 * Finds {@link io.github.pgnotify.PgListener} methods and calls them with what arrives.
 * Enter at {@link io.github.pgnotify.listener.PgListenerContainer}: an arrival goes from
 * its source to the mailboxes of those who subscribed to its channel, each of which is
 * emptied by one thread at a time.
 * <p>
 * Uses the base package and {@code lifecycle}.
 */
@NullMarked
package io.github.pgnotify.listener;

import org.jspecify.annotations.NullMarked;
