-- When something arrived by the webhook address of an app, and the address before its rotation.
ALTER TABLE @app ADD COLUMN hook_seen_at BIGINT;
ALTER TABLE @app ADD COLUMN former_hook UUID;
ALTER TABLE @app ADD COLUMN former_until BIGINT;
ALTER TABLE @app ADD COLUMN former_seen_at BIGINT;
CREATE UNIQUE INDEX app_former_hook ON @app (former_hook) WHERE former_hook IS NOT NULL;
