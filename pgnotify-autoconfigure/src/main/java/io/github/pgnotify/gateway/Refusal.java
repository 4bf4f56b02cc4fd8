package io.github.pgnotify.gateway;

/**
 * That a client may not do what it wanted.
 */
final class Refusal extends RuntimeException {

	private static final long serialVersionUID = 1L;

	private static final int UNAVAILABLE = 503;

	private final int status;

	/**
	 * Creates a refusal.
	 * @param status of the HTTP response, if it can be one
	 * @param reason why, as the client may know it
	 */
	Refusal(int status, String reason) {
		super(reason, null, false, false);
		this.status = status;
	}

	/**
	 * Refuses one more channel if there are enough.
	 */
	static void ifFull(int channels, int limit) {
		if (channels >= limit) {
			throw new Refusal(UNAVAILABLE, "too many channels");
		}
	}

	int status() {
		return this.status;
	}

	String reason() {
		return String.valueOf(getMessage());
	}

}
