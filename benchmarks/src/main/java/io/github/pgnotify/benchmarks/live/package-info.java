/**
 * Contests with notifications.
 */
@NullMarked
package io.github.pgnotify.benchmarks.live;

import org.jspecify.annotations.NullMarked;
