//! Contacts from a file of comma-separated values: shown first, then imported in the background.

use axum::Json;
use axum::extract::{FromRequest, Request, State};
use axum::http::StatusCode;
use dialzio_core::contact::{Duplicates, ImportOutcome};
use dialzio_core::{Actor, ImportId};
use serde::Serialize;
use utoipa::ToSchema;

use super::csv_file::CsvFile;
use super::table::harmless;
use super::{Id, word};
use crate::auth::Caller;
use crate::form::FileForm;
use crate::import::columns::{Field, guessed};
use crate::import::rows::RowReader;
use crate::import::sheet::Sheet;
use crate::import::{End, Run, start};
use crate::operation::{Draft, Input};
use crate::problem::Problem;
use crate::state::AppState;

/// The largest form, in bytes: the largest file and some over, so that a file that is a little too large is answered with
/// the limit.
pub(crate) const LARGEST: usize = 12 * 1024 * 1024;
/// Rows that a preview shows.
pub(crate) const SHOWN: usize = 20;
/// Rows that were left out, as many as one answer holds. The file of them has all.
const LISTED: usize = 100;

/// A file with how it is to be read.
pub(crate) struct Asked {
    pub(crate) sheet: Sheet,
    pub(crate) fields: Vec<Option<Field>>,
    pub(crate) duplicates: Duplicates,
}

/// Reads a file and what was chosen about it. Fields of the form: `file`; `columns`, what each column is, with commas
/// between, or `column.0`, `column.1` and so on; `duplicates`.
///
/// # Errors
/// A problem that names the field.
pub(crate) fn read(form: &FileForm) -> Result<Asked, Problem> {
    let file = form.file.as_ref().ok_or_else(|| Problem::invalid("file", "is needed: choose a CSV file"))?;
    let sheet = Sheet::read(&file.bytes).map_err(|error| Problem::invalid("file", error))?;
    let given = form.fields.given("duplicates");
    let duplicates = given.map(|given| word("duplicates", given)).transpose()?.unwrap_or_default();
    let field = |word: &str| match word.trim() {
        "" => Ok(None),
        known => known.parse().map(Some).map_err(|()| {
            let all = Field::ALL.map(Field::word).join(", ");
            Problem::invalid("columns", format!("are {all}, or nothing for a column that is left out"))
        }),
    };
    let chosen = form.fields.under("column.");
    let fields: Vec<Option<Field>> = match form.fields.given("columns") {
        Some(words) => words.split(',').map(field).collect::<Result<_, _>>()?,
        None if chosen.is_empty() => guessed(&sheet.header),
        None => {
            let mut fields = vec![None; sheet.header.len()];
            for (place, word) in &chosen {
                let kept = place.parse::<usize>().ok().and_then(|place| fields.get_mut(place));
                *kept.ok_or_else(|| misfit(&sheet))? = field(word)?;
            }
            fields
        }
    };
    if fields.len() != sheet.header.len() {
        return Err(misfit(&sheet));
    }
    for one in [Field::Stage, Field::Owner] {
        if fields.iter().filter(|field| **field == Some(one)).count() > 1 {
            return Err(Problem::invalid("columns", format!("can have one column for the {one} only")));
        }
    }
    if !fields.iter().flatten().any(|field| matches!(field, Field::Phone | Field::Email)) {
        let needed = "need one for the phone or the email: people are recognised by them";
        return Err(Problem::invalid("columns", needed));
    }
    Ok(Asked { sheet, fields, duplicates })
}

fn misfit(sheet: &Sheet) -> Problem {
    Problem::invalid("columns", format!("are {} in this file: say of each what it is", sheet.header.len()))
}

