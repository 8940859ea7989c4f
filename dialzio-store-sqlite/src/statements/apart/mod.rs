//! Two organisations with identical data, over every statement of the table.
//!
//! What a conformance case does is recorded, statement by statement with its values, and lived again: by A, which is the
//! case's own organisation, and by B, its copy with the same rows under the same ids. B lives once beside A and once
//! alone, and must never notice the difference; A's rows must stay as they were. Before each step C, which has nothing,
//! says what A is about to say: it must learn and change nothing. Each condition on the organisation is then left out of
//! each statement in turn, and that has to show.

mod history;
mod lives;
mod world;

use std::collections::BTreeSet;

use super::all;
use lives::{Findings, Lives};

/// How a statement reaches beyond one organisation.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Reach {
    /// It looks at all of them.
    All,
    /// It finds its row by a key that is one of a kind in the installation, so it names no organisation.
    Key,
    /// It may be asked for what is of no organisation.
    NoOrganisation,
}

/// Statements that may reach beyond one organisation, each with its reason. Nothing else may.
const BEYOND: &[(&str, Reach, &str)] = &[
    ("USER", Reach::All, "a person signs in once for all their organisations"),
    ("USER_BY_EMAIL", Reach::All, "an address is one person's in the whole installation"),
    ("PUT_USER", Reach::All, "an address is one person's in the whole installation"),
    ("ROUTE_TAKEN", Reach::All, "says that another organisation receives at this number, and no more"),
    ("ORGS", Reach::All, "the operator's list"),
    ("HEADS", Reach::All, "the sweep goes through all"),
    ("AUDIT_HEADS", Reach::All, "checkpoints are made of the log of each"),
    ("LANES_DUE", Reach::All, "the worker serves all"),
    ("LANE_NEXT", Reach::All, "the worker serves all"),
    ("SWEEP_SESSIONS", Reach::All, "what has ended ends for everybody"),
    ("SWEEP_INVITATIONS", Reach::All, "what has ended ends for everybody"),
    ("SWEEP_USER_TOKENS", Reach::All, "what has ended ends for everybody"),
    ("MAILS_DUE", Reach::All, "mail is sent to people, of whatever organisation"),
    ("SWEEP_MAILS", Reach::All, "what has ended ends for everybody"),
    ("SERVICE_UPDATE", Reach::All, "what the operator tells all who sign in"),
    ("NEWS", Reach::All, "what the operator tells all who sign in"),
    ("UNREAD_NEWS", Reach::All, "what the operator tells all who sign in"),
    ("NEWS_TO_MAIL", Reach::All, "what the operator tells all who sign in"),
    ("NEWS_RECIPIENTS", Reach::All, "what the operator tells all who sign in"),
    ("PUT_NEWS", Reach::All, "what the operator tells all who sign in"),
    ("CHANGE_NEWS", Reach::All, "what the operator tells all who sign in"),
    ("DROP_NEWS", Reach::All, "what the operator tells all who sign in"),
    ("SWEEP_NEWS", Reach::All, "what the operator tells all who sign in"),
    ("NEWS_READER", Reach::Key, "a person's, wherever they sign in"),
    ("READ_NEWS", Reach::Key, "a person's, wherever they sign in"),
    ("CHOOSE_NEWS", Reach::Key, "a person's, wherever they sign in"),
    ("FAILED_ATTEMPTS", Reach::All, "who tries to sign in is of no organisation"),
    ("PUT_FAILED_ATTEMPTS", Reach::All, "who tries to sign in is of no organisation"),
    ("SWEEP_FAILED_ATTEMPTS", Reach::All, "who tries to sign in is of no organisation"),
    ("SWEEP_QUARANTINE", Reach::All, "bytes of no organisation"),
    ("KEY_CHECKS", Reach::All, "the keys of the installation"),
    ("PUT_KEY_CHECK", Reach::All, "the keys of the installation"),
    ("SEALED_KEYS", Reach::All, "the keys of the installation wrap what all have sealed"),
    ("REWRAP_KEYS", Reach::All, "the keys of the installation wrap what all have sealed"),
    ("SEALED_APP_SECRETS", Reach::All, "the keys of the installation wrap what all have sealed"),
    ("SEALED_VERIFY_TOKENS", Reach::All, "the keys of the installation wrap what all have sealed"),
    ("SEALED_SECOND_FACTORS", Reach::All, "the keys of the installation wrap what all have sealed"),
    ("SEALED_MAIL", Reach::All, "the keys of the installation wrap what all have sealed"),
    ("REWRAP_MAIL", Reach::Key, "by an id of its own, and the bytes it begins with"),
    ("SEALED_QUARANTINE", Reach::All, "the keys of the installation wrap what all have sealed"),
    ("KEEP_OF_KEY", Reach::All, "the keys of the installation wrap what all have sealed"),
    ("RETIRE_KEY", Reach::All, "the keys of the installation wrap what all have sealed"),
    ("REWRAP_APP_SECRET", Reach::Key, "by an id of its own, and the bytes it begins with"),
    ("REWRAP_VERIFY_TOKENS", Reach::Key, "by an id of its own, and the bytes it begins with"),
    ("REWRAP_SECOND_FACTORS", Reach::Key, "by an id of its own, and the bytes it begins with"),
    ("REWRAP_QUARANTINE", Reach::Key, "by an id of its own, and the bytes it begins with"),
    ("TIME_MARK", Reach::All, "the clock of the installation"),
    ("PUT_TIME_MARK", Reach::All, "the clock of the installation"),
    ("OPERATOR_LOG", Reach::All, "the operator's log of the installation"),
    ("PUT_OPERATOR_ENTRY", Reach::All, "the operator's log of the installation"),
    ("BEAT", Reach::All, "the probe of the installation"),
    ("SESSION", Reach::Key, "by the hash of a secret"),
    ("SEE_SESSION", Reach::Key, "by the hash of a secret"),
    ("DROP_SESSION", Reach::Key, "by the hash of a secret"),
    ("SESSIONS_OF", Reach::Key, "a person's sessions, wherever they are signed in"),
    ("DROP_SESSIONS", Reach::Key, "a person signs out everywhere"),
    ("MEMBERSHIPS", Reach::Key, "a person's organisations"),
    ("INVITATION", Reach::Key, "by the hash of a secret"),
    ("DROP_INVITATION", Reach::Key, "by the hash of a secret"),
    ("SECOND_FACTOR", Reach::Key, "a person's, wherever they sign in"),
    ("PUT_SECOND_FACTOR", Reach::Key, "a person's, wherever they sign in"),
    ("DROP_SECOND_FACTOR", Reach::Key, "a person's, wherever they sign in"),
    ("PASSKEYS", Reach::Key, "a person's, wherever they sign in"),
    ("PASSKEY", Reach::Key, "by what a device calls its passkey, before it is known whose it is"),
    ("PASSKEY_TO_CHANGE", Reach::Key, "a person's, wherever they sign in"),
    ("INSERT_PASSKEY", Reach::Key, "a person's, wherever they sign in"),
    ("CHANGE_PASSKEY", Reach::Key, "a person's, wherever they sign in"),
    ("DROP_PASSKEY", Reach::Key, "a person's, wherever they sign in"),
    ("PUT_MAIL", Reach::Key, "a person's, wherever they sign in"),
    ("CHANGE_MAIL", Reach::Key, "by the id of a mail, which the worker knows alone"),
    ("DROP_MAIL", Reach::Key, "by the id of a mail, which the worker knows alone"),
    ("USER_TOKEN", Reach::Key, "by the hash of a secret"),
    ("PUT_USER_TOKEN", Reach::Key, "a person's, wherever they sign in"),
    ("DROP_USER_TOKEN", Reach::Key, "by the hash of a secret"),
    ("DROP_USER_TOKENS_OF", Reach::Key, "a person's, wherever they sign in"),
    ("API_KEY_OWNER", Reach::Key, "by the hash of a secret"),
    ("APP", Reach::Key, "an app's id leads to its owner"),
    ("APP_OF_HOOK", Reach::Key, "a webhook's address leads to the app"),
    ("APP_OF_FORMER_HOOK", Reach::Key, "a webhook's address leads to the app"),
    ("HOOK_SEEN", Reach::Key, "a webhook's address leads to the app"),
    ("FORMER_HOOK_SEEN", Reach::Key, "a webhook's address leads to the app"),
    ("DROP_APP_SECRETS", Reach::Key, "secrets of an app, after the app itself was written"),
    ("PUT_APP_SECRET", Reach::Key, "secrets of an app, after the app itself was written"),
    ("ROUTE_OF_NUMBER", Reach::Key, "among the accounts of the app whose secret has verified"),
    ("ROUTE_OF_BUSINESS", Reach::Key, "among the accounts of the app whose secret has verified"),
    ("ANY_QUARANTINE_ITEM", Reach::Key, "the operator's, by id"),
    ("DROP_QUARANTINE", Reach::Key, "the operator's, by id"),
    ("PUT_APP", Reach::NoOrganisation, "an app of the operator's"),
    ("APPS", Reach::NoOrganisation, "apps of the operator's"),
    ("PUT_QUARANTINE", Reach::NoOrganisation, "bytes of no known organisation"),
    ("QUARANTINE", Reach::NoOrganisation, "bytes of no known organisation"),
];

