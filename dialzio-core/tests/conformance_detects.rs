//! The suite notices: each rule is broken on purpose, and the cases that guard it have to fail then.
#![cfg(feature = "testing")]

use dialzio_core::Store;
use dialzio_core::memory::{BrokenRule, MemoryStore};
use dialzio_core::testing::conformance::{
    TestBed, audience, call, call_flow, canned_reply, commit, contact, disposition, draft, groups, help,
    identity_provider, isolation, media, message, notice, outbox, retention, saved_view, scheduled, sealed,
    system, team, trust, usage,
};
use std::pin::Pin;
use std::sync::Arc;

type Case = fn(TestBed) -> Pin<Box<dyn Future<Output = ()> + Send>>;

macro_rules! case {
    ($module:ident::$name:ident) => {
        (stringify!($name), |bed| Box::pin($module::$name(bed)))
    };
}

fn bed(rule: Option<BrokenRule>) -> TestBed {
    let clock = TestBed::clock();
    let store: Arc<dyn Store> = match rule {
        Some(rule) => Arc::new(MemoryStore::breaking(Arc::clone(&clock) as _, rule)),
        None => Arc::new(MemoryStore::new(Arc::clone(&clock) as _)),
    };
    TestBed::new(store, clock)
}

/// Each case passes on the whole store and fails on the broken one.
async fn detects(rule: BrokenRule, cases: &[(&str, Case)]) {
    for (name, case) in cases {
        tokio::spawn(case(bed(None))).await.expect("the whole store passes");
        let answer = tokio::spawn(case(bed(Some(rule)))).await;
        assert!(answer.is_err_and(|error| error.is_panic()), "{name} does not notice {rule:?}");
    }
}

#[tokio::test]
async fn a_store_that_shows_everybody_everything_is_noticed() {
    let cases: &[(&str, Case)] = &[
        case!(audience::by_no_read_is_anything_of_another_found),
        case!(audience::a_queue_holds_what_is_assigned_within_the_audience),
        case!(audience::a_snooze_that_has_run_out_is_seen_by_its_audience_alone),
        case!(audience::a_contact_is_seen_by_its_owner_and_by_work_with_it),
        case!(audience::calls_and_follow_ups_are_seen_by_whose_they_are),
        case!(audience::what_is_decided_on_is_whole),
        case!(usage::a_member_reads_no_use_of_another),
        case!(help::requests_for_help_of_one_organisation_are_no_others),
    ];
    detects(BrokenRule::AudienceIgnored, cases).await;
}

#[tokio::test]
async fn a_store_that_ignores_the_scope_is_noticed() {
    let cases: &[(&str, Case)] = &[
        case!(isolation::another_organisation_sees_nothing_by_any_read),
        case!(isolation::expectations_look_into_ones_own_organisation_only),
        case!(call::calls_of_one_organisation_are_no_others),
        case!(help::requests_for_help_of_one_organisation_are_no_others),
        case!(call_flow::call_flows_of_one_organisation_are_no_others),
        case!(canned_reply::canned_replies_of_one_organisation_are_no_others),
        case!(identity_provider::identity_providers_of_one_organisation_are_no_others),
        case!(team::teams_of_one_organisation_are_no_others),
        case!(sealed::sealed_values_of_one_organisation_are_no_others),
        case!(saved_view::saved_views_of_one_organisation_are_no_others),
        case!(disposition::dispositions_of_one_organisation_are_no_others),
        case!(scheduled::scheduled_messages_of_one_organisation_are_no_others),
        case!(draft::drafts_of_one_organisation_are_no_others),
        case!(notice::notices_of_one_organisation_are_no_others),
        case!(usage::uses_of_one_organisation_are_no_others),
        case!(groups::organisations_at_the_same_time_keep_their_own_sequences),
        case!(isolation::writes_do_not_reach_another_organisation),
        case!(retention::a_sweep_stays_in_its_organisation),
        case!(system::a_number_is_routed_in_one_organisation_only),
    ];
    detects(BrokenRule::ScopeIgnored, cases).await;
}

