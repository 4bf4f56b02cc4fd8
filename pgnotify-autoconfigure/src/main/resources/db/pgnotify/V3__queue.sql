-- The durable queue: who consumes which channel (subscription), what each of them still has to do
-- (delivery), what went wrong for good (dead_letter), and which processes are at it (instance).
--
-- Rights, beside USAGE on the schema:
--   producer   INSERT on message; for the template SELECT (id, channel, created_at, deduplication_id) on it
--              for RETURNING, and SELECT, INSERT, DELETE on live_payload for what is too long to be sent
--   consumer   SELECT, DELETE on message; SELECT, INSERT, UPDATE, DELETE on subscription, delivery, dead_letter
--              and instance; SELECT, UPDATE on subscription_change; EXECUTE on acknowledge.
--              With it one may also administer, and cancel messages
--   monitor    SELECT on message, subscription, delivery and dead_letter
-- Where pgnotify creates these tables as another role than the application's, it grants that one all of these.

-- What a row may hold is checked by the trigger below, for all rows of a statement at once: PostgreSQL prepares
-- each CHECK anew for each INSERT, which cost a third of it.
ALTER TABLE ${schema}.message
  DROP CONSTRAINT message_channel_length,
  DROP CONSTRAINT message_channel_not_reserved,
  ADD COLUMN key text,
  ADD COLUMN headers json,
  ADD COLUMN priority smallint NOT NULL DEFAULT 0,
  ADD COLUMN available_at timestamptz,
  ADD COLUMN expires_at timestamptz,
  ADD COLUMN deduplication_id text;

CREATE UNIQUE INDEX message_deduplication ON ${schema}.message (channel, deduplication_id)
  WHERE deduplication_id IS NOT NULL;

-- Costs an insert nothing: messages lie in the order of their age.
CREATE INDEX message_created_at ON ${schema}.message USING brin (created_at);

COMMENT ON COLUMN ${schema}.message.key IS
  'Messages of one key are handled one after the other, in order of id; 1 to 255 bytes';
COMMENT ON COLUMN ${schema}.message.headers IS
  'A JSON object';
COMMENT ON COLUMN ${schema}.message.priority IS
  'Higher ones are handled first; ignored if there is a key';
COMMENT ON COLUMN ${schema}.message.available_at IS
  'Not handled before; at once without';
COMMENT ON COLUMN ${schema}.message.expires_at IS
  'Not handled from then on, but dead-lettered; never without';
COMMENT ON COLUMN ${schema}.message.deduplication_id IS
  'Unique for its channel while the message is kept; 1 to 255 bytes';

CREATE TABLE ${schema}.subscription (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  channel text NOT NULL
    CONSTRAINT subscription_channel_length CHECK (pg_catalog.octet_length(channel) BETWEEN 1 AND 63),
  group_name text NOT NULL
    CONSTRAINT subscription_group_name_length CHECK (pg_catalog.octet_length(group_name) BETWEEN 1 AND 63),
  start_at text NOT NULL
    CONSTRAINT subscription_start_at CHECK (start_at IN ('earliest', 'latest')),
  state text NOT NULL DEFAULT 'starting'
    CONSTRAINT subscription_state CHECK (state IN ('starting', 'active', 'removing')),
  paused boolean NOT NULL DEFAULT false,
  barrier xid8,
  created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  UNIQUE (channel, group_name)
);

COMMENT ON TABLE ${schema}.subscription IS
  'That a group of consumers gets every message of a channel';
COMMENT ON COLUMN ${schema}.subscription.state IS
  'starting: gets deliveries, nobody claims them; active; removing: gets none any more';
COMMENT ON COLUMN ${schema}.subscription.barrier IS
  'The state takes full effect when pg_snapshot_xmin has reached it';

-- Changed whenever a subscription is made, so that a transaction whose snapshot is older fails
-- instead of storing messages that the new group would never get.
CREATE TABLE ${schema}.subscription_change (
  changed_at timestamptz NOT NULL
);

INSERT INTO ${schema}.subscription_change VALUES (pg_catalog.now());

CREATE TABLE ${schema}.delivery (
  message_id bigint NOT NULL,
  token bigint NOT NULL DEFAULT 0,
  leased_until timestamptz,
  available_at timestamptz,
  subscription_id integer NOT NULL,
  owner integer,
  priority smallint NOT NULL,
  attempts smallint NOT NULL DEFAULT 0,
  state text NOT NULL,
  key text COLLATE "C",
  errors jsonb,
  PRIMARY KEY (message_id, subscription_id)
) WITH (
  fillfactor = 80,
  autovacuum_vacuum_scale_factor = 0.02,
  autovacuum_vacuum_threshold = 1000,
  autovacuum_vacuum_insert_scale_factor = 0.2,
  autovacuum_analyze_scale_factor = 0.05,
  autovacuum_vacuum_cost_delay = 0
);

