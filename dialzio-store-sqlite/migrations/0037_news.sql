-- What the operator tells all who sign in: how far it was mailed, what each has read, and who takes no product news.
CREATE TABLE service_update (
    id           BLOB    NOT NULL PRIMARY KEY,
    kind         TEXT    NOT NULL CHECK (kind IN ('security', 'incident', 'maintenance', 'policy', 'product')),
    title        TEXT    NOT NULL,
    text         TEXT    NOT NULL,
    published_at INTEGER NOT NULL,
    mailed_to    BLOB,
    mailed_at    INTEGER,
    revision     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX service_update_to_mail ON service_update (published_at) WHERE mailed_at IS NULL;
CREATE INDEX service_update_by_time ON service_update (published_at);
CREATE TABLE news_reader (
    user_id       BLOB    NOT NULL PRIMARY KEY,
    read_up_to    BLOB,
    takes_product INTEGER NOT NULL DEFAULT 1
) STRICT, WITHOUT ROWID;
