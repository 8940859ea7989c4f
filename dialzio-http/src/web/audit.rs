//! Settings: what was done, by whom, and whether the log of it is whole.

use axum::extract::Query;
use axum::response::Html;
use dialzio_core::access::{ApiKey, MemberState};
use dialzio_core::ledger::{Action, AuditEntry, AuditFilter, Detail, Network, Verification};
use dialzio_core::{Permission, Principal};
use serde::Deserialize;

use super::audit_words;
use super::call_query::day;
use super::page_context::{PageContext, show};
use super::view::Choice;
use super::view::audit::{AuditList, AuditPage, AuditRow, VerifyCard};
use super::view::shell::Place;
use crate::api::audit_export::AuditExport;
use crate::api::csv_file::CsvFile;
use crate::problem::Problem;

/// Rows of a page.
const ROWS: u32 = 50;

/// What is wanted, as the address says it.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    who: String,
    #[serde(default)]
    action: String,
    #[serde(default)]
    record: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
    #[serde(default)]
    system: String,
    before: Option<u64>,
}

impl Asked {
    /// The same again, without a place.
    fn query(&self) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let fields = [
            ("who", &self.who),
            ("action", &self.action),
            ("record", &self.record),
            ("from", &self.from),
            ("to", &self.to),
            ("system", &self.system),
        ];
        for (name, value) in fields.into_iter().filter(|(_, value)| !value.is_empty()) {
            query.append_pair(name, value);
        }
        query.finish()
    }

    /// What the core is asked for, or what is wrong, in words.
    fn read(&self, ctx: &PageContext) -> Result<AuditFilter, String> {
        let record = self.record.trim();
        let subject = match record {
            "" => None,
            typed => Some(typed.parse().map_err(|_| {
                "The record is named by its id, as an address or the API shows it.".to_owned()
            })?),
        };
        let filter = AuditFilter {
            principal: Principal::from_ref(&self.who).ok().map(|who| who.to_ref()),
            action: self.action.parse().ok(),
            subject,
            since: day(ctx, &self.from, "first", 0)?,
            until: day(ctx, &self.to, "last", 1)?,
            with_system: self.system == "on",
        };
        match (filter.since, filter.until) {
            (Some(since), Some(until)) if until <= since => {
                Err("The last day must not be before the first.".to_owned())
            }
            _ => Ok(filter),
        }
    }
}

/// `GET /settings/audit`.
pub(crate) async fn page(ctx: PageContext, Query(asked): Query<Asked>) -> Result<Html<String>, Problem> {
    let list = list(&ctx, &asked).await?;
    show(&AuditPage {
        shell: ctx.shell("Audit log", Place::Audit).await?,
        verify: VerifyCard::default(),
        list,
    })
}

/// `GET /web/audit`: the list again, or the rows behind a place.
pub(crate) async fn read(ctx: PageContext, Query(asked): Query<Asked>) -> Result<Html<String>, Problem> {
    let list = list(&ctx, &asked).await?;
    if asked.before.is_some() { show(&list.rows()) } else { show(&list) }
}

/// `GET /settings/audit.csv`: the same entries as a file.
pub(crate) async fn csv(ctx: PageContext, Query(asked): Query<Asked>) -> Result<CsvFile, Problem> {
    let filter = asked.read(&ctx).map_err(|error| Problem::invalid("query", error))?;
    CsvFile::of(AuditExport { state: ctx.state, by: ctx.actor, filter }).await
}

/// `POST /web/audit/verify`.
pub(crate) async fn verify(ctx: PageContext) -> Result<Html<String>, Problem> {
    let found = ctx.crm().ledger().verify(&ctx.actor).await?;
    show(&card(&ctx, &found))
}

