package io.github.pgnotify.autoconfigure;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

import io.github.pgnotify.PgNotifyStartupException;
import io.github.pgnotify.tablechange.TableTrigger;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.bind.AbstractBindHandler;
import org.springframework.boot.context.properties.bind.BindContext;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.bind.BindHandler;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.bind.UnboundConfigurationPropertiesException;
import org.springframework.boot.context.properties.bind.handler.NoUnboundElementsBindHandler;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName.Form;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.core.env.Environment;

/**
 * Reads the triggers of {@code pgnotify.triggers}, in which the names of triggers stand
 * beside those of settings. A property that no trigger has is refused: whoever misspelt
 * {@code when-changed} would otherwise be told of everything.
 */
final class DeclaredTriggers {

	private static final ConfigurationPropertyName PREFIX = ConfigurationPropertyName.of("pgnotify.triggers");

	private static final Set<String> SETTINGS = Set.of("mode", "import", "application", "script", "lock-timeout");

	private DeclaredTriggers() {
	}

	static List<TableTrigger> read(Environment environment) {
		Binder binder = Binder.get(environment);
		Map<String, Object> names = binder
			.bind(PREFIX, Bindable.mapOf(String.class, Object.class), new SettingsSkipped())
			.orElse(Map.of());
		List<TableTrigger> triggers = new ArrayList<>();
		for (String name : names.keySet()) {
			if (!SETTINGS.contains(name)) {
				triggers.add(read(binder, name));
			}
		}
		return triggers;
	}

	private static TableTrigger read(Binder binder, String name) {
		try {
			// Whether a name with a dot or an underscore was in brackets, nobody tells
			TriggerProperties plain = (name.indexOf('.') < 0)
					? bind(binder, ConfigurationPropertyName.adapt(PREFIX + "." + name, '.')) : null;
			TriggerProperties found = (plain != null) ? plain : bind(binder, PREFIX.append("[" + name + "]"));
			if (found == null) {
				throw new PgNotifyStartupException("The property pgnotify.triggers." + name + " is no trigger.",
						"Set pgnotify.triggers." + name + ".table and others, or leave it out.");
			}
			return found.declare(name);
		}
		catch (BindException ex) {
			throw refusal(name, ex);
		}
	}

	private static @Nullable TriggerProperties bind(Binder binder, ConfigurationPropertyName property) {
		return binder
			.bind(property, Bindable.of(TriggerProperties.class), new NoUnboundElementsBindHandler(BindHandler.DEFAULT))
			.orElse(null);
	}

	private static PgNotifyStartupException refusal(String name, BindException ex) {
		if (ex.getCause() instanceof UnboundConfigurationPropertiesException unbound) {
			return new PgNotifyStartupException(
					"The declared trigger '" + name + "' has properties that no trigger has: "
							+ unbound.getUnboundProperties()
								.stream()
								.map((one) -> one.getName().getLastElement(Form.DASHED))
								.sorted()
								.toList()
							+ ".",
					"Correct their names, or leave them out.", ex);
		}
		return new PgNotifyStartupException("The property " + ex.getName() + " of a declared trigger cannot be read: "
				+ NestedExceptionUtils.getMostSpecificCause(ex).getMessage() + ".", "Correct its value.", ex);
	}

	/**
	 * Passes over what is no trigger.
	 */
	private static final class SettingsSkipped extends AbstractBindHandler {

		@Override
		public <T> @Nullable Bindable<T> onStart(ConfigurationPropertyName name, Bindable<T> target,
				BindContext context) {
			boolean setting = name.getNumberOfElements() == PREFIX.getNumberOfElements() + 1
					&& SETTINGS.contains(name.getLastElement(Form.DASHED));
			return setting ? null : target;
		}

	}

}
