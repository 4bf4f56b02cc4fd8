CREATE TABLE IF NOT EXISTS items (
  item_no int4,
  item_description varchar
);

CREATE TABLE IF NOT EXISTS job (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  status text NOT NULL DEFAULT 'available',
  data text
);
