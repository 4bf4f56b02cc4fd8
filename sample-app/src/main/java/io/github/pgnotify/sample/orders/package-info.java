/**
 * Orders, heard live and billed durably: what a listener with a group makes of a stored
 * message that it cannot handle at once, or at all.
 * <p>
 * Begin with {@link io.github.pgnotify.sample.orders.OrderListeners}.
 */
@NullMarked
package io.github.pgnotify.sample.orders;

import org.jspecify.annotations.NullMarked;
