//! The key that everything sealed is wrapped with is rotated while a server reads and writes.

use bytes::Bytes;
use chrono::TimeDelta;
use dialzio_core::account::{KeyError, KeyProvider, LocalKeys, SealedContext, SealedKind, Sealer};
use dialzio_core::blob::{BlobKey, LocalBlobs};
use dialzio_core::consent::{Evidence, EvidenceKind, RefusalCode, SuppressionScope};
use dialzio_core::conversation::NewMessage;
use dialzio_core::entropy::Entropy;
use dialzio_core::media::{MediaSealer, MediaWrite};
use dialzio_core::operator::{KeyWalk, KeyWalked, Operator};
use dialzio_core::store::Write;
use dialzio_core::testing::conformance::{Person, Tenant, TestBed};
use dialzio_core::testing::{ScriptedProvider, service};
use dialzio_core::text::EvidenceText;
use dialzio_core::time::ManualClock;
use dialzio_core::webhook::WebhookWrite;
use dialzio_core::{Actor, Crm, Error, MediaId, MessageId, OrgId, QuarantineId, Role, Store};
use dialzio_store_postgres::testing::Cluster;
use dialzio_store_sqlite::SqliteStore;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

const ITEMS: usize = 5_000;
const MESSAGES: usize = 4_000;
const FILES: usize = 1_000;

/// An installation with what it has sealed.
struct Place {
    bed: TestBed,
    folder: PathBuf,
    crm: Crm,
    me: Actor,
    tenant: Tenant,
    person: Person,
    /// Somebody who never wrote, and is not to be written to.
    silent: Person,
}

/// What is read back.
struct Sealings {
    items: Vec<QuarantineId>,
    messages: Vec<MessageId>,
    files: Vec<(MediaId, u64)>,
}

fn crm(store: &Arc<dyn Store>, clock: &Arc<ManualClock>, folder: &Path) -> Crm {
    Crm::builder()
        .shared_store(Arc::clone(store))
        .keys(LocalKeys::open(folder.join("keys")).unwrap())
        .blobs(LocalBlobs::open(folder.join("blobs")).unwrap())
        .provider(ScriptedProvider::new())
        .clock(Arc::<ManualClock>::clone(clock))
        .build()
        .unwrap()
}

async fn place(store: Arc<dyn Store>, clock: Arc<ManualClock>, folder: &Path) -> Place {
    LocalKeys::create(folder.join("keys")).unwrap();
    let crm = crm(&store, &clock, folder);
    crm.check_keys().await.unwrap();
    let bed = TestBed::new(store, clock);
    let tenant = bed.tenant().await;
    let [person, silent] = [bed.person(&tenant, "Asha").await, bed.person(&tenant, "Ben").await];
    let me = crm.access().act_as(tenant.org.id, service("test"), Role::Owner.grant()).await.unwrap();
    // What the tenant came with is no value that was ever sealed.
    let mut place = Place { bed, folder: folder.to_owned(), crm, me, tenant, person, silent };
    place.seal_what_came().await;
    place
}

