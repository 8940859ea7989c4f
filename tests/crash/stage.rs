//! People who write, a member who answers, and what they were promised.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use dialzio_core::{Clock, SystemClock};
use dialzio_whatsapp::emulator::{EmulatedNumber, Emulator, EmulatorConfig, Failure};
use serde_json::{Value, json};

use crate::server::{Server, client};

const NUMBER: &str = "100200300";
/// How many people write, each in a conversation of their own.
pub(crate) const PEOPLE: usize = 12;

/// What has to be true in the end.
#[derive(Default)]
pub(crate) struct Promises {
    /// Texts of webhooks that were answered 200.
    pub(crate) acknowledged: BTreeSet<String>,
    /// Messages that were answered 202, with their texts.
    pub(crate) accepted: BTreeMap<String, String>,
    /// Sends without an answer: repeated with the same key.
    pub(crate) open: Vec<(usize, usize)>,
}

pub(crate) struct Stage {
    pub(crate) graph: Emulator,
    http: reqwest::Client,
    origin: String,
    key: String,
    hook: String,
    pub(crate) conversations: Vec<String>,
    pub(crate) promises: Mutex<Promises>,
    written: AtomicUsize,
    asked: AtomicUsize,
    /// Sends that will never be answered, since their caller is gone.
    orphaned: Mutex<BTreeSet<String>>,
}

impl Stage {
    pub(crate) async fn api(&self, method: &str, path: &str, body: &Value) -> reqwest::Result<(u16, Value)> {
        let mut request = self
            .http
            .request(method.parse().unwrap(), format!("{}{path}", self.origin))
            .bearer_auth(&self.key);
        if !body.is_null() {
            request = request.json(body);
        }
        let response = request.send().await?;
        let status = response.status().as_u16();
        Ok((status, response.json().await.unwrap_or(Value::Null)))
    }

