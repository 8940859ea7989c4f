//! The operator has the logs of providers read from a given time on.

use chrono::TimeDelta;
use dialzio_core::call::{CallLogReading, CallsFound};
use dialzio_core::conversation::Direction;
use dialzio_core::provider::{CallReport, TelephonyCapabilities, TelephonyProvider};
use dialzio_core::testing::ScriptedCalls;
use dialzio_core::{AccountId, Error, IdSource};

use crate::{Desk, LegResult, at, desk, desk_with, record};

fn answered(id: &str) -> CallReport {
    let mut report = record(id, Direction::Inbound, LegResult::Answered);
    report.leg.started = Some(at(0));
    report.leg.ended = Some(at(60));
    report.leg.talk_seconds = Some(50);
    report
}

/// Reads all parts of a reading.
async fn read(desk: &Desk, since: TimeDelta) -> (CallsFound, usize) {
    let operator = desk.crm.operator("ticket 7").unwrap();
    let readings = operator.begin_reading_calls(desk.now() - since, None).await.unwrap();
    assert_eq!(readings.iter().map(|reading| reading.account).collect::<Vec<_>>(), [desk.account]);
    let (mut found, mut parts, mut rest) = (CallsFound::default(), 0, readings.first().copied());
    while let Some(next) = rest {
        let (part, left) = operator.read_calls(&next).await.unwrap();
        found.add(part);
        rest = left;
        parts += 1;
    }
    (found, parts)
}

#[tokio::test]
async fn the_log_of_three_days_is_read_in_parts_without_a_gap_and_doubles_nothing() {
    let desk = desk().await;
    desk.later(TimeDelta::minutes(1)).await;
    let mut live = answered("known");
    live.leg.ended = None;
    live.leg.result = None;
    live.leg.talk_seconds = None;
    desk.arrives(vec![live]).await;
    desk.phone.lists(vec![answered("known"), answered("lost-1"), answered("lost-2")]);
    let before = desk.phone.periods_read().len();
    let (found, parts) = read(&desk, TimeDelta::days(3)).await;
    assert_eq!((found.new, found.filled, parts), (2, 1, 72), "{found:?}");
    assert_eq!(desk.calls().await.len(), 3);
    assert!(desk.calls().await.iter().all(|call| call.confirmed && call.talk_seconds == Some(50)));
    let periods = desk.phone.periods_read().split_off(before);
    assert_eq!(periods[0].0, desk.now() - TimeDelta::days(3));
    assert!(periods.iter().all(|(from, until)| *until - *from <= TimeDelta::hours(1)), "a part is too long");
    assert!(periods.windows(2).all(|two| two[1].0 == two[0].1), "there is a gap");
    assert_eq!(periods.last().map(|(_, until)| *until), Some(desk.now()));
    let (again, _) = read(&desk, TimeDelta::days(3)).await;
    assert_eq!((again.new, again.filled), (0, 0), "the same once more changes nothing");
    assert_eq!(desk.calls().await.len(), 3);
}

#[tokio::test]
async fn a_reading_is_on_record_and_none_is_read_that_is_not() {
    let desk = desk().await;
    let operator = desk.crm.operator("ticket 7").unwrap();
    let since = desk.now() - TimeDelta::hours(2);
    let reading = operator.begin_reading_calls(since, Some(desk.account)).await.unwrap()[0];
    let entry = &operator.log(u64::MAX, 1).await.unwrap()[0];
    assert_eq!((entry.seq, entry.action.as_str()), (reading.entry, "calls.read"));
    assert_eq!(entry.org, Some(desk.owner.org()));
    let before = desk.phone.periods_read().len();
    let other: AccountId = IdSource::seeded(3).next(desk.now());
    for forged in [
        CallLogReading { entry: reading.entry + 1, ..reading },
        CallLogReading { entry: 0, ..reading },
        CallLogReading { account: other, ..reading },
    ] {
        let refused = operator.read_calls(&forged).await.unwrap_err();
        assert!(matches!(refused, Error::Invalid { field: "entry", .. }), "{refused}");
    }
    assert_eq!(desk.phone.periods_read().len(), before, "nothing was asked");
}

#[tokio::test]
async fn what_cannot_be_read_is_said_before_anything_is_asked() {
    let desk = desk().await;
    let operator = desk.crm.operator("ticket 7").unwrap();
    for since in [desk.now(), desk.now() + TimeDelta::hours(1), desk.now() - TimeDelta::days(400)] {
        let refused = operator.begin_reading_calls(since, None).await.unwrap_err();
        assert!(matches!(refused, Error::Invalid { field: "since", .. }), "{refused}");
    }
    let since = desk.now() - TimeDelta::hours(1);
    let nobody: AccountId = IdSource::seeded(3).next(desk.now());
    let missing = operator.begin_reading_calls(since, Some(nobody)).await.unwrap_err();
    assert!(matches!(missing, Error::NotFound { .. }), "{missing}");

    let known = ScriptedCalls::new().capabilities().clone();
    let desk = desk_with(ScriptedCalls::with(TelephonyCapabilities { lists_calls: false, ..known })).await;
    let operator = desk.crm.operator("ticket 7").unwrap();
    let since = desk.now() - TimeDelta::hours(1);
    assert_eq!(operator.begin_reading_calls(since, None).await.unwrap(), []);
    let refused = operator.begin_reading_calls(since, Some(desk.account)).await.unwrap_err();
    assert!(matches!(refused, Error::Invalid { field: "account", .. }), "{refused}");
}