/// What reads the rows of a file in the caller's organisation.
///
/// # Errors
/// Without the permission to change contacts.
pub(crate) async fn reader(
    state: &AppState,
    by: &Actor,
    fields: Vec<Option<Field>>,
) -> Result<RowReader, Problem> {
    let country = state.crm().contacts().dials_in(by).await?;
    // The owner is found among the members, by who may see them.
    let members = match state.crm().access().members(by).await {
        Ok(members) => members,
        Err(dialzio_core::Error::Denied { .. }) => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    Ok(RowReader::new(fields, country, &members))
}

/// What would become of the first rows: each with its place in the file, and why it would be left out.
///
/// # Errors
/// Without the permission to change contacts.
pub(crate) async fn plan(
    state: &AppState,
    by: &Actor,
    asked: &Asked,
) -> Result<Vec<Result<ImportOutcome, String>>, Problem> {
    let reader = reader(state, by, asked.fields.clone()).await?;
    let mut import = state.crm().contacts().begin_import(by, asked.duplicates)?;
    let mut planned = Vec::new();
    for row in asked.sheet.rows.iter().take(SHOWN) {
        planned.push(match reader.read(row) {
            Ok(row) => {
                let outcomes = state.crm().contacts().plan_import(by, &mut import, &[row]).await?;
                outcomes.into_iter().next().ok_or_else(|| Problem::new("server.failed"))?.into_result()
            }
            Err(reason) => Err(reason),
        });
    }
    Ok(planned)
}

/// What an import takes.
#[derive(Debug, ToSchema)]
#[schema(as = ContactImportForm)]
#[allow(dead_code, reason = "describes the form")]
pub struct ImportFormJson {
    /// Comma-separated values in UTF-8 or UTF-16, with commas, semicolons, tabs or bars between; at most 10 MB and
    /// 50,000 rows.
    #[schema(value_type = String, format = Binary)]
    file: String,
    /// What each column is, with commas between: `name`, `phone`, `email`, `stage`, `owner`, `tags`, `note`, or nothing
    /// for one that is left out. Guessed from the names of the columns unless given.
    columns: Option<String>,
    /// What is done with people who are contacts already: `skip`, unless given, or `fill`, which takes from the file what
    /// the contact has nothing of.
    #[schema(value_type = Option<Duplicates>)]
    duplicates: Option<String>,
}

/// The form of an import.
#[derive(Debug)]
pub struct ImportForm(FileForm);

impl FromRequest<AppState> for ImportForm {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Problem> {
        FileForm::from_request(request, state).await.map(Self)
    }
}

impl Input for ImportForm {
    fn describe(draft: &mut Draft) {
        let content = draft.content::<ImportFormJson>();
        draft.takes("multipart/form-data", content);
        draft.fails(&["request.malformed", "request.too_large", "input.invalid", "disk.low", "server.busy"]);
    }
}

/// What would become of the first rows of a file. Nothing is written.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ContactImportPreview)]
pub struct PreviewJson {
    /// The encoding that was recognised.
    encoding: &'static str,
    /// What separates the cells.
    separated_by: &'static str,
    /// How many rows there are.
    rows: usize,
    /// The names of the columns, and what each would be.
    columns: Vec<ColumnJson>,
    /// The first rows.
    first: Vec<PlannedJson>,
}

/// A column of a file.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ContactImportColumn)]
pub struct ColumnJson {
    /// Its name in the file.
    name: String,
    /// What it is: a word of `columns`, or null if it is left out.
    #[schema(required)]
    field: Option<&'static str>,
}

/// What would become of a row.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ContactImportPlan)]
pub struct PlannedJson {
    /// Its number in the file.
    row: u32,
    /// `created`, `updated` or `skipped`.
    outcome: &'static str,
    /// Why it would be left out, in words.
    #[schema(required)]
    reason: Option<String>,
}

/// `POST /v1/contacts/imports/preview`.
pub async fn preview(
    State(state): State<AppState>,
    Caller(actor): Caller,
    ImportForm(form): ImportForm,
) -> Result<Json<PreviewJson>, Problem> {
    state.crm().contacts().dials_in(&actor).await?;
    let asked = read(&form)?;
    let planned = plan(&state, &actor, &asked).await?;
    let first = asked.sheet.rows.iter().zip(planned).map(|(row, planned)| {
        let (outcome, reason) = match planned {
            Ok(ImportOutcome::Created) => ("created", None),
            Ok(_) => ("updated", None),
            Err(reason) => ("skipped", Some(reason)),
        };
        PlannedJson { row: row.number, outcome, reason }
    });
    let named = asked.sheet.header.iter().zip(&asked.fields);
    Ok(Json(PreviewJson {
        encoding: asked.sheet.encoding.name(),
        separated_by: asked.sheet.separated_by,
        rows: asked.sheet.rows.len(),
        columns: named
            .map(|(name, field)| ColumnJson { name: name.clone(), field: field.map(Field::word) })
            .collect(),
        first: first.collect(),
    }))
}

/// An import.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ContactImport)]
pub struct ImportJson {
    id: ImportId,
    /// `running`, `done` or `failed`. One that failed can be repeated: what was imported is recognised.
    state: &'static str,
    /// The code of the problem it failed with.
    #[schema(required)]
    problem: Option<String>,
    /// How many rows there are.
    rows: usize,
    /// How many were looked at so far.
    done: u32,
    /// Contacts that were made.
    created: u32,
    /// Contacts that lacked something.
    updated: u32,
    /// Rows that were left out.
    skipped: usize,
    /// The first 100 rows that were left out.
    left_out: Vec<LeftOutJson>,
}

/// A row that was left out.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ContactImportLeftOut)]
pub struct LeftOutJson {
    /// Its number in the file.
    row: u32,
    /// Why, in words.
    reason: String,
}

impl From<&Run> for ImportJson {
    fn from(run: &Run) -> Self {
        let now = run.now();
        let (state, problem) = match now.end {
            None => ("running", None),
            Some(End::Done) => ("done", None),
            Some(End::Failed(code)) => ("failed", Some(code)),
        };
        let first = now.left_out.iter().take(LISTED);
        Self {
            id: run.id,
            state,
            problem,
            rows: run.sheet.rows.len(),
            done: now.rows,
            created: now.created,
            updated: now.updated,
            skipped: now.left_out.len(),
            left_out: first.map(|one| LeftOutJson { row: one.row, reason: one.reason.clone() }).collect(),
        }
    }
}

/// `POST /v1/contacts/imports`.
pub async fn create(
    State(state): State<AppState>,
    Caller(actor): Caller,
    ImportForm(form): ImportForm,
) -> Result<(StatusCode, Json<ImportJson>), Problem> {
    state.crm().contacts().dials_in(&actor).await?;
    let Asked { sheet, fields, duplicates } = read(&form)?;
    let reader = reader(&state, &actor, fields).await?;
    let run = start((state.crm(), state.imports()), actor, sheet, reader, duplicates)?;
    Ok((StatusCode::ACCEPTED, Json(ImportJson::from(run.as_ref()))))
}

/// An import of the caller's organisation that this server remembers.
///
/// # Errors
/// Not found; without the permission to change contacts.
pub(crate) async fn find(state: &AppState, by: &Actor, id: ImportId) -> Result<std::sync::Arc<Run>, Problem> {
    state.crm().contacts().dials_in(by).await?;
    state.imports().get(by, id).ok_or_else(|| Problem::new("import.not_found"))
}

/// `GET /v1/contacts/imports/{import}`.
pub async fn get(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<ImportId>,
) -> Result<Json<ImportJson>, Problem> {
    let run = find(&state, &actor, id).await?;
    Ok(Json(ImportJson::from(run.as_ref())))
}

/// The rows that were left out as they were in the file, each with the reason, to be mended and imported again.
///
/// # Errors
/// `server.failed` if they cannot be written.
pub(crate) fn left_out(run: &Run) -> Result<CsvFile, Problem> {
    let cells = |cells: &[String]| cells.iter().map(|cell| harmless(cell)).collect::<Vec<_>>();
    let width = run.sheet.header.len();
    let mut head = cells(&run.sheet.header);
    head.push("reason".to_owned());
    let mut rows = vec![head];
    for one in run.now().left_out {
        let Some(row) = run.sheet.rows.get(one.place) else { continue };
        let mut line = cells(&row.cells);
        line.resize(width.max(line.len()), String::new());
        line.insert(width, format!("row {} {}", one.row, one.reason));
        rows.push(line);
    }
    // Rows with more cells than columns need a table that is as wide.
    let widest = rows.iter().map(Vec::len).max().unwrap_or(0);
    rows.iter_mut().for_each(|row| row.resize(widest, String::new()));
    CsvFile::whole("left-out.csv", rows)
}

/// `GET /v1/contacts/imports/{import}/left-out`.
pub async fn left_out_rows(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<ImportId>,
) -> Result<CsvFile, Problem> {
    left_out(find(&state, &actor, id).await?.as_ref())
}
