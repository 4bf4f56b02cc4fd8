/**
 * Stored messages: sent, handled, drained, late.
 */
@NullMarked
package io.github.pgnotify.benchmarks.durable;

import org.jspecify.annotations.NullMarked;
