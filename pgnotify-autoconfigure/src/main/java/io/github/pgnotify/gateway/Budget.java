package io.github.pgnotify.gateway;

/**
 * How many messages a client may send: so many per second for long, and more for a
 * moment.
 */
final class Budget {

	private final double perNano;

	private final double most;

	private double left;

	private long at = System.nanoTime();

	Budget(int perSecond, int burst) {
		this.perNano = perSecond / 1e9;
		this.most = Math.max(perSecond, burst);
		this.left = this.most;
	}

	/**
	 * Takes one.
	 * @return whether there was one
	 */
	synchronized boolean take() {
		long now = System.nanoTime();
		this.left = Math.min(this.most, this.left + (now - this.at) * this.perNano);
		this.at = now;
		if (this.left < 1) {
			return false;
		}
		this.left--;
		return true;
	}

}
