//! What a file belongs to.

use std::collections::BTreeMap;
use uuid::Uuid;

use crate::TypedId;
use crate::id::{CallId, MessageId};
use crate::name::string_enum;

string_enum! {
    /// The kinds of records that files belong to. The stored word is the name of the owner's table in the
    /// [registry](crate::registry), by which the rows of files lead to a person.
    #[non_exhaustive]
    pub enum MediaOwnerKind {
        /// A message of a conversation.
        Message = "message",
        /// A call, whose recordings and voicemails they are.
        Call = "call",
    }
}

/// The record that a file belongs to. A file is never written without its owner, keeps it, and goes with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum MediaOwner {
    /// The file came with this message or was sent in it.
    Message(MessageId),
    /// The file is a recording of this call.
    Call(CallId),
}

impl MediaOwner {
    /// Which kind of record it is.
    #[must_use]
    pub const fn kind(self) -> MediaOwnerKind {
        match self {
            Self::Message(_) => MediaOwnerKind::Message,
            Self::Call(_) => MediaOwnerKind::Call,
        }
    }

    /// The id of the record, as stored beside its kind.
    #[must_use]
    pub fn uuid(self) -> Uuid {
        match self {
            Self::Message(id) => id.uuid(),
            Self::Call(id) => id.uuid(),
        }
    }

    /// The owner that was stored as a kind and an id.
    #[must_use]
    pub fn from_stored(kind: MediaOwnerKind, id: Uuid) -> Self {
        match kind {
            MediaOwnerKind::Message => Self::Message(MessageId::from_uuid(id)),
            MediaOwnerKind::Call => Self::Call(CallId::from_uuid(id)),
        }
    }

    /// The ids of owners by their kind: stores look files up by one kind at a time.
    #[must_use]
    pub fn by_kind(owners: &[Self]) -> BTreeMap<MediaOwnerKind, Vec<Uuid>> {
        let mut kinds: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for owner in owners {
            kinds.entry(owner.kind()).or_default().push(owner.uuid());
        }
        kinds
    }
}

impl From<MessageId> for MediaOwner {
    fn from(message: MessageId) -> Self {
        Self::Message(message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::{SubjectPath, table};

    #[test]
    fn a_stored_owner_comes_back() {
        for kind in MediaOwnerKind::ALL {
            let owner = MediaOwner::from_stored(*kind, Uuid::from_u128(7));
            assert_eq!((owner.kind(), owner.uuid()), (*kind, Uuid::from_u128(7)));
        }
    }

    /// A kind of owner that the subject path does not name would leave its files out of an erasure.
    #[test]
    fn files_of_every_kind_of_owner_lead_to_a_person() {
        let words: Vec<_> = MediaOwnerKind::ALL.iter().map(|kind| kind.as_str()).collect();
        let SubjectPath::OneOf { kind, column, tables } = table("media").unwrap().subject else {
            panic!("files lead to a person by their owner")
        };
        assert_eq!((kind, column, tables), ("owner_kind", "owner_id", words.as_slice()));
    }
}
