/**
 * The stored messages: their table, and writing and reading it.
 * <p>
 * Uses the base package and {@code .lifecycle}. Enter at
 * {@link io.github.pgnotify.queue.QueueSchema}, which creates or validates the tables,
 * and {@link io.github.pgnotify.queue.QueueStore}, which fills them; the tables
 * themselves are in the resources under {@code db/pgnotify}.
 */
@NullMarked
package io.github.pgnotify.queue;

import org.jspecify.annotations.NullMarked;
