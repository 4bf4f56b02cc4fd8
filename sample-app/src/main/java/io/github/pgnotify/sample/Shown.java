package io.github.pgnotify.sample;

/**
 * Something that the page shows, in the order in which it happened.
 */
public interface Shown {

	/**
	 * Which event of the page's stream it is.
	 * @return the name of the event
	 */
	String event();

}
