/**
 * Starting, stopping and waiting before another try. Internal: applications need nothing
 * from here. Uses nothing else of pgnotify.
 */
@NullMarked
package io.github.pgnotify.lifecycle;

import org.jspecify.annotations.NullMarked;
