/**
 * A real PostgreSQL for tests. Uses nothing else of pgnotify. Enter at
 * {@link io.github.pgnotify.testsupport.TestDatabase}.
 */
@NullMarked
package io.github.pgnotify.testsupport;

import org.jspecify.annotations.NullMarked;
