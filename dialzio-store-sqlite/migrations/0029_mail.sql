-- Mail that waits to be sent: whom it goes to and what it says are sealed.
CREATE TABLE mail (
    id BLOB NOT NULL PRIMARY KEY,
    sealed BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    revision INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX mail_due ON mail (due_at);
CREATE INDEX mail_ending ON mail (expires_at);
