package io.github.pgnotify.autoconfigure;

import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;

import javax.sql.DataSource;

import io.github.pgnotify.PgNotifyStartupException;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.BeanFactoryUtils;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.NoUniqueBeanDefinitionException;
import org.springframework.beans.factory.ObjectProvider;

/**
 * Which of the application's DataSources is pgnotify's.
 */
final class DataSourceChoice {

	private DataSourceChoice() {
	}

	static DataSource choose(ObjectProvider<DataSource> marked, ObjectProvider<DataSource> all,
			ListableBeanFactory beanFactory) {
		DataSource chosen = single(marked);
		DataSource only = (chosen != null) ? chosen : all.getIfUnique();
		if (only == null) {
			throw refusal(beanFactory);
		}
		return only;
	}

	private static @Nullable DataSource single(ObjectProvider<DataSource> marked) {
		try {
			return marked.getIfAvailable();
		}
		catch (NoUniqueBeanDefinitionException ex) {
			throw new PgNotifyStartupException(
					"Several DataSources are marked @PgNotifyDataSource: " + list(ex.getBeanNamesFound()) + ".",
					"Mark one of them only.", ex);
		}
	}

	private static PgNotifyStartupException refusal(ListableBeanFactory beanFactory) {
		String[] names = BeanFactoryUtils.beanNamesForTypeIncludingAncestors(beanFactory, DataSource.class);
		return switch (names.length) {
			case 0 -> new PgNotifyStartupException("pgnotify needs a DataSource, and the application has none.",
					"Set spring.datasource.url (jdbc:postgresql://host:5432/database), define a DataSource bean, or switch "
							+ "pgnotify off with pgnotify.enabled=false.");
			case 1 -> new PgNotifyStartupException(
					"pgnotify may not use the DataSource " + names[0] + ": it is no default candidate for injection.",
					"Mark it with @PgNotifyDataSource.");
			default -> new PgNotifyStartupException(
					"pgnotify cannot choose between the DataSources " + list(Arrays.asList(names)) + ".",
					"Mark the one it is to use with @PgNotifyDataSource, or make one @Primary.");
		};
	}

	private static String list(@Nullable Collection<String> names) {
		return String.join(", ", new TreeSet<>((names != null) ? names : List.of()));
	}

}
