-- Since when a conversation waits for an answer, and whether its newest message could not be delivered: see the core's
-- `conversation/head.rs`.
ALTER TABLE conversation ADD COLUMN waiting_since INTEGER;
ALTER TABLE conversation ADD COLUMN last_failed INTEGER NOT NULL DEFAULT 0;
UPDATE conversation SET
    waiting_since = CASE WHEN state <> 'closed' THEN (
        SELECT m.event_at FROM message m
        WHERE m.org_id = conversation.org_id AND m.conversation_id = conversation.id AND m.direction = 'inbound'
          AND m.kind <> 'system' AND m.revoked_at IS NULL
          AND m.id > coalesce((
              SELECT a.id FROM message a
              WHERE a.org_id = conversation.org_id AND a.conversation_id = conversation.id AND a.direction = 'outbound'
                AND a.status NOT IN ('suppressed', 'cancelled', 'expired', 'failed')
                AND (a.purpose IS NULL OR a.purpose NOT IN ('marketing', 'authentication'))
              ORDER BY a.id DESC LIMIT 1), x'')
        ORDER BY m.id LIMIT 1) END,
    last_failed = EXISTS (
        SELECT 1 FROM message l
        WHERE l.org_id = conversation.org_id AND l.conversation_id = conversation.id AND l.id = conversation.last_message
          AND l.status = 'failed');

-- Each choice that narrows a queue has an index that keeps the queue's order.
CREATE INDEX conversation_queue_account ON conversation (org_id, state, account_id, last_at, id);
CREATE INDEX conversation_queue_unread ON conversation (org_id, state, last_at, id) WHERE unread > 0;
CREATE INDEX conversation_queue_failed ON conversation (org_id, state, last_at, id) WHERE last_failed = 1;
CREATE INDEX conversation_queue_waiting ON conversation (org_id, state, waiting_since, id)
    WHERE waiting_since IS NOT NULL;
CREATE INDEX contact_tag_by_tag ON contact_tag (org_id, tag, contact_id);
