//! What is lived again: conformance cases in which statements find something, and what no case has any of them find.

use chrono::TimeDelta;
use rusqlite::params;
use std::path::PathBuf;
use std::sync::Arc;

use crate::codec::{id, id_list};
use crate::connect::{Place, reader};
use crate::run::Run;
use crate::run::record::{self, Ran};
use crate::{SqliteStore, statements as sql};
use dialzio_core::consent::Purpose;
use dialzio_core::contact::{Alias, Contact, ContactWrite, Stage, TaskQuery};
use dialzio_core::conversation::{
    ConversationFilter, ConversationOrder, ConversationQuery, ConversationState, ConversationWrite,
    DeliveryStatus, InboundQuery, InboxView, StateFilter,
};
use dialzio_core::event::DomainEvent;
use dialzio_core::media::MediaWrite;
use dialzio_core::outbox::{JobState, JobWrite};
use dialzio_core::page::PageRequest;
use dialzio_core::provider::AccountRef;
use dialzio_core::store::{Purge, Write};
use dialzio_core::testing::conformance::{self as cases, Person, Tenant, TestBed};

/// Records what is done in a fresh store.
async fn recorded<F: Future<Output = ()>>(work: impl FnOnce(TestBed, PathBuf) -> F) -> Vec<Ran> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().canonicalize().unwrap().join("crm.db");
    let clock = TestBed::clock();
    record::begin(&file);
    let store = SqliteStore::start(Place { path: file.clone(), temporary: true }, clock.clone(), 1).unwrap();
    work(TestBed::new(Arc::new(store), clock), file.clone()).await;
    record::end(&file)
}

macro_rules! of_cases {
    ($($module:ident { $($case:ident)+ })+) => {
        vec![$($(recorded(|bed, _| cases::$module::$case(bed)).await),+),+]
    };
}

