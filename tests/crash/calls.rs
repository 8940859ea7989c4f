//! The real binary, killed while it takes in what a telephone service reports and places calls: each call that was reported and
//! acknowledged is in the log, once, and no call is placed twice. The same again with a database that does not keep the dispatch:
//! then a call is placed twice, so the test would notice.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use dialzio_core::{Clock, SystemClock};
use dialzio_telephony::emulator::{
    CallPhase, EmulatedAccount, EmulatedAgent, Emulator, EmulatorConfig, Failure, Product, Side,
};
use serde_json::{Value, json};

use crate::Ground;
use crate::call_figures::Figures;
use crate::server::{self, Server, client};

pub(crate) const APP_ID: u64 = 3333301;
pub(crate) const OUR_NUMBER: &str = "914412345678";
pub(crate) const AGENT: &str = "101_3333301";
/// Clients that post reports, and clients that place calls.
const REPORTING: usize = 4;
const PLACING: usize = 2;

/// What has to be true in the end.
#[derive(Default)]
pub(crate) struct Promises {
    /// Callers of whom a report was acknowledged.
    pub(crate) reported: BTreeSet<String>,
    /// Those of them whose record was acknowledged, which says how the call ended.
    pub(crate) ended: BTreeSet<String>,
    /// Callers who were not called back yet.
    waiting: Vec<String>,
    /// Calls that were answered 202, by our id, with the number.
    pub(crate) placed: BTreeMap<String, String>,
    /// Requests without an answer: made again with the same key.
    open: Vec<String>,
}

pub(crate) struct Office {
    pub(crate) vendor: Emulator,
    http: reqwest::Client,
    origin: String,
    /// The sign-in of the member who calls.
    session: String,
    hook: String,
    pub(crate) promises: Mutex<Promises>,
    called: AtomicUsize,
}

impl Office {
    async fn ask(&self, method: &str, path: &str, body: &Value) -> reqwest::Result<(u16, Value)> {
        let address = format!("{}{path}", self.origin);
        let mut request = self.http.request(method.parse().unwrap(), address).bearer_auth(&self.session);
        if !body.is_null() {
            request = request.json(body);
        }
        let response = request.send().await?;
        let status = response.status().as_u16();
        Ok((status, response.json().await.unwrap_or(Value::Null)))
    }

