package io.github.pgnotify.benchmarks.durable;

import io.github.pgnotify.benchmarks.Payloads;

/**
 * How somebody stores a queue who writes it by hand and knows how.
 *
 * @param name its name
 * @param table the table that changes most
 * @param create makes the tables for a number of groups
 * @param insert stores one payload
 * @param insertAll stores an array of payloads
 * @param fill stores as many payloads as asked for
 * @param claim leases messages of a group, given with the limit; returns id and payload
 * @param acknowledge ends those of a group in an array of ids
 * @param take ends one message of a group and returns its payload, in the caller's
 * transaction
 */
record FloorShape(String name, String table, String create, String insert, String insertAll, String fill, String claim,
		String acknowledge, String take) {

	static final String SCHEMA = "bench_floor";

	private static final String HOT = """
			fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000,
			autovacuum_vacuum_insert_scale_factor = 0.2, autovacuum_analyze_scale_factor = 0.05,
			autovacuum_vacuum_cost_delay = 0""";

	/** What pgnotify does: a log of messages, and a row for each group, by a trigger. */
	static final FloorShape MESSAGE_AND_DELIVERY = new FloorShape("hand-written, message + delivery", "delivery", """
			CREATE TABLE message (
				id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
				channel text NOT NULL,
				data json,
				created_at timestamptz NOT NULL DEFAULT now());
			CREATE TABLE subscription (id integer PRIMARY KEY, channel text NOT NULL);
			CREATE TABLE delivery (
				message_id bigint NOT NULL,
				leased_until timestamptz,
				subscription_id integer NOT NULL,
				PRIMARY KEY (message_id, subscription_id)) WITH (%s);
			CREATE INDEX ON delivery (subscription_id, message_id) WHERE leased_until IS NULL;
			CREATE FUNCTION fan_out() RETURNS trigger LANGUAGE plpgsql AS $$
			BEGIN
				INSERT INTO delivery (message_id, subscription_id)
				SELECT inserted.id, subscription.id
				FROM inserted JOIN subscription ON subscription.channel = inserted.channel;
				RETURN NULL;
			END $$;
			CREATE TRIGGER fan_out AFTER INSERT ON message REFERENCING NEW TABLE AS inserted
			FOR EACH STATEMENT EXECUTE FUNCTION fan_out();
			INSERT INTO subscription SELECT n, 'bench' FROM generate_series(1, %%d) AS n;
			""".formatted(HOT), "INSERT INTO message (channel, data) VALUES ('bench', ?::json)",
			"INSERT INTO message (channel, data) SELECT 'bench', data::json FROM unnest(?::text[]) AS data",
			"INSERT INTO message (channel, data) SELECT 'bench', " + Payloads.SQL
					+ " FROM generate_series(0, ? - 1) AS n",
			"""
					WITH claimed AS (
						UPDATE delivery SET leased_until = clock_timestamp() + interval '30 s'
						WHERE subscription_id = ? AND message_id = ANY (ARRAY(
							SELECT message_id FROM delivery
							WHERE subscription_id = ? AND leased_until IS NULL
							ORDER BY message_id LIMIT ? FOR UPDATE SKIP LOCKED))
						RETURNING message_id)
					SELECT id, data::text FROM claimed JOIN message ON id = message_id ORDER BY id""",
			"DELETE FROM delivery WHERE subscription_id = ? AND message_id = ANY (?)", """
					WITH taken AS (
						DELETE FROM delivery
						WHERE subscription_id = ? AND message_id = (
							SELECT message_id FROM delivery
							WHERE subscription_id = ? AND leased_until IS NULL
							ORDER BY message_id LIMIT 1 FOR UPDATE SKIP LOCKED)
						RETURNING message_id)
					SELECT data::text FROM taken JOIN message ON id = message_id""");

	/** The least there can be: no groups, and messages are gone when they are handled. */
	static final FloorShape ONE_TABLE = new FloorShape("hand-written, one table", "job", """
			CREATE TABLE job (
				id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
				data json,
				leased_until timestamptz) WITH (%s);
			CREATE INDEX ON job (id) WHERE leased_until IS NULL;
			SELECT %%d;
			""".formatted(HOT), "INSERT INTO job (data) VALUES (?::json)",
			"INSERT INTO job (data) SELECT data::json FROM unnest(?::text[]) AS data",
			"INSERT INTO job (data) SELECT " + Payloads.SQL + " FROM generate_series(0, ? - 1) AS n", """
					UPDATE job SET leased_until = clock_timestamp() + interval '30 s'
					WHERE ? = 1 AND ? = 1 AND id = ANY (ARRAY(
						SELECT id FROM job
						WHERE leased_until IS NULL
						ORDER BY id LIMIT ? FOR UPDATE SKIP LOCKED))
					RETURNING id, data::text""", "DELETE FROM job WHERE ? = 1 AND id = ANY (?)", """
					DELETE FROM job
					WHERE ? = 1 AND ? = 1 AND id = (
						SELECT id FROM job
						WHERE leased_until IS NULL
						ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
					RETURNING data::text""");

	String create(int groups) {
		return "CREATE SCHEMA " + SCHEMA + "; SET search_path = " + SCHEMA + "; " + this.create.formatted(groups);
	}

}
