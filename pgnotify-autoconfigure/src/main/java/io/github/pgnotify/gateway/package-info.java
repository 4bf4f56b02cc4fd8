/**
 * The gateway: brings chosen channels to browsers and tools, by WebSocket and Server-Sent
 * Events. Enter at {@link io.github.pgnotify.gateway.PgGateway}; applications that decide
 * who may hear what implement {@link io.github.pgnotify.gateway.PgGatewayAuthorizer}.
 * Uses the base and the lifecycle.
 */
@NullMarked
package io.github.pgnotify.gateway;

import org.jspecify.annotations.NullMarked;