/// Each history.
pub(super) async fn all() -> Vec<Vec<Ran>> {
    let mut histories = of_cases! {
        audience {
            a_contact_is_seen_by_its_owner_and_by_work_with_it
        }
        commit {
            a_key_used_again_is_answered_as_the_first_time
            every_expectation_is_refused_when_untrue_and_met_when_true
        }
        consent {
            promotion_counts_for_seven_days_once_dispatched
            what_the_wire_needs_comes_in_one_look
            entries_are_found_for_each_conversation
        }
        ledger {
            the_recorded_end_is_that_of_the_log
            an_entry_keeps_its_origin_its_detail_and_the_digest_of_its_consents
            entries_are_found_by_who_what_which_and_when
        }
        contact_list {
            each_choice_narrows_the_list_in_either_order
            a_list_shows_identities_and_the_newest_contact
        }
        contact {
            a_card_is_kept_and_its_revision_rises_by_one
            a_card_is_found_by_detail_and_by_alias_in_any_spelling
            the_most_recently_seen_alias_is_the_last
            follow_ups_are_filtered
        }
        conversation {
            a_message_reopens_and_is_not_closed_over
            a_conversation_is_marked_unread_and_read_again
            a_snooze_that_has_run_out_counts_as_open
        }
        call {
            a_call_is_written_and_read_back_whole
            an_id_belongs_to_one_call_of_an_account
            rows_that_are_one_call_are_merged
            calls_of_one_organisation_are_no_others
        }
        call_log {
            each_choice_narrows_the_log
            missed_calls_that_wait_are_counted
            calls_are_counted_by_hour_member_and_outcome
        }
        call_facts {
            reports_find_their_calls
            a_number_finds_all_who_share_it
            missed_calls_of_a_number_are_known
            agents_are_found_by_id_and_by_number
            agents_keep_their_member
        }
        call_of_identity {
            calls_follow_their_identity
            the_newest_answer_about_calls_stays
        }
        call_flow {
            one_call_flow_is_enabled_for_a_number_of_an_account
            call_flows_of_one_organisation_are_no_others
        }
        identity_provider {
            an_identity_provider_changes_and_goes_under_its_revision
            what_a_provider_calls_members_is_kept_as_long_as_the_provider
            identity_providers_of_one_organisation_are_no_others
        }
        team {
            a_team_changes_and_goes_under_its_revision
            teams_of_one_organisation_are_no_others
        }
        canned_reply {
            a_shortcut_belongs_to_one_canned_reply_of_an_organisation
            canned_replies_of_one_organisation_are_no_others
        }
        saved_view {
            saved_views_of_a_member_come_with_the_shared_ones
            a_saved_view_changes_and_goes_under_its_revision
            saved_views_of_one_organisation_are_no_others
        }
        disposition {
            dispositions_come_by_position_and_then_by_age
            a_name_belongs_to_one_disposition_of_an_organisation
            dispositions_of_one_organisation_are_no_others
        }
        draft {
            the_last_save_of_a_draft_stays_until_it_is_removed
            a_draft_expires_thirty_days_after_its_last_change
        }
        notice {
            a_notice_comes_with_what_it_is_about
            what_was_read_is_unread_no_longer
            a_notice_expires_ninety_days_after_it_was_made
        }
        usage {
            uses_of_pages_survive_whole_and_come_newest_first
            of_an_address_the_network_is_left_after_thirty_days
            a_use_is_gone_after_ninety_days
            uses_are_counted_by_members_and_small_groups_are_hidden
        }
        facts {
            a_person_is_known_under_each_alias
            cards_with_the_typed_number_are_candidates
            people_who_are_known_under_the_number_elsewhere_are_candidates
            a_joined_person_is_known_with_their_thread
            a_queue_with_a_waiting_element_is_not_idle
        }
        filter {
            closing_ends_a_wait_and_opening_again_looks_it_up
            a_conversation_waits_from_the_oldest_message_without_an_answer
            a_filter_follows_what_changes
        }
        fidelity {
            settings_survive_whole
        }
        message_search {
            messages_are_found_by_their_words_newest_first
        }
        isolation {
            another_organisation_sees_nothing_by_any_read
            writes_do_not_reach_another_organisation
        }
        media {
            a_file_needs_its_owner
            the_owner_of_a_file_stays
            a_file_goes_with_its_owner
            the_end_of_a_file_stays
        }
        retention {
            the_sweep_removes_what_has_expired_and_queues_the_blobs
            bookkeeping_is_forgotten_in_time
            what_had_expired_stays_hidden_when_the_clock_goes_back
            what_was_done_is_seen_and_kept_as_long_as_messages
            a_sweep_stays_in_its_organisation
        }
        scheduled {
            scheduled_messages_come_by_their_time
            an_opt_out_refuses_all_that_wait_for_a_person
            a_scheduled_message_expires_as_messages_do
        }
        search {
            a_stage_narrows_a_search
            a_number_finds_the_person_in_any_spelling
        }
        people {
            sessions_are_listed_and_ended_but_for_one
            last_use_is_of_a_member_in_one_organisation
            the_last_use_of_a_key_is_kept_apart_from_the_key
            invitations_into_an_organisation_are_listed_oldest_first
            a_membership_that_is_disabled_stays_and_lets_nobody_in
            a_second_factor_changes_under_its_revision_and_is_not_replaced
            a_passkey_is_found_by_its_device_and_changes_under_its_revision
            a_token_of_a_user_is_used_once_and_in_time
            a_session_says_who_lacks_a_second_factor_that_is_required
            failed_attempts_are_counted_under_their_revision
        }
        mail {
            mail_comes_when_it_is_due_and_not_after_its_end
            a_mail_is_one_workers_at_a_time_and_ends_once
        }
        news {
            news_comes_newest_first_until_it_is_withdrawn
            news_is_unread_until_its_reader_has_read_it
            news_is_mailed_oldest_first_and_once
            news_reaches_confirmed_users_who_work_somewhere
            news_expires_after_twelve_months
        }
        help {
            requests_for_help_are_kept_whole_and_in_order
            a_request_for_help_changes_under_its_revision
            a_request_for_help_goes_two_years_after_it_was_closed
            requests_for_help_of_one_organisation_are_no_others
        }
        system {
            a_session_ends_in_every_way
            an_invitation_works_once
            a_revoked_key_is_not_found
            apps_are_found_by_hook_and_by_owner
            a_rotated_address_leads_to_its_app_with_the_one_before
            the_system_sweep_removes_what_has_ended
            a_number_is_routed_in_one_organisation_only
            queued_work_wakes_the_worker
            checks_of_keys_are_kept_once_in_their_order
            the_operator_log_keeps_each_place_once_and_comes_newest_first
            organisations_are_listed_and_found_by_member
            a_webhook_reaches_only_accounts_of_its_app
            bytes_of_no_organisation_are_the_operators
        }
        sealed {
            a_data_key_is_exchanged_where_it_is_and_nowhere_else
            sealed_values_of_one_organisation_are_no_others
            what_is_kept_of_a_key_is_kept_once
        }
        outbox {
            a_dispatched_send_is_unknown_after_a_restart
            quarantined_bytes_are_swept_when_their_time_is_up
            waiting_promotion_is_taken_back_and_nothing_else
            what_rests_for_its_account_is_woken_and_nothing_else
            queues_that_waited_longest_come_first
        }
        writes {
            every_write_is_applied
        }
    };
    histories.push(recorded(lists).await);
    histories.push(recorded(|bed, _| joined(bed)).await);
    histories.push(recorded(|bed, _| old(bed)).await);
    histories
}