fn card(ctx: &PageContext, found: &Verification) -> VerifyCard {
    let counted = |count: u64, one: &str, many: &str| match count {
        1 => format!("1 {one}"),
        count => format!("{count} {many}"),
    };
    let mut checked = format!(
        "{}, {} and {} were compared.",
        counted(found.entries, "entry", "entries"),
        counted(found.consents, "consent record", "consent records"),
        counted(found.checkpoints, "checkpoint", "checkpoints"),
    );
    if let Some(at) = found.checkpoint_at {
        checked.push_str(&format!(" The newest checkpoint was made {}.", ctx.when(at)));
    }
    let finding = found.finding.map(|finding| {
        let words = finding.to_string();
        words[..1].to_uppercase() + &words[1..] + "."
    });
    VerifyCard { is_done: true, checked, finding, has_checkpoints: found.checkpoints > 0 }
}

async fn list(ctx: &PageContext, asked: &Asked) -> Result<AuditList, Problem> {
    let access = ctx.crm().access();
    let keys = if ctx.may(Permission::MembersManage) { access.keys(&ctx.actor).await? } else { Vec::new() };
    let mut shown = AuditList {
        people: people(ctx, &keys, &asked.who),
        actions: actions(&asked.action),
        record: asked.record.clone(),
        from: asked.from.clone(),
        to: asked.to.clone(),
        system: asked.system == "on",
        query: asked.query(),
        ..AuditList::default()
    };
    shown.is_narrowed = !shown.query.is_empty();
    match asked.read(ctx) {
        Err(error) => shown.error = Some(error),
        Ok(filter) => {
            let page = ctx.crm().ledger().find(&ctx.actor, &filter, asked.before, ROWS).await?;
            shown.rows = page.entries.iter().map(|entry| row(ctx, &keys, entry)).collect();
            shown.next = page.next;
        }
    }
    Ok(shown)
}

/// Who can have done something: members, also former ones, and keys.
fn people(ctx: &PageContext, keys: &[ApiKey], chosen: &str) -> Vec<Choice> {
    let mut choices = vec![Choice::new("", "Everyone")];
    for member in &ctx.members {
        let choice = Choice::new(Principal::Member(member.id).to_ref(), member.name.reveal());
        let active = member.state == MemberState::Active;
        choices.push(if active { choice } else { choice.with("deactivated") });
    }
    for key in keys {
        let choice = Choice::new(Principal::ApiKey(key.id).to_ref(), key.name.reveal());
        choices.push(choice.with("API key"));
    }
    for choice in &mut choices {
        choice.selected = choice.value == chosen;
    }
    // The link of a row can name somebody who is in no list, such as an operator.
    if !choices.iter().any(|choice| choice.selected) && Principal::from_ref(chosen).is_ok() {
        choices.push(Choice { selected: true, ..Choice::new(chosen, ctx.who(chosen)) });
    }
    choices
}

fn actions(chosen: &str) -> Vec<Choice> {
    let mut actions: Vec<_> = Action::ALL
        .iter()
        .map(|action| Choice {
            selected: action.as_str() == chosen,
            ..Choice::new(action.as_str(), audit_words::action(*action))
        })
        .collect();
    actions.sort_by_key(|choice| choice.label.to_string());
    actions.insert(0, Choice { selected: chosen.is_empty(), ..Choice::new("", "Everything") });
    actions
}

fn row(ctx: &PageContext, keys: &[ApiKey], entry: &AuditEntry) -> AuditRow {
    let who = match Principal::from_ref(&entry.principal) {
        Ok(Principal::ApiKey(id)) => keys
            .iter()
            .find(|key| key.id == id)
            .map_or_else(|| "API key".to_owned(), |key| key.name.reveal().to_owned()),
        _ => ctx.who(&entry.principal),
    };
    AuditRow {
        seq: entry.seq,
        time: ctx.moment(entry.at),
        who: who.into(),
        what: audit_words::action(entry.action),
        record: entry.subject.map(|id| id.to_string()),
        href: entry.subject.and_then(|id| audit_words::page_of(entry.action, id)),
        origin: entry.origin.as_ref().map(Network::to_string),
        detail: entry.detail.as_ref().map(|detail| Detail::as_str(detail).to_owned()),
    }
}
