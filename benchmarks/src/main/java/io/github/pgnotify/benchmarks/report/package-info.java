/**
 * What was measured, as text, Markdown, CSV and plots.
 */
@NullMarked
package io.github.pgnotify.benchmarks.report;

import org.jspecify.annotations.NullMarked;
