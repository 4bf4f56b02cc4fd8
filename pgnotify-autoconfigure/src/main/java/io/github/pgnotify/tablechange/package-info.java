/**
 * Changes of tables: triggers that are declared, installed, compared and heard.
 * <p>
 * Uses the base package and {@code lifecycle}. Enter at
 * {@link io.github.pgnotify.tablechange.PgTableListener} to hear changes, at
 * {@link io.github.pgnotify.tablechange.PgTableTriggers} to look at the triggers, and at
 * {@link io.github.pgnotify.tablechange.TableChange} for what arrives. A declaration
 * ({@link io.github.pgnotify.tablechange.TableTrigger}) and what the catalogs say of its
 * table become one function and its triggers; what is installed is known by its comment.
 */
@NullMarked
package io.github.pgnotify.tablechange;

import org.jspecify.annotations.NullMarked;
