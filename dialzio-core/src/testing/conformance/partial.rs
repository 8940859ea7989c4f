//! Partial updates: a change names what it changes, so two changes of one record do not undo each other.

use std::sync::Arc;
use tokio::sync::Notify;

use super::live::Live;
use crate::access::{AccessWrite, ApiKeyChange, MemberChange, MemberState, OrgChange, UserChange};
use crate::account::{AccountChange, AccountState, AccountWrite, AppChange};
use crate::contact::{ContactWrite, TaskChange};
use crate::provider::{ProviderError, ProviderId};
use crate::scope::Role;
use crate::store::{Precondition, RecordRef, Revision, StoreError, SystemWrite, UserKey, Write};
use crate::testing::Scripted;
use crate::testing::conformance::TestBed;
use crate::text::{EmailAddress, TaskTitle, Title};

fn title(text: &str) -> Option<Title> {
    Title::parse(text).ok()
}

/// Two changes of an account that were decided on the same state both stay, if they are about different fields.
pub async fn two_changes_of_different_fields_both_stay(bed: TestBed) {
    let tenant = bed.tenant().await;
    let id = tenant.account.id;
    let change = |change| AccountWrite::Change { account: id, change: Box::new(change) };
    let renamed = AccountChange { name: title("Second desk"), ..AccountChange::default() };
    bed.write(&tenant.scope, change(renamed)).await;
    let paused = AccountChange { state: Some(AccountState::Paused), ..AccountChange::default() };
    bed.write(&tenant.scope, change(paused)).await;
    let kept = bed.store.account(&tenant.scope, id).await.unwrap().unwrap();
    let (name, state) = (title("Second desk").unwrap(), AccountState::Paused);
    assert_eq!((&kept.name, kept.state, kept.revision), (&name, state, Revision(3)));
    assert_eq!(
        kept,
        crate::account::ProviderAccount { name, state, revision: Revision(3), ..tenant.account }
    );
    let cleared = AccountChange { display_number: Some(None), ..AccountChange::default() };
    bed.write(&tenant.scope, change(cleared)).await;
    let kept = bed.store.account(&tenant.scope, id).await.unwrap().unwrap();
    assert_eq!((kept.display_number, kept.revision), (None, Revision(4)));
}

/// A change that was decided on an older revision is refused, for each kind of record, and changes nothing.
pub async fn a_change_of_an_older_revision_is_refused(bed: TestBed) {
    let tenant = bed.tenant().await;
    let user = bed.make.user("asha@shop.example");
    bed.commit_system(SystemWrite::InsertUser(user.clone())).await.unwrap();
    let (member, key) = (bed.make.member(user.id, Role::Agent), bed.make.api_key());
    bed.write(&tenant.scope, AccessWrite::InsertMember(member.clone())).await;
    bed.write(&tenant.scope, AccessWrite::InsertApiKey(key.clone())).await;
    let task = bed.make.task(bed.person(&tenant, "Asha").await.contact.id, "Call back");
    bed.write(&tenant.scope, ContactWrite::InsertTask(task.clone())).await;
    let changes: [(RecordRef, Write); 5] = [
        (
            RecordRef::Account(tenant.account.id),
            AccountWrite::Change {
                account: tenant.account.id,
                change: Box::new(AccountChange { name: title("Desk"), ..AccountChange::default() }),
            }
            .into(),
        ),
        (
            RecordRef::Org(tenant.org.id),
            AccessWrite::ChangeOrg(OrgChange { name: title("Shop"), ..OrgChange::default() }).into(),
        ),
        (
            RecordRef::Member(member.id),
            AccessWrite::ChangeMember {
                member: member.id,
                change: MemberChange { role: Some(Role::Viewer), ..MemberChange::default() },
            }
            .into(),
        ),
        (
            RecordRef::Task(task.id),
            ContactWrite::ChangeTask {
                task: task.id,
                change: TaskChange { title: TaskTitle::parse("Visit").ok(), ..TaskChange::default() },
            }
            .into(),
        ),
        (
            RecordRef::ApiKey(key.id),
            AccessWrite::ChangeApiKey {
                key: key.id,
                change: ApiKeyChange { name: title("Till"), ..ApiKeyChange::default() },
            }
            .into(),
        ),
    ];
    for (record, write) in changes {
        let decided_on = Precondition::Revision(record, Revision::FIRST);
        let change = || {
            let mut batch = bed.writes([write.clone()]);
            batch.require(decided_on.clone());
            batch
        };
        bed.store.commit_one(&tenant.scope, change()).await.unwrap();
        assert!(bed.holds(&tenant.scope, Precondition::Revision(record, Revision(2))).await, "{record:?}");
        let again = bed.store.commit_one(&tenant.scope, change()).await;
        assert!(
            matches!(&again, Err(StoreError::PreconditionFailed(fact)) if **fact == decided_on),
            "{record:?}: {again:?}"
        );
        assert!(bed.holds(&tenant.scope, Precondition::Revision(record, Revision(2))).await, "{record:?}");
    }
    let kept = bed.store.member(&tenant.scope, member.id).await.unwrap().unwrap();
    assert_eq!((kept.role, kept.state), (Role::Viewer, MemberState::Active));
}

