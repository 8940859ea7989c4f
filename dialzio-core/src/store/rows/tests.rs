#![allow(clippy::unwrap_used, reason = "tests")]

use chrono::DateTime;
use std::cell::Cell;
use uuid::Uuid;

use super::{Bind, Columns, FromRow, ToRow};
use crate::access::{Member, MemberState};
use crate::account::KeyCheck;
use crate::id::{MemberId, TypedId, UserId};
use crate::scope::Role;
use crate::store::{Revision, StoreError, StoreResult};

/// One column.
#[derive(Debug, Clone, PartialEq)]
enum Value {
    Null,
    Integer(i64),
    Flag(bool),
    Text(String),
    Bytes(Vec<u8>),
    Uuid(Uuid),
}

/// Columns as they were bound.
#[derive(Default)]
struct Row(Vec<Value>);

impl Row {
    fn add<T>(&mut self, value: Option<T>, kind: impl FnOnce(T) -> Value) {
        self.0.push(value.map_or(Value::Null, kind));
    }
}

impl Bind for Row {
    fn opt_integer(&mut self, value: Option<i64>) {
        self.add(value, Value::Integer);
    }

    fn flag(&mut self, value: bool) {
        self.0.push(Value::Flag(value));
    }

    fn opt_text(&mut self, value: Option<&str>) {
        self.add(value, |text| Value::Text(text.to_owned()));
    }

    fn opt_bytes(&mut self, value: Option<&[u8]>) {
        self.add(value, |bytes| Value::Bytes(bytes.to_vec()));
    }

    fn opt_uuid(&mut self, value: Option<Uuid>) {
        self.add(value, Value::Uuid);
    }

    fn key_uuid(&mut self, value: Option<Uuid>) {
        self.opt_uuid(value);
    }
}

struct Reader<'a> {
    row: &'a Row,
    next: Cell<usize>,
    record: &'static str,
}

impl<'a> Reader<'a> {
    fn next(&self) -> StoreResult<&'a Value> {
        let place = self.next.get();
        self.next.set(place + 1);
        self.row.0.get(place).ok_or_else(|| self.bad())
    }

    fn opt<T>(&self, kind: impl FnOnce(&'a Value) -> Option<T>) -> StoreResult<Option<T>> {
        match self.next()? {
            Value::Null => Ok(None),
            value => kind(value).map(Some).ok_or_else(|| self.bad()),
        }
    }

    fn there<T>(&self, value: StoreResult<Option<T>>) -> StoreResult<T> {
        value?.ok_or_else(|| self.bad())
    }
}

macro_rules! of {
    ($kind:ident) => {
        |value| match value {
            Value::$kind(inner) => Some(inner),
            _ => None,
        }
    };
}

impl Columns for Reader<'_> {
    type Error = StoreError;

    fn record(&self) -> &'static str {
        self.record
    }

    fn integer(&self) -> StoreResult<i64> {
        self.there(self.opt_integer())
    }

    fn opt_integer(&self) -> StoreResult<Option<i64>> {
        Ok(self.opt(of!(Integer))?.copied())
    }

    fn flag(&self) -> StoreResult<bool> {
        self.there(self.opt(of!(Flag))).copied()
    }

    fn str(&self) -> StoreResult<&str> {
        self.there(self.opt_str())
    }

    fn opt_str(&self) -> StoreResult<Option<&str>> {
        Ok(self.opt(of!(Text))?.map(String::as_str))
    }

    fn bytes(&self) -> StoreResult<&[u8]> {
        self.there(self.opt_bytes())
    }

    fn opt_bytes(&self) -> StoreResult<Option<&[u8]>> {
        Ok(self.opt(of!(Bytes))?.map(Vec::as_slice))
    }

    fn uuid(&self) -> StoreResult<Uuid> {
        self.there(self.opt_uuid())
    }

    fn opt_uuid(&self) -> StoreResult<Option<Uuid>> {
        Ok(self.opt(of!(Uuid))?.copied())
    }

    fn key_uuid(&self) -> StoreResult<Option<Uuid>> {
        self.opt_uuid()
    }

    fn texts(&self) -> StoreResult<Vec<String>> {
        self.json_list()
    }

    fn texts_in_order(&self) -> StoreResult<Vec<String>> {
        self.json_list()
    }

    fn blobs_in_order(&self) -> StoreResult<Vec<Vec<u8>>> {
        self.json_list()
    }
}

fn read<T: FromRow>(row: &Row) -> StoreResult<T> {
    T::from_row(&Reader { row, next: Cell::new(0), record: T::RECORD })
}

fn written(record: &impl ToRow) -> Row {
    let mut row = Row::default();
    record.to_row(&mut row).unwrap();
    row
}

fn member() -> Member {
    Member {
        id: MemberId::from_uuid(Uuid::from_u128(1)),
        user: UserId::from_uuid(Uuid::from_u128(2)),
        name: "Ines Varga".to_owned().try_into().unwrap(),
        role: Role::Agent,
        state: MemberState::Active,
        created_at: DateTime::from_timestamp_micros(1_772_409_600_000_001).unwrap(),
        revision: Revision(3),
        visibility: crate::access::Visibility::Own,
    }
}

#[test]
fn a_record_reads_back_what_it_wrote() {
    assert_eq!(read::<Member>(&written(&member())).unwrap(), member());
    let check = KeyCheck {
        place: 2,
        key: "k2".to_owned(),
        mac: [7; 32],
        made_at: member().created_at,
        kept: None,
        retired_at: None,
    };
    assert_eq!(read::<KeyCheck>(&written(&check)).unwrap().mac, check.mac);
}

#[test]
fn a_damaged_column_names_the_record_and_shows_no_value() {
    let whole = written(&member());
    for place in 0..whole.0.len() {
        for damage in [Value::Null, Value::Text("Ines Varga ".repeat(60)), Value::Integer(i64::MIN)] {
            let mut row = written(&member());
            row.0[place] = damage;
            let error = read::<Member>(&row).unwrap_err();
            assert!(matches!(error, StoreError::Unreadable("member")), "column {place}");
            assert!(!format!("{error} {error:?}").contains("Ines"));
        }
    }
    let short = Row(whole.0[..3].to_vec());
    assert!(matches!(read::<Member>(&short), Err(StoreError::Unreadable("member"))));
}
