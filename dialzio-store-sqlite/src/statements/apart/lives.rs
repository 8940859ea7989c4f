//! One history, lived by A and by its copy B, while the stranger C looks on.

use std::collections::{BTreeMap, BTreeSet};

use super::world::{Names, World, another, blobs, bytes, without_each};
use super::{Reach, reach};
use crate::run::record::Ran;

/// Statements that make what is one of a kind in the installation: the copy has its own.
const UNIQUE: &[&str] = &[
    "PUT_APP",
    "PUT_USER",
    "PUT_SESSION",
    "PUT_INVITATION",
    "PUT_SECOND_FACTOR",
    "PUT_MAIL",
    "PUT_USER_TOKEN",
    "PUT_API_KEY_OWNER",
    "PUT_QUARANTINE",
];

/// What was found out about the statements.
#[derive(Default)]
pub(super) struct Findings {
    /// Those that have found or changed a row.
    pub(super) fruitful: BTreeSet<&'static str>,
    /// Those that were run for an organisation.
    pub(super) named: BTreeSet<&'static str>,
    /// Those that were run without naming one.
    pub(super) unnamed: BTreeSet<&'static str>,
    /// What must not be.
    pub(super) wrong: Vec<String>,
    /// Also tries each statement without each of its conditions.
    pub(super) leave_out: bool,
    /// Statements without one of their conditions, and whether that has shown.
    pub(super) without: BTreeMap<(&'static str, usize), bool>,
}

/// A, B and C.
pub(super) struct Lives<'a> {
    copy: Names,
    stranger: Names,
    /// Ids of A's and of B's organisations.
    orgs: [Vec<Vec<u8>>; 2],
    /// A and B.
    both: World,
    /// B without A.
    alone: World,
    empty: World,
    findings: &'a mut Findings,
}

impl<'a> Lives<'a> {
    pub(super) fn new(log: &[Ran], findings: &'a mut Findings) -> Self {
        let mut orgs = BTreeSet::new();
        let mut own = BTreeSet::new();
        for ran in log {
            let first = || blobs(&ran.text).take(1).map(str::to_owned);
            match ran.statement.name {
                "PUT_ORG" | "PUT_HEAD" => orgs.extend(first()),
                // Its address is one of a kind too, and what a device calls its passkey.
                "PUT_APP" | "INSERT_PASSKEY" => {
                    own.extend(blobs(&ran.text).filter(|blob| blob.len() >= 32).map(str::to_owned));
                }
                name if UNIQUE.contains(&name) => own.extend(first()),
                _ => {}
            }
        }
        own.extend(orgs.iter().cloned());
        let renamed = |names: &BTreeSet<String>, by| {
            Names(names.iter().map(|name| (name.clone(), another(name, by))).collect())
        };
        let (copy, stranger) = (renamed(&own, 0xff), renamed(&orgs, 0x0f));
        let of_copy = orgs.iter().map(|org| bytes(&copy.rename(org))).collect();
        let orgs = [orgs.iter().map(|org| bytes(org)).collect(), of_copy];
        let [both, alone, empty] = [(); 3].map(|()| World::fresh());
        Self { copy, stranger, orgs, both, alone, empty, findings }
    }

    pub(super) fn step(&mut self, ran: &Ran) {
        let statement = &ran.statement;
        let named = self.stranger.rename(&ran.text) != ran.text;
        let kept = if named { &mut self.findings.named } else { &mut self.findings.unnamed };
        kept.insert(statement.name);
        let apart = match reach(statement.name) {
            None | Some(Reach::Key) => true,
            Some(Reach::NoOrganisation) => named,
            Some(Reach::All) => false,
        };
        // An insert names its organisation in the row itself.
        let asks = apart && !statement.sql.starts_with("INSERT");
        if asks && named {
            self.ask_as_stranger(ran);
        }
        if asks && self.findings.leave_out {
            self.forget_as_twin(ran);
        }
        let _ = self.both.run(&as_first(ran));
        if statement.sql.starts_with("INSERT") {
            statement.tables.iter().for_each(|table| self.both.step_aside(&self.orgs[0], table));
        }
        if asks && self.findings.leave_out {
            self.forget_as_twin(ran);
        }
        self.live_as_twin(ran, apart);
    }

