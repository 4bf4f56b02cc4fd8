package io.github.pgnotify.testsupport.fault;

/**
 * Which way bytes go through a {@link TcpProxy}.
 */
public enum Direction {

	/**
	 * What the client sends.
	 */
	CLIENT_TO_SERVER,

	/**
	 * What the server replies, notifications included.
	 */
	SERVER_TO_CLIENT

}
