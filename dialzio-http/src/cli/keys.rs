//! `dialzio keys`.

use clap::Subcommand;
use dialzio_core::operator::{KeyStatus, KeyTally, KeyWalk, KeyWalked};
use dialzio_store_sqlite::OpenError;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use std::process::ExitCode;
use std::time::Duration;

use super::control::{self, Command, KeyAnswer, KeyVerb};
use super::{Data, Outcome, Why, say};
use crate::assemble::{AssembleError, Founding};

/// Some records are wrapped with a key that is not the current one.
const UNFINISHED: u8 = 3;
/// Records are still wrapped with the key that was to be retired.
const IN_USE: u8 = 4;
/// Some records cannot be opened with the key that they name.
const UNREADABLE: u8 = 5;
/// How often a rewrap goes through everything again while others write.
const WALKS: u32 = 10;

const CODES: &str = "\
Exit codes:
  0  done; of status: everything is wrapped with the current key
  1  failed: the message says why
  2  the command line cannot be read
  3  status, rewrap: records are still wrapped with another key than the current one
  4  retire: records are still wrapped with this key
  5  status, rewrap: some records cannot be opened with the key that they name";

const ORDER: &str = "\
To rotate the key, in this order, while the servers run:
  dialzio keys add --reason …
  dialzio keys promote 2 --reason …
  dialzio keys rewrap --reason …
  dialzio keys retire 1 --fingerprint … --reason …
Servers that have a key file of their own need the new file after `add`, and again after `promote`, each before the next step.";

/// The keys that everything sealed is wrapped with. Beside a running server of the data folder the command is carried out by
/// that server.
#[derive(Debug, clap::Args)]
#[command(after_help = ORDER, after_long_help = ORDER)]
pub(super) struct Keys {
    #[command(flatten)]
    data: Data,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Compares the keys with those of the database. The server must not be running on the same folder.
    Check,
    /// Takes them for the keys of a database of an earlier release in which nothing shows whose they are. Keys of a
    /// database that knows its own are never replaced. The server must not be running on the same folder.
    Adopt(Why),
    /// Shows each key, and how many records of each kind are wrapped with it.
    #[command(after_help = CODES, after_long_help = CODES)]
    Status {
        /// One JSON object.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        why: Why,
    },
    /// Makes a key. It is not used before it is promoted.
    #[command(after_help = CODES, after_long_help = CODES)]
    Add(Why),
    /// Makes a key the current one: new values are wrapped with it. Waits until running servers have noticed the key.
    #[command(after_help = CODES, after_long_help = CODES)]
    Promote {
        /// The key's id.
        key: String,
        #[command(flatten)]
        why: Why,
    },
    /// Wraps everything that another key wraps with the current one, while servers read and write. It may be stopped and
    /// begun again.
    #[command(after_help = CODES, after_long_help = CODES)]
    Rewrap(Why),
    /// Destroys a key with which nothing is wrapped any more. Copies of the database that were made before the rewrap need
    /// it: keep a copy of the key file with them for as long as they are kept.
    #[command(after_help = CODES, after_long_help = CODES)]
    Retire {
        /// The key's id.
        key: String,
        /// The key's fingerprint, as `dialzio keys status` shows it.
        #[arg(long)]
        fingerprint: String,
        #[command(flatten)]
        why: Why,
    },
}

/// How the command ends, after its output was printed.
#[derive(Debug)]
pub(super) struct Ended(u8, String);

impl Ended {
    pub(super) fn exit_code(&self) -> ExitCode {
        // Its reader may have gone.
        super::fail(self);
        ExitCode::from(self.0)
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.1)
    }
}

impl std::error::Error for Ended {}

/// What `status --json` prints.
#[derive(Debug, Serialize)]
struct Status<'a> {
    keys: &'a [KeyStatus],
    records: Vec<KeyTally>,
    wrapped_with_current: u64,
    total: u64,
}

/// How much is wrapped with which key.
#[derive(Debug, Default)]
struct Count(BTreeMap<(String, Option<String>), KeyTally>);

impl Count {
    fn add(&mut self, walked: &KeyWalked) {
        for tally in &walked.found {
            let place = (tally.kind.to_string(), tally.key.clone());
            let kept = self.0.entry(place).or_insert(KeyTally { records: 0, ..tally.clone() });
            kept.records += tally.records;
        }
    }

    fn of(&self, key: Option<&str>) -> u64 {
        self.0.values().filter(|tally| tally.key.as_deref() == key).map(|tally| tally.records).sum()
    }

    fn total(&self) -> u64 {
        self.0.values().map(|tally| tally.records).sum()
    }
}

/// Who carries the commands out, and why.
struct Session {
    here: Option<dialzio_core::Crm>,
    data: std::path::PathBuf,
    reason: String,
}

type Failed = Box<dyn std::error::Error + Send + Sync>;

impl Session {
    async fn open(data: &Data, why: &Why) -> Result<Self, Failed> {
        let here = match crate::assemble::open(&data.places(), Founding::IfEmpty, None).await {
            Ok(crm) => Some(crm),
            Err(AssembleError::Store(OpenError::InUse)) => None,
            Err(error) => return Err(error.into()),
        };
        Ok(Self { here, data: data.path.clone(), reason: why.reason.clone() })
    }

