//! Usage: a member's own rows, their addresses shortened and the rows deleted in time, and counts without names.

use chrono::{DateTime, TimeDelta, Utc};

use crate::access::Browser;
use crate::id::MemberId;
use crate::ledger::Action;
use crate::page::{Page, PageRequest};
use crate::scope::Audience;
use crate::store::periods::{USAGE_ADDRESS_PERIOD, USAGE_PERIOD};
use crate::store::{Batch, Cause, Purge, Write};
use crate::testing::conformance::{Tenant, TestBed};
use crate::testing::{confirmed, scope_seen_by};
use crate::usage::{UsageAction, UsageAddress, UsageBrowser, UsageEvent, UsagePage, UsageWrite};

const MICRO: TimeDelta = TimeDelta::microseconds(1);

async fn used(
    bed: &TestBed,
    tenant: &Tenant,
    member: MemberId,
    page: &'static str,
    at: DateTime<Utc>,
) -> UsageEvent {
    let event = bed.make.usage(member, page, at);
    bed.write(&tenant.scope, UsageWrite::Insert(event.clone())).await;
    event
}

async fn page(bed: &TestBed, tenant: &Tenant, member: MemberId, request: PageRequest) -> Page<UsageEvent> {
    bed.store.usage_of(&tenant.scope, member, request).await.unwrap()
}

async fn of(bed: &TestBed, tenant: &Tenant, member: MemberId) -> Vec<UsageEvent> {
    page(bed, tenant, member, PageRequest::first(50)).await.items
}

async fn sweep(bed: &TestBed, tenant: &Tenant, limit: u32) -> u64 {
    let at = confirmed(bed.now());
    let purge = Write::Purge { class: Purge::Usage, at, kept: TimeDelta::zero(), limit };
    bed.write(&tenant.scope, purge).await.rows_affected
}

/// Every field survives, for each action, browser and kind of address. The newest comes first, in pages.
pub async fn uses_of_pages_survive_whole_and_come_newest_first(bed: TestBed) {
    let (tenant, ravi) = (bed.tenant().await, bed.make.id());
    let addresses = ["203.0.113.77", "2001:db8:77:1::5"].map(|text| UsageAddress::of(text.parse().ok()));
    let short = addresses[1].shortened();
    let addresses = [addresses[0], addresses[1], short, UsageAddress::Unknown];
    let browsers = [
        UsageBrowser::known(Browser::Chrome, Some(131)),
        UsageBrowser::known(Browser::Safari, None),
        UsageBrowser::OTHER,
        UsageBrowser::known(Browser::Samsung, Some(26)),
    ];
    let mut kept = Vec::new();
    for (place, action) in UsageAction::ALL.iter().enumerate() {
        let at = bed.at(place as i64) + MICRO;
        let event = UsageEvent {
            action: *action,
            browser: browsers[place % 4],
            address: addresses[place % 4],
            ..bed.make.usage(ravi, "/v1/contacts/{contact}:x_1.csv-2", at)
        };
        bed.write(&tenant.scope, UsageWrite::Insert(event.clone())).await;
        kept.insert(0, event);
    }
    assert_eq!(kept.len(), 4);
    bed.clock.advance(TimeDelta::seconds(60));
    assert_eq!(of(&bed, &tenant, ravi).await, kept);
    let first = page(&bed, &tenant, ravi, PageRequest::first(3)).await;
    assert_eq!(first.items, kept[..3]);
    let second = page(&bed, &tenant, ravi, PageRequest { after: first.next, limit: 3 }).await;
    assert_eq!((second.items, second.next), (kept[3..].to_vec(), None));
}

/// Whoever is asked about gets their own uses and no other; and who sees one member's work sees no use of another.
pub async fn a_member_reads_no_use_of_another(bed: TestBed) {
    let tenant = bed.tenant().await;
    let (ravi, meera): (MemberId, MemberId) = (bed.make.id(), bed.make.id());
    let his = used(&bed, &tenant, ravi, "/inbox", bed.now()).await;
    let hers = used(&bed, &tenant, meera, "/calls", bed.now()).await;
    assert_eq!(of(&bed, &tenant, ravi).await, std::slice::from_ref(&his));
    assert_eq!(of(&bed, &tenant, meera).await, [hers]);
    assert_eq!(of(&bed, &tenant, bed.make.id()).await, []);
    let only_his = scope_seen_by(&tenant.scope, Audience::own(ravi));
    let asked =
        async |member| bed.store.usage_of(&only_his, member, PageRequest::first(9)).await.unwrap().items;
    assert_eq!(asked(ravi).await, [his]);
    assert_eq!(asked(meera).await, []);
}

