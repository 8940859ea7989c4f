//! Sealed values are found wherever they are, and their data keys are exchanged without touching the rest.

use crate::account::{AccountWrite, KeyChange, KeyCheck, Rewrap, Sealed, SealedKind, SealedPlace, SealedRow};
use crate::id::TypedId;
use crate::identity_provider::IdentityProviderWrite;
use crate::media::MediaWrite;
use crate::outbox::QueueKind;
use crate::store::{StoreError, SystemWrite, Write};
use crate::testing::conformance::{Tenant, TestBed};
use crate::webhook::WebhookWrite;
use uuid::Uuid;

/// A value of every byte there is, so that one that is treated as text shows.
fn value(seed: u8, length: usize) -> Vec<u8> {
    (0..length).map(|at| (at % 256) as u8 ^ seed).collect()
}

async fn listed(bed: &TestBed, tenant: &Tenant, kind: SealedKind) -> Vec<SealedRow> {
    let (mut all, mut after) = (Vec::<SealedRow>::new(), None);
    loop {
        let part = match kind.is_of_system() {
            true => bed.store.sealed(&bed.system, kind, after, 1).await.unwrap(),
            false => bed.store.sealed_in(&tenant.scope, kind, after, 1).await.unwrap(),
        };
        assert!(part.len() <= 1);
        let Some(row) = part.into_iter().next() else { return all };
        assert!(after.is_none_or(|after| row.place > after), "in order of the places");
        after = Some(row.place);
        all.push(row);
    }
}

async fn rewrap(bed: &TestBed, tenant: &Tenant, rewrap: Rewrap) {
    if rewrap.kind.is_of_system() {
        bed.commit_system(SystemWrite::Rewrap(rewrap)).await.unwrap();
    } else {
        bed.write(&tenant.scope, Write::Rewrap(rewrap)).await;
    }
}

/// Two values of every kind, in the order that their kinds are declared.
async fn filled(bed: &TestBed, tenant: &Tenant) {
    for place in [2, 1] {
        let (mac, made_at) = ([place as u8; 32], bed.now());
        let check = KeyCheck { place, key: place.to_string(), mac, made_at, kept: None, retired_at: None };
        bed.commit_system(SystemWrite::KeyCheck(check)).await.unwrap();
        let change = KeyChange::Keep(Sealed::from_bytes(value(place as u8, 400)));
        bed.commit_system(SystemWrite::ChangeKey { place, change }).await.unwrap();
    }
    let mut app = bed.make.app(Some(tenant.org.id));
    app.secrets = vec![Sealed::from_bytes(value(3, 90)), Sealed::from_bytes(value(4, 90))];
    app.verify_token = Some(Sealed::from_bytes(value(5, 90)));
    bed.commit_system(SystemWrite::InsertApp(app.clone())).await.unwrap();
    for email in ["asha@shop.example", "ben@shop.example"] {
        let user = bed.make.user(email);
        bed.commit_system(SystemWrite::InsertUser(user.clone())).await.unwrap();
        let mut factor = bed.make.second_factor(user.id);
        factor.secret = Sealed::from_bytes(value(6, 130));
        bed.commit_system(SystemWrite::InsertSecondFactor(factor)).await.unwrap();
    }
    for seed in [30, 31] {
        let mut mail = bed.make.mail();
        mail.sealed = Sealed::from_bytes(value(seed, 400));
        bed.commit_system(SystemWrite::QueueMail(mail)).await.unwrap();
    }
    let mut unrouted = bed.make.quarantined(None, app.id, bed.now());
    unrouted.sealed = Sealed::from_bytes(value(7, 5_000));
    bed.commit_system(SystemWrite::Quarantine(unrouted)).await.unwrap();
    let mut held = bed.make.quarantined(Some(tenant.org.id), app.id, bed.now());
    held.sealed = Sealed::from_bytes(value(8, 5_000));
    let mut account = bed.make.account(app.id);
    account.credentials = Sealed::from_bytes(value(9, 200));
    bed.write_all(
        &tenant.scope,
        [WebhookWrite::Quarantine(held).into(), AccountWrite::Insert(Box::new(account)).into()],
    )
    .await;
    for seed in [40, 41] {
        let mut provider = bed.make.identity_provider("Work");
        provider.client_secret = Sealed::from_bytes(value(seed, 120));
        bed.write(&tenant.scope, IdentityProviderWrite::Insert(provider)).await;
    }
    let person = bed.person(tenant, "Asha").await;
    for seed in [10, 20] {
        let mut heard = bed.make.inbound(&person.conversation, "hello", bed.at(i64::from(seed)));
        heard.beside = Some(Sealed::from_bytes(value(seed, 300)));
        let mut file = bed.make.media(tenant.org.id, tenant.account.id, &heard);
        file.wrapped_key = Some(value(seed + 1, 62));
        let mut item = bed.make.item(&tenant.account, QueueKind::Elements, bed.now());
        item.sealed = Sealed::from_bytes(value(seed + 2, 700));
        let append = bed.make.append(tenant.account.id, &heard);
        bed.write_all(
            &tenant.scope,
            [append.into(), MediaWrite::Insert(file).into(), WebhookWrite::Enqueue(item).into()],
        )
        .await;
    }
}