    /// C asks for what is A's and B's.
    fn ask_as_stranger(&mut self, ran: &Ran) {
        let (name, tables) = (ran.statement.name, ran.statement.tables);
        let text = self.stranger.rename(&ran.text);
        let nothing = self.empty.try_out(&text, |answer| answer);
        let others = self.orgs.concat();
        let before = self.both.rows(&others, tables);
        let unnoticed = |text: &str| {
            self.both.try_out(text, |answer| answer == nothing && self.both.rows(&others, tables) == before)
        };
        if !unnoticed(&text) {
            self.findings.wrong.push(format!("{name}: a stranger reaches another's rows"));
        }
        if self.findings.leave_out {
            let ids: Vec<_> = self.stranger.0.iter().map(|(_, id)| id.clone()).collect();
            for (place, wrong) in without_each(&text, &ids).iter().enumerate() {
                let shown = self.findings.without.entry((name, place)).or_default();
                *shown = *shown || !unnoticed(wrong);
            }
        }
    }

    /// B forgets to say who it is, and takes it back.
    fn forget_as_twin(&mut self, ran: &Ran) {
        let tables = ran.statement.tables;
        let [first, second] = &self.orgs;
        let text = self.copy.rename(&ran.text);
        let ids: Vec<_> = self
            .copy
            .0
            .iter()
            .filter(|(_, id)| second.contains(&bytes(id)))
            .map(|(_, id)| id.clone())
            .collect();
        let forgetful = without_each(&text, &ids);
        let open =
            |place| !self.findings.without.get(&(ran.statement.name, place)).is_some_and(|shown| *shown);
        if !(0..forgetful.len()).any(open) {
            return;
        }
        let expected = self.alone.try_out(&text, |answer| (answer, self.alone.rows(second, tables)));
        let of_first = self.both.rows(first, tables);
        for (place, wrong) in forgetful.iter().enumerate() {
            let shown = self.both.try_out(wrong, |answer| {
                (answer, self.both.rows(second, tables)) != expected
                    || self.both.rows(first, tables) != of_first
            });
            *self.findings.without.entry((ran.statement.name, place)).or_default() |= shown;
        }
    }

    /// B does what A has just done, beside A and alone.
    fn live_as_twin(&mut self, ran: &Ran, apart: bool) {
        let (name, tables) = (ran.statement.name, ran.statement.tables);
        let [first, second] = &self.orgs;
        let text = self.copy.rename(&ran.text);
        let before = (self.alone.0.total_changes(), self.both.rows(first, tables));
        let expected = self.alone.run(&text);
        if expected.as_ref().is_ok_and(|rows| !rows.is_empty()) || self.alone.0.total_changes() > before.0 {
            self.findings.fruitful.insert(name);
        }
        let answer = self.both.run(&text);
        if !apart {
            return;
        }
        for (what, holds) in [
            ("answers otherwise when its copy is there", answer == expected),
            (
                "leaves other rows when its copy is there",
                self.both.rows(second, tables) == self.alone.rows(second, tables),
            ),
            ("changes rows of its copy", self.both.rows(first, tables) == before.1),
        ] {
            if !holds {
                self.findings.wrong.push(format!("{name} {what}: {answer:?} {expected:?}"));
            }
        }
    }
}

/// As A says it: beside B its words lie under row numbers of its own.
fn as_first(ran: &Ran) -> String {
    let start = match ran.statement.name {
        "PUT_WORDS" => "VALUES (",
        "DROP_WORDS" => "VALUES ('delete', ",
        _ => return ran.text.clone(),
    };
    ran.text.replace(start, &format!("{start}-"))
}
