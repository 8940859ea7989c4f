-- Since when a conversation waits for an answer, and whether its newest message could not be delivered: see the core's
-- `conversation/head.rs`. The owner of the tables sees no rows while row-level security is forced on it.
ALTER TABLE @conversation ADD COLUMN waiting_since BIGINT;
ALTER TABLE @conversation ADD COLUMN last_failed BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE @conversation NO FORCE ROW LEVEL SECURITY;
ALTER TABLE @message NO FORCE ROW LEVEL SECURITY;
UPDATE @conversation c SET
    waiting_since = CASE WHEN c.state <> 'closed' THEN (
        SELECT m.event_at FROM @message m
        WHERE m.org_id = c.org_id AND m.conversation_id = c.id AND m.direction = 'inbound'
          AND m.kind <> 'system' AND m.revoked_at IS NULL
          AND m.id > coalesce((
              SELECT a.id FROM @message a
              WHERE a.org_id = c.org_id AND a.conversation_id = c.id AND a.direction = 'outbound'
                AND a.status NOT IN ('suppressed', 'cancelled', 'expired', 'failed')
                AND (a.purpose IS NULL OR a.purpose NOT IN ('marketing', 'authentication'))
              ORDER BY a.id DESC LIMIT 1), '00000000-0000-0000-0000-000000000000')
        ORDER BY m.id LIMIT 1) END,
    last_failed = EXISTS (
        SELECT 1 FROM @message l WHERE l.org_id = c.org_id AND l.id = c.last_message AND l.status = 'failed');
ALTER TABLE @message FORCE ROW LEVEL SECURITY;
ALTER TABLE @conversation FORCE ROW LEVEL SECURITY;

-- Each choice that narrows a queue has an index that keeps the queue's order.
CREATE INDEX conversation_queue_account ON @conversation (org_id, state, account_id, last_at, id);
CREATE INDEX conversation_queue_unread ON @conversation (org_id, state, last_at, id) WHERE unread > 0;
CREATE INDEX conversation_queue_failed ON @conversation (org_id, state, last_at, id) WHERE last_failed;
CREATE INDEX conversation_queue_waiting ON @conversation (org_id, state, waiting_since, id)
    WHERE waiting_since IS NOT NULL;
CREATE INDEX contact_tag_by_tag ON @contact_tag (org_id, tag, contact_id);
