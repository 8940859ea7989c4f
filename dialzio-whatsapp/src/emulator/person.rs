//! The people at the other end: who they are, and under which names a business may know them.

use std::collections::HashMap;

/// A customer as a business sees them: with a phone number, without one, or both.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CustomerIdentity {
    /// The WhatsApp id, digits with country code. `None` hides the phone, as an adopted user name does.
    pub wa_id: Option<String>,
    /// The business-scoped user id, such as `IN.8812`. `None` lets the emulator derive one.
    pub user_id: Option<String>,
    /// The user name, for display only.
    pub username: Option<String>,
    /// The profile name.
    pub profile_name: String,
}

impl CustomerIdentity {
    /// A person whose phone number the business sees.
    pub fn with_phone(wa_id: impl Into<String>, profile_name: impl Into<String>) -> Self {
        Self { wa_id: Some(wa_id.into()), profile_name: profile_name.into(), ..Self::default() }
    }

    /// A person who shows a business-scoped user id and no phone number.
    pub fn without_phone(user_id: impl Into<String>, profile_name: impl Into<String>) -> Self {
        Self { user_id: Some(user_id.into()), profile_name: profile_name.into(), ..Self::default() }
    }
}

/// Index of a person; stable while the emulator lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct PersonId(usize);

#[derive(Debug, Default)]
pub(super) struct Person {
    pub(super) wa_id: Option<String>,
    pub(super) user_id: String,
    pub(super) username: Option<String>,
    pub(super) profile_name: String,
    /// The business no longer sees the phone.
    pub(super) hides_phone: bool,
    /// Sends to this person end as 131026.
    pub(super) unreachable: bool,
}

impl Person {
    /// What the business sees now.
    pub(super) fn identity(&self) -> CustomerIdentity {
        CustomerIdentity {
            wa_id: self.visible_wa_id().map(str::to_owned),
            user_id: Some(self.user_id.clone()),
            username: self.username.clone(),
            profile_name: self.profile_name.clone(),
        }
    }

    pub(super) fn visible_wa_id(&self) -> Option<&str> {
        self.wa_id.as_deref().filter(|_| !self.hides_phone)
    }
}

/// All people the emulator has met, by each of their ids.
#[derive(Debug, Default)]
pub(super) struct People {
    people: Vec<Person>,
    by_alias: HashMap<String, PersonId>,
}

impl People {
    pub(super) fn get(&self, id: PersonId) -> &Person {
        &self.people[id.0]
    }

    pub(super) fn get_mut(&mut self, id: PersonId) -> &mut Person {
        &mut self.people[id.0]
    }

    pub(super) fn by_alias(&self, alias: &str) -> Option<PersonId> {
        self.by_alias.get(alias).copied()
    }

    pub(super) fn by_identity(&self, identity: &CustomerIdentity) -> Option<PersonId> {
        let by_user_id = identity.user_id.as_deref().and_then(|id| self.by_alias(id));
        by_user_id.or_else(|| identity.wa_id.as_deref().and_then(|id| self.by_alias(&canonical_wa_id(id))))
    }

    /// The person with this identity, met now if not before; `None` for an identity without ids.
    pub(super) fn meet(&mut self, identity: &CustomerIdentity) -> Option<PersonId> {
        let wa_id = identity.wa_id.as_deref().map(canonical_wa_id);
        let id = match self.by_identity(identity) {
            Some(id) => id,
            None => self.add(wa_id.clone(), identity.user_id.clone())?,
        };
        let person = &mut self.people[id.0];
        if let Some(user_id) = &identity.user_id {
            person.user_id.clone_from(user_id);
            self.by_alias.insert(user_id.clone(), id);
        }
        person.hides_phone = wa_id.is_none();
        if let Some(wa_id) = wa_id {
            self.by_alias.insert(wa_id.clone(), id);
            person.wa_id = Some(wa_id);
        }
        if identity.username.is_some() {
            person.username.clone_from(&identity.username);
        }
        if !identity.profile_name.is_empty() {
            person.profile_name.clone_from(&identity.profile_name);
        }
        Some(id)
    }

