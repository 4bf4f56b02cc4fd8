package io.github.pgnotify.sample;

import java.util.List;

/**
 * What the sender of {@code ch2} sends.
 *
 * @param topic what it is about
 * @param notice what happened
 * @param data any values
 */
public record Notice(String topic, String notice, List<Object> data) {

}