/// Conditions that can be left out without anything showing, by their place in the statement: what they find is looked
/// for among one's own in the same statement.
const DOUBLED: &[(&str, &[usize], &str)] = &[
    ("CONTACTS", &[1, 2], "tag and words are looked up by the id of one's own contact"),
    ("CONTACTS_AMONG", &[1, 2], "tag and words are looked up by the id of one's own contact"),
    ("CONTACTS_BY_SUBJECT", &[3, 4, 5], "who has the number is looked for among one's own people"),
    ("CONTACTS_OF_OWNER", &[1, 2], "tag and words are looked up by the id of one's own contact"),
    ("CONTACTS_OF_OWNER_AT_STAGE", &[1, 2], "tag and words are looked up by the id of one's own contact"),
    ("CONTACTS_OF_STAGE", &[1, 2], "tag and words are looked up by the id of one's own contact"),
    ("IDENTITY", &[2], "the survivor is looked for among one's own"),
    ("LOOK_UP_WAIT", &[0, 1, 2], "messages are looked at by the id of one's own conversation"),
    ("LOOK_UP_WAIT_IF_LATE", &[0, 1, 2], "messages are looked at by the id of one's own conversation"),
    ("NEWEST_CONTACTS", &[1, 2], "tag and words are looked up by the id of one's own contact"),
    ("NEWEST_CONTACTS_OF_OWNER", &[1, 2], "tag and words are looked up by the id of one's own contact"),
    (
        "NEWEST_CONTACTS_OF_OWNER_AT_STAGE",
        &[1, 2],
        "tag and words are looked up by the id of one's own contact",
    ),
    ("NEWEST_CONTACTS_OF_STAGE", &[1, 2], "tag and words are looked up by the id of one's own contact"),
    ("PLACES", &[1, 2], "stage and tag are looked up by the id of one's own contact"),
    ("PLACES_BY_WORDS", &[1, 2, 3], "words, stage and tag are looked up by the id of one's own contact"),
    ("PLACES_FAILED", &[1, 2], "stage and tag are looked up by the id of one's own contact"),
    ("PLACES_OF_ACCOUNT", &[1, 2], "stage and tag are looked up by the id of one's own contact"),
    ("PLACES_OF_ASSIGNEE", &[1, 2], "stage and tag are looked up by the id of one's own contact"),
    ("PLACES_OF_PEOPLE", &[1, 2], "stage and tag are looked up by the id of one's own contact"),
    ("PLACES_UNREAD", &[1, 2], "stage and tag are looked up by the id of one's own contact"),
    ("PLACES_WAITING", &[1, 2], "stage and tag are looked up by the id of one's own contact"),
    ("PLACES_WOKEN", &[1, 2], "stage and tag are looked up by the id of one's own contact"),
    ("PURGE_ONCE", &[1], "what has been found is removed among one's own"),
    ("SEARCH_WORDS", &[0], "the words begin with the organisation's id"),
];

