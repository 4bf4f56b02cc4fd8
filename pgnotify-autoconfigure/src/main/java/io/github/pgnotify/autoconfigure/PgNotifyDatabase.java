package io.github.pgnotify.autoconfigure;

import java.util.function.Supplier;

import javax.sql.DataSource;

import io.github.pgnotify.connection.DirectDataSource;

import org.springframework.util.function.SingletonSupplier;

/**
 * The database that pgnotify uses, seen from two sides: through the application's pool
 * for what belongs to its transactions, and directly for what pgnotify keeps for itself.
 */
final class PgNotifyDatabase {

	private final DataSource pooled;

	private final Supplier<DirectDataSource> direct;

	PgNotifyDatabase(DataSource pooled, Supplier<DirectDataSource> direct) {
		this.pooled = pooled;
		this.direct = SingletonSupplier.of(direct);
	}

	DataSource pooled() {
		return this.pooled;
	}

	/**
	 * Opens connections beside the pool. Derived when first asked for: a user who brings
	 * his own connection source needs none.
	 */
	DirectDataSource direct() {
		return this.direct.get();
	}

}
