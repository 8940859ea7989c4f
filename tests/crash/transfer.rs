//! `dialzio transfer`, killed again and again in the middle of what it writes: it goes on where it stopped, no server serves
//! from a half, and in the end both sides have the same.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use dialzio_core::OrgId;
use dialzio_core::account::AccountWrite;
use dialzio_core::blob::{BlobKey, BlobStore, LocalBlobs};
use dialzio_core::contact::{Alias, ContactWrite};
use dialzio_core::store::{SystemWrite, Write};
use dialzio_core::testing::conformance::{Tenant, TestBed};
use dialzio_core::transfer::parts;
use dialzio_store_postgres::testing::{Cluster, Database};
use dialzio_store_sqlite::SqliteStore;
use serde_json::Value;
use sqlx::{AssertSqlSafe, Executor, PgConnection};

use crate::server::{self, Server};

/// People, each with an identity, a conversation and a message: three pages of each, since the
/// session of the process that is killed in the second one still writes it.
const PEOPLE: usize = 1_100;
/// Of whom so many were known under two identities that turned out to be one person.
const JOINED: usize = 22;
const FILES: usize = 60;

/// Tables that the transfer is killed in, in the order in which it writes them; the last is made from what has come.
const KILLED_IN: [&str; 4] = ["contact", "channel_identity", "message", "contact_word"];

/// An installation, moved by the binary.
struct Move {
    binary: PathBuf,
    from: PathBuf,
    to: PathBuf,
    database: Database,
}

