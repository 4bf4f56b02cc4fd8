package io.github.pgnotify.sample.load;

import java.util.Map;
import java.util.UUID;

import io.github.pgnotify.sample.postgres.EmbeddedPostgresConfiguration;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Import;

/**
 * The load run, an application of its own that ends when it is done. No component, and
 * made of none: the sample must not find it when it looks for its own.
 */
@EnableAutoConfiguration
@EnableConfigurationProperties(LoadProperties.class)
@Import({ EmbeddedPostgresConfiguration.class, LoadListeners.class, Tally.class, LoadDatabase.class, LoadRun.class })
public class LoadApplication {

	/**
	 * Runs the load and prints what came of it.
	 * @param args Spring Boot's options, such as {@code --load.writers=8}
	 * @return 0 if everything written arrived once; 1 if something was lost or arrived
	 * more than once; 2 if only a write or a listener failed
	 */
	public static int run(String... args) {
		return SpringApplication.exit(application().run(args));
	}

	static SpringApplication application() {
		SpringApplication application = new SpringApplication(LoadApplication.class);
		application.setWebApplicationType(WebApplicationType.NONE);
		application.setDefaultProperties(Map.of(
				// load.yml, not the sample's settings: its tables and triggers are none
				// of ours
				"spring.config.name", "load",
				// A channel of its own, so that no other run counts here
				"load.channel", "load." + UUID.randomUUID(),
				// A connection for each writer
				"spring.datasource.hikari.maximum-pool-size", "${load.writers:" + LoadProperties.WRITERS + "}"));
		return application;
	}

}
