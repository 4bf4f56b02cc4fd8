CREATE TABLE shop_order (id bigint PRIMARY KEY);
