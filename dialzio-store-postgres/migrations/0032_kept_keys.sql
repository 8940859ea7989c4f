-- What is derived from a key and outlives it, sealed under the current one, and when the key was retired. With the first,
-- a key that wraps nothing any more can go, and suppressions that were made under it are still found.
ALTER TABLE @key_check ADD COLUMN kept BYTEA;
ALTER TABLE @key_check ADD COLUMN retired_at BIGINT;
