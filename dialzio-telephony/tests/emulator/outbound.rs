//! Calls that we place: the agent first, then the customer.

use chrono::TimeDelta;
use dialzio_core::call::{HangupCause, LegResult, LegRole};
use dialzio_core::conversation::Direction;
use dialzio_core::provider::{CallAction, CallReportKind, ReportTime, TelephonyProvider};
use dialzio_telephony::emulator::{CallPhase, Product, Side};

use crate::fixture::{ASHA, DID, Fixture, RAVI, RAVIS_PHONE, alias, call_id};

#[tokio::test]
async fn a_call_of_telecmi_goes_from_the_agent_to_the_customer_to_the_record() {
    let fixture = Fixture::new().await;
    let call = fixture.place(Product::TeleCmi).await.unwrap();
    assert_eq!(
        (call.phase, call.agent.as_deref(), call.customer.as_deref()),
        (CallPhase::AgentRings, Some(RAVI), Some(ASHA))
    );
    fixture.wait(5);
    fixture.vendor.agent_answers(&call.id).unwrap();
    fixture.wait(8);
    fixture.vendor.customer_answers(&call.id).unwrap();
    fixture.wait(60);
    fixture.vendor.hang_up(&call.id, Side::Customer).unwrap();
    let reports = fixture.reports().await;
    let story: Vec<String> = reports.iter().map(crate::fixture::line).collect();
    assert_eq!(
        story,
        [
            "live agent rings",
            "live agent up",
            "live customer rings",
            "live customer up",
            "live customer ended",
            "live agent ended",
            "record whole answered"
        ]
    );
    for report in &reports {
        assert_eq!(report.own, Some(call_id()), "our own id comes back with each");
        assert_eq!(report.direction, Some(Direction::Outbound));
        assert!(report.aliases.contains(&alias(call.request_id.as_deref().unwrap())));
        assert_eq!(report.our_number.as_deref(), Some(DID));
    }
    let record = reports.last().unwrap();
    assert_eq!((record.customer.as_deref(), record.leg.talk_seconds), (Some(ASHA), Some(60)));
    assert_eq!((record.leg.cause, record.recordings.len()), (Some(HangupCause::CustomerHungUp), 1));
    assert_eq!(record.leg.answered, Some(ReportTime::At(fixture.now() - TimeDelta::seconds(60))));
}

#[tokio::test]
async fn a_call_of_piopiy_has_a_record_for_each_leg() {
    let fixture = Fixture::new().await;
    let call = fixture.place(Product::Piopiy).await.unwrap();
    assert_eq!((call.agent.as_deref(), call.customer.as_deref()), (Some(RAVIS_PHONE), Some(ASHA)));
    fixture.wait(6);
    fixture.vendor.agent_answers(&call.id).unwrap();
    fixture.wait(14);
    fixture.vendor.customer_answers(&call.id).unwrap();
    fixture.wait(60);
    fixture.vendor.hang_up(&call.id, Side::Agent).unwrap();
    let reports = fixture.reports().await;
    let story: Vec<String> = reports.iter().map(crate::fixture::line).collect();
    assert_eq!(
        story,
        [
            "live first rings",
            "live first up",
            "live second rings",
            "live second up",
            "live second ended",
            "live first ended",
            "record first answered",
            "record second answered"
        ]
    );
    let of = |role: LegRole| {
        let of_role = |report: &&dialzio_core::provider::CallReport| {
            report.kind == CallReportKind::Record && report.leg.role == Some(role)
        };
        reports.iter().find(of_role).unwrap()
    };
    assert_eq!((&of(LegRole::First).customer, of(LegRole::First).leg.talk_seconds), (&None, Some(74)));
    assert_eq!(
        (of(LegRole::Second).customer.as_deref(), of(LegRole::Second).leg.talk_seconds),
        (Some(ASHA), Some(60))
    );
    assert!(
        reports
            .iter()
            .all(|report| report.own == Some(call_id()) && report.direction == Some(Direction::Outbound))
    );
}

#[tokio::test]
async fn an_agent_who_does_not_pick_up_ends_the_call_before_the_customer_is_rung() {
    for product in [Product::TeleCmi, Product::Piopiy] {
        for declines in [true, false] {
            let fixture = Fixture::new().await;
            let call = fixture.place(product).await.unwrap();
            fixture.wait(20);
            if declines {
                fixture.vendor.agent_declines(&call.id).unwrap();
            } else {
                fixture.vendor.agent_ignores(&call.id).unwrap();
            }
            let reports = fixture.reports().await;
            let record = reports.last().unwrap();
            assert_eq!(record.leg.result, Some(LegResult::Missed));
            assert!(reports.iter().all(|report| report.leg.role != Some(LegRole::Second)));
            assert!(reports.iter().all(|report| report.leg.role != Some(LegRole::Customer)));
            assert_eq!(fixture.vendor.call(&call.id).unwrap().phase, CallPhase::Ended);
        }
    }
}

