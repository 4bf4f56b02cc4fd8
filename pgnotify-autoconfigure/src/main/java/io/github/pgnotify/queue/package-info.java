/**
 * The stored messages: their tables, storing, consuming and administering.
 * <p>
 * Uses the base package and {@code .lifecycle}. Enter at
 * {@link io.github.pgnotify.queue.QueueSchema}, which creates or validates the tables,
 * {@link io.github.pgnotify.queue.QueueStore}, which fills them,
 * {@link io.github.pgnotify.queue.QueueConsumers}, which empties them, and
 * {@link io.github.pgnotify.queue.PgQueueAdmin}, which looks after them; the tables
 * themselves are in the resources under {@code db/pgnotify}.
 */
@NullMarked
package io.github.pgnotify.queue;

import org.jspecify.annotations.NullMarked;
