-- When it was shown that a user gets mail at their address, and whether the link of an invitation went there.
ALTER TABLE @user ADD COLUMN email_confirmed_at BIGINT;
ALTER TABLE @invitation ADD COLUMN mailed BOOLEAN NOT NULL DEFAULT FALSE;