#[tokio::test]
async fn a_customer_who_declines_or_does_not_answer_was_rung_and_not_reached() {
    for (declines, cause) in [(true, HangupCause::Rejected), (false, HangupCause::NotAnswered)] {
        let fixture = Fixture::new().await;
        for product in [Product::TeleCmi, Product::Piopiy] {
            let call = fixture.place(product).await.unwrap();
            fixture.vendor.agent_answers(&call.id).unwrap();
            fixture.wait(25);
            if declines {
                fixture.vendor.customer_declines(&call.id).unwrap();
            } else {
                fixture.vendor.customer_ignores(&call.id).unwrap();
            }
            let record = fixture.reports().await.pop().unwrap();
            assert_eq!(record.leg.result, Some(LegResult::Missed), "{product:?}");
            if product == Product::TeleCmi {
                assert_eq!((record.leg.role, record.leg.cause), (Some(LegRole::Whole), Some(cause)));
            } else {
                assert_eq!(record.leg.role, Some(LegRole::Second));
            }
        }
    }
}

#[tokio::test]
async fn a_call_is_ended_and_held_from_here() {
    let fixture = Fixture::new().await;
    for product in [Product::TeleCmi, Product::Piopiy] {
        let call = fixture.place(product).await.unwrap();
        fixture.vendor.agent_answers(&call.id).unwrap();
        fixture.vendor.customer_answers(&call.id).unwrap();
        let (provider, leg) = (fixture.provider(product), [alias(&call.id)]);
        if product == Product::Piopiy {
            provider.control(&fixture.access, &leg, CallAction::Hold).await.unwrap();
            assert!(fixture.vendor.call(&call.id).unwrap().on_hold);
            provider.control(&fixture.access, &leg, CallAction::Resume).await.unwrap();
            assert!(!fixture.vendor.call(&call.id).unwrap().on_hold);
        }
        provider.control(&fixture.access, &leg, CallAction::HangUp).await.unwrap();
        let ended = fixture.vendor.call(&call.id).unwrap();
        assert_eq!((ended.phase, ended.ended_at), (CallPhase::Ended, Some(fixture.now())));
        let error = provider.control(&fixture.access, &leg, CallAction::HangUp).await.unwrap_err();
        assert!(error.code().ends_with(".404"), "it is over: {error:?}");
    }
}

#[tokio::test]
async fn what_became_of_a_call_is_found_when_every_webhook_was_lost() {
    let fixture = Fixture::new().await;
    fixture.vendor.lose_webhooks(1_000);
    for product in [Product::TeleCmi, Product::Piopiy] {
        let call = fixture.place(product).await.unwrap();
        fixture.vendor.agent_answers(&call.id).unwrap();
        fixture.vendor.customer_answers(&call.id).unwrap();
        fixture.wait(33);
        fixture.vendor.hang_up(&call.id, Side::Customer).unwrap();
        assert!(fixture.reports().await.is_empty());
        let request = call.request_id.as_deref().unwrap();
        let ids = [alias(request), alias(&call.id)];
        let found =
            fixture.provider(product).find_call(&fixture.access, &ids, call.started_at).await.unwrap();
        let talk: Vec<_> =
            found.iter().map(|report| (report.leg.role.unwrap(), report.leg.talk_seconds)).collect();
        match product {
            Product::TeleCmi => assert_eq!(talk, [(LegRole::Whole, Some(33))]),
            Product::Piopiy => assert_eq!(talk, [(LegRole::First, Some(33)), (LegRole::Second, Some(33))]),
        }
    }
}

#[tokio::test]
async fn a_number_that_cannot_be_dialled_is_taken_and_fails() {
    let fixture = Fixture::new().await;
    let permit = dialzio_core::testing::permit_to_call(
        dialzio_core::PhoneNumber::from_digits("91987").unwrap(),
        fixture.now(),
    );
    fixture.telecmi.place_call(&fixture.access, permit, &crate::fixture::call()).await.unwrap();
    assert_eq!(fixture.story().await, ["live agent rings", "live agent ended", "record whole missed"]);
}
