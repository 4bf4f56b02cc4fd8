package io.github.pgnotify.gateway;

/**
 * That a client may not do what it wanted.
 */
final class Refusal extends RuntimeException {

	private static final long serialVersionUID = 1L;

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

	int status() {
		return this.status;
	}

	String reason() {
		return String.valueOf(getMessage());
	}

}
