//! Who is mentioned in a text: `@` and the name of a member.

use crate::id::MemberId;
use crate::search::fold;

/// The members who are mentioned in a text, each once, in the order of the list. A mention is `@`, at the beginning or
/// after something that is no letter and no digit, followed by a whole name, in any case and with or without accents. Of
/// several names that begin alike the longest one counts; members of the same name are all mentioned.
///
/// ```
/// use dialzio_core::{MemberId, TypedId, notice::mentioned};
///
/// let [ravi, kumar] = [1_u128, 2].map(|id| MemberId::from_uuid(uuid::Uuid::from_u128(id)));
/// let members = [(ravi, "Ravi"), (kumar, "Ravi Kumar")];
/// assert_eq!(mentioned("@ravi kumar, please call back", members), [kumar]);
/// assert_eq!(mentioned("Ask @Ravi. Their address is info@ravi.example", members), [ravi]);
/// ```
pub fn mentioned<'a>(
    text: &str,
    members: impl IntoIterator<Item = (MemberId, &'a str)> + Clone,
) -> Vec<MemberId> {
    let names: Vec<(MemberId, String)> =
        members.into_iter().map(|(id, name)| (id, fold(name))).filter(|(_, name)| !name.is_empty()).collect();
    let mut found = vec![false; names.len()];
    let mut before = None;
    for (at, letter) in text.char_indices() {
        if letter == '@' && !before.is_some_and(char::is_alphanumeric) {
            let rest = fold(text[at + 1..].chars().take(LONGEST).collect::<String>().as_str());
            let begins = |name: &str| {
                rest.strip_prefix(name).is_some_and(|after| !after.starts_with(char::is_alphanumeric))
            };
            let longest = names.iter().filter(|(_, name)| begins(name)).map(|(_, name)| name.len()).max();
            for (mark, (_, name)) in found.iter_mut().zip(&names) {
                *mark |= longest == Some(name.len()) && begins(name);
            }
        }
        before = Some(letter);
    }
    names.iter().zip(found).filter(|(_, found)| *found).map(|((id, _), _)| *id).collect()
}

/// How many letters after `@` are looked at: as many as a name may have, and one more.
const LONGEST: usize = crate::text::PersonName::MAX + 1;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TypedId;
    use uuid::Uuid;

    fn id(number: u128) -> MemberId {
        MemberId::from_uuid(Uuid::from_u128(number))
    }

    #[test]
    fn a_whole_name_behind_an_at_sign_is_a_mention() {
        let members = [(id(1), "Ravi"), (id(2), "Ravi Kumar"), (id(3), "Zoë"), (id(4), "మీరా")];
        for (text, expected) in [
            ("@Ravi", vec![1]),
            ("ask @RAVI, then @zoe", vec![1, 3]),
            ("(@Ravi Kumar) knows", vec![2]),
            ("@Ravi Kumaran", vec![1]),
            ("@Ravindra", vec![]),
            ("write to x@Ravi", vec![]),
            ("@ Ravi", vec![]),
            ("@@Ravi", vec![1]),
            ("@మీరా?", vec![4]),
            ("Ravi", vec![]),
            ("@", vec![]),
            ("@Ravi @Ravi Kumar @Ravi", vec![1, 2]),
        ] {
            let expected: Vec<_> = expected.into_iter().map(id).collect();
            assert_eq!(mentioned(text, members), expected, "{text}");
        }
    }

    #[test]
    fn members_of_one_name_are_all_mentioned() {
        assert_eq!(mentioned("@ravi", [(id(1), "Ravi"), (id(2), "RAVI")]), [id(1), id(2)]);
    }
}
