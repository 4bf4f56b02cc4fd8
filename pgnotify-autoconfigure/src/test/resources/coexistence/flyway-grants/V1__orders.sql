CREATE TABLE shop_order (id bigint PRIMARY KEY);

GRANT USAGE ON SCHEMA queue TO ${app};
GRANT SELECT, INSERT ON queue.message TO ${app};
