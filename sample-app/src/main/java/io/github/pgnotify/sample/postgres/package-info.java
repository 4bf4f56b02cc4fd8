/**
 * The PostgreSQL that the sample brings along for those who give it none. Nothing here is
 * needed to use pgnotify.
 * <p>
 * Uses nothing else of the sample. Enter at
 * {@link io.github.pgnotify.sample.postgres.EmbeddedPostgresConfiguration}.
 */
@NullMarked
package io.github.pgnotify.sample.postgres;

import org.jspecify.annotations.NullMarked;
