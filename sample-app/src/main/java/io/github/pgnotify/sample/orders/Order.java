package io.github.pgnotify.sample.orders;

/**
 * What somebody orders.
 *
 * @param item what
 * @param declined how often the card is declined before it is accepted
 */
record Order(String item, int declined) {

}
