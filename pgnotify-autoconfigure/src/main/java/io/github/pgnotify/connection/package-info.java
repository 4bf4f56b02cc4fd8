/**
 * The one connection that listens. Enter at
 * {@link io.github.pgnotify.connection.ListeningConnection}, which keeps it alive; one
 * {@code ListeningSession} is one physical connection, touched by the reading thread
 * alone.
 * <p>
 * Uses the base package and {@code lifecycle}; the only package that knows the PostgreSQL
 * driver.
 */
@NullMarked
package io.github.pgnotify.connection;

import org.jspecify.annotations.NullMarked;