    pub(crate) async fn is_up(&self) {
        let begun = Instant::now();
        let ready = || self.http.get(format!("{}/readyz", self.origin)).send();
        while !ready().await.is_ok_and(|answer| answer.status() == 200) {
            assert!(begun.elapsed() < Duration::from_secs(20), "the server does not come up");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Somebody calls and speaks with an agent: the provider posts an event and a record. What is answered 200 is promised.
    async fn call_in(&self) {
        let n = self.called.fetch_add(1, Ordering::Relaxed);
        let (from, id) = (format!("9197765{n:05}"), format!("5c1d6f0e-0000-4000-8000-{n:012}"));
        let now = SystemClock.now().timestamp_millis();
        let event = json!({"type": "event", "direction": "inbound", "conversation_uuid": id, "cmiuuid": id, "from": from,
            "to": OUR_NUMBER, "app_id": APP_ID, "time": now, "status": "waiting"});
        let record = json!({"type": "cdr", "direction": "inbound", "conversation_uuid": id, "cmiuuid": id,
            "from": from.parse::<u64>().unwrap(), "to": OUR_NUMBER.parse::<u64>().unwrap(), "appid": APP_ID, "time": now,
            "status": "answered", "answeredsec": 30, "user": AGENT});
        for (body, is_record) in [(event, false), (record, true)] {
            let request = self.http.post(&self.hook).json(&body);
            if request.send().await.is_ok_and(|answer| answer.status() == 200) {
                let mut promises = self.promises.lock().unwrap();
                promises.reported.insert(from.clone());
                if is_record {
                    promises.ended.insert(from.clone());
                    promises.waiting.push(from.clone());
                }
            }
        }
    }

    /// A member calls somebody back who has called. What is answered 202 is promised, and what is not answered is asked again.
    async fn call_back(&self) {
        let next = {
            let mut promises = self.promises.lock().unwrap();
            promises.open.pop().or_else(|| promises.waiting.pop())
        };
        let Some(number) = next else {
            return tokio::time::sleep(Duration::from_millis(2)).await;
        };
        let request = self
            .http
            .post(format!("{}/v1/calls", self.origin))
            .bearer_auth(&self.session)
            .header("idempotency-key", &number)
            .json(&json!({"number": format!("+{number}")}));
        let answer = match request.send().await {
            Ok(answer) if answer.status() == 202 => answer.json::<Value>().await.ok(),
            // Their call is kept and not decided yet, so that nothing is known of them.
            Ok(answer) if answer.status() == 403 => {
                self.promises.lock().unwrap().waiting.insert(0, number);
                return tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Ok(answer) => panic!("a call was answered {}: {:?}", answer.status(), answer.text().await),
            Err(_) => None,
        };
        let mut promises = self.promises.lock().unwrap();
        match answer {
            Some(call) => drop(promises.placed.insert(call["id"].as_str().unwrap().to_owned(), number)),
            None => promises.open.push(number),
        }
    }

    /// Whoever is rung answers, and hangs up again.
    fn play(&self) {
        for call in self.vendor.calls() {
            // What another step did to a call meanwhile is looked at in the next one.
            let _ = match call.phase {
                CallPhase::AgentRings => self.vendor.agent_answers(&call.id),
                CallPhase::CustomerRings => self.vendor.customer_answers(&call.id),
                CallPhase::Talking => self.vendor.hang_up(&call.id, Side::Customer),
                CallPhase::Waiting | CallPhase::Recording | CallPhase::Ended => Ok(()),
            };
        }
    }

    /// Calls that the provider was asked to place and has not answered.
    fn in_flight(&self) -> usize {
        let is_open = |request: &&dialzio_telephony::emulator::RecordedRequest| {
            request.path == "/v2/webrtc/click2call" && request.status.is_none()
        };
        self.vendor.requests().iter().filter(is_open).count()
    }

    /// Runs reports and calls at a server, and kills it in the middle of both.
    async fn round(self: &Arc<Self>, round: usize, server: Server) {
        let stop = Arc::new(AtomicBool::new(false));
        let mut tasks = Vec::new();
        for task in 0..REPORTING + PLACING {
            let (office, stop) = (Arc::clone(self), Arc::clone(&stop));
            tasks.push(tokio::spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    if task < REPORTING { office.call_in().await } else { office.call_back().await }
                }
            }));
        }
        let pause = |of: usize, most: usize| Duration::from_millis(u64::try_from(round * of % most).unwrap());
        tokio::time::sleep(Duration::from_millis(50) + pause(7, 60)).await;
        self.play();
        match round % 3 {
            0 => {}
            1 => self.vendor.fail_next_call(Failure::HttpStatusHtml(502)),
            _ => self.vendor.fail_next_call(Failure::DropConnectionAfterAcceptance),
        }
        // One is carried out and not answered, after the one whose connection breaks, which is not answered either.
        let last = self.in_flight() + usize::from(round % 3 == 2);
        self.vendor.fail_next_call(Failure::Timeout);
        let begun = Instant::now();
        while self.in_flight() <= last {
            assert!(begun.elapsed() < Duration::from_secs(20), "no call is placed in round {round}");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        tokio::time::sleep(pause(11, 30)).await;
        server.kill();
        stop.store(true, Ordering::Relaxed);
        for task in tasks {
            task.await.unwrap();
        }
        self.play();
    }

    /// The whole log of calls.
    pub(crate) async fn log(&self) -> Vec<Value> {
        let (mut all, mut cursor) = (Vec::new(), String::new());
        loop {
            let path = format!("/v1/calls?limit=200{cursor}");
            let (status, page) = self.ask("GET", &path, &Value::Null).await.unwrap();
            assert_eq!(status, 200, "{page}");
            all.extend(page["data"].as_array().unwrap().iter().cloned());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return all,
            }
        }
    }
}

