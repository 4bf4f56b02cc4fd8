package io.github.pgnotify.sample;

import java.util.Arrays;

import io.github.pgnotify.sample.load.LoadApplication;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/**
 * The sample application.
 */
@SpringBootApplication
public class SampleApplication {

	/**
	 * Starts the sample, or with {@code load} as first argument a load run instead.
	 * @param args Spring Boot's options, such as {@code --server.port=8081}
	 */
	public static void main(String[] args) {
		if (args.length > 0 && args[0].equals("load")) {
			System.exit(LoadApplication.run(Arrays.copyOfRange(args, 1, args.length)));
		}
		SpringApplication.run(SampleApplication.class, args);
	}

}