impl Place {
    fn operator(&self) -> Operator<'_> {
        self.crm.operator("yearly rotation").unwrap()
    }

    /// Another process: it opens the file itself.
    fn elsewhere(&self) -> Crm {
        crm(&self.bed.store, &self.bed.clock, &self.folder)
    }

    fn sealer(&self) -> Sealer {
        let keys: Arc<dyn KeyProvider> = Arc::new(LocalKeys::open(self.folder.join("keys")).unwrap());
        Sealer::new(keys, Arc::new(Entropy::system()))
    }

    async fn seal_what_came(&mut self) {
        use dialzio_core::account::{AccountChange, AccountWrite, AppChange};
        use dialzio_core::store::SystemWrite;
        let (sealer, app, account) = (self.sealer(), &self.tenant.app, &self.tenant.account);
        let of = |kind| SealedContext::new(OrgId::NIL, "app", app.id, kind);
        let change = AppChange {
            secrets: Some(vec![sealer.seal(&of("secret"), b"signs").await.unwrap()]),
            verify_token: Some(Some(sealer.seal(&of("verify_token"), b"asks").await.unwrap())),
            ..AppChange::default()
        };
        let write = SystemWrite::ChangeApp { app: app.id, revision: app.revision, change };
        self.bed.commit_system(write).await.unwrap();
        let context = SealedContext::new(self.tenant.org.id, "account", account.id, "token");
        let credentials = sealer.seal(&context, b"{\"token\":\"EAAG\"}").await.unwrap();
        let change = AccountChange { credentials: Some(credentials), ..AccountChange::default() };
        let write = AccountWrite::Change { account: account.id, change: Box::new(change) };
        self.bed.write(&self.tenant.scope, write).await;
    }

    async fn fill(&self) -> Sealings {
        let (sealer, org, scope) = (self.sealer(), self.tenant.org.id, &self.tenant.scope);
        let blobs = LocalBlobs::open(self.folder.join("blobs")).unwrap();
        let files = MediaSealer::new(&sealer, &blobs);
        let mut made = Sealings { items: Vec::new(), messages: Vec::new(), files: Vec::new() };
        let mut writes: Vec<Write> = Vec::new();
        for number in 0..ITEMS {
            let (item, write) = self.item(&sealer, number).await;
            made.items.push(item);
            writes.push(write);
        }
        for number in 0..MESSAGES {
            let mut heard =
                self.bed.make.inbound(&self.person.conversation, "hello", self.bed.at(number as i64));
            let context = SealedContext::new(org, "message", heard.id, "beside");
            heard.beside = Some(sealer.seal(&context, heard.id.to_string().as_bytes()).await.unwrap());
            writes.push(self.bed.make.append(self.tenant.account.id, &heard).into());
            if number < FILES {
                let mut file = self.bed.make.media(org, self.tenant.account.id, &heard);
                let (blob, body) = (BlobKey { org, media: file.id }, Bytes::from(file.id.to_string()));
                file.wrapped_key = Some(files.put(&blob, &body).await.unwrap());
                (file.blob, file.size) = (Some(blob), Some(body.len() as u64));
                made.files.push((file.id, body.len() as u64));
                writes.push(MediaWrite::Insert(file).into());
            }
            made.messages.push(heard.id);
        }
        while !writes.is_empty() {
            let part: Vec<_> = writes.drain(..writes.len().min(500)).collect();
            self.bed.write_all(scope, part).await;
        }
        made
    }

    async fn item(&self, sealer: &Sealer, number: usize) -> (QuarantineId, Write) {
        let org = self.tenant.org.id;
        let mut item = self.bed.make.quarantined(Some(org), self.tenant.app.id, self.bed.at(number as i64));
        let context = SealedContext::new(org, "quarantine", item.id, "body");
        item.sealed = sealer.seal(&context, item.id.to_string().as_bytes()).await.unwrap();
        (item.id, WebhookWrite::Quarantine(item).into())
    }

    /// Reads each kind of value by its number.
    async fn reads(&self, crm: &Crm, made: &Sealings, number: usize) {
        let item = made.items[number % made.items.len()];
        assert_eq!(crm.quarantine().open(&self.me, item).await.unwrap().1, item.to_string().into_bytes());
        let message = made.messages[number % made.messages.len()];
        let beside = crm.conversations().beside(&self.me, message).await.unwrap();
        assert_eq!(beside, Some(message.to_string()));
        let (file, size) = made.files[number % made.files.len()];
        let row = self.bed.store.media(&self.tenant.scope, file).await.unwrap().unwrap();
        let (sealer, blobs) = (self.sealer(), LocalBlobs::open(self.folder.join("blobs")).unwrap());
        let files = MediaSealer::new(&sealer, &blobs);
        let open = files.open(row.blob.unwrap(), &row.wrapped_key.unwrap(), size).await.unwrap();
        assert_eq!(files.read(&open, 0..size).await.unwrap(), file.to_string().as_bytes());
    }

    async fn is_suppressed(&self, crm: &Crm) -> bool {
        let new = NewMessage::text("A new offer").unwrap();
        match crm.conversations().send(&self.me, self.silent.conversation.id, new).await {
            Err(Error::Refused(why)) => why.reasons.iter().any(|why| why.code == RefusalCode::Suppressed),
            other => panic!("{other:?}"),
        }
    }
}

