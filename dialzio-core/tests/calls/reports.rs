//! Odd reports: fewer fields, unknown words, hidden and shared numbers, our own numbers, ids that come late, times without a zone.

use chrono::{NaiveDate, TimeDelta};
use dialzio_core::call::{CallPatch, CallState, LegResult, LegRole};
use dialzio_core::conversation::Direction;
use dialzio_core::page::PageRequest;
use dialzio_core::provider::{CallReport, CallReportKind, HookReply, ListedAgent, ReportTime};
use dialzio_core::timeline::TimelineKind;

use crate::{CUSTOMER, OUR_NUMBER, alias, at, connect, desk, live, record};

#[tokio::test]
async fn a_report_with_fewer_fields_erases_nothing_and_an_unknown_word_keeps_the_call() {
    let desk = desk().await;
    let mut whole = record("c-1", Direction::Outbound, LegResult::Answered);
    whole.leg.talk_seconds = Some(42);
    let mut poor = CallReport::new(CallReportKind::Record);
    poor.aliases = vec![alias("c-1")];
    poor.leg.role = Some(LegRole::Whole);
    desk.arrives(vec![whole, poor]).await;
    let call = desk.only_call().await;
    assert_eq!((call.state, call.talk_seconds), (CallState::Completed, Some(42)));
    assert_eq!(call.customer.unwrap().reveal(), "+919840055501");

    let odd = record("c-2", Direction::Inbound, LegResult::Other("Zoned-Out".into()));
    desk.arrives(vec![odd]).await;
    let call = desk.calls().await.into_iter().find(|call| call.state == CallState::Ended).unwrap();
    assert_eq!(call.word.as_deref(), Some("Zoned-Out"));
}

#[tokio::test]
async fn hidden_callers_are_logged_and_belong_to_nobody() {
    let desk = desk().await;
    desk.contact("Asha", "+919840055501").await;
    for (place, text) in
        ["Anonymous", "", "-1", "266696687", "sip:anonymous@anonymous.invalid"].iter().enumerate()
    {
        let mut report = record(&format!("h-{place}"), Direction::Inbound, LegResult::Missed);
        report.customer = Some((*text).into());
        desk.arrives(vec![report]).await;
    }
    let calls = desk.calls().await;
    assert_eq!(calls.len(), 5);
    for call in calls {
        assert!(call.withheld && call.customer.is_none() && call.contact.is_none(), "{call:?}");
    }
}

#[tokio::test]
async fn a_number_that_several_people_share_gives_one_call_that_a_member_assigns() {
    let desk = desk().await;
    let one = desk.contact("Sree Traders", "+919840055501").await;
    let other = desk.contact("Unni", "+919840055501").await;
    desk.arrives(vec![record("s-1", Direction::Inbound, LegResult::Answered)]).await;
    let call = desk.only_call().await;
    assert_eq!(call.contact, None);
    let mut who: Vec<_> = desk
        .crm
        .calls()
        .caller(&desk.owner, call.id)
        .await
        .unwrap()
        .contacts
        .iter()
        .map(|one| one.id)
        .collect();
    who.sort_unstable();
    let mut both = [one.id, other.id];
    both.sort_unstable();
    assert_eq!(who, both);
    let patch = CallPatch { contact: Some(Some(other.id)), ..CallPatch::default() };
    desk.crm.calls().update(&desk.owner, call.id, Some(call.revision), &patch).await.unwrap();
    let page = PageRequest::first(10);
    let theirs =
        desk.crm.timeline().of_contact(&desk.owner, other.id, &[TimelineKind::Call], page).await.unwrap();
    assert_eq!(theirs.items.len(), 1);
}

#[tokio::test]
async fn the_only_person_with_a_number_has_the_call_in_their_timeline() {
    let desk = desk().await;
    let asha = desk.contact("Asha", "+919840055501").await;
    desk.arrives(vec![record("t-1", Direction::Inbound, LegResult::Answered)]).await;
    assert_eq!(desk.only_call().await.contact, Some(asha.id));
    let page = PageRequest::first(10);
    let items = desk.crm.timeline().of_contact(&desk.owner, asha.id, &[], page).await.unwrap().items;
    assert_eq!(items.iter().filter(|item| item.kind() == TimelineKind::Call).count(), 1);
}

