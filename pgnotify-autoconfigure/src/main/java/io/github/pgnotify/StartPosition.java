package io.github.pgnotify;

/**
 * Where in a channel a group begins that was never there before.
 *
 * @since 0.1.0
 * @see PgListener#start()
 */
public enum StartPosition {

	/**
	 * With the oldest message that is still kept.
	 */
	EARLIEST,

	/**
	 * With messages stored after the group was made.
	 */
	LATEST

}
