//! The words of messages, and what a search in messages reads.

use super::conversations::message;
use super::statements;

statements! { MESSAGE_WORDS_ALL:
    PUT_MESSAGE_WORD: Write [message_word] =
        "INSERT INTO message_word (org_id, message_id, word) VALUES (?1, ?2, ?3)";
    DROP_MESSAGE_WORDS: Write [message_word] = "DELETE FROM message_word WHERE org_id = ?1 AND message_id = ?2";

    // One row for each message with a word between two, up to a limit: what is counted.
    WORDS_BETWEEN: Read [message_word] =
        "SELECT 1 FROM message_word w WHERE w.org_id = ?1 AND w.word >= ?2 AND w.word < ?3 LIMIT ?4";
    WORD_FROM: Read [message_word] =
        "SELECT w.word FROM message_word w
         WHERE w.org_id = ?1 AND w.word >= ?2 AND w.word < ?3 ORDER BY w.word LIMIT 1";
    MESSAGES_WITH_WORD: Read [message_word] =
        "SELECT w.message_id FROM message_word w
         WHERE w.org_id = ?1 AND w.word = ?2 AND w.message_id < ?3 ORDER BY w.message_id DESC LIMIT ?4";
    MESSAGES_FOUND: Read [message, conversation] =
        concat!("SELECT ", message!(), ", c.account_id \
                 FROM json_each(?4) j CROSS JOIN message m CROSS JOIN conversation c \
                 WHERE m.org_id = ?1 AND m.id = unhex(j.value) \
                   AND m.event_at > ?2 AND (m.expires_at IS NULL OR m.expires_at > ?3) \
                   AND c.org_id = ?1 AND c.id = m.conversation_id");
}