/// Lists in which every part of a row has something in it.
async fn lists(bed: TestBed, file: PathBuf) {
    let tenant = bed.tenant().await;
    let page = || PageRequest::first(50);
    let (store, scope) = (&bed.store, &tenant.scope);
    let mut cards = Vec::new();
    for name in ["Asha", "Ben"] {
        let person = bed.person(&tenant, name).await;
        let mut contact = person.contact.clone();
        contact.details = vec![bed.make.phone_detail(&bed.make.phone())];
        contact.tags = vec![bed.make.tag("vip")];
        contact.stage = Stage::Customer;
        let mut task = bed.make.task(contact.id, "Call back");
        task.assignee = Some(bed.make.id());
        let member = task.assignee;
        bed.write_all(
            scope,
            [ContactWrite::Update(contact.clone()).into(), ContactWrite::InsertTask(task).into()],
        )
        .await;
        bed.hears(&tenant, &person, "hello", bed.at(1)).await;
        let mut talk = bed.conversation(&tenant, &person).await;
        talk.state = ConversationState::Snoozed { until: bed.at(10) };
        talk.assignee = member;
        bed.write(scope, ConversationWrite::Update(talk)).await;
        for (assignee, open) in [(None, true), (member, true)] {
            let query = TaskQuery { contact: None, assignee, open };
            assert!(!store.tasks(scope, &query, page()).await.unwrap().items.is_empty());
        }
        let view = InboxView::Mine(member.unwrap());
        let theirs = ConversationQuery::new(view, StateFilter::Snoozed, bed.at(5));
        assert_eq!(store.inbox(scope, &theirs, page()).await.unwrap().items.len(), 1);
        cards.push(contact);
    }
    let keys: Vec<_> =
        cards.iter().flat_map(|contact| &contact.details).map(|d| d.value.subject_key()).collect();
    assert_eq!(store.contacts_by_subject(scope, &keys).await.unwrap().len(), 2);
    let woken = ConversationQuery::new(InboxView::All, StateFilter::Open, bed.at(20));
    assert_eq!(store.inbox(scope, &woken, page()).await.unwrap().items.len(), 2);
    narrowed(&bed, &tenant, &cards[0]).await;
    let business = AccountRef(tenant.account.business_id.clone());
    assert!(store.route(&bed.system, tenant.app.id, &[business]).await.unwrap()[0].is_some());
    // A queue is walked for words when thousands match, which takes as many people; so it is asked here as it would be there.
    let db = reader(&Place { path: file, temporary: false }).unwrap();
    let none = None::<&str>;
    let row = params![
        id(tenant.org.id),
        none,
        0,
        0,
        none,
        none,
        0,
        none,
        "snoozed",
        i64::MAX,
        [255_u8; 16],
        50,
        "[\" be\"]"
    ];
    assert_eq!(db.all(sql::PLACES_BY_WORDS, row, |_| Ok(())).unwrap().len(), 1);
    // What is asked for an audience alone is asked here for everybody: its condition is no part of these histories.
    let talk = bed.person(&tenant, "Bo").await.conversation.id;
    let row = params![id(tenant.org.id), id_list([talk])];
    assert_eq!(db.all(sql::CONVERSATIONS_AMONG, row, |_| Ok(())).unwrap().len(), 1);
}

/// Queues that are narrowed by each choice, by the index that serves it.
async fn narrowed(bed: &TestBed, tenant: &Tenant, of: &Contact) {
    let person = bed.person(tenant, "Chloe").await;
    bed.hears(tenant, &person, "hello", bed.at(3)).await;
    let (answer, _) = bed.queues(tenant, &person, "good morning", bed.at(4)).await;
    bed.delivery(tenant, answer.id, DeliveryStatus::Failed, bed.at(5)).await;
    bed.hears(tenant, &person, "on its way for long", bed.at(2)).await;
    let mut contact = person.contact.clone();
    (contact.stage, contact.tags) = (of.stage, of.tags.clone());
    bed.write(&tenant.scope, ContactWrite::Update(contact)).await;
    let query = |view, filter| ConversationQuery {
        filter,
        ..ConversationQuery::new(view, StateFilter::Open, bed.at(20))
    };
    let account = Some(tenant.account.id);
    let tag = of.tags.first().cloned();
    let waiting = ConversationQuery {
        order: ConversationOrder::Waiting,
        ..query(InboxView::All, ConversationFilter::default())
    };
    for query in [
        query(InboxView::All, ConversationFilter { account, ..Default::default() }),
        query(InboxView::Unassigned, ConversationFilter { account, ..Default::default() }),
        query(InboxView::All, ConversationFilter { unread: true, ..Default::default() }),
        query(InboxView::All, ConversationFilter { failed: true, ..Default::default() }),
        query(InboxView::All, ConversationFilter { stage: Some(of.stage), ..Default::default() }),
        query(InboxView::All, ConversationFilter { stage: Some(of.stage), tag, ..Default::default() }),
        waiting,
    ] {
        let found = bed.store.inbox(&tenant.scope, &query, PageRequest::first(9)).await.unwrap();
        assert!(!found.items.is_empty(), "{query:?}");
    }
}

