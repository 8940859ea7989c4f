//! Statements as the server gets them: rendered once, with the schema's name in front of each table. The search path is
//! never looked at and never touched, so nothing of the host's can stand in front of ours.

use std::collections::HashMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex, PoisonError};

use dialzio_core::Audience;
use dialzio_core::store::periods::MESSAGE_DAYS;

use crate::audience;
use crate::statements::{self, Kind, Statement};

/// How many rows one statement writes: few texts, so that all of them stay prepared, and few statements for any number.
pub(crate) const CHUNKS: [usize; 7] = [64, 32, 16, 8, 4, 2, 1];

/// A schema's name that needs no quotes anywhere: it is also part of names of roles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Schema(String);

impl Schema {
    /// Lower-case letters, digits and underscores, at most forty, not beginning with a digit or `pg_`.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        let first = name.chars().next()?;
        let shaped = name.len() <= 40
            && (first.is_ascii_lowercase() || first == '_')
            && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
            && !name.starts_with("pg_");
        shaped.then(|| Self(name.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The role that works inside one organisation.
    pub(crate) fn app(&self) -> String {
        format!("{}_app", self.0)
    }

    /// The role that works on the system tables.
    pub(crate) fn system(&self) -> String {
        format!("{}_system", self.0)
    }

    /// Puts names in the place of `@table`, `@@schema`, `@@app` and `@@system`, and how long messages are kept, in
    /// microseconds, in the place of `@@period`: the shorter of what the organisation says and twelve months.
    pub(crate) fn render(&self, sql: &str) -> String {
        let mut out = String::with_capacity(sql.len() + 64);
        let mut rest = sql;
        while let Some(at) = rest.find('@') {
            out.push_str(&rest[..at]);
            rest = &rest[at..];
            let period = || {
                let (schema, day) = (&self.0, 86_400_000_000_i64);
                let longest = day * i64::from(MESSAGE_DAYS);
                format!(
                    "coalesce((SELECT {day} * least(o.message_days, {MESSAGE_DAYS}) FROM {schema}.org o \
                     WHERE o.org_id = $1), {longest})"
                )
            };
            let marks = [
                ("@@schema", self.0.clone()),
                ("@@app", self.app()),
                ("@@system", self.system()),
                ("@@period", period()),
            ];
            if let Some((mark, name)) = marks.into_iter().find(|(mark, _)| rest.starts_with(mark)) {
                out.push_str(&name);
                rest = &rest[mark.len()..];
                continue;
            }
            rest = &rest[1..];
            if rest.starts_with(|c: char| c.is_ascii_lowercase()) {
                out.push_str(&self.0);
                out.push('.');
            } else {
                out.push('@');
            }
        }
        out.push_str(rest);
        out
    }
}

/// All statements, rendered.
#[derive(Debug)]
pub(crate) struct Rendered {
    schema: Schema,
    /// Whether connections keep what they have prepared.
    kept: bool,
    one: HashMap<&'static str, Arc<str>>,
    /// The statements that read, narrowed to an audience.
    narrowed: HashMap<&'static str, Arc<str>>,
    many: Mutex<HashMap<(&'static str, usize), Arc<str>>>,
}

impl Rendered {
    pub(crate) fn new(schema: Schema) -> Self {
        let one = statements::all()
            .map(|statement| (statement.name, schema.render(&repeated(statement.sql, 1)).into()))
            .collect();
        let narrowed = statements::all()
            .filter(|statement| statement.kind == Kind::Read)
            .map(|statement| {
                (statement.name, schema.render(&audience::narrowed(schema.as_str(), statement.sql)).into())
            })
            .collect();
        Self { schema, kept: true, one, narrowed, many: Mutex::default() }
    }

    /// Whether connections keep what they have prepared, or prepare it each time without a name.
    pub(crate) fn keep(self, kept: bool) -> Self {
        Self { kept, ..self }
    }

    pub(crate) fn is_kept(&self) -> bool {
        self.kept
    }

    pub(crate) fn schema(&self) -> &Schema {
        &self.schema
    }

    pub(crate) fn text(&self, statement: Statement) -> Arc<str> {
        match self.one.get(statement.name) {
            Some(text) => Arc::clone(text),
            None => self.schema.render(&repeated(statement.sql, 1)).into(),
        }
    }

    /// A statement for an audience: narrowed, if it reads rows of an organisation and the audience does not see all of it.
    pub(crate) fn text_for(&self, audience: &Audience, statement: Statement) -> Arc<str> {
        match self.narrowed.get(statement.name) {
            Some(text) if !audience.is_all() => Arc::clone(text),
            _ => self.text(statement),
        }
    }

    /// A statement that writes so many rows.
    pub(crate) fn many(&self, statement: Statement, rows: usize) -> Arc<str> {
        if rows == 1 {
            return self.text(statement);
        }
        let mut many = self.many.lock().unwrap_or_else(PoisonError::into_inner);
        let text = many
            .entry((statement.name, rows))
            .or_insert_with(|| self.schema.render(&repeated(statement.sql, rows)).into());
        Arc::clone(text)
    }
}

/// Repeats what stands in brackets, with new places for all parameters but the first, which is the organisation.
fn repeated(sql: &str, rows: usize) -> String {
    let Some((before, rest)) = sql.split_once('[') else { return sql.to_owned() };
    let Some((row, after)) = rest.split_once(']') else { return sql.to_owned() };
    // A type such as TEXT[] has nothing in its brackets.
    if row.is_empty() {
        return sql.to_owned();
    }
    let width = row.matches('$').count() - row.matches("$1,").count().min(1);
    let mut out = before.to_owned();
    for place in 0..rows {
        if place > 0 {
            out.push_str(", ");
        }
        let mut rest = row;
        while let Some(at) = rest.find('$') {
            out.push_str(&rest[..=at]);
            rest = &rest[at + 1..];
            let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            let number: usize = rest[..end].parse().unwrap_or(0);
            let moved = if number == 1 { 1 } else { number + place * width };
            // Writing to a text cannot fail.
            let _ = write!(out, "{moved}");
            rest = &rest[end..];
        }
        out.push_str(rest);
    }
    out.push_str(after);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_get_their_schema_and_operators_stay() {
        let schema = Schema::parse("crm").unwrap();
        assert_eq!(
            schema.render("SELECT a @> b FROM @user u, @@schema.x TO @@app, @@system"),
            "SELECT a @> b FROM crm.user u, crm.x TO crm_app, crm_system"
        );
        for name in ["", "Crm", "a-b", "1a", "a.b", "pg_x", "a\"b", &"a".repeat(41)] {
            assert!(Schema::parse(name).is_none(), "{name}");
        }
    }

    #[test]
    fn rows_are_repeated_with_places_of_their_own() {
        assert_eq!(
            repeated("INSERT INTO t (o, a, b) VALUES [($1, $2, $3)] ON CONFLICT DO NOTHING", 3),
            "INSERT INTO t (o, a, b) VALUES ($1, $2, $3), ($1, $4, $5), ($1, $6, $7) ON CONFLICT DO NOTHING"
        );
        assert_eq!(
            repeated("UPDATE t SET a = v.a FROM (VALUES [($2::UUID, $3)]) v (id, a) WHERE t.o = $1", 2),
            "UPDATE t SET a = v.a FROM (VALUES ($2::UUID, $3), ($4::UUID, $5)) v (id, a) WHERE t.o = $1"
        );
        assert_eq!(repeated("SELECT unnest($4::TEXT[])", 1), "SELECT unnest($4::TEXT[])");
    }

    #[test]
    fn no_statement_keeps_a_bracket_or_a_mark() {
        let rendered = Rendered::new(Schema::parse("dialzio").unwrap());
        for statement in statements::all() {
            let text = rendered.many(statement, 8);
            assert!(!text.contains('@') && !text.contains("[("), "{}: {text}", statement.name);
        }
    }
}
