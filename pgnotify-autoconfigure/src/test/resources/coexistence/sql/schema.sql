CREATE TABLE IF NOT EXISTS shop_order (id bigint PRIMARY KEY);

CREATE OR REPLACE VIEW waiting_message AS SELECT id, channel FROM queue.message;
