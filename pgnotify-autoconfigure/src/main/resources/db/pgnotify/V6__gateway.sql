-- The gateway reads stored messages in the order of the transactions that wrote them: from there on where a
-- client was, whatever the order in which they commit.

CREATE INDEX message_writer ON ${schema}.message (channel, writer_xid, id);

COMMENT ON TABLE ${schema}.message IS 'pgnotify schema version 6';
