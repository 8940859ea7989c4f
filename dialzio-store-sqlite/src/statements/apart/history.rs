//! What is lived again: conformance cases in which statements find something, and what no case has any of them find.

use chrono::TimeDelta;
use rusqlite::params;
use std::path::PathBuf;
use std::sync::Arc;

use crate::codec::id;
use crate::connect::{Place, reader};
use crate::run::Run;
use crate::run::record::{self, Ran};
use crate::{SqliteStore, statements as sql};
use dialzio_core::consent::Purpose;
use dialzio_core::contact::{Alias, ContactQuery, ContactWrite, Stage, TaskQuery};
use dialzio_core::conversation::{
    ConversationQuery, ConversationState, ConversationWrite, DeliveryStatus, InboundAsk, InboxView,
    StateFilter,
};
use dialzio_core::effect::EffectState;
use dialzio_core::event::DomainEvent;
use dialzio_core::media::MediaWrite;
use dialzio_core::page::PageRequest;
use dialzio_core::provider::AccountRef;
use dialzio_core::store::{EffectWrite, Purge, Write};
use dialzio_core::testing::conformance::{self as cases, Bench, House, Person};

/// Records what is done in a fresh store.
async fn recorded<F: Future<Output = ()>>(work: impl FnOnce(Bench, PathBuf) -> F) -> Vec<Ran> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().canonicalize().unwrap().join("crm.db");
    let clock = Bench::clock();
    record::begin(&file);
    let store = SqliteStore::start(Place { path: file.clone(), temporary: true }, clock.clone(), 1).unwrap();
    work(Bench::new(Arc::new(store), clock), file.clone()).await;
    record::end(&file)
}

macro_rules! of_cases {
    ($($module:ident { $($case:ident)+ })+) => {
        vec![$($(recorded(|bench, _| cases::$module::$case(bench)).await),+),+]
    };
}

/// Each history.
pub(super) async fn all() -> Vec<Vec<Ran>> {
    let mut histories = of_cases! {
        commit {
            a_key_used_again_is_answered_as_the_first_time
            every_expectation_is_refused_when_untrue_and_met_when_true
        }
        consent {
            promotion_counts_for_seven_days_once_dispatched
            what_the_wire_needs_comes_in_one_look
        }
        contact {
            a_card_is_kept_and_its_revision_rises_by_one
            a_card_is_found_by_detail_and_by_alias_in_any_spelling
            the_most_recently_seen_alias_is_the_last
            follow_ups_are_filtered
        }
        conversation {
            a_message_reopens_and_is_not_closed_over
            a_snooze_that_has_run_out_counts_as_open
        }
        facts {
            a_person_is_known_under_each_alias
            cards_with_the_typed_number_are_candidates
            a_joined_person_is_known_with_their_thread
            a_lane_with_a_waiting_element_is_not_idle
        }
        fidelity {
            settings_survive_whole
        }
        isolation {
            another_organisation_sees_nothing_by_any_read
            writes_do_not_reach_another_organisation
        }
        retention {
            the_sweep_removes_what_has_expired_and_queues_the_blobs
            bookkeeping_is_forgotten_in_time
            what_had_expired_stays_hidden_when_the_clock_goes_back
            what_was_done_is_seen_and_kept_as_long_as_messages
            a_sweep_stays_in_its_organisation
        }
        search {
            a_stage_narrows_a_search
            a_number_finds_the_person_in_any_spelling
        }
        system {
            a_session_ends_in_every_way
            an_invitation_works_once
            a_revoked_key_is_not_found
            apps_are_found_by_hook_and_by_owner
            the_system_sweep_removes_what_has_ended
            a_number_is_routed_in_one_organisation_only
            queued_work_wakes_the_worker
            checks_of_keys_are_kept_once_in_their_order
            the_operator_log_keeps_each_place_once_and_comes_newest_first
            organisations_are_listed_and_found_by_member
            a_webhook_reaches_only_accounts_of_its_app
            bytes_of_no_organisation_are_the_operators
        }
        work {
            a_dispatched_send_is_unknown_after_a_restart
            quarantined_bytes_are_swept_when_their_time_is_up
            waiting_promotion_is_taken_back_and_nothing_else
            what_rests_for_its_account_is_woken_and_nothing_else
            lanes_that_waited_longest_come_first
        }
        writes {
            every_write_is_applied
        }
    };
    histories.push(recorded(lists).await);
    histories.push(recorded(|bench, _| joined(bench)).await);
    histories.push(recorded(|bench, _| old(bench)).await);
    histories
}

