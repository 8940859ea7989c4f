//! Sealed values: where they are, and their data keys wrapped anew.

use super::statements;

statements! { SEALED:
    SEALED_ACCOUNTS: Read [account] =
        "SELECT a.org_id, a.id, substr(a.token, 1, ?4) FROM account a
         WHERE a.org_id = ?1 AND a.id > ?2 ORDER BY a.id LIMIT ?3";
    REWRAP_ACCOUNTS: Write [account] =
        "UPDATE account SET token = CAST(?4 || substr(token, length(?3) + 1) AS BLOB)
         WHERE org_id = ?1 AND id = ?2 AND substr(token, 1, length(?3)) = ?3";
    SEALED_CLIENT_SECRETS: Read [identity_provider] =
        "SELECT p.org_id, p.id, substr(p.client_secret, 1, ?4) FROM identity_provider p
         WHERE p.org_id = ?1 AND p.id > ?2 ORDER BY p.id LIMIT ?3";
    REWRAP_CLIENT_SECRETS: Write [identity_provider] =
        "UPDATE identity_provider SET client_secret = CAST(?4 || substr(client_secret, length(?3) + 1) AS BLOB)
         WHERE org_id = ?1 AND id = ?2 AND substr(client_secret, 1, length(?3)) = ?3";
    SEALED_MESSAGES: Read [message] =
        "SELECT m.org_id, m.id, substr(m.beside, 1, ?4) FROM message m
         WHERE m.org_id = ?1 AND m.id > ?2 AND m.beside IS NOT NULL ORDER BY m.id LIMIT ?3";
    REWRAP_MESSAGES: Write [message] =
        "UPDATE message SET beside = CAST(?4 || substr(beside, length(?3) + 1) AS BLOB)
         WHERE org_id = ?1 AND id = ?2 AND substr(beside, 1, length(?3)) = ?3";
    SEALED_MEDIA: Read [media] =
        "SELECT f.org_id, f.id, substr(f.wrapped_key, 1, ?4) FROM media f
         WHERE f.org_id = ?1 AND f.id > ?2 AND f.wrapped_key IS NOT NULL ORDER BY f.id LIMIT ?3";
    REWRAP_MEDIA: Write [media] =
        "UPDATE media SET wrapped_key = CAST(?4 || substr(wrapped_key, length(?3) + 1) AS BLOB)
         WHERE org_id = ?1 AND id = ?2 AND substr(wrapped_key, 1, length(?3)) = ?3";
    SEALED_INBOX: Read [inbox_item] =
        "SELECT i.org_id, i.id, substr(i.sealed, 1, ?4) FROM inbox_item i
         WHERE i.org_id = ?1 AND i.id > ?2 ORDER BY i.id LIMIT ?3";
    REWRAP_INBOX: Write [inbox_item] =
        "UPDATE inbox_item SET sealed = CAST(?4 || substr(sealed, length(?3) + 1) AS BLOB)
         WHERE org_id = ?1 AND id = ?2 AND substr(sealed, 1, length(?3)) = ?3";
    SEALED_KEYS: System [key_check] =
        "SELECT k.place, substr(k.kept, 1, ?3) FROM key_check k
         WHERE k.place > ?1 AND k.kept IS NOT NULL ORDER BY k.place LIMIT ?2";
    REWRAP_KEYS: System [key_check] =
        "UPDATE key_check SET kept = CAST(?3 || substr(kept, length(?2) + 1) AS BLOB)
         WHERE place = ?1 AND substr(kept, 1, length(?2)) = ?2";
    SEALED_VERIFY_TOKENS: System [app] =
        "SELECT p.id, substr(p.verify_token, 1, ?3) FROM app p
         WHERE p.id > ?1 AND length(p.verify_token) > 0 ORDER BY p.id LIMIT ?2";
    REWRAP_VERIFY_TOKENS: System [app] =
        "UPDATE app SET verify_token = CAST(?3 || substr(verify_token, length(?2) + 1) AS BLOB)
         WHERE id = ?1 AND substr(verify_token, 1, length(?2)) = ?2";
    SEALED_SECOND_FACTORS: System [second_factor] =
        "SELECT f.user_id, substr(f.secret, 1, ?3) FROM second_factor f
         WHERE f.user_id > ?1 ORDER BY f.user_id LIMIT ?2";
    REWRAP_SECOND_FACTORS: System [second_factor] =
        "UPDATE second_factor SET secret = CAST(?3 || substr(secret, length(?2) + 1) AS BLOB)
         WHERE user_id = ?1 AND substr(secret, 1, length(?2)) = ?2";
    SEALED_MAIL: System [mail] =
        "SELECT m.id, substr(m.sealed, 1, ?3) FROM mail m
         WHERE m.id > ?1 ORDER BY m.id LIMIT ?2";
    REWRAP_MAIL: System [mail] =
        "UPDATE mail SET sealed = CAST(?3 || substr(sealed, length(?2) + 1) AS BLOB)
         WHERE id = ?1 AND substr(sealed, 1, length(?2)) = ?2";
    SEALED_QUARANTINE: System [quarantine] =
        "SELECT q.org_id, q.id, substr(q.sealed, 1, ?3) FROM quarantine q
         WHERE q.id > ?1 ORDER BY q.id LIMIT ?2";
    REWRAP_QUARANTINE: System [quarantine] =
        "UPDATE quarantine SET sealed = CAST(?3 || substr(sealed, length(?2) + 1) AS BLOB)
         WHERE id = ?1 AND substr(sealed, 1, length(?2)) = ?2";
    SEALED_APP_SECRETS: System [app_secret] =
        "SELECT s.app_id, s.place, substr(s.sealed, 1, ?4) FROM app_secret s
         WHERE (s.app_id, s.place) > (?1, ?2) ORDER BY s.app_id, s.place LIMIT ?3";
    REWRAP_APP_SECRET: System [app_secret] =
        "UPDATE app_secret SET sealed = CAST(?4 || substr(sealed, length(?3) + 1) AS BLOB)
         WHERE app_id = ?1 AND place = ?2 AND substr(sealed, 1, length(?3)) = ?3";
    KEEP_OF_KEY: System [key_check] =
        "UPDATE key_check SET kept = ?2 WHERE place = ?1 AND kept IS NULL";
    RETIRE_KEY: System [key_check] =
        "UPDATE key_check SET retired_at = ?2 WHERE place = ?1 AND retired_at IS NULL";
}