/// Values of every kind are listed page by page, with their beginnings. One whose beginning is as it was read gets another in
/// its place, shorter or longer, and keeps the rest; one that was written meanwhile stays.
pub async fn a_data_key_is_exchanged_where_it_is_and_nowhere_else(bed: TestBed) {
    let tenant = bed.tenant().await;
    filled(&bed, &tenant).await;
    for kind in SealedKind::ALL {
        let before = listed(&bed, &tenant, *kind).await;
        assert!(before.len() >= 2, "{kind}: {before:?}");
        assert!(before.iter().all(|row| row.head.len() <= SealedKind::HEAD as usize), "{kind}");
        let (chosen, beside) = (&before[1], &before[0]);
        let (place, length) = (chosen.place, chosen.head.len());
        let anew =
            |from: &[u8], to: &[u8]| Rewrap { kind: *kind, place, from: from.to_vec(), to: to.to_vec() };
        for stale in [&chosen.head[1..9], &[], b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"] {
            if !chosen.head.starts_with(stale) {
                rewrap(&bed, &tenant, anew(stale, b"not this")).await;
            }
        }
        assert_eq!(listed(&bed, &tenant, *kind).await, before, "{kind}: what was written meanwhile stays");
        let (longer, shorter) = (value(99, 61), value(98, 12));
        rewrap(&bed, &tenant, anew(&chosen.head[..20], &longer)).await;
        let after = listed(&bed, &tenant, *kind).await;
        let changed = after.iter().find(|row| row.place == place).unwrap();
        let rest = &chosen.head[20..length.min(SealedKind::HEAD as usize - 41)];
        assert_eq!(changed.head[..61], longer, "{kind}");
        assert_eq!(changed.head[61..61 + rest.len()], *rest, "{kind}: the rest is as it was");
        rewrap(&bed, &tenant, anew(&longer, &shorter)).await;
        let after = listed(&bed, &tenant, *kind).await;
        let changed = after.iter().find(|row| row.place == place).unwrap();
        assert_eq!(changed.head[..12], shorter, "{kind}");
        assert_eq!(changed.head[12..12 + rest.len()], *rest, "{kind}");
        let kept = after.iter().find(|row| row.place == beside.place).unwrap();
        assert_eq!(kept, beside, "{kind}: no other value changes");
        assert_eq!(after.len(), before.len(), "{kind}");
    }
}

/// What is sealed in one organisation is neither listed nor changed in the scope of another.
pub async fn sealed_values_of_one_organisation_are_no_others(bed: TestBed) {
    let (tenant, other) = (bed.tenant().await, bed.tenant().await);
    filled(&bed, &tenant).await;
    for kind in SealedKind::ALL.iter().filter(|kind| !kind.is_of_system()) {
        let before = listed(&bed, &tenant, *kind).await;
        let theirs = listed(&bed, &other, *kind).await;
        for row in &before {
            assert_eq!(row.org, tenant.org.id, "{kind}");
            assert!(theirs.iter().all(|other| other.place != row.place), "{kind}");
            let from = row.head[..8].to_vec();
            rewrap(&bed, &other, Rewrap { kind: *kind, place: row.place, from, to: vec![1; 8] }).await;
        }
        assert_eq!(listed(&bed, &tenant, *kind).await, before, "{kind}");
    }
}

/// What outlives a key is kept once, and a key is retired once; a key that is not there takes neither.
pub async fn what_is_kept_of_a_key_is_kept_once(bed: TestBed) {
    let (place, made_at) = (1, bed.now());
    let mut check =
        KeyCheck { place, key: "1".to_owned(), mac: [1; 32], made_at, kept: None, retired_at: None };
    bed.commit_system(SystemWrite::KeyCheck(check.clone())).await.unwrap();
    let change = async |place, change| bed.commit_system(SystemWrite::ChangeKey { place, change }).await;
    let sealed = |seed| Sealed::from_bytes(value(seed, 130));
    change(1, KeyChange::Keep(sealed(1))).await.unwrap();
    change(1, KeyChange::Retire(bed.at(5))).await.unwrap();
    for (place, again) in [
        (1, KeyChange::Keep(sealed(2))),
        (1, KeyChange::Retire(bed.at(6))),
        (2, KeyChange::Keep(sealed(2))),
        (2, KeyChange::Retire(bed.at(6))),
    ] {
        let refused = change(place, again).await;
        assert!(matches!(refused, Err(StoreError::PreconditionFailed(_))), "{refused:?}");
    }
    (check.kept, check.retired_at) = (Some(sealed(1)), Some(bed.at(5)));
    assert_eq!(bed.store.key_checks(&bed.system).await.unwrap(), [check]);
    let place = SealedPlace::of(Uuid::from_u128(1));
    let rows = bed.store.sealed(&bed.system, SealedKind::KeptKey, None, 9).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.place).collect::<Vec<_>>(), [place]);
    assert_eq!(rows[0].org.uuid(), Uuid::nil());
}