    async fn ask(&self, verb: KeyVerb) -> Result<KeyAnswer, Failed> {
        loop {
            let command = Command { verb: control::Verb::Keys(verb.clone()), reason: self.reason.clone() };
            let said = match &self.here {
                Some(crm) => control::perform(crm, &command).await?,
                None => control::ask(&self.data, &command).await?,
            };
            match serde_json::from_str(&said)? {
                KeyAnswer::Wait(seconds) => {
                    say(&format!(
                        "Waiting {seconds} seconds, until every running server has noticed the last change."
                    ));
                    tokio::time::sleep(Duration::from_secs(seconds.into())).await;
                }
                answer => return Ok(answer),
            }
        }
    }

    async fn keys(&self) -> Result<Vec<KeyStatus>, Failed> {
        match self.ask(KeyVerb::List).await? {
            KeyAnswer::Keys(keys) => Ok(keys),
            _ => Err("the server answered something else than was asked".into()),
        }
    }

    async fn walk(
        &self,
        verb: impl Fn(Option<KeyWalk>) -> KeyVerb,
        mut told: impl FnMut(&KeyWalked),
    ) -> Result<(), Failed> {
        let mut from = None;
        loop {
            let KeyAnswer::Walked(walked) = self.ask(verb(from)).await? else {
                return Err("the server answered something else than was asked".into());
            };
            told(&walked);
            match walked.next {
                Some(next) => from = Some(next),
                None => return Ok(()),
            }
        }
    }

    async fn count(&self) -> Result<Count, Failed> {
        let mut count = Count::default();
        self.walk(KeyVerb::Count, |walked| count.add(walked)).await?;
        Ok(count)
    }

    async fn status(&self, json: bool) -> Outcome {
        let (keys, count) = (self.keys().await?, self.count().await?);
        let current = keys.iter().find(|key| key.is_current).map(|key| key.id.as_str());
        let (done, total) = (count.of(current), count.total());
        if json {
            let records = count.0.into_values().collect();
            let status = Status { keys: &keys, records, wrapped_with_current: done, total };
            say(&serde_json::to_string(&status)?);
        } else {
            for key in &keys {
                say(&line(key));
            }
            for tally in count.0.values() {
                let key = tally.key.as_deref().unwrap_or("-");
                say(&format!("{}\tkey {key}\t{}", tally.kind, tally.records));
            }
            say(&format!("{done} of {total} records are wrapped with the current key."));
        }
        if done == total { Ok(()) } else { Err(unfinished(total - done)) }
    }

    async fn rewrap(&self) -> Outcome {
        let mut broken = Vec::new();
        for _ in 0..WALKS {
            let (mut seen, mut anew) = (0, 0);
            broken.clear();
            self.walk(KeyVerb::Rewrap, |walked| {
                seen += walked.found.iter().map(|tally| tally.records).sum::<u64>();
                anew += walked.rewrapped;
                broken.extend(walked.unreadable.iter().cloned());
                say(&format!("{seen} records looked at, {anew} wrapped anew"));
            })
            .await?;
            if anew == 0 {
                return match broken.len() {
                    0 => Ok(()),
                    _ => {
                        let said = format!("cannot be opened with the key they name: {}", broken.join(", "));
                        Err(Ended(UNREADABLE, said).into())
                    }
                };
            }
        }
        Err(Ended(UNFINISHED, "others write with another key: look at the key files of all servers".into())
            .into())
    }
}

fn unfinished(left: u64) -> Failed {
    Ended(UNFINISHED, format!("{left} records are wrapped with another key: dialzio keys rewrap")).into()
}

fn line(key: &KeyStatus) -> String {
    let state = match (key.is_current, key.retired_at) {
        (true, _) => "current".to_owned(),
        (false, Some(at)) => format!("retired {}", at.format("%FT%TZ")),
        (false, None) => "not current".to_owned(),
    };
    let print = key.fingerprint.as_deref().unwrap_or("-");
    format!("{}\t{print}\tmade {}\t{state}", key.id, key.made_at.format("%FT%TZ"))
}

impl Keys {
    pub(super) async fn run(self) -> Outcome {
        let data = &self.data;
        match &self.verb {
            Verb::Check => drop(data.open(None).await?),
            Verb::Adopt(why) => crate::assemble::adopt(&data.places(), &why.reason).await?,
            Verb::Status { json, why } => return Session::open(data, why).await?.status(*json).await,
            Verb::Rewrap(why) => return Session::open(data, why).await?.rewrap().await,
            Verb::Add(why) => return self.one(why, KeyVerb::Add).await,
            Verb::Promote { key, why } => return self.one(why, KeyVerb::Promote(key.clone())).await,
            Verb::Retire { key, fingerprint, why } => {
                let verb = KeyVerb::Retire { key: key.clone(), fingerprint: fingerprint.clone() };
                return self.one(why, verb).await;
            }
        }
        say("These are the keys of the database.");
        Ok(())
    }

    /// A step with one key.
    async fn one(&self, why: &Why, verb: KeyVerb) -> Outcome {
        match Session::open(&self.data, why).await?.ask(verb).await? {
            KeyAnswer::Key(key) => say(&line(&key)),
            KeyAnswer::InUse(said) => return Err(Ended(IN_USE, said).into()),
            _ => say("The key is destroyed. Copies of the database from before the rewrap still need it."),
        }
        Ok(())
    }
}
