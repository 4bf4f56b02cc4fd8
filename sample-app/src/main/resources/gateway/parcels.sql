-- An example of a schema whose changes go to browsers: a trigger tells of each, live and stored.
-- Run at every start, so it changes nothing that is there.

CREATE TABLE IF NOT EXISTS parcel (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  customer text NOT NULL,
  status text NOT NULL DEFAULT 'ordered'
);

CREATE OR REPLACE FUNCTION parcel_changed() RETURNS trigger
LANGUAGE plpgsql
AS $changed$
DECLARE
  parcel parcel := CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
  change text := json_build_object('operation', TG_OP, 'parcel', parcel.id, 'customer', parcel.customer,
      'status', parcel.status)::text;
BEGIN
  -- For whoever looks at the moment, each customer his own: the gateway filters by the field "customer"
  PERFORM pg_notify('parcels', change);
  -- For whoever has to see all, also what changed while he was away
  INSERT INTO queue.message (channel, data) VALUES ('parcel_history', change::json);
  RETURN NULL;
END
$changed$;

CREATE OR REPLACE TRIGGER parcel_changed
AFTER INSERT OR DELETE OR UPDATE OF customer, status ON parcel
FOR EACH ROW EXECUTE FUNCTION parcel_changed();
