package io.github.pgnotify.queue;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

import javax.sql.DataSource;

/**
 * A connection that keeps the plans by which the server did what it was asked, those
 * inside functions too: not what EXPLAIN would choose, but what was used.
 */
final class ExplainedConnection {

	private static final String SETTINGS = """
			LOAD 'auto_explain';
			SET auto_explain.log_min_duration = 0;
			SET auto_explain.log_nested_statements = on;
			SET auto_explain.log_level = notice;
			SET auto_explain.log_timing = off""";

	private final List<String> plans = new ArrayList<>();

	private final DataSource dataSource;

	ExplainedConnection(DataSource dataSource) {
		this.dataSource = dataSource;
	}

	/**
	 * The plans since the last time.
	 */
	List<String> takePlans() {
		List<String> taken = List.copyOf(this.plans);
		this.plans.clear();
		return taken;
	}

	Connection open() throws SQLException {
		Connection connection = this.dataSource.getConnection();
		try (Statement statement = connection.createStatement()) {
			statement.execute(SETTINGS);
		}
		return proxy(Connection.class, (method, arguments) -> {
			Object result = invoke(connection, method, arguments);
			return (result instanceof PreparedStatement statement) ? explained(statement) : result;
		});
	}

	private PreparedStatement explained(PreparedStatement statement) {
		return proxy(PreparedStatement.class, (method, arguments) -> {
			if (method.getName().equals("close")) {
				for (SQLWarning plan = statement.getWarnings(); plan != null; plan = plan.getNextWarning()) {
					this.plans.add(plan.getMessage());
				}
			}
			return invoke(statement, method, arguments);
		});
	}

	private static Object invoke(Object target, Method method, Object[] arguments) throws Throwable {
		try {
			return method.invoke(target, arguments);
		}
		catch (InvocationTargetException ex) {
			throw ex.getCause();
		}
	}

	private static <T> T proxy(Class<T> type, Handler handler) {
		return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] { type },
				(proxy, method, arguments) -> handler.handle(method, arguments)));
	}

	@FunctionalInterface
	private interface Handler {

		Object handle(Method method, Object[] arguments) throws Throwable;

	}

}
