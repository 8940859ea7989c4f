//! Calls that come in.

use chrono::TimeDelta;
use dialzio_core::call::{HangupCause, LegResult, LegRole, Party, RecordingKind};
use dialzio_core::conversation::Direction;
use dialzio_core::provider::{CallAction, TelephonyProvider};
use dialzio_telephony::emulator::{Behaviour, CallPhase, EmulatorError, Product, Side};
use std::time::Duration;

use crate::fixture::{APP_ID, ASHA, DID, Fixture, LATHA, RAVI, RAVIS_PHONE, alias};

#[tokio::test]
async fn a_call_that_one_agent_ignores_and_another_answers() {
    let fixture = Fixture::new().await;
    let call = fixture.vendor.call_in(Product::TeleCmi, APP_ID, Some(ASHA), DID).unwrap();
    fixture.vendor.ring(&call, LATHA).unwrap();
    fixture.wait(15);
    fixture.vendor.agent_ignores(&call).unwrap();
    fixture.vendor.ring(&call, RAVI).unwrap();
    fixture.wait(4);
    fixture.vendor.agent_answers(&call).unwrap();
    fixture.wait(61);
    fixture.vendor.hang_up(&call, Side::Agent).unwrap();
    let reports = fixture.reports().await;
    let story: Vec<String> = reports.iter().map(crate::fixture::line).collect();
    assert_eq!(
        story,
        [
            "live customer rings",
            "live agent rings",
            "live agent ended",
            "record agent missed",
            "live agent rings",
            "live customer up",
            "live agent up",
            "live agent ended",
            "live customer ended",
            "record whole answered"
        ]
    );
    assert!(reports.iter().all(|report| report.direction == Some(Direction::Inbound)));
    assert!(reports.iter().all(|report| report.customer.as_deref() == Some(ASHA)));
    let record = reports.last().unwrap();
    assert_eq!((record.leg.agent.as_deref(), record.leg.talk_seconds), (Some(RAVI), Some(61)));
    assert_eq!((record.leg.cause, record.queue.as_deref()), (Some(HangupCause::AgentHungUp), Some("Sales")));
    assert_eq!(record.our_number.as_deref(), Some(DID));
    let attempt = &reports[3];
    assert_eq!(
        (attempt.leg.agent.as_deref(), attempt.leg.cause),
        (Some(LATHA), Some(HangupCause::NotAnswered))
    );
    assert_eq!(attempt.aliases.len(), 1, "the vendor does not say of which call it is");
    assert!(reports[2].aliases.contains(&attempt.aliases[0]), "its live events do");
}

#[tokio::test]
async fn a_caller_who_gives_up_was_missed_and_one_who_speaks_left_a_message() {
    let fixture = Fixture::new().await;
    let missed = fixture.vendor.call_in(Product::TeleCmi, APP_ID, Some(ASHA), DID).unwrap();
    fixture.wait(9);
    fixture.vendor.hang_up(&missed, Side::Customer).unwrap();
    let record = fixture.reports().await.pop().unwrap();
    assert_eq!((&record.leg.result, record.leg.wait_seconds), (&Some(LegResult::Missed), Some(9)));
    assert!(record.recordings.is_empty());

    let spoke = fixture.vendor.call_in(Product::TeleCmi, APP_ID, Some(ASHA), DID).unwrap();
    fixture.wait(30);
    fixture.vendor.leave_voicemail(&spoke).unwrap();
    let record = fixture.reports().await.pop().unwrap();
    let (file, kind) = record.recordings[0].clone();
    assert_eq!((record.leg.result, kind), (Some(LegResult::Missed), RecordingKind::Voicemail));
    let sound = fixture.telecmi.open_recording(&fixture.access, &file).await.unwrap();
    assert_eq!(sound.bytes.len(), 44 + 30 * 16_000);
}

