//! The list of problem codes: for each its status and its title, one plain sentence which says what is wrong and, where it
//! helps, how to correct it. What is particular to one occurrence is in `detail`.

use std::borrow::Cow;

use dialzio_core::RecordKind;
use dialzio_core::provider::ProviderError;

/// Codes with a sentence of their own, in order: code, status, title. A code that is missing fails a test.
const CODES: &[(&str, u16, &str)] = &[
    (
        "access.address_refused",
        403,
        "This key may not be used from this address: whoever manages your keys can change its addresses",
    ),
    ("access.busy", 503, "Too many people are signing in: try again in a moment"),
    ("access.denied", 403, "You may not do this: ask an owner for the permission"),
    (
        "access.second_factor_required",
        403,
        "Your organisation requires a second factor: set yours up first, then everything is there again",
    ),
    ("access.too_many_attempts", 429, "Too many attempts to sign in: wait before the next one"),
    ("access.unauthenticated", 401, "Sign in first, or send a valid key"),
    ("account.cannot_call", 409, "No calls can be placed through this account: choose a telephone line"),
    ("account.no_provider", 409, "The provider of this account is not part of this server"),
    ("account.not_routable", 409, "The account is not connected: check its token first"),
    ("account.unavailable", 409, "The number cannot be connected here: ask the operator of this server"),
    ("account.unsupported", 409, "The provider of this account cannot do this"),
    (
        "audit.checkpoints",
        500,
        "The checkpoints of the audit log cannot be read or written: the operator has to look at them",
    ),
    ("blob.unavailable", 503, "The files cannot be reached: try again in a moment"),
    ("call.emergency_number", 403, "This is a number for emergencies: dial it by hand"),
    (
        "call.own_number",
        403,
        "This is a number of your business or of one of its agents: choose the person's",
    ),
    (
        "call.permission_ended",
        403,
        "The permission of this person to call them by WhatsApp has ended: ask for it again",
    ),
    ("call.permission_missing", 403, "This person has not permitted calls by WhatsApp: ask for it first"),
    ("call.permission_refused", 403, "This person does not permit calls by WhatsApp: write to them instead"),
    ("call.premium_number", 403, "This number costs the caller extra, so it is not called from here"),
    (
        "cap.frequency",
        403,
        "The weekly limit of promotional messages to this person is reached: wait before the next one",
    ),
    ("consent.doubtful", 403, "The number may belong to another person now: resolve that first"),
    ("consent.expired", 403, "The opt-in has run out: ask this person again"),
    ("consent.minor", 403, "This person is not of age, so no promotional message is sent"),
    (
        "consent.no_relation",
        403,
        "There is no opt-in, and this person has not written within twelve months: record an opt-in first",
    ),
    (
        "consent.opted_out_last",
        403,
        "This person opted out with their last message. You can reply when they write again",
    ),
    (
        "consent.provider_stop",
        403,
        "This person stopped promotional messages at the provider: only they can resume them",
    ),
    ("consent.refused", 403, "This person was asked and said no: wait until they opt in"),
    ("consent.registry", 403, "The number is in a do-not-disturb registry: record an opt-in first"),
    ("consent.restricted", 403, "The processing of this person's data is restricted: nothing is sent"),
    ("consent.suppressed", 403, "This person asked not to be contacted: nothing is sent"),
    ("consent.unknown", 403, "No opt-in is recorded: record one first"),
    ("consent.unresolved", 403, "This person has no address on this channel: add one first"),
    ("consent.withdrawn", 403, "This person opted out: wait until they opt in again"),
    (
        "contact.too_many_revealed",
        429,
        "You have looked at the numbers of 60 people in the last hour: wait before the next one",
    ),
    (
        "conversation.answered",
        409,
        "Another member has answered meanwhile: read their answer, then send again or not",
    ),
    ("conversation.claimed", 409, "Another member has claimed the conversation: ask them to hand it over"),
    ("disk.low", 503, "No files are accepted: the disk of the server is almost full"),
    ("file.caption", 422, "This kind of file takes no words: send them as a message of their own"),
    ("file.empty", 422, "The file is empty: choose one with content"),
    ("file.too_large", 413, "The file is too large: choose a smaller one"),
    ("file.type", 415, "Files of this type are not taken: choose another type"),
    (
        "hours.calling",
        403,
        "It is too early or too late to call where this person is: wait until the hours begin",
    ),
    ("hours.quiet", 403, "It is outside the hours for promotional messages: it can be sent when they begin"),
    ("idempotency.key_missing", 400, "Send an Idempotency-Key of 1 to 255 visible ASCII characters"),
    ("idempotency.key_reused", 422, "This Idempotency-Key was used for another request: choose a new one"),
    ("import.running", 409, "An import is running: wait until it has ended"),
    ("input.invalid", 422, "The request is invalid: see which fields to correct"),
    ("keys.current", 500, "The key is the current one: another has to be promoted before it is retired"),
    ("keys.exists", 500, "A key file exists already, so no other is made"),
    ("keys.fingerprint", 500, "The fingerprint is not that of the key"),
    ("keys.fixed", 500, "The keys are changed where they are kept, and not from here"),
    ("keys.foreign", 500, "The keys are not those of this database: its own key file has to be put back"),
    (
        "keys.in_use",
        500,
        "Values are still wrapped with the key: they have to be wrapped anew before it is retired",
    ),
    ("keys.incomplete", 500, "Some keys of the database are missing: its whole key file has to be put back"),
    ("keys.missing", 500, "There is no key file: the one of this database has to be put back"),
    ("keys.retired", 500, "The key was retired, and is used for nothing any more"),
    (
        "keys.too_soon",
        500,
        "Servers may not have noticed the last change of the keys yet: again in some seconds",
    ),
    (
        "keys.unproven",
        500,
        "Nothing in the database shows that these are its keys: the operator has to confirm them",
    ),
    ("keys.unreadable", 500, "The key file cannot be read: the operator has to look at it"),
    (
        "keys.untrusted",
        500,
        "The key file can be read or changed by others: its permissions have to be corrected",
    ),
    ("mail.not_set_up", 409, "No mail is sent from this server: the operator has to set it up first"),
    ("media.unavailable", 404, "The file has expired, or it was never fetched"),
    (
        "message.not_resendable",
        409,
        "The message is not to be sent again now: only one that failed is, and some only after a day",
    ),
    (
        "passkey.not_available",
        409,
        "Browsers know passkeys only where the server is reached by a name and over HTTPS",
    ),
    ("recipient.unreachable", 403, "This person cannot be reached at this address: choose another one"),
    (
        "recording.withheld",
        403,
        "Your organisation plays recordings only once it is entered that the person agreed: enter what they said",
    ),
    ("request.address_too_long", 414, "The address of the request is too long: send less in its query"),
    (
        "request.cross_site",
        403,
        "The request does not come from our own pages: open the page here and try again",
    ),
    (
        "request.head_too_large",
        431,
        "The header fields of the request are too long: send fewer or shorter ones",
    ),
    ("request.malformed", 400, "The request cannot be read: correct its form"),
    ("request.media_type", 415, "The body has the wrong content type"),
    ("request.method", 405, "This address does not take this method: see the Allow header"),
    ("request.not_found", 404, "Nothing exists at this address"),
    (
        "request.precondition",
        400,
        "The If-Match header cannot be used: send one ETag as it was given out, or none",
    ),
    ("request.query", 400, "The query of the address cannot be read: correct its parameters"),
    ("request.slow", 408, "The request arrived too slowly: send it again"),
    ("request.too_large", 413, "The body is too large: send a smaller one"),
    ("request.too_many", 429, "Too many requests are under way from this address: wait for some to end"),
    ("request.two_credentials", 400, "Send a key or a cookie, not both"),
    ("sealed.unreadable", 500, "A sealed value cannot be opened: the operator has to look at the keys"),
    ("server.busy", 503, "Too many files are being uploaded: try again in a moment"),
    ("server.failed", 500, "Something went wrong here: the log of the server says more"),
    ("server.slow", 503, "This took too long: look whether it was done before you ask again"),
    ("sign_on.refused", 403, "You were not signed in: begin again at your organisation's page for it"),
    (
        "sms.unregistered",
        403,
        "An SMS to India needs a registered template, and a registered sender of the account",
    ),
    ("store.broken", 503, "The database has a fault: the operator has to look at it"),
    ("store.conflict", 409, "The data changed while this was being decided: try again"),
    ("store.cursor", 422, "The cursor is not of this list: begin with the first page"),
    ("store.full", 503, "Nothing can be written: the disk of the server is full. What is there can be read"),
    ("store.unavailable", 503, "The database is busy or cannot be reached: try again in a moment"),
    ("store.unreadable", 503, "A stored value cannot be read: the operator has to look at it"),
    ("store.unsupported", 503, "The database of this server cannot do this"),
    ("template.not_approved", 422, "The template is not approved: choose one that is"),
    ("template.parameters", 422, "The parameters do not fit the template: see which ones to correct"),
    ("window.closed", 403, "The reply window is closed: choose a template"),
];