    /// The person that a send is addressed to by phone.
    pub(super) fn with_wa_id(&mut self, wa_id: &str) -> PersonId {
        match self.by_alias(wa_id) {
            Some(id) => id,
            None => self.insert(Some(wa_id.to_owned()), derived_user_id(wa_id)),
        }
    }

    fn add(&mut self, wa_id: Option<String>, user_id: Option<String>) -> Option<PersonId> {
        let user_id = user_id.or_else(|| wa_id.as_deref().map(derived_user_id))?;
        Some(self.insert(wa_id, user_id))
    }

    fn insert(&mut self, wa_id: Option<String>, user_id: String) -> PersonId {
        let id = PersonId(self.people.len());
        self.by_alias.insert(user_id.clone(), id);
        if let Some(wa_id) = &wa_id {
            self.by_alias.insert(wa_id.clone(), id);
        }
        self.people.push(Person { wa_id, user_id, ..Person::default() });
        id
    }
}

/// The id WhatsApp answers with for a number it was given. It is not E.164: Brazilian mobiles from area
/// code 31 on lack the ninth digit, Mexican ones carry a 1, Argentine ones a 9.
pub(super) fn canonical_wa_id(digits: &str) -> String {
    match (digits.get(..2), digits.len()) {
        (Some("52"), 12) => format!("521{}", &digits[2..]),
        (Some("54"), 12) => format!("549{}", &digits[2..]),
        (Some("55"), 13) if &digits[2..4] >= "31" && digits.as_bytes()[4] == b'9' => {
            format!("{}{}", &digits[..4], &digits[5..])
        }
        _ => digits.to_owned(),
    }
}

/// A business-scoped user id that a phone number always gets.
fn derived_user_id(wa_id: &str) -> String {
    let country = match wa_id.get(..2) {
        Some("91") => "IN",
        Some("44") => "GB",
        Some("49") => "DE",
        Some("52") => "MX",
        Some("54") => "AR",
        Some("55") => "BR",
        Some(two) if two.starts_with('1') => "US",
        _ => "ZZ",
    };
    let scrambled = wa_id.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    format!("{country}.{scrambled:020}")
}

/// Whether the text has the form of a business-scoped user id.
pub(super) fn is_user_id(text: &str) -> bool {
    let Some((country, rest)) = text.split_once('.') else { return false };
    let rest = rest.strip_prefix("ENT.").unwrap_or(rest);
    country.len() == 2
        && country.bytes().all(|byte| byte.is_ascii_uppercase())
        && (1..=128).contains(&rest.len())
        && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_found_by_either_id_after_the_phone_is_hidden() {
        let mut people = People::default();
        let mut asha = CustomerIdentity::with_phone("919876500001", "Asha");
        asha.user_id = Some("IN.77".into());
        let id = people.meet(&asha).unwrap();
        assert_eq!(people.meet(&CustomerIdentity::without_phone("IN.77", "Asha")), Some(id));
        assert_eq!(people.get(id).visible_wa_id(), None);
        assert_eq!(people.by_alias("919876500001"), Some(id));
    }

    #[test]
    fn an_identity_without_ids_is_nobody() {
        assert_eq!(People::default().meet(&CustomerIdentity::default()), None);
    }

    #[test]
    fn whatsapp_ids_differ_from_the_number_where_they_do_in_the_world() {
        assert_eq!(canonical_wa_id("5531987654321"), "553187654321");
        assert_eq!(canonical_wa_id("5511987654321"), "5511987654321");
        assert_eq!(canonical_wa_id("525512345678"), "5215512345678");
        assert_eq!(canonical_wa_id("541123456789"), "5491123456789");
        assert_eq!(canonical_wa_id("919876500001"), "919876500001");
    }

    #[test]
    fn user_ids_have_a_country_and_letters_or_digits() {
        assert!(is_user_id("US.13491208655302741918"));
        assert!(is_user_id("US.ENT.ab12"));
        assert!(!is_user_id("919876500001"));
        assert!(!is_user_id("US."));
    }
}