fn reach(name: &str) -> Option<Reach> {
    BEYOND.iter().find(|(known, ..)| *known == name).map(|(_, reach, _)| *reach)
}

#[tokio::test]
async fn over_every_statement_nothing_of_one_organisation_is_shown_to_or_changed_by_another() {
    let mut findings = Findings::default();
    for log in history::all().await {
        let mut lives = Lives::new(&log, &mut findings);
        for ran in &log {
            lives.step(ran);
        }
    }
    assert!(findings.wrong.is_empty(), "{}", findings.wrong.join("\n"));
    for statement in all() {
        let name = statement.name;
        assert!(findings.fruitful.contains(name), "{name} never found or changed a row");
        let (named, unnamed) = (findings.named.contains(name), findings.unnamed.contains(name));
        match reach(name) {
            None => assert!(named, "{name} names no organisation; why may it?"),
            Some(Reach::All) => {}
            Some(Reach::Key) => assert!(!named, "{name} names an organisation; why may it reach beyond?"),
            Some(Reach::NoOrganisation) => {
                assert!(named && unnamed, "{name} is never asked without an organisation");
            }
        }
    }
}

/// The proof that the test above would notice: every condition on the organisation is needed, but for those that are said.
#[tokio::test]
async fn a_statement_that_forgets_its_organisation_is_noticed() {
    let mut findings = Findings { leave_out: true, ..Findings::default() };
    for log in history::all().await {
        let mut lives = Lives::new(&log, &mut findings);
        for ran in &log {
            lives.step(ran);
        }
    }
    let unnoticed: BTreeSet<_> =
        findings.without.iter().filter(|(_, shown)| !**shown).map(|(what, _)| *what).collect();
    let said = DOUBLED.iter().flat_map(|(name, places, _)| places.iter().map(move |place| (*name, *place)));
    assert_eq!(unnoticed, said.collect(), "of {} conditions", findings.without.len());
    assert!(findings.without.len() > 160, "{}", findings.without.len());
}