/// What can be wrong with a record of any kind: the end of the code, and the status.
const RECORD_STATES: &[(&str, u16)] =
    &[("not_found", 404), ("conflict", 409), ("stale", 412), ("duplicate", 409)];

/// The status and the title of a code; `None` for one that is not listed.
pub(super) fn of(code: &str) -> Option<(u16, Cow<'static, str>)> {
    if let Ok(found) = CODES.binary_search_by_key(&code, |(known, _, _)| known) {
        let (_, status, title) = CODES[found];
        return Some((status, title.into()));
    }
    let (kind, state) = code.split_once('.')?;
    let name = name(kind.parse().ok()?);
    let title = match state {
        "not_found" => format!("No such {name} exists: it may have been removed"),
        "conflict" => format!("The {name} was changed at the same time: try again"),
        "stale" => format!("The {name} has changed since you read it: read it again first"),
        "duplicate" => format!("This {name} exists already: use that one"),
        _ => return None,
    };
    let (_, status) = RECORD_STATES.iter().find(|(known, _)| *known == state)?;
    Some((*status, title.into()))
}

/// Every code that the server makes. Those of providers are `provider.` and their own.
pub(super) fn all() -> impl Iterator<Item = String> {
    let records = RecordKind::ALL
        .iter()
        .flat_map(|kind| RECORD_STATES.iter().map(move |(state, _)| format!("{kind}.{state}")));
    CODES.iter().map(|(code, _, _)| (*code).to_owned()).chain(records)
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
        RecordKind::CannedReply => "canned reply",
        RecordKind::IdentityProvider => "identity provider",
        RecordKind::CallFlow => "call flow",
        RecordKind::SavedView => "saved view",
        RecordKind::ServiceUpdate => "service update",
        RecordKind::SupportRequest => "request for help",
        RecordKind::ScheduledMessage => "scheduled message",
        RecordKind::ApiKey => "key",
        RecordKind::CallAgent => "agent",
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
    fn answered() -> BTreeSet<String> {
        let mut all: BTreeSet<String> =
            RefusalCode::ALL.iter().map(|code| code.as_str().to_owned()).collect();
        for kind in RecordKind::ALL {
            all.extend(RECORD_STATES.iter().map(|(state, _)| format!("{kind}.{state}")));
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
        for code in answered() {
            // Said by its parts in the core, and under codes of its own here.
            if code == "keys.unknown" {
                continue;
            }
            let (_, title) =
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
        let all = answered();
        assert!(CODES.windows(2).all(|pair| pair[0].0 < pair[1].0), "in the order of the codes");
        for (code, _, _) in CODES {
            assert!(all.contains(*code), "{code} is answered nowhere");
        }
    }
}
