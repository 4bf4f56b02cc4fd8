/**
 * One runnable story: what other programs send through PostgreSQL arrives at listeners as
 * typed objects and shows up on a web page while one looks.
 * <p>
 * Begin with {@link io.github.pgnotify.sample.PredecessorListeners}, which hears, and
 * {@link io.github.pgnotify.sample.SendController}, which speaks. The rest shows it. What
 * is stored is handled in the package {@code orders}.
 */
@NullMarked
package io.github.pgnotify.sample;

import org.jspecify.annotations.NullMarked;
