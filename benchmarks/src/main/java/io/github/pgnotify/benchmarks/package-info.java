/**
 * Measures pgnotify against what could be written by hand and against its peers. Enter at
 * {@link io.github.pgnotify.benchmarks.Benchmarks}.
 */
@NullMarked
package io.github.pgnotify.benchmarks;

import org.jspecify.annotations.NullMarked;
