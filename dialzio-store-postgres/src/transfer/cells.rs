//! Between cells and columns.

use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::Query;
use sqlx::{Postgres, Row as _};
use uuid::Uuid;

use dialzio_core::transfer::{Cell, Row};

use super::text::Kind;
use crate::error::{Res, unreadable};

/// What binds values: a query.
type Bound<'q> = Query<'q, Postgres, PgArguments>;

fn misfit() -> crate::error::Failure {
    unreadable("value of another kind than its column")
}

fn uuid(bytes: &[u8]) -> Res<Uuid> {
    Uuid::from_slice(bytes).map_err(|_| misfit())
}

/// Binds one value.
pub(super) fn bind<'q>(query: Bound<'q>, kind: Kind, cell: &Cell) -> Res<Bound<'q>> {
    Ok(match (kind, cell) {
        (Kind::Uuid, Cell::Bytes(bytes)) => query.bind(uuid(bytes)?),
        (Kind::Bytes, Cell::Bytes(bytes)) => query.bind(bytes.clone()),
        (Kind::Integer, Cell::Integer(number)) => query.bind(*number),
        (Kind::Boolean, Cell::Integer(number @ (0 | 1))) => query.bind(*number == 1),
        (Kind::Text, Cell::Text(text)) => query.bind(text.clone()),
        _ => return Err(misfit()),
    })
}

/// One column of many rows.
fn column<T>(rows: &[Row], place: usize, value: impl Fn(&Cell) -> Res<T>) -> Res<Vec<Option<T>>> {
    let one = |row: &Row| match row.get(place) {
        Some(Cell::Null) => Ok(None),
        Some(cell) => value(cell).map(Some),
        None => Err(misfit()),
    };
    rows.iter().map(one).collect()
}

/// Binds a column of many rows as one list.
pub(super) fn bind_column<'q>(query: Bound<'q>, kind: Kind, rows: &[Row], place: usize) -> Res<Bound<'q>> {
    let bytes = |cell: &Cell| match cell {
        Cell::Bytes(bytes) => Ok(bytes.clone()),
        _ => Err(misfit()),
    };
    let number = |cell: &Cell| match cell {
        Cell::Integer(number) => Ok(*number),
        _ => Err(misfit()),
    };
    Ok(match kind {
        Kind::Uuid => query.bind(column(rows, place, |cell| uuid(&bytes(cell)?))?),
        Kind::Bytes => query.bind(column(rows, place, bytes)?),
        Kind::Integer => query.bind(column(rows, place, number)?),
        Kind::Boolean => query.bind(column(rows, place, |cell| match number(cell)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(misfit()),
        })?),
        Kind::Text => query.bind(column(rows, place, |cell| match cell {
            Cell::Text(text) => Ok(text.clone()),
            _ => Err(misfit()),
        })?),
    })
}

/// The cells of a row.
pub(super) fn cells(row: &PgRow, kinds: &[Kind]) -> Res<Row> {
    let cell = |(place, kind): (usize, &Kind)| -> Result<Cell, sqlx::Error> {
        Ok(match kind {
            Kind::Uuid => {
                row.try_get::<Option<Uuid>, _>(place)?.map(|id| Cell::Bytes(id.into_bytes().to_vec()))
            }
            Kind::Bytes => row.try_get::<Option<Vec<u8>>, _>(place)?.map(Cell::Bytes),
            Kind::Integer => row.try_get::<Option<i64>, _>(place)?.map(Cell::Integer),
            Kind::Boolean => row.try_get::<Option<bool>, _>(place)?.map(|so| Cell::Integer(so.into())),
            Kind::Text => row.try_get::<Option<String>, _>(place)?.map(Cell::Text),
        }
        .unwrap_or(Cell::Null))
    };
    kinds.iter().enumerate().map(cell).collect::<Result<Row, _>>().map_err(|_| misfit())
}
