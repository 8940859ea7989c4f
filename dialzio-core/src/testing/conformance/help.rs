//! Requests for help and their messages.

use chrono::TimeDelta;

use crate::id::MemberId;
use crate::page::PageRequest;
use crate::scope::{Audience, OrgScope};
use crate::store::periods::SUPPORT_PERIOD;
use crate::store::{Precondition, Purge, RecordRef, Revision, StoreError, Write};
use crate::support::{
    SupportAuthor, SupportMessage, SupportRequest, SupportRequestChange, SupportState, SupportWrite,
};
use crate::testing::conformance::TestBed;
use crate::testing::{confirmed, scope_seen_by};

async fn insert(bed: &TestBed, scope: &OrgScope, member: MemberId, second: i64) -> SupportRequest {
    let request = bed.make.support_request(member, bed.at(second));
    bed.write(scope, SupportWrite::Insert(request.clone())).await;
    request
}

async fn append(
    bed: &TestBed,
    scope: &OrgScope,
    to: &SupportRequest,
    author: SupportAuthor,
    second: i64,
) -> SupportMessage {
    let message = bed.make.support_message(to.id, author, bed.at(second));
    bed.write(scope, SupportWrite::Append(message.clone())).await;
    message
}

async fn listed(bed: &TestBed, scope: &OrgScope, member: Option<MemberId>) -> Vec<SupportRequest> {
    bed.store.support_requests(scope, member, PageRequest::first(10)).await.unwrap().items
}

/// Requests come back whole, newest first, those of all or of a member, page by page; their messages oldest first.
pub async fn requests_for_help_are_kept_whole_and_in_order(bed: TestBed) {
    let tenant = bed.tenant().await;
    let scope = &tenant.scope;
    let (asha, ravi) = (bed.make.id(), bed.make.id());
    let [first, second, third] = [(asha, 1), (ravi, 2), (asha, 3)]
        .map(|(member, second)| bed.make.support_request(member, bed.at(second)));
    for request in [&second, &first, &third] {
        bed.write(scope, SupportWrite::Insert(request.clone())).await;
    }
    assert_eq!(listed(&bed, scope, None).await, [third.clone(), second.clone(), first.clone()]);
    assert_eq!(listed(&bed, scope, Some(asha)).await, [third.clone(), first.clone()]);
    let page = bed.store.support_requests(scope, Some(asha), PageRequest::first(1)).await.unwrap();
    assert_eq!(page.items, [third]);
    let next = PageRequest { after: page.next, ..PageRequest::first(1) };
    let page = bed.store.support_requests(scope, Some(asha), next).await.unwrap();
    assert_eq!((page.items, page.next), (vec![first.clone()], None));

    let answer = append(&bed, scope, &first, SupportAuthor::Operator, 5).await;
    let question = append(&bed, scope, &first, SupportAuthor::Member(asha), 4).await;
    append(&bed, scope, &second, SupportAuthor::Member(ravi), 6).await;
    assert_eq!(bed.store.support_messages(scope, first.id).await.unwrap(), [question, answer]);

    let taken = bed.refused(scope, SupportWrite::Insert(first.clone())).await;
    assert_eq!(taken, Precondition::Revision(RecordRef::SupportRequest(first.id), Revision::NONE));
    let unknown = bed.make.support_request(asha, bed.at(9));
    let missing = Precondition::Revision(RecordRef::SupportRequest(unknown.id), Revision::FIRST);
    let message = bed.make.support_message(unknown.id, SupportAuthor::Operator, bed.at(9));
    assert_eq!(bed.refused(scope, SupportWrite::Append(message)).await, missing);
    let change = SupportRequestChange::to(SupportState::Closed, bed.at(9));
    assert_eq!(bed.refused(scope, SupportWrite::Change { request: unknown.id, change }).await, missing);
    assert_eq!(bed.store.support_request(scope, unknown.id).await.unwrap(), None);
}