impl Move {
    fn start(&self) -> Child {
        Command::new(&self.binary)
            .args(["transfer", "--from", &format!("sqlite:{}", self.from.display()), "--files-to"])
            .arg(&self.to)
            .env("DIALZIO_MIGRATE_DATABASE", self.database.admin_url())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// To its end, whatever that is.
    fn run(&self) -> Output {
        self.start().wait_with_output().unwrap()
    }

    /// A server over the database, which ends by itself if it may not serve.
    fn is_refused_to_servers(&self) {
        let served = Command::new(&self.binary)
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(&self.to)
            .env("DIALZIO_DATABASE", self.database.url())
            .output()
            .unwrap();
        let said = said(&served);
        assert!(!served.status.success() && said.contains("has not come to its end"), "{said}");
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// `kill -9`; answers what it had said.
fn kill(mut child: Child) -> String {
    child.kill().unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.signal(), Some(9), "it had ended by itself: {}", said(&output));
    said(&output)
}

/// An organisation made by the binary, and people in it. Answers its key.
async fn fill(binary: &Path, data: &Path) -> String {
    let made = Command::new(binary)
        .args(["init", "--org", "Green Leaf", "--owner", "owner@example.com", "--json", "--data"])
        .arg(data)
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", said(&made));
    let made: Value = serde_json::from_slice(&made.stdout).unwrap();
    let id: OrgId = made["organisation_id"].as_str().unwrap().parse().unwrap();

    let (clock, path) = (TestBed::clock(), data.join("dialzio.db"));
    let store = SqliteStore::builder().clock(clock.clone()).open(&path).await.unwrap();
    let bed = TestBed::new(Arc::new(store), clock);
    let (scope, mut org) = (dialzio_core::testing::scope(id), bed.make.org("Green Leaf"));
    org.id = id;
    let app = bed.make.app(Some(id));
    bed.commit_system(SystemWrite::InsertApp(app.clone())).await.unwrap();
    let account = bed.make.account(app.id);
    bed.write(&scope, AccountWrite::Insert(Box::new(account.clone()))).await;
    let tenant = Tenant { scope, org, app, account };
    let mut writes: Vec<Write> = Vec::new();
    for place in 0..PEOPLE {
        let contact = bed.make.contact(&format!("Person{place} Family{}", place % 7));
        let identity = bed.make.identity(contact.id, vec![Alias::Phone(bed.make.phone())]);
        let conversation = bed.make.conversation(tenant.account.id, &identity);
        let message = bed.make.inbound(&conversation, "Is it ready?", bed.at(place as i64));
        let second = bed.make.identity(contact.id, vec![Alias::BusinessScoped(bed.make.scoped())]);
        let join = ContactWrite::JoinIdentity { from: identity.id, into: second.id };
        let person = dialzio_core::testing::conformance::Person { contact, identity, conversation };
        writes.extend(person.writes());
        writes.push(bed.make.append(tenant.account.id, &message).into());
        if place % (PEOPLE / JOINED) == 0 {
            writes.extend([ContactWrite::Identity(second).into(), join.into()]);
        }
        if place % 100 == 99 {
            bed.write_all(&tenant.scope, std::mem::take(&mut writes)).await;
        }
    }
    let blobs = LocalBlobs::open(data.join("blobs")).unwrap();
    for place in 0..FILES {
        let key = BlobKey { org: id, media: bed.make.id() };
        blobs.put(&key, vec![place as u8; 20_000].into()).await.unwrap();
    }
    drop((bed, tenant));
    // It is given back by its own thread.
    let lock = std::fs::File::open(data.join("dialzio.db.lock")).unwrap();
    let patience = Instant::now() + Duration::from_secs(20);
    while lock.try_lock().is_err() {
        assert!(Instant::now() < patience, "the store was not given back");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    made["api_key"].as_str().unwrap().to_owned()
}

/// Makes the writer of a table's second page wait as long as the lock of that table's name is held.
async fn hold_up(admin: &mut PgConnection) {
    admin
        .execute(
            "CREATE FUNCTION public.dawdle () RETURNS trigger LANGUAGE plpgsql AS $$
             DECLARE begun BOOLEAN;
             BEGIN
               EXECUTE format('SELECT EXISTS (SELECT FROM dialzio.%I)', TG_TABLE_NAME) INTO begun;
               IF begun THEN PERFORM pg_advisory_xact_lock(hashtext(TG_TABLE_NAME)); END IF;
               RETURN NULL;
             END $$",
        )
        .await
        .unwrap();
    for table in KILLED_IN {
        let trigger = format!(
            "CREATE TRIGGER dawdle BEFORE INSERT ON dialzio.{table} FOR EACH STATEMENT EXECUTE FUNCTION public.dawdle ()"
        );
        admin.execute(AssertSqlSafe(trigger)).await.unwrap();
    }
}

async fn until(what: &str, admin: &mut PgConnection, wanted: bool, test: &'static str) {
    let patience = Instant::now() + Duration::from_secs(60);
    loop {
        let text = format!(
            "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND {test})"
        );
        let is: bool = sqlx::query_scalar(AssertSqlSafe(text)).fetch_one(&mut *admin).await.unwrap();
        if is == wanted {
            return;
        }
        assert!(Instant::now() < patience, "{what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn rows(admin: &mut PgConnection, table: &str) -> i64 {
    let text = format!("SELECT count(*) FROM dialzio.\"{table}\"");
    sqlx::query_scalar(AssertSqlSafe(text)).fetch_one(admin).await.unwrap()
}

/// Every file below a folder, with its bytes.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let orgs = std::fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path());
    let files = orgs.flat_map(|org| std::fs::read_dir(org).unwrap()).map(|entry| entry.unwrap().path());
    files.map(|path| (path.strip_prefix(folder).unwrap().to_owned(), std::fs::read(&path).unwrap())).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transfer_that_is_killed_goes_on_and_nobody_serves_from_a_half() {
    let binary = server::binary();
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let key = fill(&binary, from.path()).await;
    let database = Cluster::shared().unwrap().database().await.unwrap();
    let moving =
        Move { binary, from: from.path().to_owned(), to: to.path().to_owned(), database: database.clone() };
    let (mut admin, mut holder) = (database.admin().await.unwrap(), database.admin().await.unwrap());
    hold_up(&mut admin).await;

    // Among the files, which come before any row: the target is not taken yet.
    let hold = "SELECT pg_advisory_lock(hashtext('contact'))";
    holder.execute(hold).await.unwrap();
    let first = moving.start();
    let patience = Instant::now() + Duration::from_secs(60);
    let begun = |folder: PathBuf| std::fs::read_dir(folder).is_ok_and(|mut inside| inside.next().is_some());
    let org = std::fs::read_dir(moving.from.join("blobs")).unwrap().next().unwrap().unwrap().file_name();
    while !begun(moving.to.join("blobs").join(&org)) {
        assert!(Instant::now() < patience, "no file comes");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    kill(first);
    until("a session is left", &mut admin, false, "application_name = 'dialzio'").await;
    holder.execute("SELECT pg_advisory_unlock_all()").await.unwrap();

    for (place, table) in KILLED_IN.into_iter().enumerate() {
        let hold = format!("SELECT pg_advisory_lock(hashtext('{table}'))");
        holder.execute(AssertSqlSafe(hold)).await.unwrap();
        let child = moving.start();
        until("nothing is written", &mut admin, true, "wait_event = 'advisory'").await;
        let told = kill(child);
        // Words of a page of people are one transaction.
        assert_eq!(rows(&mut admin, table).await > 0, table != "contact_word", "in the middle of {table}");
        assert!(!told.contains("Moved"), "{told}");
        let Some(done) = place.checked_sub(1).map(|before| KILLED_IN[before]) else {
            moving.is_refused_to_servers();
            // Its session goes on with what it was told last, and holds on to the target so long.
            let busy = moving.run();
            assert!(!busy.status.success() && said(&busy).contains("another process"), "{}", said(&busy));
            holder.execute("SELECT pg_advisory_unlock_all()").await.unwrap();
            until("a session is left", &mut admin, false, "application_name = 'dialzio'").await;
            continue;
        };
        assert!(told.contains("Going on with an earlier transfer."), "{told}");
        assert!(told.contains(&format!("{done}: ")), "it had gone past {done}: {told}");
        moving.is_refused_to_servers();
        holder.execute("SELECT pg_advisory_unlock_all()").await.unwrap();
        until("a session is left", &mut admin, false, "application_name = 'dialzio'").await;
    }

    let last = moving.run();
    let told = said(&last);
    assert!(last.status.success() && told.contains("Going on with an earlier transfer."), "{told}");
    assert!(told.contains("Both sides hold the same."), "{told}");
    let source = rusqlite::Connection::open(from.path().join("dialzio.db")).unwrap();
    let mut counted = 0;
    for table in parts().iter().map(|part| part.table).collect::<BTreeSet<_>>() {
        let text = format!("SELECT count(*) FROM \"{table}\"");
        let was: i64 = source.query_row(&text, [], |row| row.get(0)).unwrap();
        assert_eq!(rows(&mut admin, table).await, was, "{table}");
        counted += was;
    }
    let joined: i64 = sqlx::query_scalar("SELECT count(joined_into) FROM dialzio.channel_identity")
        .fetch_one(&mut admin)
        .await
        .unwrap();
    assert_eq!(joined, JOINED as i64);
    assert!(counted > 4 * PEOPLE as i64, "{counted}");
    let carried = files(&to.path().join("blobs"));
    assert_eq!((carried.len(), carried == files(&from.path().join("blobs"))), (FILES, true));

    // The keys are carried over by hand; then it serves.
    std::fs::copy(from.path().join("keys"), to.path().join("keys")).unwrap();
    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let url = database.url();
    let server = Server::start(&moving.binary, to.path(), Some(&url), &address);
    let (http, origin) = (server::client(), format!("http://{address}"));
    let found = async |query: &str| {
        let request = http.get(format!("{origin}/v1/contacts?limit=200&q={query}")).bearer_auth(&key);
        let answer = request.send().await.ok().filter(|answer| answer.status() == 200)?;
        answer.json::<Value>().await.ok()?["data"].as_array().map(Vec::len)
    };
    let patience = Instant::now() + Duration::from_secs(30);
    while found("person7").await.is_none() {
        assert!(Instant::now() < patience, "the server does not come up");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // Person7, 70 to 79, and 700 to 799.
    assert_eq!(found("person7").await, Some(111));
    assert_eq!(found("person1099%20family0").await, Some(1));
    server.kill();
}
