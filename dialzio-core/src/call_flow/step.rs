//! What providers can do with a call that comes in.

use crate::name::string_enum;

string_enum! {
    /// What a call flow can do with a call, for providers to declare.
    pub enum FlowStep {
        /// Speak a text: greetings, words outside hours, the question for a message.
        Say = "say",
        /// Play a sound file.
        Play = "play",
        /// Ring the telephones of members.
        RingMembers = "ring_members",
        /// Ring any number: of the ring step, and the fallback number.
        RingNumbers = "ring_numbers",
        /// Ring several telephones at once.
        RingTogether = "ring_together",
        /// Record what a caller says: voicemail.
        Record = "record",
    }
}
