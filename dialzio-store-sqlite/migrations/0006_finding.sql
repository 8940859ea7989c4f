-- What a member has not read yet, counted without reading what is.
CREATE INDEX conversation_unread ON conversation (org_id, assignee) WHERE state = 'open' AND unread > 0;
-- The words of contacts are made anew after this step: any four consecutive digits find a number.
