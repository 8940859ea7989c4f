//! Sealed values: where they are, and their data keys wrapped anew.

use super::statements;

statements! { SEALED:
    SEALED_ACCOUNTS: Read [account] =
        "SELECT a.org_id, a.id, substring(a.token FROM 1 FOR $4::INTEGER) FROM @account a
         WHERE a.org_id = $1 AND a.id > $2 ORDER BY a.id LIMIT $3";
    REWRAP_ACCOUNTS: Write [account] =
        "UPDATE @account SET token = $4 || substring(token FROM length($3::BYTEA) + 1)
         WHERE org_id = $1 AND id = $2 AND substring(token FROM 1 FOR length($3::BYTEA)) = $3";
    SEALED_CLIENT_SECRETS: Read [identity_provider] =
        "SELECT p.org_id, p.id, substring(p.client_secret FROM 1 FOR $4::INTEGER) FROM @identity_provider p
         WHERE p.org_id = $1 AND p.id > $2 ORDER BY p.id LIMIT $3";
    REWRAP_CLIENT_SECRETS: Write [identity_provider] =
        "UPDATE @identity_provider SET client_secret = $4 || substring(client_secret FROM length($3::BYTEA) + 1)
         WHERE org_id = $1 AND id = $2 AND substring(client_secret FROM 1 FOR length($3::BYTEA)) = $3";
    SEALED_MESSAGES: Read [message] =
        "SELECT m.org_id, m.id, substring(m.beside FROM 1 FOR $4::INTEGER) FROM @message m
         WHERE m.org_id = $1 AND m.id > $2 AND m.beside IS NOT NULL ORDER BY m.id LIMIT $3";
    REWRAP_MESSAGES: Write [message] =
        "UPDATE @message SET beside = $4 || substring(beside FROM length($3::BYTEA) + 1)
         WHERE org_id = $1 AND id = $2 AND substring(beside FROM 1 FOR length($3::BYTEA)) = $3";
    SEALED_MEDIA: Read [media] =
        "SELECT f.org_id, f.id, substring(f.wrapped_key FROM 1 FOR $4::INTEGER) FROM @media f
         WHERE f.org_id = $1 AND f.id > $2 AND f.wrapped_key IS NOT NULL ORDER BY f.id LIMIT $3";
    REWRAP_MEDIA: Write [media] =
        "UPDATE @media SET wrapped_key = $4 || substring(wrapped_key FROM length($3::BYTEA) + 1)
         WHERE org_id = $1 AND id = $2 AND substring(wrapped_key FROM 1 FOR length($3::BYTEA)) = $3";
    SEALED_INBOX: Read [inbox_item] =
        "SELECT i.org_id, i.id, substring(i.sealed FROM 1 FOR $4::INTEGER) FROM @inbox_item i
         WHERE i.org_id = $1 AND i.id > $2 ORDER BY i.id LIMIT $3";
    REWRAP_INBOX: Write [inbox_item] =
        "UPDATE @inbox_item SET sealed = $4 || substring(sealed FROM length($3::BYTEA) + 1)
         WHERE org_id = $1 AND id = $2 AND substring(sealed FROM 1 FOR length($3::BYTEA)) = $3";
    SEALED_KEYS: System [key_check] =
        "SELECT k.place, substring(k.kept FROM 1 FOR $3::INTEGER) FROM @key_check k
         WHERE k.place > $1 AND k.kept IS NOT NULL ORDER BY k.place LIMIT $2";
    REWRAP_KEYS: System [key_check] =
        "UPDATE @key_check SET kept = $3 || substring(kept FROM length($2::BYTEA) + 1)
         WHERE place = $1 AND substring(kept FROM 1 FOR length($2::BYTEA)) = $2";
    SEALED_VERIFY_TOKENS: System [app] =
        "SELECT p.id, substring(p.verify_token FROM 1 FOR $3::INTEGER) FROM @app p
         WHERE p.id > $1 AND length(p.verify_token) > 0 ORDER BY p.id LIMIT $2";
    REWRAP_VERIFY_TOKENS: System [app] =
        "UPDATE @app SET verify_token = $3 || substring(verify_token FROM length($2::BYTEA) + 1)
         WHERE id = $1 AND substring(verify_token FROM 1 FOR length($2::BYTEA)) = $2";
    SEALED_SECOND_FACTORS: System [second_factor] =
        "SELECT f.user_id, substring(f.secret FROM 1 FOR $3::INTEGER) FROM @second_factor f
         WHERE f.user_id > $1 ORDER BY f.user_id LIMIT $2";
    REWRAP_SECOND_FACTORS: System [second_factor] =
        "UPDATE @second_factor SET secret = $3 || substring(secret FROM length($2::BYTEA) + 1)
         WHERE user_id = $1 AND substring(secret FROM 1 FOR length($2::BYTEA)) = $2";
    SEALED_MAIL: System [mail] =
        "SELECT m.id, substring(m.sealed FROM 1 FOR $3::INTEGER) FROM @mail m
         WHERE m.id > $1 ORDER BY m.id LIMIT $2";
    REWRAP_MAIL: System [mail] =
        "UPDATE @mail SET sealed = $3 || substring(sealed FROM length($2::BYTEA) + 1)
         WHERE id = $1 AND substring(sealed FROM 1 FOR length($2::BYTEA)) = $2";
    SEALED_QUARANTINE: System [quarantine] =
        "SELECT q.org_id, q.id, substring(q.sealed FROM 1 FOR $3::INTEGER) FROM @quarantine q
         WHERE q.id > $1 ORDER BY q.id LIMIT $2";
    REWRAP_QUARANTINE: System [quarantine] =
        "UPDATE @quarantine SET sealed = $3 || substring(sealed FROM length($2::BYTEA) + 1)
         WHERE id = $1 AND substring(sealed FROM 1 FOR length($2::BYTEA)) = $2";
    SEALED_APP_SECRETS: System [app_secret] =
        "SELECT s.app_id, s.place, substring(s.sealed FROM 1 FOR $4::INTEGER) FROM @app_secret s
         WHERE (s.app_id, s.place) > ($1, $2) ORDER BY s.app_id, s.place LIMIT $3";
    REWRAP_APP_SECRET: System [app_secret] =
        "UPDATE @app_secret SET sealed = $4 || substring(sealed FROM length($3::BYTEA) + 1)
         WHERE app_id = $1 AND place = $2 AND substring(sealed FROM 1 FOR length($3::BYTEA)) = $3";
    KEEP_OF_KEY: System [key_check] =
        "UPDATE @key_check SET kept = $2 WHERE place = $1 AND kept IS NULL";
    RETIRE_KEY: System [key_check] =
        "UPDATE @key_check SET retired_at = $2 WHERE place = $1 AND retired_at IS NULL";
}
