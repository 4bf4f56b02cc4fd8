package io.github.pgnotify.lifecycle;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Executors whose threads keep no JVM alive and go when there is nothing to do, so that
 * nobody has to close them.
 */
public final class DaemonThreads {

	private static final long IDLE_SECONDS = 10;

	private DaemonThreads() {
	}

	/**
	 * One thread that does one thing after the other, in the order in which they were
	 * asked for.
	 * @param name of the thread
	 * @return an executor that never refuses
	 */
	public static ThreadPoolExecutor one(String name) {
		return executor(name, 1, 1, new LinkedBlockingQueue<>());
	}

	/**
	 * So many threads and no more, whatever there is to do.
	 * @param name of each thread
	 * @param threads how many
	 * @return an executor that never refuses
	 */
	public static ThreadPoolExecutor atMost(String name, int threads) {
		return executor(name, threads, threads, new LinkedBlockingQueue<>());
	}

	/**
	 * As many threads as there are things to do at a time.
	 * @param name of each thread
	 * @return an executor that never lets anything wait
	 */
	public static ThreadPoolExecutor many(String name) {
		return executor(name, 0, Integer.MAX_VALUE, new SynchronousQueue<>());
	}

	private static ThreadPoolExecutor executor(String name, int core, int max, BlockingQueue<Runnable> queue) {
		ThreadPoolExecutor executor = new ThreadPoolExecutor(core, max, IDLE_SECONDS, TimeUnit.SECONDS, queue,
				(task) -> {
					Thread thread = new Thread(task, name);
					thread.setDaemon(true);
					return thread;
				});
		executor.allowCoreThreadTimeOut(true);
		return executor;
	}

}
