//! Sealed values: the beginnings that hold their wrapped keys, and those keys wrapped anew.

use rusqlite::{Connection, params};
use uuid::Uuid;

use dialzio_core::OrgId;
use dialzio_core::account::{KeyChange, Rewrap, Sealed, SealedKind, SealedPlace, SealedRow};
use dialzio_core::store::StoreError;
use dialzio_core::store::rows::Columns;

use crate::apply::Scope;
use crate::codec::{Cols, time};
use crate::error::{Failure, Res};
use crate::run::Run;
use crate::statements as sql;

/// The row of a key by its place, a number.
fn key_place(row: Uuid) -> i64 {
    i64::try_from(row.as_u128()).unwrap_or(i64::MAX)
}

/// Values in tables of the installation, in order of their places.
pub(crate) fn of_system(
    db: &Connection,
    kind: SealedKind,
    after: Option<SealedPlace>,
    limit: u32,
) -> Res<Vec<SealedRow>> {
    let head = SealedKind::HEAD;
    let row = after.map_or_else(Uuid::nil, |after| after.row);
    // No id is empty.
    let past = if after.is_some() { row.as_bytes().as_slice() } else { &[] };
    let plain = |row: &rusqlite::Row<'_>| {
        let c = Cols::new(row, "sealed value");
        Ok(SealedRow { org: OrgId::NIL, place: SealedPlace::of(c.uuid()?), head: c.bytes()?.to_vec() })
    };
    match kind {
        SealedKind::KeptKey => db.all(sql::SEALED_KEYS, params![key_place(row), limit, head], |row| {
            let c = Cols::new(row, "sealed value");
            let place = Uuid::from_u128(u128::from(c.number::<u32>()?));
            Ok(SealedRow { org: OrgId::NIL, place: SealedPlace::of(place), head: c.bytes()?.to_vec() })
        }),
        SealedKind::AppSecret => {
            let place = after.map_or(-1, |after| i64::from(after.place));
            db.all(sql::SEALED_APP_SECRETS, params![past, place, limit, head], |row| {
                let c = Cols::new(row, "sealed value");
                let place = SealedPlace { row: c.uuid()?, place: c.number()? };
                Ok(SealedRow { org: OrgId::NIL, place, head: c.bytes()?.to_vec() })
            })
        }
        SealedKind::VerifyToken => db.all(sql::SEALED_VERIFY_TOKENS, params![past, limit, head], plain),
        SealedKind::SecondFactor => db.all(sql::SEALED_SECOND_FACTORS, params![past, limit, head], plain),
        SealedKind::Mail => db.all(sql::SEALED_MAIL, params![past, limit, head], plain),
        SealedKind::Quarantine => db.all(sql::SEALED_QUARANTINE, params![past, limit, head], |row| {
            let c = Cols::new(row, "sealed value");
            let org = c.key_id()?.unwrap_or(OrgId::NIL);
            Ok(SealedRow { org, place: SealedPlace::of(c.uuid()?), head: c.bytes()?.to_vec() })
        }),
        _ => Ok(Vec::new()),
    }
}

/// Values in the tables of an organisation, in order of their places.
pub(crate) fn of_org(
    db: &Connection,
    org: [u8; 16],
    kind: SealedKind,
    after: Option<SealedPlace>,
    limit: u32,
) -> Res<Vec<SealedRow>> {
    let statement = match kind {
        SealedKind::Credentials => sql::SEALED_ACCOUNTS,
        SealedKind::ClientSecret => sql::SEALED_CLIENT_SECRETS,
        SealedKind::Beside => sql::SEALED_MESSAGES,
        SealedKind::File => sql::SEALED_MEDIA,
        SealedKind::Inbox => sql::SEALED_INBOX,
        _ => return Ok(Vec::new()),
    };
    // No id is empty.
    let past = after.map_or_else(Vec::new, |after| after.row.as_bytes().to_vec());
    db.all(statement, params![org, past, limit, SealedKind::HEAD], |row| {
        let c = Cols::new(row, "sealed value");
        Ok(SealedRow { org: c.id()?, place: SealedPlace::of(c.uuid()?), head: c.bytes()?.to_vec() })
    })
}

/// Wraps a data key in a table of the installation anew.
pub(crate) fn rewrap(db: &Connection, rewrap: &Rewrap) -> Res<()> {
    let Rewrap { place, from, to, .. } = rewrap;
    let row = place.row.as_bytes().as_slice();
    match rewrap.kind {
        SealedKind::KeptKey => db.run(sql::REWRAP_KEYS, params![key_place(place.row), from, to])?,
        SealedKind::AppSecret => db.run(sql::REWRAP_APP_SECRET, params![row, place.place, from, to])?,
        SealedKind::VerifyToken => db.run(sql::REWRAP_VERIFY_TOKENS, params![row, from, to])?,
        SealedKind::SecondFactor => db.run(sql::REWRAP_SECOND_FACTORS, params![row, from, to])?,
        SealedKind::Mail => db.run(sql::REWRAP_MAIL, params![row, from, to])?,
        SealedKind::Quarantine => db.run(sql::REWRAP_QUARANTINE, params![row, from, to])?,
        _ => return Err(Failure::Store(StoreError::Unsupported("a kind of sealed value"))),
    };
    Ok(())
}

/// Changes what is kept of a key; answers whether there was something to change.
pub(crate) fn change_key(db: &Connection, place: u32, change: &KeyChange) -> Res<bool> {
    let changed = match change {
        KeyChange::Keep(sealed) => db.run(sql::KEEP_OF_KEY, params![place, Sealed::as_bytes(sealed)])?,
        KeyChange::Retire(at) => db.run(sql::RETIRE_KEY, params![place, time(*at)])?,
    };
    Ok(changed != 0)
}

impl Scope<'_> {
    /// Wraps a data key of the organisation anew.
    pub(crate) fn rewrap(&mut self, rewrap: &Rewrap) -> Res<()> {
        let statement = match rewrap.kind {
            SealedKind::Credentials => sql::REWRAP_ACCOUNTS,
            SealedKind::ClientSecret => sql::REWRAP_CLIENT_SECRETS,
            SealedKind::Beside => sql::REWRAP_MESSAGES,
            SealedKind::File => sql::REWRAP_MEDIA,
            SealedKind::Inbox => sql::REWRAP_INBOX,
            _ => return Err(Failure::Store(StoreError::Unsupported("a kind of sealed value"))),
        };
        let row = rewrap.place.row.as_bytes().as_slice();
        self.db.run(statement, params![self.key, row, rewrap.from, rewrap.to]).map(drop)
    }
}
