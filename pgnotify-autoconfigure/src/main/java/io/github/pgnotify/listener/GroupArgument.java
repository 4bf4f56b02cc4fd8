package io.github.pgnotify.listener;

import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * What a parameter of a group listener gets.
 */
@FunctionalInterface
interface GroupArgument {

	/**
	 * Makes the argument.
	 * @param messages at least one; exactly one if the method does not take batches
	 * @throws io.github.pgnotify.PayloadConversionException if one of them cannot be read
	 */
	@Nullable Object of(List<StoredArrival> messages) throws Exception;

}
