//! The statements of a transfer: made from the registry of tables and the live catalogue, here and nowhere else.

use sqlx::postgres::PgConnection;
use std::collections::HashMap;

use dialzio_core::store::StoreError;
use dialzio_core::transfer::{Part, parts};

use crate::error::{Failure, Res};
use crate::render::Schema;

/// What a column holds, as far as a transfer has to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Uuid,
    Bytes,
    Integer,
    Boolean,
    Text,
}

impl Kind {
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "uuid" => Self::Uuid,
            "bytea" => Self::Bytes,
            "bigint" => Self::Integer,
            "boolean" => Self::Boolean,
            "text" => Self::Text,
            _ => return None,
        })
    }

    fn name(self) -> &'static str {
        match self {
            Self::Uuid => "uuid",
            Self::Bytes => "bytea",
            Self::Integer => "bigint",
            Self::Boolean => "boolean",
            Self::Text => "text",
        }
    }
}

/// Kinds of the columns of each table, in the order of [`Part::columns`].
#[derive(Debug)]
pub(super) struct Kinds(HashMap<&'static str, Vec<Kind>>);

impl Kinds {
    /// As the catalogue has them.
    pub(super) async fn read(conn: &mut PgConnection, schema: &Schema) -> Res<Self> {
        let found: Vec<(String, String, String)> = sqlx::query_as(
            "SELECT c.relname::TEXT, a.attname::TEXT, format_type(a.atttypid, NULL)
             FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
             JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
             WHERE n.nspname = $1 AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped",
        )
        .bind(schema.as_str())
        .fetch_all(conn)
        .await?;
        let live: HashMap<(&str, &str), &str> = found
            .iter()
            .map(|(table, column, kind)| ((table.as_str(), column.as_str()), kind.as_str()))
            .collect();
        let kinds = |part: &Part| -> Option<Vec<Kind>> {
            part.columns().map(|column| Kind::of(live.get(&(part.table, column.name))?)).collect()
        };
        let all: Option<HashMap<_, _>> =
            parts().iter().map(|part| Some((part.table, kinds(part)?))).collect();
        let unknown = || StoreError::Broken("the schema is not the one that is known".to_owned());
        all.map(Self).ok_or_else(|| Failure::Store(unknown()))
    }

    pub(super) fn of(&self, part: &Part) -> &[Kind] {
        self.0.get(part.table).map_or(&[], Vec::as_slice)
    }

    /// Kinds of the columns of the key.
    pub(super) fn of_key(&self, part: &Part) -> Vec<Kind> {
        let kinds: HashMap<&str, Kind> = names(part).zip(self.of(part).iter().copied()).collect();
        part.key.iter().filter_map(|name| kinds.get(name).copied()).collect()
    }
}

fn listed(names: impl Iterator<Item = String>) -> String {
    names.collect::<Vec<_>>().join(", ")
}

fn quoted<'a>(names: impl Iterator<Item = &'a str>) -> String {
    listed(names.map(|name| format!("\"{name}\"")))
}

fn names(part: &Part) -> impl Iterator<Item = &'static str> + use<> {
    part.columns().map(|column| column.name)
}

fn table(schema: &Schema, part: &Part) -> String {
    format!("{}.\"{}\"", schema.as_str(), part.table)
}

fn narrowed(part: &Part, after: Option<&str>) -> String {
    let wanted: Vec<String> = part.condition().into_iter().chain(after.map(str::to_owned)).collect();
    if wanted.is_empty() { String::new() } else { format!(" WHERE {}", wanted.join(" AND ")) }
}

/// The next rows of a part; after a key, or the first.
pub(super) fn page(schema: &Schema, part: &Part, after: bool) -> String {
    let (columns, key) = (quoted(names(part)), quoted(part.key.iter().copied()));
    let places = listed((1..=part.key.len()).map(|place| format!("${place}")));
    let after = after.then(|| format!("({key}) > ({places})"));
    let (from, where_) = (table(schema, part), narrowed(part, after.as_deref()));
    format!("SELECT {columns} FROM {from}{where_} ORDER BY {key} LIMIT {}", part.page)
}

/// The last key of a part.
pub(super) fn last(schema: &Schema, part: &Part) -> String {
    let key = quoted(part.key.iter().copied());
    let order = listed(part.key.iter().map(|name| format!("\"{name}\" DESC")));
    format!("SELECT {key} FROM {}{} ORDER BY {order} LIMIT 1", table(schema, part), narrowed(part, None))
}

pub(super) fn count(schema: &Schema, part: &Part) -> String {
    format!("SELECT count(*) FROM {}{}", table(schema, part), narrowed(part, None))
}

pub(super) fn any(schema: &Schema, part: &Part) -> String {
    format!("SELECT EXISTS (SELECT FROM {})", table(schema, part))
}

/// Writes rows that come as one list for each column. Places that the server would give itself come with them.
pub(super) fn write(schema: &Schema, part: &Part, kinds: &[Kind]) -> String {
    let columns = quoted(names(part));
    let lists = listed((1..).zip(kinds).map(|(place, kind)| format!("${place}::{}[]", kind.name())));
    format!(
        "INSERT INTO {} ({columns}) OVERRIDING SYSTEM VALUE SELECT * FROM unnest({lists})",
        table(schema, part)
    )
}

/// Lets the owner see all rows, which row-level security forbids even them, and marks the target as one that no process can
/// serve from.
pub(super) fn open(schema: &Schema) -> String {
    schema.render(&format!(
        "{}; CREATE TABLE @transfer (source BYTEA NOT NULL, begun_at TIMESTAMPTZ NOT NULL DEFAULT now())",
        rls_policies("NO FORCE")
    ))
}

/// Forces the policies again, and removes the mark.
pub(super) fn close(schema: &Schema) -> String {
    schema.render(&format!("DROP TABLE @transfer; {}", rls_policies("FORCE")))
}

fn rls_policies(how: &str) -> String {
    format!(
        "DO $$ DECLARE name TEXT; BEGIN
           FOR name IN SELECT c.relname FROM pg_catalog.pg_class c
               JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
               WHERE n.nspname = '@@schema' AND c.relkind IN ('r', 'p') AND c.relrowsecurity LOOP
             EXECUTE pg_catalog.format('ALTER TABLE %I.%I {how} ROW LEVEL SECURITY', '@@schema', name);
           END LOOP;
         END $$"
    )
}

/// The transfer that the target is marked with.
pub(super) fn mark(schema: &Schema) -> String {
    schema.render("SELECT t.source FROM @transfer t")
}

pub(super) fn put_mark(schema: &Schema) -> String {
    schema.render("INSERT INTO @transfer (source) VALUES ($1)")
}

/// Numbers of rows that are to come follow those that have come.
pub(super) fn renumber(schema: &Schema) -> String {
    let numbered = parts().iter().flat_map(|part| part.columns().map(|column| (part.table, column)));
    let each = numbered.filter(|(_, column)| column.is_row_number).map(|(table, column)| {
        let name = column.name;
        schema.render(&format!(
            "SELECT setval(pg_get_serial_sequence('@{table}', '{name}'), max(t.{name})) FROM @{table} t
             HAVING max(t.{name}) IS NOT NULL"
        ))
    });
    each.collect::<Vec<_>>().join("; ")
}

/// Whether a transfer into the schema has begun and has not come to its end.
pub(crate) async fn is_under_way(conn: &mut PgConnection, schema: &Schema) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("SELECT to_regclass($1) IS NOT NULL")
        .bind(schema.render("@transfer"))
        .persistent(false)
        .fetch_one(conn)
        .await
}