COMMENT ON TABLE ${schema}.delivery IS
  'What a group still has to do: deleted when it is done';
COMMENT ON COLUMN ${schema}.delivery.state IS
  'ready; deferred until available_at; leased to owner until leased_until; suspect: its owner died with it';
COMMENT ON COLUMN ${schema}.delivery.token IS
  'Rises with every claim: who has an older one has lost the lease';
COMMENT ON COLUMN ${schema}.delivery.attempts IS
  'Attempts that failed, and those begun after an owner had died';

-- Predicates are literals, since a generic plan cannot prove any other. As few as possible: each costs every insert
-- almost as much as a row in it. A row is in one of the first two.
CREATE INDEX delivery_ready ON ${schema}.delivery (subscription_id, priority DESC, message_id)
  WHERE state = 'ready' AND key IS NULL;
-- Leased rows by owner and end of the lease; the others have neither: deferred ones by their time, suspect ones last.
CREATE INDEX delivery_unready ON ${schema}.delivery (owner, leased_until, subscription_id, available_at, message_id)
  WHERE state <> 'ready';
-- And with a key in these besides: the first of each key is its head, and no two of one key are leased at a time,
-- whatever claimers do.
CREATE INDEX delivery_key ON ${schema}.delivery (subscription_id, key, message_id)
  WHERE key IS NOT NULL;
CREATE UNIQUE INDEX delivery_key_leased ON ${schema}.delivery (subscription_id, key)
  WHERE state = 'leased' AND key IS NOT NULL;

CREATE TABLE ${schema}.dead_letter (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  message_id bigint NOT NULL REFERENCES ${schema}.message,
  subscription_id integer NOT NULL REFERENCES ${schema}.subscription ON DELETE CASCADE,
  reason text NOT NULL
    CONSTRAINT dead_letter_reason CHECK (reason IN ('failed', 'undecodable', 'expired', 'rejected')),
  attempts smallint NOT NULL,
  token bigint NOT NULL,
  errors jsonb,
  died_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
  UNIQUE (message_id, subscription_id)
);

CREATE INDEX dead_letter_subscription ON ${schema}.dead_letter (subscription_id, id);
CREATE INDEX dead_letter_died_at ON ${schema}.dead_letter (died_at);

COMMENT ON TABLE ${schema}.dead_letter IS
  'What a group could not do; its message is kept as long';

CREATE TABLE ${schema}.instance (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL,
  started_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
  heartbeat_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()
) WITH (fillfactor = 20, autovacuum_vacuum_threshold = 100, autovacuum_vacuum_scale_factor = 0);

COMMENT ON TABLE ${schema}.instance IS
  'Processes that consume. Each holds an advisory lock as long as it is connected';

-- What a message needs that is more than a channel and data: checks it, and notifies if it has announce. What a
-- notification cannot hold (more than 7,999 bytes) is announced without data, to be fetched by id: the insert
-- never fails for the length of its data, nor is a long text built in vain.
CREATE FUNCTION ${schema}.admit_message(id bigint, channel text, data json, created_at timestamptz,
  updated_at timestamptz, announce boolean, key text, headers json, available_at timestamptz, expires_at timestamptz,
  deduplication_id text) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $admit$
DECLARE
  longest CONSTANT integer := 7999;
  fault CONSTANT text := CASE
    WHEN octet_length(channel) NOT BETWEEN 1 AND 63 THEN
      format('The channel has %s bytes, 1 to 63 are possible.', octet_length(channel))
    WHEN starts_with(channel, 'pgnotify.') THEN
      'Channels beginning with "pgnotify." are reserved.'
    WHEN octet_length(key) NOT BETWEEN 1 AND 255 THEN
      format('The key has %s bytes, 1 to 255 are possible.', octet_length(key))
    WHEN json_typeof(headers) <> 'object' THEN
      format('The headers are of the JSON type %s, an object is possible.', json_typeof(headers))
    WHEN NOT isfinite(available_at) OR NOT isfinite(expires_at) THEN
      'The times available_at and expires_at must be finite.'
    WHEN octet_length(deduplication_id) NOT BETWEEN 1 AND 255 THEN
      format('The deduplication id has %s bytes, 1 to 255 are possible.', octet_length(deduplication_id))
  END;
  head text;
  body text;
  tail text;
