-- Live payloads that are too long for a notification, kept until their listeners have read them: a few
-- minutes. Unlogged: like a notification, such a payload does not survive a crash of the server.
-- A program that sends them needs INSERT and SELECT, one that hears them SELECT, and one of them DELETE.

CREATE UNLOGGED TABLE ${schema}.live_payload (
  id uuid PRIMARY KEY DEFAULT pg_catalog.gen_random_uuid(),
  channel text NOT NULL,
  payload text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT pg_catalog.now()
);

CREATE INDEX live_payload_created_at ON ${schema}.live_payload (created_at);

COMMENT ON TABLE ${schema}.live_payload IS
  'Live payloads over 7,999 bytes, kept for ten minutes';

COMMENT ON TABLE ${schema}.message IS 'pgnotify schema version 2';
