//! Every kind of write is known to the store, and does what it says.

use std::collections::BTreeSet;

use chrono::TimeDelta;

use crate::access::{AccessWrite, ApiKeyChange, MemberChange, OrgChange};
use crate::account::{AccountChange, AccountState, AccountWrite, Rewrap, SealedKind, SealedPlace};
use crate::call::{CallPermission, PermissionAnswer};
use crate::consent::{ConsentEvent, ConsentWrite, PurposeScope, SuppressionScope};
use crate::contact::{Alias, ContactWrite, Doubt, Stage, TaskChange, TaskQuery};
use crate::conversation::{
    ActivityKind, Content, ConversationState, ConversationWrite, DeliveryStatus, Direction, Evidence,
    FailureNote, Reaction, TemplateCategory,
};
use crate::media::{Media, MediaWrite};
use crate::outbox::{JobKind, JobState, JobWrite, QueueKind};
use crate::page::PageRequest;
use crate::scope::Role;
use crate::store::{Precondition, Purge, SystemWrite, Write};
use crate::testing::conformance::TestBed;
use crate::text::{PersonName, Title, Username};
use crate::webhook::WebhookWrite;

macro_rules! kinds {
    ($($kind:pat => $word:literal,)+) => {
        /// The word for a kind. Without a wildcard: a new kind has to be added here, and so to the case.
        fn word(write: &Write) -> &'static str {
            match write { $($kind => $word),+ }
        }
        const WORDS: &[&str] = &[$($word),+];
    };
}
kinds! {
    Write::Contact(ContactWrite::Insert(_)) => "contact.insert",
    Write::Contact(ContactWrite::Update(_)) => "contact.update",
    Write::Contact(ContactWrite::Note(_)) => "contact.note",
    Write::Contact(ContactWrite::InsertTask(_)) => "contact.insert_task",
    Write::Contact(ContactWrite::ChangeTask { .. }) => "contact.change_task",
    Write::Contact(ContactWrite::Identity(_)) => "contact.identity",
    Write::Contact(ContactWrite::Alias { .. }) => "contact.alias",
    Write::Contact(ContactWrite::Profile { .. }) => "contact.profile",
    Write::Contact(ContactWrite::FollowProfile { .. }) => "contact.follow_profile",
    Write::Contact(ContactWrite::Former { .. }) => "contact.former",
    Write::Contact(ContactWrite::Doubt { .. }) => "contact.doubt",
    Write::Contact(ContactWrite::Release { .. }) => "contact.release",
    Write::Contact(ContactWrite::Reachable { .. }) => "contact.reachable",
    Write::Contact(ContactWrite::JoinIdentity { .. }) => "contact.join",
    Write::Contact(ContactWrite::AddTags { .. }) => "contact.tags",
    Write::Conversation(ConversationWrite::Insert(_)) => "conversation.insert",
    Write::Conversation(ConversationWrite::Update(_)) => "conversation.update",
    Write::Conversation(ConversationWrite::Append { .. }) => "conversation.append",
    Write::Conversation(ConversationWrite::Evidence { .. }) => "conversation.evidence",
    Write::Conversation(ConversationWrite::Requeue { .. }) => "conversation.requeue",
    Write::Conversation(ConversationWrite::External { .. }) => "conversation.external",
    Write::Conversation(ConversationWrite::Reaction(_)) => "conversation.reaction",
    Write::Conversation(ConversationWrite::Edit { .. }) => "conversation.edit",
    Write::Conversation(ConversationWrite::Revoke { .. }) => "conversation.revoke",
    Write::Conversation(ConversationWrite::Seen { .. }) => "conversation.seen",
    Write::Conversation(ConversationWrite::MarkUnread(_)) => "conversation.mark_unread",
    Write::Conversation(ConversationWrite::CallPermission { .. }) => "conversation.call_permission",
    Write::Conversation(ConversationWrite::Activity(_)) => "conversation.activity",
    // Its kinds have their own cases.
    Write::Call(_) => "call",
    // Its kinds have their own cases.
    Write::Draft(_) => "draft",
    // Its kinds have their own cases.
    Write::Notice(_) => "notice",
    // Its kinds have their own cases.
    Write::Usage(_) => "usage",
    // Its kinds have their own cases.
    Write::Scheduled(_) => "scheduled",
    Write::Media(MediaWrite::Insert(_)) => "media.insert",
    Write::Media(MediaWrite::Update(_)) => "media.update",
    Write::Media(MediaWrite::End { .. }) => "media.end",
    Write::Consent(ConsentWrite::Record(_)) => "consent.record",
    Write::Consent(ConsentWrite::Suppress(_)) => "consent.suppress",
    Write::Account(AccountWrite::Insert(_)) => "account.insert",
    Write::Account(AccountWrite::Change { .. }) => "account.change",
    Write::Account(AccountWrite::Templates { .. }) => "account.templates",
    // An organisation is new before anything else is written in it.
    Write::Access(AccessWrite::InsertOrg(_) | AccessWrite::ChangeOrg(_)) => "access.org",
    Write::Access(AccessWrite::InsertMember(_)) => "access.insert_member",
    Write::Access(AccessWrite::ChangeMember { .. }) => "access.change_member",
    Write::Access(AccessWrite::InsertApiKey(_)) => "access.insert_key",
    Write::Access(AccessWrite::ChangeApiKey { .. }) => "access.change_key",
    // Its kinds have their own cases.
    Write::Disposition(_) => "disposition",
    // Its kinds have their own cases.
    Write::CallFlow(_) => "call_flow",
    Write::CannedReply(_) => "canned_reply",
    Write::SavedView(_) => "saved_view",
    Write::Support(_) => "support",
    Write::Team(_) => "team",
    Write::IdentityProvider(_) => "identity_provider",
    Write::Job(JobWrite::Queue(_)) => "effect.queue",
    Write::Job(JobWrite::Update { .. }) => "effect.update",
    Write::Job(JobWrite::Rest { .. }) => "effect.rest",
    Write::Job(JobWrite::WakeSends { .. }) => "effect.wake_sends",
    Write::Job(JobWrite::CancelSend(_)) => "effect.cancel",
    Write::Job(JobWrite::CancelPromotions { .. }) => "effect.cancel_promotions",
    Write::Job(JobWrite::Resolve(_)) => "effect.resolve",
    Write::Webhook(WebhookWrite::Enqueue(_)) => "webhook.enqueue",
    Write::Webhook(WebhookWrite::Retry { .. }) => "webhook.retry",
    Write::Webhook(WebhookWrite::Remove(_)) => "webhook.remove",
    Write::Webhook(WebhookWrite::Quarantine(_)) => "webhook.quarantine",
    Write::Webhook(WebhookWrite::Release(_)) => "webhook.release",
    // Its kinds have their own case.
    Write::Rewrap(_) => "rewrap",
    Write::Purge { .. } => "purge",
    Write::WakeSnoozed { .. } => "wake",
}

