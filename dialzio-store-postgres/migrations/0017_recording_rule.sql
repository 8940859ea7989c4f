-- When the organisation has recordings of its calls: always, when_announced or when_agreed.
ALTER TABLE @org ADD COLUMN recordings TEXT COLLATE "C" NOT NULL DEFAULT 'always';