#[tokio::test]
async fn a_message_can_be_left_while_an_agent_is_rung_and_not_in_a_call_that_went_out() {
    let fixture = Fixture::new().await;
    let call = fixture.vendor.call_in(Product::TeleCmi, APP_ID, Some(ASHA), DID).unwrap();
    fixture.vendor.ring(&call, RAVI).unwrap();
    fixture.vendor.leave_voicemail(&call).unwrap();
    let last: Vec<String> = fixture.story().await.split_off(2);
    assert_eq!(
        last,
        ["live agent ended", "record agent missed", "live customer ended", "record whole missed"]
    );
    let placed = fixture.place(Product::TeleCmi).await.unwrap();
    assert!(matches!(fixture.vendor.leave_voicemail(&placed.id), Err(EmulatorError::OutOfPlace(_))));
}

#[tokio::test]
async fn a_hidden_number_is_written_as_the_vendor_writes_it() {
    for hidden in ["anonymous", "", "266696687", "unknown"] {
        let fixture =
            Fixture::behaving(Behaviour { hidden_number: hidden.to_owned(), ..Behaviour::default() }).await;
        for product in [Product::TeleCmi, Product::Piopiy] {
            let call = fixture.vendor.call_in(product, APP_ID, None, DID).unwrap();
            fixture.vendor.hang_up(&call, Side::Customer).unwrap();
            for report in fixture.reports().await {
                let written = report.customer.unwrap();
                assert_eq!(Party::read(&written, None), Party::Withheld, "{written}");
            }
        }
    }
}

#[tokio::test]
async fn a_call_that_comes_in_by_piopiy_has_a_first_leg_of_the_customer_and_a_second_of_the_agent() {
    let fixture = Fixture::new().await;
    let call = fixture.vendor.call_in(Product::Piopiy, APP_ID, Some(ASHA), DID).unwrap();
    fixture.vendor.ring(&call, RAVIS_PHONE).unwrap();
    fixture.wait(3);
    fixture.vendor.agent_answers(&call).unwrap();
    fixture.wait(20);
    fixture.vendor.hang_up(&call, Side::Customer).unwrap();
    let reports = fixture.reports().await;
    for report in &reports {
        match report.leg.role {
            Some(LegRole::First) => {
                assert_eq!(
                    (report.direction, report.customer.as_deref()),
                    (Some(Direction::Inbound), Some(ASHA))
                );
                assert_eq!(report.our_number.as_deref(), Some(DID));
            }
            Some(LegRole::Second) => assert_eq!((report.direction, &report.customer), (None, &None)),
            other => panic!("{other:?}"),
        }
        assert!(report.aliases.contains(&alias(&call)), "every leg names the call");
    }
    let last: Vec<String> = reports.iter().rev().take(2).map(crate::fixture::line).collect();
    assert_eq!(last, ["record second answered", "record first answered"]);
    let found = fixture.piopiy.find_call(&fixture.access, &[alias(&call)], fixture.now()).await.unwrap();
    assert_eq!((found[0].direction, found[0].leg.talk_seconds), (Some(Direction::Inbound), Some(20)));
}

#[tokio::test]
async fn the_agent_ends_a_call_that_came_in_by_the_agents_own_leg() {
    let fixture = Fixture::new().await;
    let call = fixture.vendor.call_in(Product::TeleCmi, APP_ID, Some(ASHA), DID).unwrap();
    fixture.vendor.ring(&call, RAVI).unwrap();
    fixture.vendor.agent_answers(&call).unwrap();
    let reports = fixture.reports().await;
    let agents = reports.iter().find(|report| report.leg.role == Some(LegRole::Agent)).unwrap();
    let own = agents.leg.id.clone().unwrap();
    let error =
        fixture.telecmi.control(&fixture.access, &[alias(&call)], CallAction::HangUp).await.unwrap_err();
    assert_eq!(error.code(), "telecmi.404", "the customer's leg is not the user's");
    // The agent's leg is tried whatever stands before it.
    fixture.telecmi.control(&fixture.access, &[alias(&call), own], CallAction::HangUp).await.unwrap();
    assert_eq!(fixture.vendor.call(&call).unwrap().phase, CallPhase::Ended);
}