/// Lists in which every part of a row has something in it.
async fn lists(bench: Bench, file: PathBuf) {
    let house = bench.house().await;
    let page = || PageRequest::first(50);
    let (store, scope) = (&bench.store, &house.scope);
    let mut cards = Vec::new();
    for name in ["Asha", "Ben"] {
        let person = bench.person(&house, name).await;
        let mut card = person.contact.clone();
        card.details = vec![bench.make.phone_detail(&bench.make.phone())];
        card.tags = vec![bench.make.tag("vip")];
        card.stage = Stage::Customer;
        let mut task = bench.make.task(card.id, "Call back");
        task.assignee = Some(bench.make.id());
        let member = task.assignee;
        bench
            .write_all(
                scope,
                [ContactWrite::Update(card.clone()).into(), ContactWrite::InsertTask(task).into()],
            )
            .await;
        bench.hears(&house, &person, "hello", bench.at(1)).await;
        let mut talk = bench.conversation(&house, &person).await;
        talk.state = ConversationState::Snoozed { until: bench.at(10) };
        talk.assignee = member;
        bench.write(scope, ConversationWrite::Update(talk)).await;
        for (assignee, open) in [(None, true), (member, true)] {
            let query = TaskQuery { contact: None, assignee, open };
            assert!(!store.tasks(scope, &query, page()).await.unwrap().items.is_empty());
        }
        let view = InboxView::Mine(member.unwrap());
        let theirs = ConversationQuery { view, state: StateFilter::Snoozed, now: bench.at(5) };
        assert_eq!(store.inbox(scope, &theirs, page()).await.unwrap().items.len(), 1);
        cards.push(card);
    }
    for stage in [None, Some(Stage::Customer)] {
        for tokens in [Vec::new(), vec!["vip".to_owned()]] {
            let query = ContactQuery { tokens, stage };
            assert!(!store.contacts(scope, &query, page()).await.unwrap().items.is_empty());
        }
    }
    let keys: Vec<_> = cards.iter().flat_map(|card| &card.details).map(|d| d.value.subject_key()).collect();
    assert_eq!(store.contacts_by_subject(scope, &keys).await.unwrap().len(), 2);
    let woken = ConversationQuery { view: InboxView::All, state: StateFilter::Open, now: bench.at(20) };
    assert_eq!(store.inbox(scope, &woken, page()).await.unwrap().items.len(), 2);
    let business = AccountRef(house.account.business_id.clone());
    assert!(store.route(&bench.system, house.app.id, &[business]).await.unwrap()[0].is_some());
    // Names are walked when thousands match, which takes as many people; so it is asked here as it would be there.
    let db = reader(&Place { path: file, temporary: false }).unwrap();
    let row = params![id(house.org.id), "", [0_u8; 0], None::<&str>, "[\" be\"]", 50];
    assert_eq!(db.all(sql::SEARCH_NAMES, row, |_| Ok(())).unwrap().len(), 1);
}

/// Identities that turn out to be one person, twice over, each with a conversation and promotion that waits.
async fn joined(bench: Bench) {
    let house = bench.house().await;
    let scope = &house.scope;
    let people = [
        bench.person(&house, "Asha").await,
        bench.person(&house, "Ashu").await,
        bench.person(&house, "A.").await,
    ];
    for (second, person) in people.iter().enumerate() {
        let mut message = bench.make.outbound(&person.conversation, "news", bench.at(second as i64));
        message.purpose = Some(Purpose::Marketing);
        bench.queue(&house, &message).await;
        let mut card = person.contact.clone();
        card.details = vec![bench.make.phone_detail(&bench.make.phone())];
        bench.write(scope, ContactWrite::Update(card)).await;
    }
    let ask = async |people: &[Person], known: usize| {
        let ask = InboundAsk {
            account: house.account.id,
            portfolio: house.account.portfolio.clone(),
            aliases: people.iter().flat_map(|person| person.identity.aliases.clone()).collect::<Vec<Alias>>(),
            external: Vec::new(),
            own: Vec::new(),
            consent: true,
        };
        let facts = bench.store.inbound_facts(scope, &ask).await.unwrap();
        assert_eq!(facts.identities.len(), known);
    };
    ask(&people, 3).await;
    let [first, second, third] = people.each_ref().map(|person| person.identity.id);
    bench.write(scope, ContactWrite::JoinIdentity { from: first, into: second }).await;
    ask(&people, 2).await;
    bench.write(scope, ContactWrite::JoinIdentity { from: second, into: third }).await;
    ask(&people, 1).await;
    bench
        .write(
            scope,
            EffectWrite::CancelPromotions {
                identity: third,
                scope: dialzio_core::consent::PurposeScope::Any,
                at: bench.at(9),
            },
        )
        .await;
}

async fn sweep(bench: &Bench, house: &House) -> u64 {
    let mut gone = 0;
    for class in [Purge::Messages, Purge::Bookkeeping] {
        let at = dialzio_core::testing::confirmed(bench.now());
        let kept = TimeDelta::days(if class == Purge::Messages { 365 } else { 0 });
        gone += bench.write(&house.scope, Write::Purge { class, at, kept, limit: 100 }).await.touched;
    }
    gone
}

/// What goes by age alone: files before their message, evidence, effects that are over, events.
async fn old(bench: Bench) {
    let house = bench.house().await;
    let person = bench.person(&house, "Asha").await;
    let heard = bench.hears(&house, &person, "pictures", bench.at(1)).await;
    let (sent, effect) = bench.queues(&house, &person, "thanks", bench.at(2)).await;
    bench.news(&house, sent.id, DeliveryStatus::Sent, bench.at(3)).await;
    let done = EffectWrite::Settle { id: effect.id, state: EffectState::Done, not_before: None, attempts: 1 };
    let mut batch = bench.writes([done.into()]);
    batch.event(DomainEvent::OrgChanged);
    bench.store.commit_one(&house.scope, batch).await.unwrap();
    let [mut older, mut ending] = [(); 2].map(|()| bench.make.media(house.org.id, house.account.id, &heard));
    older.event_at = heard.event_at - TimeDelta::days(30);
    ending.expires_at = Some(heard.event_at + TimeDelta::days(1));
    for file in [older, ending] {
        bench.write(&house.scope, MediaWrite::Insert(file)).await;
    }
    bench.clock.advance(TimeDelta::days(340));
    assert!(sweep(&bench, &house).await >= 4, "two files, the effect, the event");
    bench.clock.advance(TimeDelta::days(26));
    assert!(sweep(&bench, &house).await >= 2, "both messages");
}
