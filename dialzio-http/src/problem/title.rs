//! The title of each problem: one plain sentence for each code, which says what is wrong and, where it helps, what would be
//! right. What is particular to one occurrence stands in `detail`.

use std::borrow::Cow;

use dialzio_core::RecordKind;
use dialzio_core::provider::ProviderError;

/// Codes with a sentence of their own, in order. A code that is missing fails a test.
const TITLES: &[(&str, &str)] = &[
    ("access.busy", "Too many people are signing in: try again in a moment"),
    ("access.denied", "You may not do this: ask an owner for the permission"),
    ("access.too_many_attempts", "Too many attempts to sign in: wait before the next one"),
    ("access.unauthenticated", "Sign in first, or send a valid key"),
    ("account.no_provider", "The provider of this account is not part of this server"),
    ("account.not_routable", "The account is not connected: check its token first"),
    ("account.taken", "The number is connected in another organisation: disconnect it there first"),
    ("account.unsupported", "The provider of this account cannot do this"),
    ("blob.unavailable", "The files cannot be reached: try again in a moment"),
    (
        "cap.frequency",
        "This person had enough promotional messages these seven days: wait before the next one",
    ),
    ("consent.doubtful", "The number may belong to another person now: settle that first"),
    ("consent.expired", "The opt-in has run out: ask this person again"),
    ("consent.minor", "This person is not of age, so no promotional message is sent"),
    (
        "consent.no_relation",
        "There is no opt-in, and this person has not written within twelve months: record an opt-in first",
    ),
    ("consent.opted_out_last", "The last message of this person was an opt-out: wait until they write again"),
    (
        "consent.provider_stop",
        "This person stopped promotional messages at the provider: only they can resume them",
    ),
    ("consent.refused", "This person was asked and said no: wait until they opt in"),
    ("consent.registry", "The number is in a do-not-disturb registry: record an opt-in first"),
    ("consent.restricted", "The processing of this person's data is restricted: nothing is sent"),
    ("consent.suppressed", "This person asked not to be contacted: nothing is sent"),
    ("consent.unknown", "No opt-in is recorded: record one first"),
    ("consent.unresolved", "This person has no address on this channel: add one first"),
    ("consent.withdrawn", "This person opted out: wait until they opt in again"),
    ("conversation.claimed", "Another member has claimed the conversation: ask them to hand it over"),
    ("disk.low", "Files cannot be taken: the disk of the server is almost full"),
    ("file.caption", "This kind of file takes no words: send them as a message of their own"),
    ("file.empty", "The file is empty: choose one with content"),
    ("file.too_large", "The file is too large: choose a smaller one"),
    ("file.type", "Files of this type are not taken: choose another type"),
    ("hours.quiet", "It is outside the hours for promotional messages: it can be sent when they begin"),
    ("idempotency.key_missing", "Send an Idempotency-Key of 1 to 255 visible ASCII characters"),
    ("idempotency.key_reused", "This Idempotency-Key was used for another request: choose a new one"),
    ("input.invalid", "The request cannot be used as it is: see which fields to correct"),
    ("keys.exists", "There is a key file already, and none is made beside it"),
    ("keys.foreign", "The keys are not those of this database: its own key file has to be put back"),
    ("keys.incomplete", "Some keys of the database are missing: its whole key file has to be put back"),
    ("keys.missing", "There is no key file: the one of this database has to be put back"),
    (
        "keys.unproven",
        "Nothing in the database shows that these are its keys: the operator has to confirm them",
    ),
    ("keys.unreadable", "The key file cannot be read: the operator has to look at it"),
    ("keys.untrusted", "The key file can be read or changed by others: its permissions have to be corrected"),
    ("media.unavailable", "The file has expired, or it was never fetched"),
    (
        "message.not_resendable",
        "The message is not to be sent again now: only one that failed is, and some only after a day",
    ),
    ("recipient.unreachable", "This person cannot be reached at this address: choose another one"),
    ("request.address_too_long", "The address of the request is too long: send less in its query"),
    ("request.cross_site", "The request does not come from our own pages: open the page here and try again"),
    ("request.head_too_large", "The header fields of the request are too long: send fewer or shorter ones"),
    ("request.malformed", "The request cannot be read: correct its form"),
    ("request.media_type", "The body has the wrong content type"),
    ("request.method", "This address does not take this method: see the Allow header"),
    ("request.not_found", "There is nothing at this address"),
    (
        "request.precondition",
        "The If-Match header cannot be used: send one ETag as it was given out, or none",
    ),
    ("request.query", "The query of the address cannot be read: correct its parameters"),
    ("request.slow", "The request arrived too slowly: send it again"),
    ("request.too_large", "The body is too large: send a smaller one"),
    ("request.too_many", "Too many requests are under way from this address: wait for some to end"),
    ("request.two_credentials", "Send a key or a cookie, not both"),
    ("sealed.unreadable", "A sealed value cannot be opened: the operator has to look at the keys"),
    ("server.busy", "Too many files are being uploaded: try again in a moment"),
    ("server.failed", "Something went wrong here: the log of the server says more"),
    ("server.slow", "This took too long: look whether it was done before you ask again"),
    ("store.broken", "The database has a fault: the operator has to look at it"),
    ("store.conflict", "The data changed while this was being decided: try again"),
    ("store.cursor", "The cursor is not of this list: begin with the first page"),
    ("store.full", "Nothing can be written: the disk of the server is full. What is there can be read"),
    ("store.unavailable", "The database is busy or cannot be reached: try again in a moment"),
    ("store.unreadable", "A stored value cannot be read: the operator has to look at it"),
    ("store.unsupported", "The database of this server cannot do this"),
    ("template.not_approved", "The template is not approved: choose one that is"),
    ("template.parameters", "The parameters do not fit the template: see which ones to correct"),
    ("window.closed", "The reply window is closed: choose a template"),
];

