package io.github.pgnotify.sample;

import java.util.List;

import javax.sql.DataSource;

import org.springframework.boot.jdbc.init.DataSourceScriptDatabaseInitializer;
import org.springframework.boot.sql.init.DatabaseInitializationMode;
import org.springframework.boot.sql.init.DatabaseInitializationSettings;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.datasource.init.ScriptUtils;

/**
 * Creates the example schema of the gateway's page, in the sample and not in load runs on
 * databases of others.
 */
@Configuration(proxyBeanMethods = false)
class ParcelSchemaConfiguration {

	@Bean
	DataSourceScriptDatabaseInitializer parcelSchema(DataSource dataSource) {
		DatabaseInitializationSettings settings = new DatabaseInitializationSettings();
		settings.setSchemaLocations(List.of("classpath:gateway/parcels.sql"));
		settings.setMode(DatabaseInitializationMode.ALWAYS);
		// Its function has semicolons of its own
		settings.setSeparator(ScriptUtils.EOF_STATEMENT_SEPARATOR);
		return new DataSourceScriptDatabaseInitializer(dataSource, settings);
	}

}
