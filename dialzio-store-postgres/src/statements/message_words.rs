//! The words of messages, and what a search in messages reads.

use super::conversations::message;
use super::statements;

statements! { MESSAGE_WORDS_ALL:
    PUT_MESSAGE_WORDS: Write [message_word] =
        "INSERT INTO @message_word (org_id, message_id, word) VALUES [($1, $2, $3)]";
    DROP_MESSAGE_WORDS: Write [message_word] = "DELETE FROM @message_word WHERE org_id = $1 AND message_id = ANY ($2)";

    // How many messages have a word between two, counted up to a limit.
    WORDS_BETWEEN: Read [message_word] =
        "SELECT count(*) FROM (SELECT 1 FROM @message_word w
           WHERE w.org_id = $1 AND w.word >= $2 AND w.word < $3 LIMIT $4) found";
    MESSAGES_WITH_WORD: Read [message_word] =
        "SELECT w.message_id FROM @message_word w
         WHERE w.org_id = $1 AND w.word = $2 AND w.message_id < $3 ORDER BY w.message_id DESC LIMIT $4";
    MESSAGES_WITH_WORDS: Read [message_word] =
        "SELECT DISTINCT w.message_id FROM @message_word w
         WHERE w.org_id = $1 AND w.word >= $2 AND w.word < $3 AND w.message_id < $4
         ORDER BY w.message_id DESC LIMIT $5";
    MESSAGES_FOUND: Read [message, conversation] =
        concat!("SELECT ", message!(), ", c.account_id FROM @message m CROSS JOIN @conversation c \
                 WHERE m.org_id = $1 AND m.id = ANY ($4) \
                   AND m.event_at > $2 - @@period AND (m.expires_at IS NULL OR m.expires_at > $3) \
                   AND c.org_id = $1 AND c.id = m.conversation_id");
}