    pub(crate) async fn list(&self, path: &str) -> Vec<Value> {
        let (mut all, mut cursor) = (Vec::new(), String::new());
        loop {
            let (status, page) =
                self.api("GET", &format!("{path}?limit=200{cursor}"), &Value::Null).await.unwrap();
            assert_eq!(status, 200, "{page}");
            all.extend(page["data"].as_array().unwrap().iter().cloned());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return all,
            }
        }
    }

    pub(crate) async fn is_up(&self) {
        self.is_up_at(&self.origin).await;
    }

    pub(crate) async fn is_up_at(&self, origin: &str) {
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(20) {
            if self
                .http
                .get(format!("{origin}/readyz"))
                .send()
                .await
                .is_ok_and(|answer| answer.status() == 200)
            {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("the server does not come up");
    }

    /// What happened, as it happens, at one of several servers: the places in the log.
    pub(crate) async fn follow(&self, origin: &str) -> tokio::sync::mpsc::UnboundedReceiver<(u64, Value)> {
        let (tell, told) = tokio::sync::mpsc::unbounded_channel();
        let mut response = self
            .http
            .get(format!("{origin}/v1/events"))
            .bearer_auth(&self.key)
            .timeout(Duration::from_secs(600))
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 200);
        tokio::spawn(async move {
            let mut text = String::new();
            while let Ok(Some(bytes)) = response.chunk().await {
                text.push_str(&String::from_utf8_lossy(&bytes));
                while let Some((event, rest)) = text.split_once("\n\n") {
                    let part =
                        |name: &str| event.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
                    if let (Some(id), Some(data)) = (part("id:"), part("data:")) {
                        let _ = tell.send((id.parse().unwrap(), serde_json::from_str(data).unwrap()));
                    }
                    text = rest.to_owned();
                }
            }
        });
        told
    }

    /// A person writes; what is answered 200 is promised.
    pub(crate) async fn write(&self) {
        let n = self.written.fetch_add(1, Ordering::Relaxed);
        let (words, from) = (format!("in-{n}"), format!("9198765{:05}", n % PEOPLE));
        let value = json!({"messaging_product": "whatsapp",
            "metadata": {"display_phone_number": "914412345678", "phone_number_id": NUMBER},
            "contacts": [{"profile": {"name": "Asha"}, "wa_id": from}],
            "messages": [{"from": from, "id": format!("wamid.{n}"), "type": "text",
                "timestamp": SystemClock.now().timestamp().to_string(), "text": {"body": words}}]});
        let whole = json!({"object": "whatsapp_business_account",
            "entry": [{"id": "9", "changes": [{"field": "messages", "value": value}]}]});
        let bytes = serde_json::to_vec(&whole).unwrap();
        let signature = self.graph.signature(NUMBER, &bytes).unwrap();
        let request = self
            .http
            .post(&self.hook)
            .header("content-type", "application/json")
            .header("x-hub-signature-256", signature)
            .body(bytes);
        if request.send().await.is_ok_and(|answer| answer.status() == 200) {
            self.promises.lock().unwrap().acknowledged.insert(words);
        }
    }

    /// A member answers; what is answered 202 is promised, and what is not answered is asked again later.
    pub(crate) async fn send(&self) {
        let again = self.promises.lock().unwrap().open.pop();
        let (n, place) = again.unwrap_or_else(|| {
            let n = self.asked.fetch_add(1, Ordering::Relaxed);
            (n, n % self.conversations.len())
        });
        let words = format!("out-{n}");
        let path = format!("{}/v1/conversations/{}/messages", self.origin, self.conversations[place]);
        let request = self
            .http
            .post(path)
            .bearer_auth(&self.key)
            .header("idempotency-key", &words)
            .json(&json!({"text": words}));
        let answer = match request.send().await {
            Ok(answer) if answer.status() == 202 => answer.json::<Value>().await.ok(),
            Ok(answer) => panic!("a send was answered {}", answer.status()),
            Err(_) => None,
        };
        let mut promises = self.promises.lock().unwrap();
        match answer {
            Some(message) => {
                promises.accepted.insert(message["id"].as_str().unwrap().to_owned(), words);
            }
            None => promises.open.push((n, place)),
        }
    }

    /// Sends that the provider has and has not answered, by our own ids.
    pub(crate) fn in_flight(&self) -> Vec<String> {
        let orphaned = self.orphaned.lock().unwrap();
        let requests = self.graph.requests().into_iter().filter(|request| request.status.is_none());
        requests.filter_map(|request| request.opaque_id).filter(|id| !orphaned.contains(id)).collect()
    }

    /// Whether everything acknowledged is among these messages, and none of them waits.
    pub(crate) fn is_settled(&self, messages: &[Value]) -> bool {
        let waits = |message: &Value| {
            ["queued", "dispatched", "accepted"].contains(&message["status"].as_str().unwrap())
        };
        let shown: BTreeSet<&str> = messages.iter().filter_map(|message| message["text"].as_str()).collect();
        let promises = self.promises.lock().unwrap();
        promises.acknowledged.iter().all(|words| shown.contains(words.as_str()))
            && !messages.iter().any(waits)
    }

    /// Runs webhooks and sends at a server, and kills it in the middle of both.
    pub(crate) async fn round(self: &Arc<Self>, round: usize, server: Server) {
        let before = self.promises.lock().unwrap().acknowledged.len();
        let stop = Arc::new(AtomicBool::new(false));
        let mut tasks = Vec::new();
        for task in 0..6 {
            let (stage, stop) = (Arc::clone(self), Arc::clone(&stop));
            tasks.push(tokio::spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    if task < 4 { stage.write().await } else { stage.send().await }
                }
            }));
        }
        // Some sends get through; then one is carried out and not answered.
        tokio::time::sleep(Duration::from_millis(u64::try_from(round * 7 % 40).unwrap())).await;
        match round % 3 {
            0 => {}
            1 => self.graph.fail_next_send(Failure::HttpStatusHtml(502)),
            _ => self.graph.fail_next_send(Failure::DropConnectionAfterAcceptance),
        }
        self.graph.fail_next_send(Failure::Timeout);
        let begun = Instant::now();
        loop {
            let acknowledged = self.promises.lock().unwrap().acknowledged.len() > before;
            if acknowledged && !self.in_flight().is_empty() {
                break;
            }
            assert!(begun.elapsed() < Duration::from_secs(20), "nothing happens in round {round}");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        tokio::time::sleep(Duration::from_millis(u64::try_from(round * 11 % 30).unwrap())).await;
        server.kill();
        stop.store(true, Ordering::Relaxed);
        for task in tasks {
            task.await.unwrap();
        }
        let left = self.in_flight();
        self.orphaned.lock().unwrap().extend(left);
    }
}

