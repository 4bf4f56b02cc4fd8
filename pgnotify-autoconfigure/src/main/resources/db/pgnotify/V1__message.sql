-- The log of stored messages, and the trigger that announces them.
--
-- ${schema} stands for the name of the schema in double quotes. The schema exists already.
-- A program that stores messages needs USAGE on the schema and INSERT on the table, and SELECT
-- only if it wants something RETURNING.

CREATE TABLE ${schema}.message (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  channel text NOT NULL
    CONSTRAINT message_channel_length CHECK (pg_catalog.octet_length(channel) BETWEEN 1 AND 63)
    CONSTRAINT message_channel_not_reserved CHECK (channel NOT LIKE 'pgnotify.%'),
  data json,
  created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  updated_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  announce boolean NOT NULL DEFAULT true,
  writer_xid xid8 NOT NULL DEFAULT pg_catalog.pg_current_xact_id()
);

-- pgnotify reads its schema's version here, and knows by it that the table is its own.
COMMENT ON TABLE ${schema}.message IS 'pgnotify schema version 1';

COMMENT ON COLUMN ${schema}.message.channel IS
  '1 to 63 bytes, case kept; names beginning with "pgnotify." are reserved';
COMMENT ON COLUMN ${schema}.message.data IS
  'The payload: any JSON, kept as it was written';
COMMENT ON COLUMN ${schema}.message.announce IS
  'Whether listeners of the channel are notified when the inserting transaction commits';
COMMENT ON COLUMN ${schema}.message.writer_xid IS
  'The inserting transaction; rows below pg_snapshot_xmin(pg_current_snapshot()) have no earlier ones still to come';

-- One notification for each inserted row with announce, in order of id. What a notification cannot
-- hold (more than 7,999 bytes) is announced without data, to be fetched by id: the insert never
-- fails for the length of its data, nor is a long text built in vain.
-- No rights are needed but the inserting role's: it reads the inserted rows and nothing else.
CREATE FUNCTION ${schema}.announce_messages() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET timezone = 'UTC'
AS $announce$
DECLARE
  longest CONSTANT integer := 7999;
BEGIN
  PERFORM pg_notify(channel,
      CASE WHEN octet_length(head || ',"data":' || tail) + octet_length(data) <= longest
        THEN head || ',"data":' || data || tail
        ELSE head || tail
      END)
    FROM (
      SELECT
          channel,
          format('{"pgnotify":1,"id":%s,"channel":%s', id, to_json(channel)) AS head,
          coalesce(data::text, 'null') AS data,
          format(',"created_at":%s,"updated_at":%s}', to_json(created_at), to_json(updated_at)) AS tail
        FROM inserted
        WHERE announce
        ORDER BY id
    ) AS announcement;
  RETURN NULL;
END
$announce$;

REVOKE ALL ON FUNCTION ${schema}.announce_messages() FROM PUBLIC;

CREATE TRIGGER announce_messages
AFTER INSERT ON ${schema}.message
REFERENCING NEW TABLE AS inserted
FOR EACH STATEMENT EXECUTE FUNCTION ${schema}.announce_messages();
