//! How a call ended, in the words of the vendor and of the telephone networks behind it.

use dialzio_core::call::{HangupCause, LegResult};
use dialzio_core::conversation::Direction;

/// The longest word of a provider that is kept, in characters.
const LONGEST_WORD: usize = 60;

/// A word without its spelling: `No Answer`, `no-answer` and `NO_ANSWER` are one.
pub(crate) fn plain(word: &str) -> String {
    word.trim().to_lowercase().replace([' ', '-'], "_")
}

/// How a leg or a call ended, by a word of its state, with the cause that the word tells besides. A word that is not known is
/// kept, so that no call is lost for it.
pub(crate) fn result(word: &str) -> (LegResult, Option<HangupCause>) {
    match plain(word).as_str() {
        "answered" | "answer" | "completed" => (LegResult::Answered, None),
        "missed" => (LegResult::Missed, None),
        "no_answer" | "noanswer" | "unanswered" | "not_answered" => {
            (LegResult::Missed, Some(HangupCause::NotAnswered))
        }
        "busy" => (LegResult::Busy, Some(HangupCause::Busy)),
        "rejected" | "declined" => (LegResult::Missed, Some(HangupCause::Rejected)),
        "cancelled" | "canceled" | "cancel" => (LegResult::Missed, Some(HangupCause::Cancelled)),
        "failed" | "failure" | "error" | "congestion" => (LegResult::Failed, Some(HangupCause::Failed)),
        _ => (LegResult::Other(kept(word)), None),
    }
}

/// Whether a word says that a leg is over.
pub(crate) fn is_known_end(word: &str) -> bool {
    !matches!(result(word).0, LegResult::Other(_) | LegResult::Answered)
}

fn kept(word: &str) -> String {
    word.trim().chars().filter(|c| !c.is_control()).take(LONGEST_WORD).collect()
}

/// Why a call ended, by the vendor's `hangup_reason`. It is told from the agent's side: what is received comes from outside.
/// `None` for a word that is not known, which tells nothing.
pub(crate) fn cause(word: &str, direction: Option<Direction>) -> Option<HangupCause> {
    Some(match plain(word).as_str() {
        "recv_bye" => HangupCause::CustomerHungUp,
        "sent_bye" | "send_bye" => HangupCause::AgentHungUp,
        "recv_cancel" | "no_answer" | "no_user_response" | "not_answered" => HangupCause::NotAnswered,
        "sent_cancel" | "send_cancel" | "originator_cancel" | "cancelled" => HangupCause::Cancelled,
        // The agent declined to begin the call, so the person outside was never rung.
        "sent_reject" | "sent_refuse" | "send_refuse" if direction == Some(Direction::Outbound) => {
            HangupCause::Cancelled
        }
        "sent_reject" | "sent_refuse" | "send_refuse" | "recv_reject" | "recv_refuse" | "call_rejected" => {
            HangupCause::Rejected
        }
        "busy" | "user_busy" => HangupCause::Busy,
        "failed"
        | "unallocated_number"
        | "invalid_number_format"
        | "no_route_destination"
        | "destination_out_of_order"
        | "subscriber_absent"
        | "normal_temporary_failure" => HangupCause::Failed,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_word_in_several_spellings_is_one_result() {
        for word in ["no-answer", "No Answer", "NO_ANSWER", "noanswer", "missed", "Unanswered"] {
            assert_eq!(result(word).0, LegResult::Missed, "{word}");
        }
        assert_eq!(result("Answered").0, LegResult::Answered);
        assert_eq!(result("busy"), (LegResult::Busy, Some(HangupCause::Busy)));
    }

    #[test]
    fn an_unknown_word_is_kept_as_it_is_written_and_cut() {
        assert_eq!(result(" Zoned-Out ").0, LegResult::Other("Zoned-Out".to_owned()));
        let LegResult::Other(word) = result(&format!("\u{7}{}", "é".repeat(90))).0 else { panic!("known") };
        assert_eq!(word, "é".repeat(60));
    }

    #[test]
    fn what_is_sent_is_done_here_and_what_is_received_is_done_outside() {
        let (inbound, outbound) = (Some(Direction::Inbound), Some(Direction::Outbound));
        assert_eq!(cause("recv_bye", inbound), Some(HangupCause::CustomerHungUp));
        assert_eq!(cause("recv_bye", outbound), Some(HangupCause::CustomerHungUp));
        assert_eq!(cause("sent_bye", inbound), Some(HangupCause::AgentHungUp));
        assert_eq!(cause("recv_reject", outbound), Some(HangupCause::Rejected));
        assert_eq!(cause("sent_reject", inbound), Some(HangupCause::Rejected));
        assert_eq!(cause("sent_reject", outbound), Some(HangupCause::Cancelled));
        assert_eq!(cause("a word of the future", inbound), None);
    }
}
