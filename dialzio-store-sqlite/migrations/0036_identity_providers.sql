-- Where members sign in with their account at work, what they are called there, and which sessions were begun so.
CREATE TABLE identity_provider (
    org_id        BLOB    NOT NULL,
    id            BLOB    NOT NULL,
    name          TEXT    NOT NULL,
    issuer        TEXT    NOT NULL,
    client_id     TEXT    NOT NULL,
    client_secret BLOB    NOT NULL,
    revision      INTEGER NOT NULL,
    PRIMARY KEY (org_id, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE member_identity (
    org_id      BLOB    NOT NULL,
    provider_id BLOB    NOT NULL,
    subject     TEXT    NOT NULL,
    member_id   BLOB    NOT NULL,
    linked_at   INTEGER NOT NULL,
    PRIMARY KEY (org_id, provider_id, subject)
) STRICT, WITHOUT ROWID;
ALTER TABLE session ADD COLUMN kept_in_org INTEGER NOT NULL DEFAULT 0;
