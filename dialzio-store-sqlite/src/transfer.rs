//! Reads whole tables for a transfer, in the order of their keys. The statements are made from the registry of tables, here and
//! nowhere else. No one else can write meanwhile: the store holds the file's lock.

use async_trait::async_trait;
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, params_from_iter};

use dialzio_core::registry::Column;
use dialzio_core::store::StoreResult;
use dialzio_core::transfer::{Cell, Part, Row, TableReader};

use crate::SqliteStore;
use crate::error::{Res, unreadable};

/// A column as it is moved.
fn column(column: &Column) -> String {
    let name = column.name;
    if column.is_zero_if_absent {
        return format!("coalesce(nullif(\"{name}\", x''), zeroblob(16))");
    }
    if column.is_row_number {
        return "rowid".to_owned();
    }
    format!("\"{name}\"")
}

fn listed(names: impl Iterator<Item = String>) -> String {
    names.collect::<Vec<_>>().join(", ")
}

/// The next rows of a part; after a key, or the first.
fn page(part: &Part, after: bool) -> String {
    let columns = listed(part.columns().map(column));
    let key = listed(part.key.iter().map(|name| format!("\"{name}\"")));
    let places = listed((1..=part.key.len()).map(|place| format!("?{place}")));
    let after = after.then(|| format!("({key}) > ({places})"));
    let wanted: Vec<String> = part.condition().into_iter().chain(after).collect();
    let narrowed = if wanted.is_empty() { String::new() } else { format!(" WHERE {}", wanted.join(" AND ")) };
    format!("SELECT {columns} FROM \"{}\"{narrowed} ORDER BY {key} LIMIT {}", part.table, part.page)
}

fn count(part: &Part) -> String {
    let narrowed = part.condition().map(|which| format!(" WHERE {which}")).unwrap_or_default();
    format!("SELECT count(*) FROM \"{}\"{narrowed}", part.table)
}

fn cell(value: ValueRef<'_>) -> Res<Cell> {
    Ok(match value {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(number) => Cell::Integer(number),
        ValueRef::Text(text) => {
            let text = std::str::from_utf8(text).map_err(|_| unreadable("text"))?;
            Cell::Text(text.to_owned())
        }
        ValueRef::Blob(bytes) => Cell::Bytes(bytes.to_owned()),
        ValueRef::Real(_) => return Err(unreadable("number")),
    })
}

fn value(cell: &Cell) -> Value {
    match cell {
        Cell::Null => Value::Null,
        Cell::Integer(number) => Value::Integer(*number),
        Cell::Text(text) => Value::Text(text.clone()),
        Cell::Bytes(bytes) => Value::Blob(bytes.clone()),
    }
}

fn read(db: &Connection, part: &Part, after: Option<&[Value]>) -> Res<Vec<Row>> {
    let mut statement = db.prepare_cached(&page(part, after.is_some()))?;
    let width = statement.column_count();
    let mut found = statement.query(params_from_iter(after.unwrap_or_default()))?;
    let mut rows = Vec::new();
    while let Some(row) = found.next()? {
        rows.push((0..width).map(|place| cell(row.get_ref(place)?)).collect::<Res<Row>>()?);
    }
    Ok(rows)
}

#[async_trait]
impl TableReader for SqliteStore {
    async fn count(&mut self, part: &'static Part) -> StoreResult<u64> {
        self.system(move |db| {
            let rows: i64 = db.query_row(&count(part), [], |row| row.get(0))?;
            u64::try_from(rows).map_err(|_| unreadable("count"))
        })
        .await
    }

    async fn rows(&mut self, part: &'static Part, after: Option<&[Cell]>) -> StoreResult<Vec<Row>> {
        let after: Option<Vec<Value>> = after.map(|key| key.iter().map(value).collect());
        self.system(move |db| read(db, part, after.as_deref())).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dialzio_core::transfer::parts;

    fn fresh() -> Connection {
        let mut db = Connection::open_in_memory().unwrap();
        crate::migrate::migrate(&mut db, 0).unwrap();
        crate::stats::write(&db).unwrap();
        db
    }

    /// A page costs what it holds, however far into the table it is.
    #[test]
    fn every_page_is_read_by_a_unique_index_in_its_order() {
        let db = fresh();
        for part in parts() {
            let mut explain = db.prepare(&format!("EXPLAIN QUERY PLAN {}", page(part, true))).unwrap();
            let (mut rows, mut lines) = (explain.raw_query(), Vec::new());
            while let Some(row) = rows.next().unwrap() {
                lines.push(row.get::<_, String>(3).unwrap());
            }
            assert_eq!(lines.len(), 1, "{}: {lines:?}", part.table);
            assert!(lines[0].starts_with("SEARCH") && lines[0].contains('>'), "{}: {lines:?}", part.table);
            let mut unique = db
                .prepare(
                    "SELECT group_concat(c.name ORDER BY c.seqno) FROM pragma_index_list (?1) i,
                       pragma_index_info (i.name) c WHERE i.\"unique\" GROUP BY i.name",
                )
                .unwrap();
            let keys: Vec<String> =
                unique.query_map([part.table], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
            assert!(keys.contains(&part.key.join(",")), "{}: {keys:?}", part.table);
        }
    }

    #[test]
    fn every_part_has_all_columns_of_its_table() {
        let db = fresh();
        for part in parts() {
            db.prepare(&count(part)).unwrap();
            let width = db.prepare(&page(part, false)).unwrap().column_count();
            let known = part.columns().count();
            assert_eq!(width, known, "{}", part.table);
        }
    }
}