/// One batch with every kind of write, each seeing what those before it wrote; then everything is read back.
pub async fn every_write_is_applied(bed: TestBed) {
    let tenant = bed.tenant().await;
    let (scope, account) = (&tenant.scope, tenant.account.id);
    let user = bed.make.user("asha@shop.example");
    bed.commit_system(SystemWrite::InsertUser(user.clone())).await.unwrap();

    let contact = bed.make.contact("Asha");
    let mut changed = contact.clone();
    changed.stage = Stage::Customer;
    let (note, task) = (bed.make.note(contact.id, "called twice"), bed.make.task(contact.id, "Call back"));
    let phone = Alias::Phone(bed.make.phone());
    let identity = bed.make.identity(contact.id, vec![phone.clone()]);
    let second = bed.make.identity(contact.id, vec![Alias::BusinessScoped(bed.make.scoped())]);
    let newer = Alias::Phone(bed.make.phone());
    let released_number = Alias::Phone(bed.make.phone());
    let number = bed.make.phone();
    let doubt = Doubt { number, name: PersonName::received("Ravi"), since: bed.at(6) };
    let talk = bed.make.conversation(account, &identity);
    let mut snoozed = talk.clone();
    snoozed.state = ConversationState::Snoozed { until: bed.at(10) };
    let text = |text: &str| Box::new(Content::text(text).unwrap());
    let heard = bed.make.inbound(&talk, "hello", bed.at(1));
    let taken_back = bed.make.inbound(&talk, "oh no", bed.at(2));
    let ours = bed.make.outbound(&talk, "an answer", bed.at(3));
    let cancelled = bed.make.outbound(&talk, "another", bed.at(4));
    let given_to = bed.make.activity(&talk, ActivityKind::Assigned { to: Some(bed.make.id()) }, bed.at(6));
    let external = bed.make.external();
    let mut file = bed.make.media(tenant.org.id, account, &heard);
    let (stored, ends) = (file.clone(), bed.at(86_400));
    (file.blob, file.wrapped_key) = (None, None);
    let given = bed.make.consent(contact.id, identity.subject_keys(), ConsentEvent::Given);
    let suppression = bed.make.suppression(SuppressionScope::AllOutbound);
    let mut other = bed.make.account(tenant.app.id);
    let first_other = other.clone();
    let paused = AccountChange { state: Some(AccountState::Paused), ..AccountChange::default() };
    paused.apply(&mut other);
    let template = bed.make.template(account, "order_sent", TemplateCategory::Utility);
    let mut org = tenant.org.clone();
    let renamed = OrgChange { name: Title::parse("Corner shop & sons").ok(), ..OrgChange::default() };
    renamed.apply(&mut org);
    let (mut member, mut key) = (bed.make.member(user.id, Role::Admin), bed.make.api_key());
    let (first_member, first_key) = (member.clone(), key.clone());
    let demoted = MemberChange { role: Some(Role::Agent), ..MemberChange::default() };
    demoted.apply(&mut member);
    let revoked = ApiKeyChange { revoked_at: Some(Some(bed.at(9))), ..ApiKeyChange::default() };
    revoked.apply(&mut key);
    let (first_task, mut task) = (task.clone(), task);
    let ticked = TaskChange { done_at: Some(Some(bed.at(9))), ..TaskChange::default() };
    ticked.apply(&mut task);
    let (send, unsent) = (bed.make.send(account, &ours), bed.make.send(account, &cancelled));
    let signal = bed.make.job(Some(account), JobKind::SyncTemplates, bed.at(0));
    let [waits, done] = [(); 2].map(|()| bed.make.item(&tenant.account, QueueKind::Elements, bed.at(0)));
    let [kept, released] =
        [(); 2].map(|()| bed.make.quarantined(Some(tenant.org.id), tenant.app.id, bed.at(1)));
    let evidence = |status, second| Evidence { status, at: bed.at(second), failure: None };
    let refusal = FailureNote { code: "scripted.190".to_owned(), detail: None };
    let update = |id, state| JobWrite::Update { id, state, not_before: None, attempts: 1 };

    let permission =
        CallPermission { answer: PermissionAnswer::Granted, until: Some(bed.at(700)), at: bed.at(8) };

    let purge = |class| {
        let at = crate::testing::confirmed(bed.now());
        Write::Purge { class, at, kept: TimeDelta::days(365), limit: 10 }
    };

    let writes: Vec<Write> = vec![
        ContactWrite::Insert(contact.clone()).into(),
        ContactWrite::Update(changed.clone()).into(),
        ContactWrite::Note(note.clone()).into(),
        ContactWrite::InsertTask(first_task).into(),
        ContactWrite::ChangeTask { task: task.id, change: ticked }.into(),
        ContactWrite::Identity(identity.clone()).into(),
        ContactWrite::Identity(second.clone()).into(),
        ContactWrite::Alias { identity: identity.id, alias: newer.clone(), seen_at: bed.at(5) }.into(),
        ContactWrite::Profile {
            identity: identity.id,
            name: PersonName::received("Ashu"),
            username: Username::received("ashu"),
            at: bed.at(5),
        }
        .into(),
        ContactWrite::Reachable { identity: identity.id, unreachable_since: Some(bed.at(6)) }.into(),
        ContactWrite::FollowProfile { contact: contact.id }.into(),
        ContactWrite::Former { identity: identity.id, alias: phone.clone(), since: Some(bed.at(6)) }.into(),
        ContactWrite::Doubt { identity: identity.id, doubt: Some(doubt.clone()) }.into(),
        ContactWrite::Alias { identity: identity.id, alias: released_number.clone(), seen_at: bed.at(6) }
            .into(),
        ContactWrite::Release { identity: identity.id, alias: released_number.clone() }.into(),
        ContactWrite::JoinIdentity { from: second.id, into: identity.id }.into(),
        ContactWrite::AddTags { contact: contact.id, tags: vec![bed.make.tag("vip")] }.into(),
        ConversationWrite::Insert(talk.clone()).into(),
        bed.make.append(account, &heard).into(),
        bed.make.append(account, &taken_back).into(),
        bed.make.append(account, &ours).into(),
        bed.make.append(account, &cancelled).into(),
        ConversationWrite::Update(snoozed).into(),
        ConversationWrite::Requeue { message: ours.id, why: refusal, at: bed.at(6) }.into(),
        ConversationWrite::Evidence { message: ours.id, evidence: evidence(DeliveryStatus::Sent, 7) }.into(),
        ConversationWrite::External { account, message: ours.id, external: external.clone() }.into(),
        ConversationWrite::Activity(given_to.clone()).into(),
        ConversationWrite::Reaction(Reaction {
            message: heard.id,
            by: Direction::Outbound,
            emoji: Some("🙏".to_owned()),
            at: bed.at(8),
        })
        .into(),
        ConversationWrite::Edit {
            message: heard.id,
            content: text("hello again"),
            beside: None,
            at: bed.at(9),
        }
        .into(),
        ConversationWrite::Revoke { message: taken_back.id, content: text("gone"), at: bed.at(9) }.into(),
        ConversationWrite::MarkUnread(talk.id).into(),
        ConversationWrite::CallPermission { conversation: talk.id, permission }.into(),
        ConversationWrite::Seen { conversation: talk.id, up_to: cancelled.id }.into(),
        crate::conversation::DraftWrite::Remove {
            conversation: talk.id,
            member: bed.make.id(),
            kind: crate::conversation::DraftKind::Reply,
        }
        .into(),
        crate::notice::NoticeWrite::Read {
            member: bed.make.id(),
            which: crate::notice::ReadNotices::UpTo(bed.make.id()),
            at: bed.at(9),
        }
        .into(),
        crate::usage::UsageWrite::Insert(bed.make.usage(bed.make.id(), "/inbox", bed.now())).into(),
        crate::conversation::ScheduledWrite::Put(bed.make.scheduled(talk.id, bed.at(60))).into(),
        MediaWrite::Insert(file).into(),
        MediaWrite::Update(stored.clone()).into(),
        MediaWrite::End { id: stored.id, at: ends }.into(),
        ConsentWrite::Record(given.clone()).into(),
        ConsentWrite::Suppress(suppression.clone()).into(),
        AccountWrite::Insert(Box::new(first_other)).into(),
        AccountWrite::Change { account: other.id, change: Box::new(paused) }.into(),
        AccountWrite::Templates { account, asked_at: bed.at(0), templates: vec![template.clone()] }.into(),
        AccessWrite::ChangeOrg(renamed).into(),
        AccessWrite::InsertMember(first_member).into(),
        AccessWrite::ChangeMember { member: member.id, change: demoted }.into(),
        AccessWrite::InsertApiKey(first_key).into(),
        AccessWrite::ChangeApiKey { key: key.id, change: revoked }.into(),
        crate::disposition::DispositionWrite::Insert(bed.make.disposition("Interested", 1)).into(),
        crate::call_flow::CallFlowWrite::Insert(Box::new(bed.make.full_call_flow(account))).into(),
        crate::canned_reply::CannedReplyWrite::Insert(bed.make.canned_reply("hours")).into(),
        crate::identity_provider::IdentityProviderWrite::Insert(bed.make.identity_provider("Work")).into(),
        crate::support::SupportWrite::Insert(bed.make.support_request(member.id, bed.at(1))).into(),
        crate::team::TeamWrite::Insert(bed.make.team("Sales", &[member.id])).into(),
        crate::saved_view::SavedViewWrite::Insert(bed.make.saved_view(member.id, "Customers")).into(),
        crate::call::CallWrite::Insert(Box::new(bed.make.call(account, bed.at(2)))).into(),
        JobWrite::Queue(send.clone()).into(),
        JobWrite::Queue(unsent.clone()).into(),
        JobWrite::Queue(signal.clone()).into(),
        update(send.id, JobState::Dispatched).into(),
        update(signal.id, JobState::Dead).into(),
        JobWrite::Rest { id: unsent.id, until: bed.at(90), attempts: 1 }.into(),
        JobWrite::WakeSends { account, at: bed.at(5) }.into(),
        JobWrite::Resolve(ours.id).into(),
        JobWrite::CancelSend(cancelled.id).into(),
        JobWrite::CancelPromotions { identity: second.id, scope: PurposeScope::Any, at: bed.at(5) }.into(),
        WebhookWrite::Enqueue(waits.clone()).into(),
        WebhookWrite::Enqueue(done.clone()).into(),
        WebhookWrite::Retry { id: waits.id, due_at: bed.at(30), attempts: 1 }.into(),
        WebhookWrite::Remove(done.id).into(),
        WebhookWrite::Quarantine(kept.clone()).into(),
        WebhookWrite::Quarantine(released.clone()).into(),
        WebhookWrite::Release(released.id).into(),
        Write::WakeSnoozed { now: bed.at(11) },
        Write::Rewrap(Rewrap {
            kind: SealedKind::Credentials,
            place: SealedPlace::of(crate::TypedId::uuid(account)),
            from: b"not what is there".to_vec(),
            to: Vec::new(),
        }),
        purge(Purge::Messages),
        purge(Purge::Drafts),
        purge(Purge::Notices),
        purge(Purge::Scheduled),
        purge(Purge::Support),
        purge(Purge::Usage),
        purge(Purge::Quarantine),
        purge(Purge::Bookkeeping),
    ];
    let covered: BTreeSet<_> = writes.iter().map(word).collect();
    assert_eq!(covered, WORDS.iter().copied().collect(), "every kind is tried");
    let commit = bed.write_all(scope, writes).await;
    assert_eq!(commit.rows_affected, 0, "nothing has expired");

    let store = &bed.store;
    let page = || PageRequest::first(10);
    let contact = store.contact(scope, contact.id).await.unwrap().unwrap();
    assert_eq!((contact.stage, contact.tags), (Stage::Customer, vec![bed.make.tag("vip")]));
    assert_eq!(store.notes(scope, contact.id, page()).await.unwrap().items, [note]);
    assert_eq!(store.tasks(scope, &TaskQuery::default(), page()).await.unwrap().items, [task]);
    let identities = store.channel_identities(scope, contact.id).await.unwrap();
    assert_eq!(identities.len(), 1, "the two are joined");
    assert_eq!(identities[0].aliases.last(), Some(&newer));
    assert!(identities[0].aliases.contains(&phone) && identities[0].aliases.contains(&second.aliases[0]));
    assert_eq!(identities[0].profile_name, PersonName::received("Ashu"));
    assert_eq!(identities[0].username, Username::received("ashu"));
    assert_eq!(identities[0].unreachable_since, Some(bed.at(6)));
    assert_eq!(identities[0].given_up(&phone), Some(bed.at(6)));
    assert_eq!(identities[0].doubt, Some(doubt));
    assert!(!identities[0].aliases.contains(&released_number));
    let head = store.conversation(scope, talk.id).await.unwrap().unwrap();
    assert_eq!((head.state, head.unread), (ConversationState::Open, 0));
    assert_eq!(head.call_permission, Some(permission));
    assert_eq!((head.last_message, head.seen_up_to), (Some(cancelled.id), Some(cancelled.id)));
    assert_eq!((head.last_inbound, head.last_inbound_at), (Some(taken_back.id), Some(bed.at(2))));
    let message = async |id| store.message(scope, id).await.unwrap().unwrap();
    let edited = message(heard.id).await;
    assert_eq!((edited.content, edited.edited_at), (*text("hello again"), Some(bed.at(9))));
    assert_eq!(edited.reactions.iter().map(|r| r.emoji.as_deref()).collect::<Vec<_>>(), [Some("🙏")]);
    let gone = message(taken_back.id).await;
    assert_eq!((gone.content, gone.revoked_at), (*text("gone"), Some(bed.at(9))));
    assert_eq!(store.activities(scope, talk.id, page()).await.unwrap().items, [given_to]);
    let sent = message(ours.id).await;
    assert_eq!((sent.delivery.status, sent.external), (DeliveryStatus::Sent, Some(external)));
    let ended = Media { expires_at: Some(ends), ..stored };
    assert_eq!(store.media(scope, ended.id).await.unwrap(), Some(ended));
    let history = store.consent_history(scope, contact.id, page()).await.unwrap();
    assert_eq!(history.items.iter().map(|entry| entry.id).collect::<Vec<_>>(), [given.id]);
    assert_eq!(store.suppressions(scope, &[suppression.hash]).await.unwrap(), [suppression]);
    assert_eq!(store.account(scope, other.id).await.unwrap(), Some(other));
    assert_eq!(store.templates(scope, account).await.unwrap(), [template]);
    assert_eq!(store.org(scope).await.unwrap(), Some(org));
    assert_eq!(store.members(scope).await.unwrap(), [member]);
    assert_eq!(store.api_keys(scope).await.unwrap(), [key]);
    for (id, state) in
        [(send.id, JobState::Done), (unsent.id, JobState::Cancelled), (signal.id, JobState::Dead)]
    {
        assert!(bed.holds(scope, Precondition::Job(id, state)).await, "{state}");
    }
    let held = bed.lease(tenant.queue(QueueKind::Elements)).await;
    assert!(store.due(scope, &held, bed.at(29), 10).await.unwrap().is_empty());
    assert_eq!(store.due(scope, &held, bed.at(30), 10).await.unwrap().len(), 1);
    assert_eq!(store.quarantined(scope, page()).await.unwrap().items, [kept]);
}
