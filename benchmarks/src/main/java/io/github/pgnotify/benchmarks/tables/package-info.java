/**
 * What a declared trigger costs a write. Enter at
 * {@link io.github.pgnotify.benchmarks.tables.TableContests}.
 */
@NullMarked
package io.github.pgnotify.benchmarks.tables;

import org.jspecify.annotations.NullMarked;