/// The title of a code; `None` for one that is not listed.
pub(super) fn of(code: &str) -> Option<Cow<'static, str>> {
    if let Ok(found) = TITLES.binary_search_by_key(&code, |(known, _)| known) {
        return Some(TITLES[found].1.into());
    }
    let (kind, state) = code.split_once('.')?;
    let name = name(kind.parse().ok()?);
    match state {
        "not_found" => Some(format!("There is no such {name}: it may have been removed").into()),
        "conflict" => Some(format!("The {name} was changed at the same time: try again").into()),
        "stale" => Some(format!("The {name} has changed since you read it: read it again first").into()),
        "duplicate" => Some(format!("There is such a {name} already: use that one").into()),
        _ => None,
    }
}

/// The title of what a provider answered. Its codes are its own, so the title goes by what can be done about it.
pub(super) const fn of_provider(error: &ProviderError) -> &'static str {
    match error {
        ProviderError::Refused { .. } => "The provider refused the request",
        ProviderError::Throttled { .. } => "The provider asks for fewer requests: try again later",
        ProviderError::Fault { .. } => "The provider has a fault: try again later",
        ProviderError::Unreachable { .. } => "The provider cannot be reached: try again later",
        ProviderError::Credentials { .. } => "The provider does not accept the token: enter a new one",
        ProviderError::Ambiguous { .. } => {
            "It is not known whether the provider did this: look before you ask again"
        }
        ProviderError::Unsupported { .. } => "The provider cannot do this",
        _ => "The provider answered something that is not understood",
    }
}

/// What people call a kind of record.
const fn name(kind: RecordKind) -> &'static str {
    match kind {
        RecordKind::Identity => "number or address",
        RecordKind::Media => "file",
        RecordKind::Task => "follow-up",
        RecordKind::ApiKey => "key",
        RecordKind::Quarantine => "quarantined item",
        other => other.as_str(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dialzio_core::consent::RefusalCode;
    use std::collections::{BTreeMap, BTreeSet};
    use std::path::Path;

    /// Words between quotation marks that have the form of a code.
    fn codes(text: &str, found: &mut BTreeSet<String>) {
        for word in text.split('"').skip(1).step_by(2) {
            let is_part = |part: &str| {
                !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
            };
            if word.split_once('.').is_some_and(|(kind, state)| is_part(kind) && is_part(state)) {
                found.insert(word.to_owned());
            }
        }
    }

    /// The part of a source file between two marks.
    fn between<'t>(text: &'t str, from: &str, to: &str) -> &'t str {
        let (_, rest) = text.split_once(from).unwrap_or_else(|| panic!("{from} is gone"));
        rest.split_once(to).map_or(rest, |(found, _)| found)
    }

    /// The sources of a folder.
    fn sources(folder: &Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, found);
            } else {
                found.push(std::fs::read_to_string(path).unwrap_or_default());
            }
        }
    }

    /// Everything that is handed to `Problem::new` in a folder.
    fn made_in(folder: &Path, found: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                made_in(&path, found);
            } else if path.file_name().is_some_and(|name| name != "title.rs") {
                let text = std::fs::read_to_string(&path).unwrap_or_default();
                for made in ["Problem::new(", "Self::new(", "slow("] {
                    for (start, _) in text.match_indices(made) {
                        let rest = &text[start..];
                        codes(&rest[..rest.find(';').unwrap_or(rest.len())], found);
                    }
                }
            }
        }
    }

    /// Each code that the API can answer, apart from those of providers.
    fn all() -> BTreeSet<String> {
        let mut all: BTreeSet<String> =
            RefusalCode::ALL.iter().map(|code| code.as_str().to_owned()).collect();
        for kind in RecordKind::ALL {
            all.extend(
                ["not_found", "conflict", "stale", "duplicate"].map(|state| format!("{kind}.{state}")),
            );
        }
        let mut core = Vec::new();
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../dialzio-core/src"), &mut core);
        let core = core.join("\n");
        for kind in ["Error", "StoreError", "KeyError", "FileError"] {
            let own = between(&core, &format!("\nimpl {kind} {{"), "\n}\n");
            codes(between(own, "fn code(&self)", "\n    }\n"), &mut all);
        }
        made_in(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut all);
        all
    }

    #[test]
    fn each_code_has_one_title_that_no_other_has() {
        let mut seen: BTreeMap<Cow<'static, str>, String> = BTreeMap::new();
        for code in all() {
            // Said by its parts in the core, and under codes of its own here.
            if code == "keys.unknown" {
                continue;
            }
            let title =
                of(&code).unwrap_or_else(|| panic!("{code} has no title: read what it says, and list it"));
            assert!(title.starts_with(char::is_uppercase), "{code}: {title}");
            assert!(!title.ends_with('.') && !title.contains('_') && title.len() > 12, "{code}: {title}");
            if let Some(other) = seen.insert(title.clone(), code.clone()) {
                panic!("{code} and {other} share a title: {title}");
            }
        }
    }

    #[test]
    fn the_list_has_its_order_and_nothing_that_is_not_answered() {
        let all = all();
        assert!(TITLES.windows(2).all(|pair| pair[0].0 < pair[1].0), "in the order of the codes");
        for (code, _) in TITLES {
            assert!(all.contains(*code), "{code} is answered nowhere");
        }
    }
}
