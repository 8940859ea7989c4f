//! Users of TeleCMI, and the check of the credentials.

use dialzio_core::provider::{ProviderError, TelephonyProvider};
use serde_json::{Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use crate::fixture::{SECRET, access, answers, bodies, json as answer, piopiy, requests, telecmi};

/// Twelve users, of whom each page has ten, or always the first page whatever is asked.
struct Users {
    stuck: bool,
}

impl Respond for Users {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        let page = if self.stuck { 1 } else { body["page"].as_u64().unwrap() };
        let agents: Vec<Value> = (0..12_u64)
            .skip(usize::try_from((page - 1) * 10).unwrap())
            .take(10)
            .map(|number| json!({"agent_id": format!("{}_3333301", 101 + number), "name": format!("User {number}"),
                                 "extension": 101 + number, "password": "clear-text", "phone": "919876500101"}))
            .collect();
        ResponseTemplate::new(200)
            .set_body_json(json!({"code": 200, "status": "success", "count": 99, "agents": agents}))
    }
}

#[tokio::test]
async fn users_are_listed_page_by_page_and_their_passwords_are_nowhere() {
    for (stuck, count, pages) in [(false, 12, 3), (true, 10, 2)] {
        let server = MockServer::start().await;
        Mock::given(method("POST"))
            .and(path("/v2/user/list"))
            .respond_with(Users { stuck })
            .mount(&server)
            .await;
        let agents = telecmi().agents(&access(&server.uri())).await.unwrap();
        assert_eq!(agents.len(), count);
        assert_eq!(agents[3].id, "104_3333301");
        assert_eq!(agents[3].name.as_ref().unwrap().reveal(), "User 3");
        assert_eq!(agents[3].phone.as_deref(), Some("919876500101"));
        let shown = format!("{agents:?}");
        assert!(
            !shown.contains("clear-text") && !shown.contains("919876500101") && !shown.contains("User 3")
        );
        let asked = bodies(&server).await;
        assert_eq!(asked.len(), pages);
        assert_eq!(asked[1], json!({"appid": 3333301, "secret": SECRET, "page": 2, "limit": 10}));
    }
}

#[tokio::test]
async fn credentials_are_checked_by_the_smallest_question() {
    let server = MockServer::start().await;
    let mut access = access(&server.uri());
    answers(&server, "/v2/analysis", answer(json!({"code": 200, "total": 1, "answered": 1, "missed": 0})))
        .await;
    answers(&server, "/v2/piopiy/get_channels", answer(json!({"code": 200, "channel": "2"}))).await;
    telecmi().check(&access).await.unwrap();
    let health = piopiy().check(&access).await.unwrap();
    assert_eq!(
        health.display_number.as_deref(),
        Some("+914412345678"),
        "our own number, which is no customer's"
    );
    let shown: Vec<_> = requests(&server).await.iter().map(|request| request.url.path().to_owned()).collect();
    assert_eq!(shown, ["/v2/analysis", "/v2/piopiy/get_channels"]);
    access.credentials = [("caller_id", "1")].into();
    assert!(matches!(telecmi().check(&access).await.unwrap_err(), ProviderError::Credentials { .. }));
}

#[tokio::test]
async fn wrong_credentials_are_told_whatever_code_says_so() {
    for (code, of_telecmi, of_piopiy) in [(404, true, false), (407, true, true), (401, true, true)] {
        let server = MockServer::start().await;
        for path in ["/v2/analysis", "/v2/piopiy/get_channels"] {
            answers(&server, path, answer(json!({"code": code, "msg": "Authentication Failed"}))).await;
        }
        let is = |error: ProviderError| matches!(error, ProviderError::Credentials { .. });
        assert_eq!(is(telecmi().check(&access(&server.uri())).await.unwrap_err()), of_telecmi, "{code}");
        assert_eq!(is(piopiy().check(&access(&server.uri())).await.unwrap_err()), of_piopiy, "{code}");
    }
}
