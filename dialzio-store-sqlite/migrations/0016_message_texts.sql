-- What step 16 fills the words from: the texts of all messages behind one, by their key.
SELECT org_id, conversation_id, id, text FROM message
WHERE (org_id, conversation_id, id) > (?1, ?2, ?3) AND text IS NOT NULL
ORDER BY org_id, conversation_id, id LIMIT ?4