#[tokio::test]
async fn neither_our_number_nor_an_agents_telephone_is_ever_the_customer() {
    let desk = desk().await;
    let agent = ListedAgent { id: "101_3333333".into(), name: None, phone: Some("919840077701".into()) };
    desk.phone.employs(vec![agent]);
    desk.crm.calls().list_agents(&desk.owner, desk.account).await.unwrap();
    for (id, number) in [("o-1", OUR_NUMBER), ("o-2", "919840077701")] {
        let mut report = record(id, Direction::Inbound, LegResult::Answered);
        report.customer = Some(number.into());
        desk.arrives(vec![report]).await;
    }
    let calls = desk.calls().await;
    assert_eq!(calls.len(), 2);
    assert!(calls.iter().all(|call| call.customer.is_none()));
}

#[tokio::test]
async fn two_partial_calls_that_turn_out_to_be_one_are_merged() {
    let desk = desk().await;
    let mut one = live("m-1", "leg-1", LegRole::Customer);
    one.direction = Some(Direction::Inbound);
    one.customer = Some(CUSTOMER.into());
    one.leg.started = Some(at(0));
    let mut other = live("m-2", "leg-2", LegRole::Agent);
    other.leg.answered = Some(at(9));
    desk.arrives(vec![one]).await;
    desk.arrives(vec![other]).await;
    assert_eq!(desk.calls().await.len(), 2);
    let mut joins = record("m-1", Direction::Inbound, LegResult::Answered);
    joins.aliases.push(alias("m-2"));
    joins.leg.talk_seconds = Some(12);
    desk.arrives(vec![joins]).await;
    let call = desk.only_call().await;
    assert_eq!((call.state, call.talk_seconds), (CallState::Completed, Some(12)));
    let held = desk
        .crm
        .store()
        .call_aliases(&dialzio_core::testing::scope(desk.owner.org()), call.id)
        .await
        .unwrap();
    assert_eq!(held, ["leg-1", "leg-2", "m-1", "m-2"].map(alias));
}

#[tokio::test]
async fn a_time_without_a_zone_is_read_in_the_organisations_and_marked() {
    let desk = desk().await;
    let mut report = record("z-1", Direction::Inbound, LegResult::Missed);
    let nine = NaiveDate::from_ymd_opt(2026, 3, 2).unwrap().and_hms_opt(9, 0, 0).unwrap();
    report.leg.started = Some(ReportTime::Local(nine));
    desk.arrives(vec![report]).await;
    let call = desk.only_call().await;
    let org = desk.crm.access().org(&desk.owner).await.unwrap();
    let zone: chrono_tz::Tz = org.zone.as_str().parse().unwrap();
    assert_eq!(call.started_at.with_timezone(&zone).naive_local(), nine);
    assert!(call.evidence.zone_assumed);
}

#[tokio::test]
async fn a_report_that_names_no_account_belongs_to_the_only_one_of_its_app() {
    let desk = desk().await;
    let nameless =
        |id: &str| desk.phone.webhook(None, vec![record(id, Direction::Inbound, LegResult::Missed)]);
    assert_eq!(desk.crm.intake().receive(desk.app.hook, nameless("n-1")).await, HookReply::OK);
    assert_eq!(desk.only_call().await.account, desk.account);
    connect(&desk.crm, &desk.owner, &desk.app, "4444444").await;
    assert_eq!(desk.crm.intake().receive(desk.app.hook, nameless("n-2")).await, HookReply::OK);
    assert_eq!(desk.calls().await.len(), 1, "of two accounts it could be either's: it is in quarantine");
    let kept = desk.crm.quarantine().list(&desk.owner, PageRequest::first(10)).await.unwrap();
    assert_eq!(kept.items.len(), 1);
}

#[tokio::test]
async fn a_report_of_long_ago_makes_no_call_and_one_from_the_future_is_the_present() {
    let desk = desk().await;
    let mut old = record("old", Direction::Inbound, LegResult::Missed);
    old.leg.started = Some(ReportTime::At(desk.now() - TimeDelta::days(9)));
    let mut ahead = record("ahead", Direction::Inbound, LegResult::Missed);
    ahead.leg.started = Some(ReportTime::At(desk.now() + TimeDelta::hours(5)));
    desk.arrives(vec![old, ahead]).await;
    assert_eq!(desk.only_call().await.started_at, desk.now());
}