/// Until thirty days have passed an address is whole, and from then on only its network is read, before any sweep and
/// after it, which removes the address itself.
pub async fn of_an_address_the_network_is_left_after_thirty_days(bed: TestBed) {
    let (tenant, ravi) = (bed.tenant().await, bed.make.id());
    let event = used(&bed, &tenant, ravi, "/inbox", bed.now()).await;
    let known = UsageEvent {
        address: UsageAddress::of("2001:db8:77:1::5".parse().ok()),
        ..bed.make.usage(ravi, "/calls", bed.now())
    };
    bed.write(&tenant.scope, UsageWrite::Insert(known.clone())).await;
    let networks = async || {
        let all = of(&bed, &tenant, ravi).await;
        assert!(all.iter().all(|event| event.address.ip().is_none()), "{all:?}");
        all.into_iter().map(|event| event.address.network().unwrap().to_string()).collect::<Vec<_>>()
    };
    bed.clock.advance(USAGE_ADDRESS_PERIOD - MICRO);
    assert_eq!(sweep(&bed, &tenant, 10).await, 0);
    assert_eq!(of(&bed, &tenant, ravi).await, [known, event]);

    bed.clock.advance(MICRO);
    assert_eq!(networks().await, ["2001:db8:77::/48", "203.0.113.0/24"]);
    assert_eq!(sweep(&bed, &tenant, 1).await, 1);
    assert_eq!(sweep(&bed, &tenant, 10).await, 1);
    assert_eq!(sweep(&bed, &tenant, 10).await, 0);
    // What was swept is gone, whatever the clock says afterwards.
    bed.clock.advance(-TimeDelta::days(2));
    assert_eq!(networks().await, ["2001:db8:77::/48", "203.0.113.0/24"]);
}

/// Until ninety days have passed a use is found, and from then on it is not, by no read and before any sweep, which removes
/// it.
pub async fn a_use_is_gone_after_ninety_days(bed: TestBed) {
    let (tenant, ravi) = (bed.tenant().await, bed.make.id());
    let begun = bed.now();
    let old = used(&bed, &tenant, ravi, "/inbox", begun).await;
    let younger = used(&bed, &tenant, ravi, "/calls", begun + TimeDelta::days(1)).await;
    bed.clock.advance(USAGE_PERIOD - MICRO);
    assert_eq!(
        of(&bed, &tenant, ravi).await.iter().map(|event| event.id).collect::<Vec<_>>(),
        [younger.id, old.id]
    );
    // Both addresses are shortened.
    assert_eq!(sweep(&bed, &tenant, 10).await, 2);
    assert_eq!(sweep(&bed, &tenant, 10).await, 0);

    bed.clock.advance(MICRO);
    let left = of(&bed, &tenant, ravi).await;
    assert_eq!(left.iter().map(|event| event.id).collect::<Vec<_>>(), [younger.id]);
    let tally = async || bed.store.usage_tally(&tenant.scope, begun).await.unwrap();
    let mut only_younger = crate::usage::UsageTally::default();
    only_younger.add(ravi, &younger.page, younger.browser, younger.at);
    assert_eq!(tally().await, only_younger);
    assert_eq!(sweep(&bed, &tenant, 10).await, 1);
    assert_eq!(sweep(&bed, &tenant, 10).await, 0);
    bed.clock.advance(TimeDelta::days(1));
    assert_eq!(of(&bed, &tenant, ravi).await, []);
    assert!(tally().await.is_empty());
    assert_eq!(sweep(&bed, &tenant, 10).await, 1);
}

