/**
 * A load run: how many rows a second are written and arrive, how fast, and whether each
 * of them arrived once. Begin with
 * {@link io.github.pgnotify.sample.load.LoadApplication}.
 */
@NullMarked
package io.github.pgnotify.sample.load;

import org.jspecify.annotations.NullMarked;
