-- How much an invited person will see. Until now each saw everything.
ALTER TABLE @invitation ADD COLUMN visibility TEXT NOT NULL DEFAULT 'all';
