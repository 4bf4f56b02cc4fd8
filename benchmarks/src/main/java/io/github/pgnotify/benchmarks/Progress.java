package io.github.pgnotify.benchmarks;

/**
 * Tells on the standard error stream how far we are: on one line where somebody looks, on
 * one line for each step where it is written to a file.
 */
final class Progress {

	private static final int WIDTH = 30;

	private final int steps;

	private final boolean console = System.console() != null;

	private final long begin = System.nanoTime();

	private int step;

	private int length;

	Progress(int steps) {
		this.steps = steps;
	}

	/**
	 * Begins the next step.
	 */
	void next(String what) {
		long elapsed = (System.nanoTime() - this.begin) / 1_000_000_000;
		int filled = WIDTH * this.step / this.steps;
		String line = "[" + "#".repeat(filled) + ".".repeat(WIDTH - filled)
				+ "] %3d %% %d:%02d  %s".formatted(100 * this.step / this.steps, elapsed / 60, elapsed % 60, what);
		this.step++;
		show(line);
	}

	void done() {
		show("");
		interrupt();
	}

	/**
	 * Ends the line, since somebody else is going to write.
	 */
	void interrupt() {
		if (this.console && this.length > 0) {
			System.err.println();
			this.length = 0;
		}
	}

	/**
	 * Shows something beside the steps.
	 */
	void show(String line) {
		if (!this.console) {
			System.err.println(line);
			return;
		}
		System.err.print("\r" + line + " ".repeat(Math.max(0, this.length - line.length())));
		this.length = line.length();
	}

}