/// An installation with a connected number, and a conversation with each person.
pub(crate) async fn set_up(binary: &Path, data: &Path, database: Option<&str>) -> (Arc<Stage>, String) {
    let made = Command::new(binary)
        .args(["init", "--org", "Green Leaf", "--owner", "owner@example.com", "--json", "--data"])
        .arg(data)
        .envs(database.map(|url| ("DIALZIO_DATABASE", url)))
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let made: Value = serde_json::from_slice(&made.stdout).unwrap();
    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let mut config = EmulatorConfig::new(Arc::new(|| SystemClock.now()));
    config.keep_requests = 300;
    config.behaviour.status_delay = Duration::from_millis(5);
    // As on the platform, which tries for days: an update that is given up would leave its message without one. The wait
    // doubles ten times, to ten seconds.
    config.behaviour.retry_gap = Duration::from_millis(10);
    config.behaviour.retry_limit = u32::MAX;
    let mut stage = Stage {
        graph: Emulator::start(config).await.unwrap(),
        http: client(),
        origin: format!("http://{address}"),
        key: made["api_key"].as_str().unwrap().to_owned(),
        hook: String::new(),
        conversations: Vec::new(),
        promises: Mutex::default(),
        written: AtomicUsize::new(0),
        asked: AtomicUsize::new(0),
        orphaned: Mutex::default(),
    };
    let server = Server::start(binary, data, database, &address);
    stage.is_up().await;
    let app =
        json!({"provider": "whatsapp", "name": "App", "app_secrets": ["secret"], "verify_token": "verify"});
    let (status, app) = stage.api("POST", "/v1/apps", &app).await.unwrap();
    assert_eq!(status, 201, "{app}");
    stage.hook = app["hook_url"].as_str().unwrap().to_owned();
    stage.graph.add_number(EmulatedNumber {
        phone_number_id: NUMBER.into(),
        waba_id: "9".into(),
        display_phone_number: "+91 44 1234 5678".into(),
        verified_name: "Green Leaf".into(),
        access_token: "token".into(),
        app_secret: "secret".into(),
        webhook_url: Some(stage.hook.parse().unwrap()),
    });
    let account = json!({"app": app["id"], "name": "Line", "routing_key": NUMBER, "business_id": "9",
        "token": "token", "base_url": stage.graph.base_url()});
    let (status, account) = stage.api("POST", "/v1/accounts", &account).await.unwrap();
    assert_eq!((status, &account["state"]), (201, &json!("routable")), "{account}");
    for _ in 0..PEOPLE {
        stage.write().await;
    }
    // The provider has to know the people before it takes messages to them within the window.
    let mut behaviour = stage.graph.behaviour();
    behaviour.reply_window = false;
    stage.graph.set_behaviour(behaviour);
    // On a busy machine deciding may take long enough that an element waits in line for a moment.
    let begun = Instant::now();
    let mut conversations = stage.list("/v1/conversations").await;
    while conversations.len() < PEOPLE && begun.elapsed() < Duration::from_secs(30) {
        tokio::time::sleep(Duration::from_millis(50)).await;
        conversations = stage.list("/v1/conversations").await;
    }
    assert_eq!(conversations.len(), PEOPLE);
    stage.conversations = conversations.iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect();
    server.kill();
    (Arc::new(stage), address)
}
