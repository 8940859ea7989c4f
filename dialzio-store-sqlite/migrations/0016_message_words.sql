-- The words of messages, folded by the core: what a search in messages narrows by. They go with their message, which cannot
-- go without them. The program fills the table from the messages there are.
CREATE TABLE message_word (
    org_id     BLOB NOT NULL,
    message_id BLOB NOT NULL,
    word       TEXT NOT NULL,
    PRIMARY KEY (org_id, message_id, word),
    FOREIGN KEY (org_id, message_id) REFERENCES message (org_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX message_word_found ON message_word (org_id, word, message_id);