/// An installation with a telephone system, and its owner signed in as an agent of it.
pub(crate) async fn set_up(binary: &Path, data: &Path, database: Option<&str>) -> (Arc<Office>, String) {
    let made = Command::new(binary)
        .args(["init", "--org", "Green Leaf", "--owner", "owner@example.com", "--json", "--data"])
        .arg(data)
        .envs(database.map(|url| ("DIALZIO_DATABASE", url)))
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let made: Value = serde_json::from_slice(&made.stdout).unwrap();
    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let vendor = Emulator::start(EmulatorConfig::new(Arc::new(|| SystemClock.now()))).await.unwrap();
    let mut office = Office {
        vendor,
        http: client(),
        origin: format!("http://{address}"),
        session: String::new(),
        hook: String::new(),
        promises: Mutex::default(),
        called: AtomicUsize::new(0),
    };
    let server = Server::start(binary, data, database, &address);
    office.is_up().await;
    office.session = sign_in(&office, made["setup_url"].as_str().unwrap()).await;
    let app = json!({"provider": "telecmi", "name": "Telephones", "app_secrets": []});
    let (status, app) = office.ask("POST", "/v1/apps", &app).await.unwrap();
    assert_eq!(status, 201, "{app}");
    office.hook = app["hook_url"].as_str().unwrap().to_owned();
    office.vendor.add_account(EmulatedAccount {
        product: Product::TeleCmi,
        app_id: APP_ID,
        secret: "an-app-secret".into(),
        numbers: vec![OUR_NUMBER.into()],
        agents: vec![EmulatedAgent {
            id: AGENT.into(),
            name: "Ravi K".into(),
            phone: "919876500101".into(),
            token: "a-user-token".into(),
        }],
        follow_me: true,
        recorded: false,
        webhook_url: Some(office.hook.parse().unwrap()),
    });
    let account = json!({"app": app["id"], "name": "Front desk", "routing_key": APP_ID.to_string(),
        "credentials": {"secret": "an-app-secret"}, "base_url": office.vendor.base_url()});
    let (status, account) = office.ask("POST", "/v1/accounts", &account).await.unwrap();
    assert_eq!((status, &account["state"]), (201, &json!("routable")), "{account}");
    let agents = format!("/v1/accounts/{}/agents", account["id"].as_str().unwrap());
    let (status, listed) = office.ask("POST", &format!("{agents}/sync"), &Value::Null).await.unwrap();
    assert_eq!(status, 200, "{listed}");
    let (_, members) = office.ask("GET", "/v1/members", &Value::Null).await.unwrap();
    let mine = json!({"agent": AGENT, "member": members["data"][0]["id"]});
    let (status, mapped) = office.ask("PATCH", &agents, &mine).await.unwrap();
    assert_eq!(status, 200, "{mapped}");
    server.kill();
    (Arc::new(office), address)
}

