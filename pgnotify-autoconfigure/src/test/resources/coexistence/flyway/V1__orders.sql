CREATE TABLE shop_order (id bigint PRIMARY KEY);

CREATE VIEW waiting_message AS SELECT id, channel FROM queue.message;
