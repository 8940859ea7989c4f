//! Importing contacts from a file: the form, the preview, and how far it is.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use dialzio_core::contact::{Duplicates, ImportOutcome};
use dialzio_core::{ImportId, Permission};

use super::page_context::{PageContext, show};
use super::view::contact_import::{ImportColumn, ImportPage, ImportPreview, ImportProgress, ImportedRow};
use super::view::shell::Place;
use super::view::{Choice, Shown};
use crate::api::Id;
use crate::api::csv_file::CsvFile;
use crate::api::imports::{Asked, find, left_out, plan, read, reader};
use crate::auth::Caller;
use crate::form::FileForm;
use crate::import::columns::Field;
use crate::import::{End, Run, start};
use crate::problem::Problem;
use crate::state::AppState;

/// Rows that were left out, as many as the page names.
const NAMED: usize = 50;

fn may_import(ctx: &PageContext) -> Result<(), Problem> {
    let permission = Permission::ContactsWrite;
    if ctx.may(permission) { Ok(()) } else { Err(dialzio_core::Error::Denied { permission }.into()) }
}

/// `GET /contacts/import`.
pub(crate) async fn page(ctx: PageContext) -> Result<Html<String>, Problem> {
    may_import(&ctx)?;
    let shell = ctx.shell("Import contacts", Place::Contacts).await?;
    show(&ImportPage { shell, preview: ImportPreview::default() })
}

/// "The file is empty." of a field that cannot be used.
fn words(problem: &Problem) -> Option<String> {
    let error = problem.errors.first()?;
    let what = match error.pointer.as_str() {
        "/file" => "The file",
        "/columns" => "The columns",
        _ => return None,
    };
    Some(format!("{what} {}.", error.detail))
}

/// `POST /web/contacts/import/preview`.
pub(crate) async fn preview(ctx: PageContext, form: FileForm) -> Result<Response, Problem> {
    may_import(&ctx)?;
    let asked = match read(&form) {
        Ok(asked) => asked,
        Err(problem) => return refused(&form, &problem),
    };
    let planned = plan(&ctx.state, &ctx.actor, &asked).await?;
    let rows = asked.sheet.rows.iter().zip(planned).map(|(row, planned)| {
        let (outcome, reason) = match planned {
            Ok(ImportOutcome::Created) => ("New", None),
            Ok(_) => ("Completed", None),
            Err(reason) => ("Left out", Some(reason)),
        };
        let cells = (0..asked.sheet.header.len())
            .map(|place| Shown::from(row.cells.get(place).map_or("", String::as_str)))
            .collect();
        ImportedRow { row: row.number, outcome, reason, cells }
    });
    let rows = rows.collect();
    Ok(show(&ImportPreview { rows, ..about(&asked) })?.into_response())
}

fn about(asked: &Asked) -> ImportPreview {
    let count = match asked.sheet.rows.len() {
        1 => "1 row".to_owned(),
        many => format!("{many} rows"),
    };
    let (separated_by, encoding) = (asked.sheet.separated_by, asked.sheet.encoding.name());
    ImportPreview {
        error: None,
        read_as: format!("{count}, separated by {separated_by}, {encoding}"),
        columns: columns(&asked.sheet.header, &asked.fields),
        is_filling: asked.duplicates == Duplicates::Fill,
        rows: Vec::new(),
        count,
    }
}

fn columns(header: &[String], fields: &[Option<Field>]) -> Vec<ImportColumn> {
    let column = |(name, field): (&String, &Option<Field>)| {
        let none = Choice { selected: field.is_none(), ..Choice::new("", "Leave out") };
        let each = Field::ALL
            .into_iter()
            .map(|one| Choice { selected: *field == Some(one), ..Choice::new(one.word(), one.label()) });
        ImportColumn {
            name: Shown::from(crate::import::plain(name)),
            choices: std::iter::once(none).chain(each).collect(),
        }
    };
    header.iter().zip(fields).map(column).collect()
}

/// The same again with what is wrong, in words: the columns stay as they were chosen where the file can be read.
fn refused(form: &FileForm, problem: &Problem) -> Result<Response, Problem> {
    let Some(error) = words(problem) else { return Err(problem.clone()) };
    let sheet = form.file.as_ref().and_then(|file| crate::import::sheet::Sheet::read(&file.bytes).ok());
    let columns = sheet.map_or_else(Vec::new, |sheet| {
        let chosen = |place: usize| form.fields.get(&format!("column.{place}")).parse().ok();
        let fields: Vec<Option<Field>> = (0..sheet.header.len()).map(chosen).collect();
        columns(&sheet.header, &fields)
    });
    let is_filling = form.fields.get("duplicates") == "fill";
    let preview = ImportPreview { error: Some(error), columns, is_filling, ..ImportPreview::default() };
    Ok((StatusCode::UNPROCESSABLE_ENTITY, show(&preview)?).into_response())
}

/// `POST /web/contacts/import`.
pub(crate) async fn run(ctx: PageContext, form: FileForm) -> Result<Html<String>, Problem> {
    may_import(&ctx)?;
    let Asked { sheet, fields, duplicates } = read(&form)?;
    let reader = reader(&ctx.state, &ctx.actor, fields).await?;
    let run = start((ctx.crm(), ctx.state.imports()), ctx.actor.clone(), sheet, reader, duplicates)?;
    show(&progress(&run))
}

fn progress(run: &Run) -> ImportProgress {
    let now = run.now();
    let problem = match &now.end {
        Some(End::Failed(code)) => Some(format!("{}.", Problem::new(code).title)),
        _ => None,
    };
    ImportProgress {
        id: run.id.to_string(),
        done: now.rows,
        rows: run.sheet.rows.len(),
        created: now.created,
        updated: now.updated,
        skipped: now.left_out.len(),
        is_running: now.end.is_none(),
        problem,
        left_out: now.left_out.into_iter().take(NAMED).map(|one| (one.row, one.reason)).collect(),
    }
}

/// `GET /web/contacts/imports/{import}`.
pub(crate) async fn read_on(ctx: PageContext, Id(id): Id<ImportId>) -> Result<Html<String>, Problem> {
    let run = find(&ctx.state, &ctx.actor, id).await?;
    show(&progress(&run))
}

/// `GET /web/contacts/imports/{import}/left-out.csv`.
pub(crate) async fn left_out_rows(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<ImportId>,
) -> Result<CsvFile, Problem> {
    left_out(find(&state, &actor, id).await?.as_ref())
}
