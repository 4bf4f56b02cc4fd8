package io.github.pgnotify.queue;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.pgnotify.testsupport.Figures;
import io.github.pgnotify.testsupport.TestDatabase;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import static io.github.pgnotify.queue.QueueHarness.consumer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * What instances ask of the database that have nothing to do.
 */
class QueueIdleIntegrationTests {

	private static final int INSTANCES = 4;

	private static final Duration WATCHED = Duration.ofSeconds(6);

	@RegisterExtension
	final TestDatabase database = new TestDatabase();

	private final AtomicInteger statements = new AtomicInteger();

	private QueueHarness queue;

	@BeforeEach
	void prepare() {
		this.queue = new QueueHarness(this.database);
	}

	@Test
	void idleInstancesAskHardlyAnything() {
		double perSecond = watch(INSTANCES, true);
		Figures.print("idle instance, statements per second", perSecond / INSTANCES);
		assertThat(perSecond / INSTANCES).isLessThan(2);
	}

	@Test
	void keysThatAreAllBlockedAreNotLookedAtWithoutAPause() {
		this.database.execute("INSERT INTO queue.message (channel, data, announce, key, available_at) "
				+ "SELECT 'orders', '1', false, 'k' || n, now() + interval '1 h' FROM generate_series(1, 2000) AS n");
		double perSecond = watch(1, false);
		Figures.print("instance with 2,000 blocked keys, statements per second", perSecond);
		assertThat(perSecond).isLessThan(60);
	}

	private double watch(int count, boolean hearing) {
		List<QueueConsumers> instances = new ArrayList<>();
		for (int i = 0; i < count; i++) {
			QueueConsumers instance = new QueueInstance(this.queue).source(this::open).hearing(hearing).build();
			instance.add(consumer("billing", (messages) -> {
			}));
			instance.start();
			instances.add(instance);
		}
		await().until(() -> this.queue.count("subscription WHERE state = 'active'") == 1);
		await().until(() -> this.queue.count("instance") == count);
		int before = this.statements.get();
		long begun = System.nanoTime();
		await().atMost(Duration.ofMinutes(1)).until(() -> System.nanoTime() - begun > WATCHED.toNanos());
		double perSecond = (this.statements.get() - before) * 1e9 / (System.nanoTime() - begun);
		instances.forEach(QueueConsumers::stop);
		assertThat(perSecond).as("counts").isPositive();
		return perSecond;
	}

	private Connection open() throws SQLException {
		Connection connection = this.queue.dataSource().getConnection();
		return (Connection) Proxy.newProxyInstance(getClass().getClassLoader(), new Class<?>[] { Connection.class },
				(proxy, method, arguments) -> {
					if (method.getName().equals("prepareStatement") || method.getName().equals("createStatement")) {
						this.statements.incrementAndGet();
					}
					try {
						return method.invoke(connection, arguments);
					}
					catch (InvocationTargetException ex) {
						throw ex.getCause();
					}
				});
	}

}
