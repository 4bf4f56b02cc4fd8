/**
 * What pgnotify itself does with each notification, without PostgreSQL: JMH's benchmarks.
 */
@NullMarked
package io.github.pgnotify.benchmarks.micro;

import org.jspecify.annotations.NullMarked;
