-- What a member has not read yet, counted without reading what is.
CREATE INDEX conversation_unread ON @conversation (org_id, assignee) WHERE state = 'open' AND unread > 0;
-- Any four consecutive digits find a number: each of its ends is a word. The owner of the tables sees no rows while
-- row-level security is forced on it.
ALTER TABLE @contact_word NO FORCE ROW LEVEL SECURITY;
INSERT INTO @contact_word (org_id, contact_id, word)
    SELECT w.org_id, w.contact_id, substr(w.word, place)
    FROM @contact_word w CROSS JOIN LATERAL generate_series(2, length(w.word) - 3) place
    WHERE w.word ~ '^[1-9][0-9]{6,14}$'
    ON CONFLICT DO NOTHING;
ALTER TABLE @contact_word FORCE ROW LEVEL SECURITY;