async fn walked(operator: &Operator<'_>, rewrap: bool) -> (BTreeMap<(SealedKind, String), u64>, u64) {
    let (mut found, mut anew, mut from) = (BTreeMap::new(), 0, None::<KeyWalk>);
    loop {
        let part: KeyWalked = match rewrap {
            true => operator.rewrap_keys(from).await.unwrap(),
            false => operator.count_wrapped(from).await.unwrap(),
        };
        assert_eq!(part.unreadable, Vec::<String>::new());
        for tally in part.found {
            *found.entry((tally.kind, tally.key.unwrap())).or_default() += tally.records;
        }
        anew += part.rewrapped;
        match part.next {
            Some(next) => from = Some(next),
            None => return (found, anew),
        }
    }
}

fn wrapped_with(found: &BTreeMap<(SealedKind, String), u64>, key: &str) -> u64 {
    found.iter().filter(|((_, id), _)| id == key).map(|(_, records)| records).sum()
}

async fn rotates(store: Arc<dyn Store>, clock: Arc<ManualClock>, folder: &Path) {
    let place = place(store, clock, folder).await;
    let mut made = place.fill().await;
    let evidence =
        Evidence { kind: EvidenceKind::Paper, note: EvidenceText::parse("A letter").unwrap(), message: None };
    let what = SuppressionScope::AllOutbound;
    place.crm.consents().suppress(&place.me, place.silent.contact.id, what, evidence).await.unwrap();
    assert!(place.is_suppressed(&place.crm).await);

    // A second process, that notices changes of the file by itself, and writers who seal with what they know.
    let other = place.elsewhere();
    place.reads(&other, &made, 1).await;
    let (stop, reads, wrote) = (AtomicBool::new(false), AtomicU64::new(0), std::sync::Mutex::new(Vec::new()));
    let reading = async |crm: &Crm, first: usize| {
        let mut number = first;
        while !stop.load(Ordering::Relaxed) {
            place.reads(crm, &made, number).await;
            reads.fetch_add(1, Ordering::Relaxed);
            number += 7;
        }
    };
    let writing = async || {
        let (sealer, mut number) = (place.sealer(), ITEMS);
        while !stop.load(Ordering::Relaxed) {
            let (item, write) = place.item(&sealer, number).await;
            place.bed.write(&place.tenant.scope, write).await;
            wrote.lock().unwrap().push(item);
            number += 1;
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let operator = place.operator();
    let rotating = async {
        let first = operator.keys().await.unwrap().remove(0);
        let (before, _) = walked(&operator, false).await;
        assert!(wrapped_with(&before, "1") >= 10_000);
        let second = operator.add_key().await.unwrap();
        assert_eq!((second.id.as_str(), second.is_current), ("2", false));
        let early = operator.promote_key("2").await;
        assert!(matches!(early, Err(Error::Keys(KeyError::TooSoon { seconds: 1..=16 }))), "{early:?}");
        place.bed.clock.advance(TimeDelta::seconds(20));
        assert!(operator.promote_key("2").await.unwrap().is_current);
        // One that dies after a part, and another that begins again.
        assert!(place.elsewhere().operator("dies").unwrap().rewrap_keys(None).await.unwrap().next.is_some());
        let refused = operator.retire_key("1", first.fingerprint.as_deref().unwrap()).await;
        assert!(matches!(refused, Err(Error::Keys(KeyError::TooSoon { .. }))), "{refused:?}");
        place.bed.clock.advance(TimeDelta::seconds(20));
        let refused = operator.retire_key("1", first.fingerprint.as_deref().unwrap()).await;
        let Err(Error::Keys(KeyError::InUse { left })) = refused else { panic!("{refused:?}") };
        assert!(left.contains("message.beside: ") && left.contains("quarantine.sealed: "), "{left}");
        // By now the writers have noticed.
        tokio::time::sleep(Duration::from_secs(6)).await;
        while walked(&operator, true).await.1 > 0 {}
        let (after, _) = walked(&operator, false).await;
        assert_eq!(wrapped_with(&after, "1"), 0, "{after:?}");
        for kind in
            [SealedKind::KeptKey, SealedKind::AppSecret, SealedKind::VerifyToken, SealedKind::Credentials]
        {
            assert!(after[&(kind, "2".to_owned())] >= 1, "{kind}");
        }
        assert_eq!(after[&(SealedKind::File, "2".to_owned())], FILES as u64);
        let wrong = operator.retire_key("1", &"0".repeat(32)).await;
        assert!(matches!(wrong, Err(Error::Keys(KeyError::Fingerprint))), "{wrong:?}");
        let current = operator.retire_key("2", second.fingerprint.as_deref().unwrap()).await;
        assert!(matches!(current, Err(Error::Keys(KeyError::Current))), "{current:?}");
        operator.retire_key("1", first.fingerprint.as_deref().unwrap()).await.unwrap();
        stop.store(true, Ordering::Relaxed);
    };
    tokio::join!(rotating, reading(&place.crm, 0), reading(&other, 3), writing());
    assert!(reads.load(Ordering::Relaxed) > 10);

    // Nothing was lost, for those that were there and for one that starts now.
    let wrote = wrote.into_inner().unwrap();
    assert!(wrote.len() > 100);
    made.items.extend(wrote);
    let later = place.elsewhere();
    later.check_keys().await.unwrap();
    for item in &made.items {
        let (_, plain) = later.quarantine().open(&place.me, *item).await.unwrap();
        assert_eq!(plain, item.to_string().into_bytes());
    }
    for number in 0..MESSAGES {
        if number % 40 == 0 {
            place.reads(&later, &made, number).await;
        }
    }
    for crm in [&place.crm, &other, &later] {
        assert!(place.is_suppressed(crm).await, "a suppression under a key that is gone");
    }
    let text = std::fs::read_to_string(folder.join("keys")).unwrap();
    assert!(text.lines().count() == 2 && text.lines().nth(1).unwrap().starts_with("2 "));
    assert!(place.operator().verify_log().await.unwrap().is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_values_are_wrapped_anew_under_reads_and_writes_on_sqlite() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), TestBed::clock());
    let shared = Arc::clone(&clock);
    let store = SqliteStore::builder().clock(shared).open(folder.path().join("test.db")).await.unwrap();
    rotates(Arc::new(store), clock, folder.path()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_values_are_wrapped_anew_under_reads_and_writes_on_postgres() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), TestBed::clock());
    let database = Cluster::shared().unwrap().database().await.unwrap();
    let store = database.store(Arc::clone(&clock) as _).await.unwrap();
    rotates(Arc::new(store), clock, folder.path()).await;
}

