/**
 * Wires pgnotify into a Spring Boot application: properties, beans, the order of schema
 * and start, errors at start. Enter at
 * {@link io.github.pgnotify.autoconfigure.PgNotifyAutoConfiguration}.
 * <p>
 * Uses every other package; the only one that knows Spring Boot.
 */
@NullMarked
package io.github.pgnotify.autoconfigure;

import org.jspecify.annotations.NullMarked;