/// Identities that turn out to be one person, twice over, each with a conversation and promotion that waits.
async fn joined(bed: TestBed) {
    let tenant = bed.tenant().await;
    let scope = &tenant.scope;
    let people = [
        bed.person(&tenant, "Asha").await,
        bed.person(&tenant, "Ashu").await,
        bed.person(&tenant, "A.").await,
    ];
    for (second, person) in people.iter().enumerate() {
        let mut message = bed.make.outbound(&person.conversation, "news", bed.at(second as i64));
        message.purpose = Some(Purpose::Marketing);
        bed.queue(&tenant, &message).await;
        let mut contact = person.contact.clone();
        contact.details = vec![bed.make.phone_detail(&bed.make.phone())];
        bed.write(scope, ContactWrite::Update(contact)).await;
    }
    let ask = async |people: &[Person], known: usize| {
        let ask = InboundQuery {
            account: tenant.account.id,
            portfolio: tenant.account.portfolio.clone(),
            aliases: people.iter().flat_map(|person| person.identity.aliases.clone()).collect::<Vec<Alias>>(),
            external: Vec::new(),
            own: Vec::new(),
            consent: true,
        };
        let facts = bed.store.inbound_facts(scope, &ask).await.unwrap();
        assert_eq!(facts.identities.len(), known);
    };
    ask(&people, 3).await;
    let [first, second, third] = people.each_ref().map(|person| person.identity.id);
    bed.write(scope, ContactWrite::JoinIdentity { from: first, into: second }).await;
    ask(&people, 2).await;
    bed.write(scope, ContactWrite::JoinIdentity { from: second, into: third }).await;
    ask(&people, 1).await;
    bed.write(
        scope,
        JobWrite::CancelPromotions {
            identity: third,
            scope: dialzio_core::consent::PurposeScope::Any,
            at: bed.at(9),
        },
    )
    .await;
}

async fn sweep(bed: &TestBed, tenant: &Tenant) -> u64 {
    let mut gone = 0;
    for class in [Purge::Messages, Purge::Bookkeeping] {
        let at = dialzio_core::testing::confirmed(bed.now());
        let kept = TimeDelta::days(if class == Purge::Messages { 365 } else { 0 });
        gone += bed.write(&tenant.scope, Write::Purge { class, at, kept, limit: 100 }).await.rows_affected;
    }
    gone
}

/// What goes by age alone: files before their message, evidence, jobs that are over, events.
async fn old(bed: TestBed) {
    let tenant = bed.tenant().await;
    let person = bed.person(&tenant, "Asha").await;
    let heard = bed.hears(&tenant, &person, "pictures", bed.at(1)).await;
    let (sent, job) = bed.queues(&tenant, &person, "thanks", bed.at(2)).await;
    bed.delivery(&tenant, sent.id, DeliveryStatus::Sent, bed.at(3)).await;
    let done = JobWrite::Update { id: job.id, state: JobState::Done, not_before: None, attempts: 1 };
    let mut batch = bed.writes([done.into()]);
    batch.event(DomainEvent::OrgChanged);
    bed.store.commit_one(&tenant.scope, batch).await.unwrap();
    let [mut older, mut ending] = [(); 2].map(|()| bed.make.media(tenant.org.id, tenant.account.id, &heard));
    older.event_at = heard.event_at - TimeDelta::days(30);
    ending.expires_at = Some(heard.event_at + TimeDelta::days(1));
    for file in [older, ending] {
        bed.write(&tenant.scope, MediaWrite::Insert(file)).await;
    }
    bed.clock.advance(TimeDelta::days(340));
    assert!(sweep(&bed, &tenant).await >= 4, "two files, the effect, the event");
    bed.clock.advance(TimeDelta::days(26));
    assert!(sweep(&bed, &tenant).await >= 2, "both messages");
}
