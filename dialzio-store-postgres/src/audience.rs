//! Reads of those who see less than all of an organisation. In their transactions every statement that reads is narrowed: each
//! of its tables stands behind the condition that the registry declares for it, so that no statement can leave it out. Whom
//! the read is for is a setting of the transaction, like the organisation.

use dialzio_core::registry::{self, Dialect};
use dialzio_core::{Audience, TypedId};

/// By the name of the schema.
struct Postgres<'a>(&'a str);

impl Dialect for Postgres<'_> {
    fn table(&self, name: &str) -> String {
        format!("{}.{name}", self.0)
    }

    fn org(&self) -> &'static str {
        "$1"
    }

    /// With a limit, since the server would otherwise read all rows of the organisation first, to look them up by a hash.
    fn finds(&self, query: &str) -> String {
        format!("(SELECT TRUE {query} LIMIT 1)")
    }

    /// An empty id stands for nobody where a key needs a value. The settings are read once, not for each row.
    fn sees(&self, column: &str) -> String {
        format!(
            "CASE WHEN {column} IS NULL OR {column} = '00000000-0000-0000-0000-000000000000' \
             THEN (SELECT current_setting('dialzio.seen_unassigned') = 'on') \
             ELSE {column} = ANY ((SELECT current_setting('dialzio.seen_members')::UUID[])::UUID[]) END"
        )
    }
}

/// A statement with each of its tables behind its condition; schema and other marks are still to be put in.
pub(crate) fn narrowed(schema: &str, sql: &str) -> String {
    let mut out = String::with_capacity(sql.len() * 2);
    let mut rest = sql;
    while let Some(at) = rest.find('@') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let name =
            rest[1..].split(|c: char| !(c.is_ascii_lowercase() || c == '_')).next().unwrap_or_default();
        let length = if rest.starts_with("@@") { 2 } else { 1 + name.len() };
        let (mark, after) = rest.split_at(length);
        let condition = match registry::table(name) {
            _ if length < 3 => None,
            Some(table) => registry::condition(table, "s", &Postgres(schema)),
            None => Some("FALSE".to_owned()),
        };
        match condition {
            Some(condition) => {
                out.push_str(&format!("(SELECT s.* FROM {mark} s WHERE s.org_id = $1 AND {condition})"));
            }
            None => out.push_str(mark),
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

/// The settings of a transaction that reads for an audience; nothing for one that sees everything. All of it is ids.
pub(crate) fn settings(audience: &Audience) -> String {
    let Audience::Of { members, unassigned } = audience else { return String::new() };
    let members: Vec<_> = members.iter().map(|member| member.uuid().to_string()).collect();
    let unassigned = if *unassigned { "on" } else { "off" };
    format!(
        "; SELECT set_config('dialzio.seen_members', '{{{}}}', true), \
         set_config('dialzio.seen_unassigned', '{unassigned}', true)",
        members.join(",")
    )
}