#[tokio::test]
async fn a_store_that_ignores_expectations_is_noticed() {
    let cases: &[(&str, Case)] = &[
        case!(commit::every_expectation_is_refused_when_untrue_and_met_when_true),
        case!(commit::neighbours_of_a_refused_batch_are_applied),
        case!(commit::a_batch_sees_those_before_it),
        case!(contact::added_tags_are_kept_and_not_lost_to_an_older_card),
        case!(call::a_call_changes_under_its_revision),
        case!(call::an_id_belongs_to_one_call_of_an_account),
        case!(call_flow::a_call_flow_changes_and_goes_under_its_revision),
        case!(canned_reply::a_canned_reply_changes_and_goes_under_its_revision),
        case!(identity_provider::an_identity_provider_changes_and_goes_under_its_revision),
        case!(team::a_team_changes_and_goes_under_its_revision),
        case!(saved_view::a_saved_view_changes_and_goes_under_its_revision),
        case!(disposition::a_change_names_the_revision_it_was_decided_on),
        case!(groups::callers_at_the_same_time_each_get_their_own_answer),
        case!(groups::one_call_with_many_batches_is_answered_in_their_order),
        case!(outbox::a_stale_fence_is_refused),
        case!(outbox::received_elements_wait_in_line),
    ];
    detects(BrokenRule::ExpectIgnored, cases).await;
}

#[tokio::test]
async fn a_store_that_keeps_half_a_batch_is_noticed() {
    let cases: &[(&str, Case)] = &[
        case!(commit::a_batch_is_applied_whole_or_not_at_all),
        case!(groups::a_batch_that_fails_half_way_takes_nobody_with_it),
        case!(message::a_repeated_delivery_changes_nothing),
    ];
    detects(BrokenRule::HalfBatch, cases).await;
}

#[tokio::test]
async fn a_store_that_shows_what_has_expired_is_noticed() {
    let cases: &[(&str, Case)] = &[
        case!(retention::what_has_expired_is_not_seen_before_any_sweep),
        case!(retention::a_shorter_period_counts_at_once_and_a_longer_one_never),
        case!(retention::an_end_of_its_own_counts_when_it_is_earlier),
        case!(retention::an_expired_message_is_no_fact_for_sending),
        case!(call::recordings_expire_and_their_call_stays),
        case!(retention::what_was_done_is_seen_and_kept_as_long_as_messages),
        case!(usage::of_an_address_the_network_is_left_after_thirty_days),
        case!(usage::a_use_is_gone_after_ninety_days),
    ];
    detects(BrokenRule::ExpiryIgnored, cases).await;
}

#[tokio::test]
async fn a_store_that_shows_what_had_expired_when_the_clock_goes_back_is_noticed() {
    let cases: &[(&str, Case)] = &[case!(retention::what_had_expired_stays_hidden_when_the_clock_goes_back)];
    detects(BrokenRule::TimeGoesBack, cases).await;
}

#[tokio::test]
async fn a_store_that_does_not_recognise_a_replay_is_noticed() {
    let cases: &[(&str, Case)] = &[
        case!(commit::a_key_used_again_is_answered_as_the_first_time),
        case!(commit::a_key_used_for_another_request_changes_nothing),
        case!(commit::a_key_counts_within_one_call_and_keeps_its_kind_of_answer),
    ];
    detects(BrokenRule::ReplayIgnored, cases).await;
}

#[tokio::test]
async fn a_store_that_ignores_who_owns_a_file_is_noticed() {
    let cases: &[(&str, Case)] = &[
        case!(media::a_file_needs_its_owner),
        case!(media::the_owner_of_a_file_stays),
        case!(media::a_file_goes_with_its_owner),
    ];
    detects(BrokenRule::OwnerIgnored, cases).await;
}

#[tokio::test]
async fn a_store_that_forgets_trust_is_noticed() {
    let cases: &[(&str, Case)] = &[
        case!(trust::trust_is_kept_with_what_waits_and_what_is_held),
        case!(trust::an_unsigned_element_stays_unsigned_in_the_queue_and_in_quarantine),
    ];
    detects(BrokenRule::TrustForgotten, cases).await;
}

/// The list of the macro names every case there is: none is written and then forgotten.
#[test]
fn every_case_is_on_the_list() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/conformance");
    let read = |name: &str| std::fs::read_to_string(format!("{folder}/{name}")).unwrap();
    let list = format!("{} {}", read("list.rs"), read("ports.rs"));
    let (mut count, mut waiting) = (0, vec![std::path::PathBuf::from(folder)]);
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            waiting.extend(std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        let source = std::fs::read_to_string(path).unwrap();
        for line in source
            .lines()
            .filter_map(|line| line.strip_prefix("pub async fn ").or_else(|| line.strip_prefix("pub fn ")))
        {
            let name = line.split('(').next().unwrap();
            assert!(list.split_whitespace().any(|word| word == name), "{name} is not on the list");
            count += 1;
        }
    }
    assert!(count > 100, "{count} cases");
}