#[tokio::test]
async fn lists_agree_with_what_was_reported() {
    let fixture = Fixture::new().await;
    let from = fixture.now();
    let mut reported = Vec::new();
    for number in 0..23_i64 {
        let call = fixture.vendor.call_in(Product::TeleCmi, APP_ID, Some(ASHA), DID).unwrap();
        fixture.wait(2);
        if number % 3 == 0 {
            fixture.vendor.ring(&call, RAVI).unwrap();
            fixture.vendor.agent_answers(&call).unwrap();
            fixture.wait(number);
        }
        fixture.vendor.hang_up(&call, Side::Customer).unwrap();
        fixture.wait(1);
        reported.push(fixture.reports().await.pop().unwrap());
    }
    let (mut listed, mut after) = (Vec::new(), None);
    loop {
        let page = fixture.telecmi.list_calls(&fixture.access, from, fixture.now(), after).await.unwrap();
        listed.extend(page.calls);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(listed.len(), 23);
    for report in reported {
        let row = listed.iter().find(|row| report.aliases.contains(&row.aliases[0])).unwrap();
        assert_eq!((&row.leg.result, row.leg.talk_seconds), (&report.leg.result, report.leg.talk_seconds));
        assert_eq!((row.leg.answered, row.leg.started), (report.leg.answered, report.leg.started));
        assert_eq!((row.leg.wait_seconds, row.leg.ended), (report.leg.wait_seconds, report.leg.ended));
        assert_eq!(
            (&row.customer, &row.recordings, &row.leg.agent),
            (&report.customer, &report.recordings, &report.leg.agent)
        );
    }
    let early = fixture
        .telecmi
        .list_calls(&fixture.access, from - TimeDelta::days(2), from - TimeDelta::days(1), None)
        .await;
    assert!(early.unwrap().calls.is_empty());
}

#[tokio::test]
async fn a_recording_is_published_some_time_after_the_call() {
    let behaviour = Behaviour { recording_delay: Duration::from_secs(30), ..Behaviour::default() };
    let fixture = Fixture::behaving(behaviour).await;
    let call = fixture.vendor.call_in(Product::TeleCmi, APP_ID, Some(ASHA), DID).unwrap();
    fixture.vendor.ring(&call, RAVI).unwrap();
    fixture.vendor.agent_answers(&call).unwrap();
    fixture.wait(2);
    fixture.vendor.hang_up(&call, Side::Agent).unwrap();
    let file = fixture.vendor.call(&call).unwrap().recording.unwrap();
    let error = fixture.telecmi.open_recording(&fixture.access, &file).await.unwrap_err();
    assert!(error.is_retryable() && error.code() == "telecmi.502", "{error:?}");
    fixture.wait(30);
    let sound = fixture.telecmi.open_recording(&fixture.access, &file).await.unwrap();
    assert_eq!((sound.bytes.len(), sound.mime.as_deref()), (44 + 2 * 16_000, Some("audio/wav")));
}

#[tokio::test]
async fn what_cannot_happen_does_not() {
    let fixture = Fixture::new().await;
    let vendor = &fixture.vendor;
    let call = vendor.call_in(Product::TeleCmi, APP_ID, Some(ASHA), DID).unwrap();
    assert!(matches!(vendor.agent_answers(&call), Err(EmulatorError::OutOfPlace(_))));
    assert!(matches!(vendor.customer_answers(&call), Err(EmulatorError::OutOfPlace(_))));
    assert!(matches!(vendor.hang_up(&call, Side::Agent), Err(EmulatorError::OutOfPlace(_))));
    assert!(matches!(vendor.ring(&call, "999_1"), Err(EmulatorError::UnknownAgent(_))));
    assert!(matches!(vendor.call_in(Product::TeleCmi, 1, None, DID), Err(EmulatorError::UnknownAccount(1))));
    assert!(matches!(vendor.ring("nothing", RAVI), Err(EmulatorError::UnknownCall(_))));
    vendor.hang_up(&call, Side::Customer).unwrap();
    assert!(matches!(vendor.hang_up(&call, Side::Customer), Err(EmulatorError::OutOfPlace(_))));
    assert!(matches!(vendor.leave_voicemail(&call), Err(EmulatorError::OutOfPlace(_))));
}