/// A key that was retired opens nothing any more, though somebody puts the file of before back.
#[tokio::test]
async fn a_retired_key_opens_nothing() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), TestBed::clock());
    let shared = Arc::clone(&clock);
    let store = SqliteStore::builder().clock(shared).open(folder.path().join("test.db")).await.unwrap();
    let place = place(Arc::new(store), clock, folder.path()).await;
    let (id, write) = place.item(&place.sealer(), 1).await;
    place.bed.write(&place.tenant.scope, write.clone()).await;
    let operator = place.operator();
    let print = operator.keys().await.unwrap()[0].fingerprint.clone().unwrap();
    operator.add_key().await.unwrap();
    let before = std::fs::read(folder.path().join("keys")).unwrap();
    place.bed.clock.advance(TimeDelta::seconds(20));
    operator.promote_key("2").await.unwrap();
    walked(&operator, true).await;
    place.bed.clock.advance(TimeDelta::seconds(20));
    operator.retire_key("1", &print).await.unwrap();
    assert!(place.crm.quarantine().open(&place.me, id).await.is_ok());
    std::fs::write(folder.path().join("keys"), before).unwrap();
    // The bytes of before, put back by hand.
    place.bed.write_all(&place.tenant.scope, [WebhookWrite::Release(id).into(), write]).await;
    for crm in [&place.crm, &place.elsewhere()] {
        let opened = crm.quarantine().open(&place.me, id).await;
        assert!(matches!(opened, Err(Error::Sealed)), "{opened:?}");
    }
    let added = place.operator().add_key().await.unwrap();
    assert_eq!(added.id, "3", "no id is given twice");
}
