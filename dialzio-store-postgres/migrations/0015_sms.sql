-- How an account sends by SMS, as a JSON object; null if it sends none.
ALTER TABLE @account ADD COLUMN sms TEXT;
