package io.github.pgnotify.sample.orders;

import java.time.Duration;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.retry.RetryPolicy;

/**
 * Where orders go, and how often their billing is tried.
 */
@Configuration(proxyBeanMethods = false)
class Orders {

	static final String CHANNEL = "orders";

	static final String GROUP = "billing";

	@Bean
	RetryPolicy billingRetries() {
		return RetryPolicy.builder().maxRetries(2).delay(Duration.ofSeconds(1)).multiplier(2).build();
	}

}