/// A page, a day and a browser are counted by how many members used them, however often, since the instant that is asked
/// for. Fewer than five are not shown.
pub async fn uses_are_counted_by_members_and_small_groups_are_hidden(bed: TestBed) {
    let tenant = bed.tenant().await;
    let members: Vec<MemberId> = (0..7).map(|_| bed.make.id()).collect();
    let (first, second) = (bed.now(), bed.now() + TimeDelta::days(1));
    for (place, member) in members.iter().enumerate() {
        // Seven open the inbox, each three times; five of them the contacts, four the calls, on the next day.
        for _ in 0..3 {
            used(&bed, &tenant, *member, "/inbox", first).await;
        }
        if place < 5 {
            used(&bed, &tenant, *member, "/contacts", second).await;
        }
        if place < 4 {
            let event = bed.make.usage(*member, "/calls", second);
            let event = UsageEvent { browser: UsageBrowser::OTHER, ..event };
            bed.write(&tenant.scope, UsageWrite::Insert(event)).await;
        }
    }
    bed.clock.advance(TimeDelta::days(2));
    let tally = async |since| bed.store.usage_tally(&tenant.scope, since).await.unwrap();
    let today = bed.now().date_naive();
    let shown = tally(first).await.summary(today);
    let name = |template| UsagePage::new(template).unwrap();
    assert_eq!(shown.pages, [(name("/contacts"), 5), (name("/inbox"), 5)], "seven are shown as five");
    let day = |at: DateTime<Utc>| shown.days.iter().find(|(day, _)| *day == at.date_naive()).unwrap().1;
    assert_eq!((day(first), day(second), day(bed.now())), (Some(5), Some(5), None));
    let with = |family| shown.browsers.iter().find(|(with, _)| *with == family).unwrap().1;
    assert_eq!((with(Some(Browser::Firefox)), with(None), with(Some(Browser::Edge))), (Some(5), None, None));
    let later = tally(first + MICRO).await.summary(today);
    assert_eq!(later.pages, [(name("/contacts"), 5)]);
    // Of those who see the work of some, the uses of these alone are counted.
    let some = scope_seen_by(&tenant.scope, Audience::team(members[..4].iter().copied()));
    let seen = bed.store.usage_tally(&some, first).await.unwrap();
    assert!(!seen.is_empty());
    assert_eq!(seen.summary(today).pages, []);
}

/// Another organisation reads, counts, shortens and removes none of ours.
pub async fn uses_of_one_organisation_are_no_others(bed: TestBed) {
    let (tenant, other) = (bed.tenant().await, bed.tenant().await);
    let ravi = bed.make.id();
    let event = used(&bed, &tenant, ravi, "/inbox", bed.now()).await;
    assert_eq!(of(&bed, &other, ravi).await, []);
    assert!(bed.store.usage_tally(&other.scope, bed.at(-1)).await.unwrap().is_empty());
    // The same id there is another row.
    let theirs = UsageEvent { page: UsagePage::new("/calls").unwrap(), ..event.clone() };
    bed.write(&other.scope, UsageWrite::Insert(theirs)).await;
    assert_eq!(of(&bed, &tenant, ravi).await, std::slice::from_ref(&event));
    bed.clock.advance(USAGE_ADDRESS_PERIOD);
    assert_eq!(sweep(&bed, &other, 10).await, 1);
    assert_eq!(sweep(&bed, &tenant, 10).await, 1);
    bed.clock.advance(USAGE_PERIOD - USAGE_ADDRESS_PERIOD - MICRO);
    let short = UsageEvent { address: event.address.shortened(), ..event };
    assert_eq!(of(&bed, &tenant, ravi).await, [short]);
    bed.clock.advance(MICRO);
    assert_eq!(sweep(&bed, &other, 10).await, 1);
    assert_eq!(sweep(&bed, &tenant, 10).await, 1);
}

/// A group that is written again changes nothing. It leaves no entry in the audit log, and no event; with anything else
/// in its batch it does.
pub async fn a_use_is_kept_once_and_leaves_no_audit_entry(bed: TestBed) {
    let (tenant, ravi) = (bed.tenant().await, bed.make.id());
    let event = bed.make.usage(ravi, "/inbox", bed.now());
    let audit = async || bed.store.audit(&tenant.scope, 0, 1_000).await.unwrap().len();
    let (before, newest) = (audit().await, bed.store.newest_event(&tenant.scope).await.unwrap());
    let noted = || Batch::caused_by(&Cause::Noted, Action::UsageNoted, bed.now());
    for page in ["/inbox", "/calls"] {
        let again = UsageEvent { page: UsagePage::new(page).unwrap(), ..event.clone() };
        let mut batch = noted();
        batch.write(UsageWrite::Insert(again));
        bed.store.commit_one(&tenant.scope, batch).await.unwrap();
    }
    assert_eq!(of(&bed, &tenant, ravi).await, std::slice::from_ref(&event));
    assert_eq!(bed.store.newest_event(&tenant.scope).await.unwrap(), newest);
    assert_eq!(audit().await, before);
    let mut batch = noted();
    batch.write(UsageWrite::Insert(event)).write(Write::WakeSnoozed { now: bed.now() });
    bed.store.commit_one(&tenant.scope, batch).await.unwrap();
    assert_eq!(audit().await, before + 1);
}