BEGIN
  IF fault IS NOT NULL THEN
    RAISE check_violation USING
      MESSAGE = 'A message cannot be stored as it is', DETAIL = fault, TABLE = 'message';
  END IF;
  IF announce THEN
    head := format('{"pgnotify":1,"id":%s,"channel":%s', id, to_json(channel));
    body := coalesce(data::text, 'null');
    tail := format(',"created_at":"%s+00:00","updated_at":"%s+00:00"}',
      to_json(created_at AT TIME ZONE 'UTC') #>> '{}', to_json(updated_at AT TIME ZONE 'UTC') #>> '{}');
    PERFORM
      pg_notify(channel,
        CASE WHEN octet_length(head || ',"data":' || tail) + octet_length(body) <= longest
          THEN head || ',"data":' || body || tail
          ELSE head || tail
        END),
      pg_notify('pgnotify.queue', channel);
  END IF;
  RETURN true;
END
$admit$;

REVOKE ALL ON FUNCTION ${schema}.admit_message(bigint, text, json, timestamptz, timestamptz, boolean, text, json,
  timestamptz, timestamptz, text) FROM PUBLIC;

-- Admits inserted messages and makes their deliveries, in one pass over them in order of id. With the rights of its
-- owner, so that a program needs INSERT on message and nothing else. Conditions are prepared anew for every
-- statement, which costs more than to evaluate them, so there are few here.
CREATE FUNCTION ${schema}.message_inserted() RETURNS trigger
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $inserted$
DECLARE
  moment CONSTANT timestamptz := clock_timestamp();
BEGIN
  IF current_setting('transaction_isolation') IN ('repeatable read', 'serializable') THEN
    -- Its snapshot may be older than a group: then this fails, and the transaction is to be tried again
    PERFORM FROM ${schema}.subscription_change FOR SHARE;
  END IF;
  -- OFFSET 0: each message is looked at, whether anybody gets it or not
  INSERT INTO ${schema}.delivery (message_id, available_at, subscription_id, priority, state, key)
    SELECT
        message.id,
        CASE WHEN message.available_at > moment THEN message.available_at END,
        subscription.id,
        message.priority,
        CASE WHEN message.available_at > moment THEN 'deferred' ELSE 'ready' END,
        message.key
      FROM (
        SELECT id, channel, available_at, priority, key
          FROM (SELECT * FROM inserted ORDER BY id OFFSET 0) AS inserted
          WHERE CASE
              WHEN announce
                  OR num_nonnulls(key, headers, available_at, expires_at, deduplication_id) > 0
                  OR octet_length(channel) NOT BETWEEN 1 AND 63
                  OR starts_with(channel, 'pgnotify.')
                THEN ${schema}.admit_message(id, channel, data, created_at, updated_at, announce, key, headers,
                  available_at, expires_at, deduplication_id)
              ELSE true
            END
          OFFSET 0
      ) AS message
      CROSS JOIN LATERAL (
        SELECT id
          FROM ${schema}.subscription
          WHERE channel = message.channel AND state <> 'removing'
          OFFSET 0
      ) AS subscription;
  RETURN NULL;
END
$inserted$;

REVOKE ALL ON FUNCTION ${schema}.message_inserted() FROM PUBLIC;

DROP TRIGGER announce_messages ON ${schema}.message;

DROP FUNCTION ${schema}.announce_messages();

CREATE TRIGGER message_inserted
AFTER INSERT ON ${schema}.message
REFERENCING NEW TABLE AS inserted
FOR EACH STATEMENT EXECUTE FUNCTION ${schema}.message_inserted();

-- Ends deliveries for good, if their tokens are still the newest; tells how many. In any session, so it sees to it
-- itself that a plan made when the table was empty serves when it is full, and is not made anew for each array.
CREATE FUNCTION ${schema}.acknowledge(subscription integer, message_ids bigint[], tokens bigint[]) RETURNS integer
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_bitmapscan = off
AS $acknowledge$
DECLARE
  acknowledged integer;
BEGIN
  DELETE FROM ${schema}.delivery
    WHERE delivery.message_id = ANY (message_ids)
      AND delivery.subscription_id = acknowledge.subscription
      AND delivery.token = tokens[pg_catalog.array_position(message_ids, delivery.message_id)]
      AND delivery.leased_until IS NOT NULL;
  GET DIAGNOSTICS acknowledged = ROW_COUNT;
  RETURN acknowledged;
END
$acknowledge$;

REVOKE ALL ON FUNCTION ${schema}.acknowledge(integer, bigint[], bigint[]) FROM PUBLIC;

-- Whether data contains the filter. Data that json holds and jsonb refuses contains nothing.
CREATE FUNCTION ${schema}.json_contains(data json, filter jsonb) RETURNS boolean
LANGUAGE plpgsql
IMMUTABLE STRICT
COST 1000
AS $contains$
BEGIN
  RETURN data::pg_catalog.jsonb OPERATOR(pg_catalog.@>) filter;
EXCEPTION WHEN others THEN
  RETURN false;
END
$contains$;

GRANT EXECUTE ON FUNCTION ${schema}.json_contains(json, jsonb) TO PUBLIC;

COMMENT ON TABLE ${schema}.message IS 'pgnotify schema version 3';
