package io.github.pgnotify.autoconfigure;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.sql.init.dependency.AbstractBeansOfTypeDatabaseInitializerDetector;
import org.springframework.boot.sql.init.dependency.DatabaseInitializerDetector;
import org.springframework.core.Ordered;
import org.springframework.core.env.Environment;

/**
 * Has pgnotify's schema created before the application's own, so that its migrations can
 * refer to it; but after, where the application's Flyway works on the same schema, since
 * it refuses one that is not empty when it comes, and where the application's migrations
 * are to create it.
 */
final class PgNotifySchemaInitializerDetector extends AbstractBeansOfTypeDatabaseInitializerDetector {

	private static final String SCHEMA_UNLESS_SET = "public";

	private final int order;

	PgNotifySchemaInitializerDetector(Environment environment) {
		this.order = isLast(Binder.get(environment)) ? Ordered.LOWEST_PRECEDENCE : Ordered.HIGHEST_PRECEDENCE;
	}

	@Override
	protected Set<Class<?>> getDatabaseInitializerBeanTypes() {
		return Set.of(PgNotifySchemaInitializer.class);
	}

	@Override
	public int getOrder() {
		return this.order;
	}

	private static boolean isLast(Binder binder) {
		PgNotifyProperties properties = binder.bindOrCreate("pgnotify", PgNotifyProperties.class);
		return !properties.flyway().enabled() || schemasOfFlyway(binder).contains(properties.schema());
	}

	private static List<String> schemasOfFlyway(Binder binder) {
		List<String> schemas = new ArrayList<>(
				binder.bind("spring.flyway.schemas", Bindable.listOf(String.class)).orElse(List.of()));
		binder.bind("spring.flyway.default-schema", String.class).ifBound(schemas::add);
		return schemas.isEmpty() ? List.of(SCHEMA_UNLESS_SET) : schemas;
	}

}
