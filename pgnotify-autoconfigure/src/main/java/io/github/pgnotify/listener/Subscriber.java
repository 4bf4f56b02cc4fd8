package io.github.pgnotify.listener;

/**
 * Someone who hears channels. All that arrives for it goes through one mailbox, so that
 * its order is kept across its channels.
 *
 * @param id names it
 * @param mailbox what has arrived for it
 */
record Subscriber(Object id, Mailbox mailbox) {

}
