package io.github.pgnotify.benchmarks.durable;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;

import io.github.pgnotify.benchmarks.Metric;
import io.github.pgnotify.benchmarks.Network;
import io.github.pgnotify.benchmarks.Pace;
import io.github.pgnotify.benchmarks.Trial;

/**
 * Several instances have nothing to do: how many statements each of them sends, counted
 * on their way.
 *
 * @param contender whose instances
 * @param setup with the database behind the network
 * @param network where to count
 * @param instances how many
 */
record Idle(QueueContender contender, QueueSetup setup, Network network, int instances) implements Trial {

	/** Until they are done with starting. */
	private static final Pace SETTLING = new Pace(Duration.ofSeconds(1));

	@Override
	public Map<Metric, Double> measure(Pace pace) throws Exception {
		Deque<RunningQueue> running = new ArrayDeque<>();
		try {
			running.push(this.contender.open(this.setup));
			while (running.size() < this.instances) {
				running.push(this.contender.join(this.setup));
			}
			for (RunningQueue instance : running) {
				instance.begin();
			}
			if (!pace.isBrief()) {
				SETTLING.sleep();
			}
			long before = this.network.statements();
			long begin = System.nanoTime();
			pace.sleep();
			long sent = this.network.statements() - before;
			return Map.of(Metric.STATEMENTS, sent / ((System.nanoTime() - begin) / 1e9) / this.instances);
		}
		finally {
			while (!running.isEmpty()) {
				running.pop().close();
			}
		}
	}

}
