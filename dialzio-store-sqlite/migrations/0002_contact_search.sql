-- What contacts are found by: words that the core has folded, behind the organisation's id, so that no word of one
-- organisation can match another's. The program fills both tables from the contacts there are.

CREATE TABLE contact_search (
    doc        INTEGER NOT NULL PRIMARY KEY,
    org_id     BLOB    NOT NULL,
    contact_id BLOB    NOT NULL,
    sort_key   TEXT    NOT NULL,
    stage      TEXT    NOT NULL,
    tokens     TEXT    NOT NULL,
    UNIQUE (org_id, contact_id),
    FOREIGN KEY (org_id, contact_id) REFERENCES contact (org_id, id)
) STRICT;
CREATE INDEX contact_search_by_name ON contact_search (org_id, sort_key, contact_id);

-- No positions and no copy of the text; a word that goes is overwritten, not only marked.
CREATE VIRTUAL TABLE contact_words USING fts5 (tokens, content = '', detail = none, columnsize = 0, tokenize = 'ascii');
INSERT INTO contact_words (contact_words, rank) VALUES ('secure-delete', 1);