/// Users and apps are changed under their revision too, in the system tables.
pub async fn users_and_apps_are_changed_under_their_revision(bed: TestBed) {
    let tenant = bed.tenant().await;
    let (user, other) = (bed.make.user("asha@shop.example"), bed.make.user("ben@shop.example"));
    bed.commit_system(SystemWrite::InsertUser(user.clone())).await.unwrap();
    bed.commit_system(SystemWrite::InsertUser(other.clone())).await.unwrap();
    let moves = |to: &str, revision| SystemWrite::ChangeUser {
        user: user.id,
        revision,
        change: UserChange { email: EmailAddress::parse(to).ok(), ..UserChange::default() },
    };
    bed.commit_system(moves("asha@new.example", Revision::FIRST)).await.unwrap();
    assert!(matches!(
        bed.commit_system(moves("a@b.example", Revision::FIRST)).await,
        Err(StoreError::PreconditionFailed(_))
    ));
    let taken = bed.commit_system(moves("BEN@shop.example", Revision(2))).await;
    assert!(matches!(taken, Err(StoreError::PreconditionFailed(_))), "the address is another user's");
    let kept = bed.store.user(&bed.system, UserKey::Id(user.id)).await.unwrap().unwrap();
    assert_eq!((kept.email.reveal(), kept.revision), ("asha@new.example", Revision(2)));

    let secrets = vec![bed.make.sealed("new secret"), bed.make.sealed("app secret")];
    let rotates = |revision| SystemWrite::ChangeApp {
        app: tenant.app.id,
        revision,
        change: AppChange { secrets: Some(secrets.clone()), ..AppChange::default() },
    };
    bed.commit_system(rotates(Revision::FIRST)).await.unwrap();
    assert!(matches!(
        bed.commit_system(rotates(Revision::FIRST)).await,
        Err(StoreError::PreconditionFailed(_))
    ));
    let kept = bed.store.app(&bed.system, tenant.app.id).await.unwrap().unwrap();
    assert_eq!((kept.secrets, kept.revision), (secrets.clone(), Revision(2)));
    assert_eq!(kept.verify_token, tenant.app.verify_token, "what a change does not name stays");
}

/// A new record whose id is there already, and a change of one that is not, are refused: nothing is overwritten.
pub async fn nothing_is_overwritten_and_nothing_missing_is_changed(bed: TestBed) {
    let tenant = bed.tenant().await;
    let mut again = tenant.account.clone();
    again.name = title("Another").unwrap();
    let taken = bed.refused(&tenant.scope, AccountWrite::Insert(Box::new(again))).await;
    assert_eq!(taken, Precondition::Revision(RecordRef::Account(tenant.account.id), Revision::NONE));
    let org = crate::access::Org { marketing_cap: 99, ..tenant.org.clone() };
    let taken = bed.refused(&tenant.scope, AccessWrite::InsertOrg(org)).await;
    assert_eq!(taken, Precondition::Revision(RecordRef::Org(tenant.org.id), Revision::NONE));
    assert!(matches!(
        bed.commit_system(SystemWrite::InsertApp(tenant.app.clone())).await,
        Err(StoreError::PreconditionFailed(_))
    ));
    let unknown = bed.make.id();
    let change = Box::new(AccountChange { name: title("Ghost"), ..AccountChange::default() });
    let missing = bed.refused(&tenant.scope, AccountWrite::Change { account: unknown, change }).await;
    assert!(matches!(missing, Precondition::Revision(RecordRef::Account(id), _) if id == unknown));
    assert!(
        bed.holds(&tenant.scope, Precondition::Revision(RecordRef::Account(unknown), Revision::NONE)).await
    );
    assert_eq!(bed.store.accounts(&tenant.scope).await.unwrap(), [tenant.account]);
}

/// The provider refuses a token. The account was changed meanwhile: it stays as it was changed, since the answer is about
/// a token that may be gone. Without such a change it needs a new login.
pub async fn a_change_made_while_a_send_is_on_the_wire_stays(bed: TestBed) {
    let live = Live::new(&bed).await;
    live.signed(Live::says("in.1", "hello")).await;
    for changed in [true, false] {
        let answer = Arc::new(Notify::new());
        let refused =
            ProviderError::Credentials { provider: ProviderId("scripted"), code: "190".into(), detail: None };
        live.provider.then(Scripted::FailAfter(Arc::clone(&answer), refused));
        live.answers("good morning").await;
        let scope = crate::testing::scope(live.me.org());
        let calls = live.provider.calls();
        let meanwhile = async {
            while live.provider.calls() == calls {
                tokio::task::yield_now().await;
            }
            if changed {
                let change = AccountChange { name: title("Second desk"), ..AccountChange::default() };
                let write = AccountWrite::Change { account: live.account.id, change: Box::new(change) };
                bed.write(&scope, write).await;
            }
            answer.notify_one();
        };
        tokio::join!(live.works(), meanwhile);
        let kept = bed.store.account(&scope, live.account.id).await.unwrap().unwrap();
        assert_eq!(kept.name, title("Second desk").unwrap());
        let state = if changed { AccountState::Routable } else { AccountState::NeedsLogin };
        assert_eq!(kept.state, state);
        bed.clock.advance(chrono::TimeDelta::minutes(6));
    }
}
