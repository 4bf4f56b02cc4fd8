/**
 * What every application imports: the annotation, the template, names, messages and
 * errors, and the interfaces through which the other packages meet.
 * <p>
 * Uses nothing else of pgnotify. Enter at {@link io.github.pgnotify.PgListener} to hear
 * and at {@link io.github.pgnotify.PgNotifyTemplate} to speak.
 */
@NullMarked
package io.github.pgnotify;

import org.jspecify.annotations.NullMarked;