/// A request changes under its revision, is closed and opened again.
pub async fn a_request_for_help_changes_under_its_revision(bed: TestBed) {
    let tenant = bed.tenant().await;
    let mut kept = insert(&bed, &tenant.scope, bed.make.id(), 1).await;
    for (second, state) in [(2, SupportState::Answered), (3, SupportState::Closed), (4, SupportState::Open)] {
        let change = SupportRequestChange::to(state, bed.at(second));
        let fact = Precondition::Revision(RecordRef::SupportRequest(kept.id), kept.revision);
        let decided = || {
            let write = SupportWrite::Change { request: kept.id, change: change.clone() };
            let mut batch = bed.writes([write.into()]);
            batch.require(fact.clone());
            batch
        };
        bed.store.commit_one(&tenant.scope, decided()).await.unwrap();
        let again = bed.store.commit_one(&tenant.scope, decided()).await;
        assert!(matches!(&again, Err(StoreError::PreconditionFailed(found)) if **found == fact), "{again:?}");
        change.apply(&mut kept);
        let found = bed.store.support_request(&tenant.scope, kept.id).await.unwrap();
        assert_eq!(found.as_ref(), Some(&kept));
        assert_eq!(kept.closed_at.is_some(), state == SupportState::Closed);
    }
}

/// Twenty-four months after it was closed a request is not found, and goes with its messages; one that is open stays.
pub async fn a_request_for_help_goes_two_years_after_it_was_closed(bed: TestBed) {
    let tenant = bed.tenant().await;
    let scope = &tenant.scope;
    let member = bed.make.id();
    let (closed, open) = (insert(&bed, scope, member, 1).await, insert(&bed, scope, member, 2).await);
    for request in [&closed, &open] {
        append(&bed, scope, request, SupportAuthor::Member(member), 3).await;
    }
    let change = SupportRequestChange::to(SupportState::Closed, bed.now());
    bed.write(scope, SupportWrite::Change { request: closed.id, change }).await;
    let purge = async || {
        let at = confirmed(bed.now());
        let purge = Write::Purge { class: Purge::Support, at, kept: SUPPORT_PERIOD, limit: 10 };
        bed.write(scope, purge).await.rows_affected
    };
    bed.clock.advance(SUPPORT_PERIOD - TimeDelta::seconds(1));
    assert_eq!((listed(&bed, scope, None).await.len(), purge().await), (2, 0));
    bed.clock.advance(TimeDelta::seconds(1));
    assert_eq!(listed(&bed, scope, None).await, std::slice::from_ref(&open));
    assert_eq!(listed(&bed, scope, Some(member)).await, std::slice::from_ref(&open));
    assert_eq!(bed.store.support_request(scope, closed.id).await.unwrap(), None);
    bed.clock.advance(TimeDelta::seconds(1));
    assert_eq!((purge().await, purge().await), (1, 0));
    assert!(bed.store.support_messages(scope, closed.id).await.unwrap().is_empty());
    assert_eq!(bed.store.support_messages(scope, open.id).await.unwrap().len(), 1);
}

/// Requests of one organisation are no others, and of one member only those see them who see their work.
pub async fn requests_for_help_of_one_organisation_are_no_others(bed: TestBed) {
    let (tenant, other) = (bed.tenant().await, bed.tenant().await);
    let member = bed.make.id();
    let request = insert(&bed, &tenant.scope, member, 1).await;
    append(&bed, &tenant.scope, &request, SupportAuthor::Member(member), 2).await;
    let stranger = scope_seen_by(&tenant.scope, Audience::own(bed.make.id()));
    for scope in [&other.scope, &stranger] {
        assert_eq!(bed.store.support_request(scope, request.id).await.unwrap(), None);
        assert_eq!(listed(&bed, scope, None).await, []);
        assert_eq!(listed(&bed, scope, Some(member)).await, []);
        assert!(bed.store.support_messages(scope, request.id).await.unwrap().is_empty());
    }
    let own = scope_seen_by(&tenant.scope, Audience::own(member));
    assert_eq!(listed(&bed, &own, Some(member)).await, std::slice::from_ref(&request));
    assert_eq!(bed.store.support_messages(&own, request.id).await.unwrap().len(), 1);
    let change = SupportRequestChange::to(SupportState::Closed, bed.now());
    bed.refused(&other.scope, SupportWrite::Change { request: request.id, change }).await;
    let at = confirmed(bed.now() + SUPPORT_PERIOD * 2);
    bed.write(&other.scope, Write::Purge { class: Purge::Support, at, kept: SUPPORT_PERIOD, limit: 10 })
        .await;
    assert_eq!(listed(&bed, &tenant.scope, None).await, [request]);
}