/// Uses the link that `init` printed, as its page does, and answers the session.
async fn sign_in(office: &Office, link: &str) -> String {
    let token = link.rsplit(['/', '#', '=']).next().unwrap();
    let answer = office
        .http
        .post(format!("{}/web/setup", office.origin))
        .header("origin", &office.origin)
        .header("x-dialzio-request", "1")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(format!(
            "token={token}&name=Ravi&email=owner%40example.com&country=IN&password=bright-kettle-on-the-second-shelf"
        ))
        .send()
        .await
        .unwrap();
    let cookie = answer.headers().get("set-cookie").map(|cookie| cookie.to_str().unwrap().to_owned());
    let Some(cookie) = cookie else { panic!("the owner is not let in: {:?}", answer.text().await) };
    let (_, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
    value.to_owned()
}

/// Kills the server so many times, then waits until nothing is left to do, or for so long.
async fn play(ground: &Ground, rounds: usize, patience: Duration) -> Figures {
    let binary = server::binary();
    let data = tempfile::tempdir().unwrap();
    let url = ground.url();
    let (office, address) = set_up(&binary, data.path(), url.as_deref()).await;
    if let Ground::Sqlite { spoil } = ground {
        spoil(&data.path().join("dialzio.db"));
    }
    for round in 0..rounds {
        let server = Server::start(&binary, data.path(), url.as_deref(), &address);
        office.is_up().await;
        office.round(round, server).await;
        ground.a_minute_passes().await;
    }

    // Once more, and in peace, until nothing waits.
    let server = Server::start(&binary, data.path(), url.as_deref(), &address);
    office.is_up().await;
    while !office.promises.lock().unwrap().open.is_empty() {
        office.call_back().await;
    }
    let begun = Instant::now();
    let mut log;
    loop {
        office.play();
        office.vendor.idle().await;
        log = office.log().await;
        let waits = log.iter().any(|call| call["state"] == "queued");
        let known: BTreeSet<&str> = log.iter().filter_map(|call| call["customer"].as_str()).collect();
        let all_known = office
            .promises
            .lock()
            .unwrap()
            .reported
            .iter()
            .all(|number| known.contains(&*format!("+{number}")));
        if !waits && all_known || !office.figures(rounds, &log).twice.is_empty() || begun.elapsed() > patience
        {
            break;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    // What was decided last may still be on its way into the rows.
    tokio::time::sleep(Duration::from_secs(1)).await;
    log = office.log().await;
    let (_, verified) = office.ask("GET", "/v1/audit/verification", &Value::Null).await.unwrap();
    assert_eq!(verified["intact"], json!(true), "{verified}");
    server.kill();
    office.figures(rounds, &log)
}

fn report(figures: &Figures, of: &str) {
    use std::io::Write;
    std::io::stdout().write_all(format!("{figures} ({of})\n").as_bytes()).unwrap();
}

async fn no_call_is_lost_or_placed_twice(ground: Ground, rounds: usize, of: &str) {
    let asked = std::env::var("DIALZIO_CRASH_ROUNDS").ok().and_then(|text| text.parse().ok());
    let figures = play(&ground, asked.unwrap_or(rounds), Duration::from_secs(90)).await;
    report(&figures, of);
    assert_eq!(figures.twice, [""; 0], "placed twice");
    assert_eq!(figures.lost_or_doubled, [""; 0], "lost or doubled");
    assert_eq!(figures.unfit, [""; 0], "left in a state that is not true");
    assert!(figures.placed > 0 && figures.open > 0, "the kills met calls in flight");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_reported_call_is_lost_and_no_call_is_placed_twice() {
    no_call_is_lost_or_placed_twice(Ground::Sqlite { spoil: |_| () }, 60, "SQLite").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_reported_call_is_lost_and_no_call_is_placed_twice_on_postgres() {
    no_call_is_lost_or_placed_twice(Ground::postgres(&server::binary()).await, 30, "PostgreSQL").await;
}

/// The product without the commit that comes before the first byte: triggers keep a call queued that is being placed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_commit_of_the_dispatch_a_call_is_placed_twice() {
    let spoil = |database: &Path| {
        let forget = "CREATE TRIGGER forget_the_dispatch BEFORE UPDATE ON call WHEN new.placed = 'dispatched'
                      BEGIN SELECT RAISE(IGNORE); END;
                      CREATE TRIGGER forget_the_job BEFORE UPDATE OF state ON effect
                      WHEN old.work = 'place_call' AND new.state = 'done'
                      BEGIN SELECT RAISE(IGNORE); END";
        rusqlite::Connection::open(database).unwrap().execute_batch(forget).unwrap();
    };
    let figures = play(&Ground::Sqlite { spoil }, 1, Duration::from_secs(60)).await;
    report(&figures, "a database that does not keep the dispatch of calls");
    assert!(!figures.twice.is_empty(), "a call that is not written down first is placed again: {figures:?}");
}
