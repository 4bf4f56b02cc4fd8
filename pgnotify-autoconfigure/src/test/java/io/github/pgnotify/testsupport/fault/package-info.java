/**
 * Makes things go wrong on purpose, in networks, servers, standbys, poolers and whole
 * JVMs, and counts what got lost on the way. Uses {@code testsupport} and nothing else of
 * pgnotify. Enter at {@link io.github.pgnotify.testsupport.fault.TcpProxy},
 * {@link io.github.pgnotify.testsupport.fault.ControllableServer},
 * {@link io.github.pgnotify.testsupport.fault.ChildJvm} and
 * {@link io.github.pgnotify.testsupport.fault.DeliveryLedger}. What opens a socket, a
 * thread, a process or a file is AutoCloseable and leaves none behind. For Linux.
 */
@NullMarked
package io.github.pgnotify.testsupport.fault;

import org.jspecify.annotations.NullMarked;
