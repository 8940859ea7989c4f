//! Single sign-on as members meet it: an owner connects an identity provider, members come in by it, and what it says counts in
//! their organisation and nowhere else. And as attackers do.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use dialzio_core::{Clock, OrgId, Role};
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::{Value, json};
use url::Url;
use wiremock::matchers::{body_string_contains, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::fixture::{Answer, Fixture, Seat, answer};
use crate::presence::member;

const SECRET: &str = "the secret of the client 5521";
const COOKIE: &str = "__Host-dialzio_sign_on";

/// An identity provider with one key.
struct Provider {
    server: MockServer,
    key: SigningKey,
}

fn encoded(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

impl Provider {
    async fn start() -> Self {
        let (server, key) = (MockServer::start().await, SigningKey::from_slice(&[7; 32]).unwrap());
        let issuer = server.uri();
        let settings = json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{issuer}/authorize"),
            "token_endpoint": format!("{issuer}/token"),
            "jwks_uri": format!("{issuer}/keys"),
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256", "HS256", "none"],
        });
        let point = key.verifying_key().to_encoded_point(false);
        let [x, y] = [point.x().unwrap(), point.y().unwrap()].map(|part| URL_SAFE_NO_PAD.encode(part));
        let keys = json!({"keys": [
            {"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": "1", "x": x, "y": y},
        ]});
        for (at, body) in [("/.well-known/openid-configuration", settings), ("/keys", keys)] {
            let answer = ResponseTemplate::new(200).set_body_json(body);
            Mock::given(method("GET")).and(path(at)).respond_with(answer).mount(&server).await;
        }
        Self { server, key }
    }

    /// Signs a token as ES256 does (RFC 7518, 3.4).
    fn token(&self, claims: &Value) -> String {
        let head = encoded(&json!({"alg": "ES256", "kid": "1", "typ": "JWT"}));
        let signed = format!("{head}.{}", encoded(claims));
        let signature: Signature = self.key.sign(signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
    }

    /// Answers a code with an ID token, or with what stands in its place.
    async fn gives(&self, code: &str, token: &str) {
        let body = json!({"access_token": "unused", "token_type": "Bearer", "id_token": token});
        Mock::given(method("POST"))
            .and(path("/token"))
            .and(body_string_contains(format!("code={code}&")))
            .and(body_string_contains("code_verifier="))
            .respond_with(ResponseTemplate::new(200).set_body_json(body))
            .mount(&self.server)
            .await;
    }
}

async fn shop() -> (Fixture, Seat, Provider, OrgId) {
    let fixture = Fixture::start_beside(axum::Router::new(), "", |mut options| {
        options.outbound_networks = vec!["127.0.0.1/32".parse().unwrap()];
        options
    })
    .await;
    let seat = fixture.found("Green Leaf").await;
    let org = seat.owner.org();
    (fixture, seat, Provider::start().await, org)
}

async fn connect(fixture: &Fixture, seat: &Seat, issuer: &str) -> Value {
    let new = json!({"name": "Work", "issuer": issuer, "client_id": "dialzio", "client_secret": SECRET});
    fixture.post(seat, "/v1/identity-providers", new).await.is(201).json
}

async fn form(fixture: &Fixture, cookie: Option<&str>, path: &str, fields: &[(&str, &str)]) -> Answer {
    let mut body = url::form_urlencoded::Serializer::new(String::new());
    body.extend_pairs(fields);
    let request = fixture.http.post(format!("{}{path}", fixture.origin)).body(body.finish());
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    let request = request.header("sec-fetch-site", "same-origin").header("x-dialzio-request", "1");
    answer(match cookie {
        Some(cookie) => request.header("cookie", cookie),
        None => request,
    })
    .await
}

/// The cookie that an answer sets, unless it takes it away.
fn cookie(answer: &Answer, name: &str) -> Option<String> {
    let all = answer.headers.get_all("set-cookie").iter().map(|set| set.to_str().unwrap());
    let set = all.filter_map(|set| set.split(';').next()).find(|set| set.starts_with(&format!("{name}=")))?;
    (!set.ends_with('=')).then(|| set.to_owned())
}

/// A sign-in that was begun: what the browser keeps, and what the address at the provider asks for.
struct Begun {
    cookie: String,
    address: Url,
}

impl Begun {
    fn asks(&self, name: &str) -> String {
        self.address.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned()
    }
}

async fn begin(fixture: &Fixture, org: OrgId, provider: &Value) -> Begun {
    let path = format!("/web/sign-on/{org}/{}", provider["id"].as_str().unwrap());
    let answer = form(fixture, None, &path, &[]).await.is(200);
    let address = answer.headers["hx-redirect"].to_str().unwrap().parse().unwrap();
    Begun { cookie: cookie(&answer, COOKIE).unwrap(), address }
}

async fn come_back(fixture: &Fixture, begun: &Begun, state: &str, code: &str) -> Answer {
    form(fixture, Some(&begun.cookie), "/web/sign-on/return", &[("state", state), ("code", code)]).await
}

fn session(answer: &Answer) -> Option<String> {
    cookie(answer, "__Host-dialzio_session")
}

fn claims(fixture: &Fixture, provider: &Provider, begun: &Begun, email: &str, subject: &str) -> Value {
    let now = fixture.clock.now().timestamp();
    json!({"iss": provider.server.uri(), "aud": "dialzio", "sub": subject, "iat": now, "exp": now + 300,
        "nonce": begun.asks("nonce"), "email": email, "email_verified": true, "name": "Meera Pillai"})
}

/// Signs somebody in, whom the provider knows by this address and name.
async fn sign_in(
    fixture: &Fixture,
    (org, provider, kept): (OrgId, &Provider, &Value),
    email: &str,
    subject: &str,
) -> Answer {
    let begun = begin(fixture, org, kept).await;
    let code = format!("code{}", URL_SAFE_NO_PAD.encode(begun.asks("state")));
    provider.gives(&code, &provider.token(&claims(fixture, provider, &begun, email, subject))).await;
    come_back(fixture, &begun, &begun.asks("state"), &code).await
}

fn words(answer: &Answer) -> String {
    String::from_utf8(answer.bytes.to_vec()).unwrap()
}

async fn ask(fixture: &Fixture, cookie: &str, method: &str, path: &str, body: Value) -> Answer {
    let request = fixture.http.request(method.parse().unwrap(), format!("{}{path}", fixture.origin));
    let request = request.header("cookie", cookie).header("sec-fetch-site", "same-origin");
    let request = request.header("x-dialzio-request", "1");
    answer(if body.is_null() { request } else { request.json(&body) }).await
}

#[tokio::test]
async fn a_member_signs_in_at_the_identity_provider_of_their_organisation() {
    let (fixture, seat, provider, org) = shop().await;
    member(&fixture, &seat, "Ravi", Role::Agent).await;
    let kept = connect(&fixture, &seat, &provider.server.uri()).await;
    assert_eq!(kept["sign_in_address"], format!("{}/sign-in/{org}", fixture.origin));
    let check = format!("/v1/identity-providers/{}/check", kept["id"].as_str().unwrap());
    assert_eq!(fixture.post(&seat, &check, Value::Null).await.is(200).json["problem"], Value::Null);
    let page = fixture.http.get(format!("{}/sign-in/{org}", fixture.origin)).send().await.unwrap();
    assert!(page.text().await.unwrap().contains("Continue with Work"));

    let begun = begin(&fixture, org, &kept).await;
    assert!(begun.address.as_str().starts_with(&format!("{}/authorize?", provider.server.uri())));
    assert_eq!(begun.asks("redirect_uri"), format!("{}/sign-on/return", fixture.origin));
    assert_eq!(begun.asks("code_challenge_method"), "S256");
    let signed_in = sign_in(&fixture, (org, &provider, &kept), "RAVI@example.com", "u-1").await.is(200);
    let cookie = session(&signed_in).unwrap();
    let me = ask(&fixture, &cookie, "GET", "/v1/me", Value::Null).await.is(200).json;
    assert_eq!(me["organisation"], org.to_string(), "{me}");

    // From then on they are known by what the provider calls them, whatever their address is there.
    let again = sign_in(&fixture, (org, &provider, &kept), "ravi@elsewhere.example", "u-1").await.is(200);
    assert!(session(&again).is_some());
    let audit = fixture.list(&seat, "/v1/audit").await;
    let of = |action: &str| audit.iter().filter(|entry| entry["action"] == action).count();
    assert_eq!(
        (of("identity_provider.changed"), of("identity.linked"), of("single_sign_on.used")),
        (1, 1, 2)
    );
    // The secret reached the provider, and nothing else.
    let asked = provider.server.received_requests().await.unwrap();
    assert!(asked.iter().any(|request| request.headers.contains_key("authorization")));
    for bytes in std::fs::read_dir(fixture.folder.path()).unwrap().map(|file| file.unwrap().path()) {
        let kept = if bytes.is_file() { std::fs::read(bytes).unwrap() } else { Vec::new() };
        assert!(!kept.windows(SECRET.len()).any(|window| window == SECRET.as_bytes()));
    }
}

#[tokio::test]
async fn who_is_invited_joins_by_signing_in_and_nobody_else_does() {
    let (fixture, seat, provider, org) = shop().await;
    let kept = connect(&fixture, &seat, &provider.server.uri()).await;
    let stranger = sign_in(&fixture, (org, &provider, &kept), "meera@example.com", "u-7").await.is(422);
    assert!(words(&stranger).contains("Ask an owner of your organisation for an invitation"));
    assert_eq!(session(&stranger), None);
    let invited = json!({"email": "meera@example.com", "role": "agent"});
    fixture.post(&seat, "/v1/members", invited).await.is(201);
    let joined = sign_in(&fixture, (org, &provider, &kept), "meera@example.com", "u-7").await.is(200);
    let cookie = session(&joined).unwrap();
    let me = ask(&fixture, &cookie, "GET", "/v1/me", Value::Null).await.is(200).json;
    assert_eq!(me["name"], "Meera Pillai", "{me}");
    assert!(!me["permissions"].as_array().unwrap().contains(&json!("members.manage")), "{me}");
    assert_eq!(fixture.list(&seat, "/v1/invitations").await, Vec::<Value>::new());
    let again = sign_in(&fixture, (org, &provider, &kept), "meera@example.com", "u-7").await.is(200);
    assert!(session(&again).is_some());

    // An address that has an account elsewhere is not taken over by the word of this organisation's provider.
    let other = fixture.found("Blue Door").await;
    member(&fixture, &other, "Ravi", Role::Agent).await;
    fixture.post(&seat, "/v1/members", json!({"email": "ravi@example.com", "role": "agent"})).await.is(201);
    let refused = sign_in(&fixture, (org, &provider, &kept), "ravi@example.com", "u-8").await.is(422);
    assert!(words(&refused).contains("Open the link of your invitation"));
}

#[tokio::test]
async fn what_the_provider_says_counts_in_its_organisation_and_nowhere_else() {
    let (fixture, seat, provider, org) = shop().await;
    let other = fixture.found("Blue Door").await;
    let ravi = member(&fixture, &seat, "Ravi", Role::Agent).await;
    // The same person works in both.
    let access = fixture.crm.access();
    let email = dialzio_core::text::EmailAddress::parse("ravi@example.com").unwrap();
    let link = access.invite(&other.owner, Some(email), Role::Admin).await.unwrap();
    let own = dialzio_core::access::Token::parse(ravi.split('=').nth(1).unwrap()).unwrap();
    access.join(&own, &link).await.unwrap();

    let kept = connect(&fixture, &seat, &provider.server.uri()).await;
    let signed_in = sign_in(&fixture, (org, &provider, &kept), "ravi@example.com", "u-1").await.is(200);
    let cookie = session(&signed_in).unwrap();
    let own = ask(&fixture, &cookie, "GET", "/v1/me/organisations", Value::Null).await.is(200).json;
    assert_eq!(own["data"].as_array().unwrap().len(), 1, "{own}");
    let switch =
        form(&fixture, Some(&cookie), &format!("/web/organisations/{}", other.owner.org()), &[]).await;
    assert_eq!(switch.status, 404, "{}", words(&switch));
    // Nor does it change the account.
    for (method, path, body) in [
        ("POST", "/v1/me/second-factor", json!({"password": "seven brown otters swim upstream 7"})),
        ("DELETE", "/v1/me/passkeys/01890000-0000-7000-8000-0000000000aa", Value::Null),
    ] {
        let refused = ask(&fixture, &cookie, method, path, body).await.is(422).json;
        assert_eq!(refused["errors"][0]["pointer"], "/session", "{method} {path}: {refused}");
    }
    // Another organisation has no such provider.
    let path = format!("/web/sign-on/{}/{}", other.owner.org(), kept["id"].as_str().unwrap());
    let elsewhere = form(&fixture, None, &path, &[]).await;
    assert_eq!(elsewhere.status, 403);
}

#[tokio::test]
async fn a_token_that_is_not_for_this_sign_in_lets_nobody_in() {
    let (fixture, seat, provider, org) = shop().await;
    member(&fixture, &seat, "Ravi", Role::Agent).await;
    let kept = connect(&fixture, &seat, &provider.server.uri()).await;
    let stranger =
        Provider { key: SigningKey::from_slice(&[9; 32]).unwrap(), server: MockServer::start().await };
    let past = fixture.clock.now().timestamp() - 10;
    let changed: [(&str, &str, Value); 7] = [
        ("another issuer", "iss", json!("https://login.example.com")),
        ("for another client", "aud", json!("another")),
        ("over already", "exp", json!(past)),
        ("for another sign-in", "nonce", json!("another")),
        ("without its sign-in", "nonce", Value::Null),
        ("an address that is not theirs", "email_verified", json!(false)),
        ("an address that nobody confirms", "email_verified", Value::Null),
    ];
    for (place, (what, claim, value)) in changed.into_iter().enumerate() {
        let begun = begin(&fixture, org, &kept).await;
        let mut claims = claims(&fixture, &provider, &begun, "ravi@example.com", "u-1");
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(claim);
        } else {
            claims[claim] = value;
        }
        let code = format!("changed{place}");
        provider.gives(&code, &provider.token(&claims)).await;
        let refused = come_back(&fixture, &begun, &begun.asks("state"), &code).await;
        assert_eq!((refused.status, session(&refused)), (422, None), "{what}");
    }
    // Signed by somebody else, by the client's own secret, or by nobody.
    let begun = begin(&fixture, org, &kept).await;
    let good = claims(&fixture, &provider, &begun, "ravi@example.com", "u-1");
    let none = format!("{}.{}.", encoded(&json!({"alg": "none"})), encoded(&good));
    let signed = format!("{}.{}", encoded(&json!({"alg": "HS256"})), encoded(&good));
    let mac = {
        use hmac::{KeyInit, Mac};
        let mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
        URL_SAFE_NO_PAD.encode(mac.chain_update(signed.as_bytes()).finalize().into_bytes())
    };
    for (code, token) in
        [("forged", stranger.token(&good)), ("none", none), ("mac", format!("{signed}.{mac}"))]
    {
        provider.gives(code, &token).await;
        let refused = come_back(&fixture, &begun, &begun.asks("state"), code).await;
        assert_eq!((refused.status, session(&refused)), (422, None), "{code}");
    }
}

#[tokio::test]
async fn a_sign_in_counts_once_in_the_browser_that_began_it_for_ten_minutes() {
    let (fixture, seat, provider, org) = shop().await;
    member(&fixture, &seat, "Ravi", Role::Agent).await;
    let kept = connect(&fixture, &seat, &provider.server.uri()).await;
    let begun = begin(&fixture, org, &kept).await;
    let other = begin(&fixture, org, &kept).await;
    provider
        .gives("once", &provider.token(&claims(&fixture, &provider, &begun, "ravi@example.com", "u-1")))
        .await;
    // In another browser, and in none.
    let (state, code) = (begun.asks("state"), "once");
    assert_eq!(come_back(&fixture, &other, &state, code).await.status, 422);
    assert_eq!(
        form(&fixture, None, "/web/sign-on/return", &[("state", &state), ("code", code)]).await.status,
        422
    );
    assert_eq!(come_back(&fixture, &begun, "another", code).await.status, 422);
    // Reading the page that the provider sends people to signs nobody in.
    let address = format!("{}/sign-on/return?state={state}&code={code}", fixture.origin);
    let read = answer(fixture.http.get(address).header("cookie", &begun.cookie)).await.is(200);
    assert_eq!(session(&read), None);
    let both =
        tokio::join!(come_back(&fixture, &begun, &state, code), come_back(&fixture, &begun, &state, code));
    let let_in = [&both.0, &both.1].iter().filter(|answer| session(answer).is_some()).count();
    assert_eq!(let_in, 1, "{both:?}");
    assert_eq!(come_back(&fixture, &begun, &state, code).await.status, 422);

    let late = begin(&fixture, org, &kept).await;
    let claims = claims(&fixture, &provider, &late, "ravi@example.com", "u-1");
    provider.gives("late", &provider.token(&claims)).await;
    fixture.clock.advance(chrono::TimeDelta::minutes(11));
    assert_eq!(come_back(&fixture, &late, &late.asks("state"), "late").await.status, 422);
}

#[tokio::test]
async fn owners_alone_say_where_members_sign_in_and_nobody_reads_the_secret() {
    let (fixture, seat, provider, org) = shop().await;
    let admin = member(&fixture, &seat, "Asha", Role::Admin).await;
    let refused = ask(&fixture, &admin, "GET", "/v1/identity-providers", Value::Null).await;
    assert_eq!(refused.problem(403), "access.denied");
    let kept = connect(&fixture, &seat, &provider.server.uri()).await;
    let id = kept["id"].as_str().unwrap();
    let path = format!("/v1/identity-providers/{id}");
    for path in ["/v1/identity-providers", &path] {
        assert!(!words(&fixture.get(&seat, path).await.is(200)).contains("secret"), "{path}");
    }
    for (field, value) in [
        ("issuer", "http://login.example.com"),
        ("issuer", "login.example.com"),
        ("client_id", ""),
        ("client_secret", ""),
    ] {
        let refused = fixture.patch(&seat, &path, json!({field: value})).await.is(422).json;
        assert_eq!(refused["errors"][0]["pointer"], format!("/{field}"), "{refused}");
    }
    // Another issuer is another provider: whom the one before knew is not known.
    member(&fixture, &seat, "Ravi", Role::Agent).await;
    sign_in(&fixture, (org, &provider, &kept), "ravi@example.com", "u-1").await.is(200);
    let second = Provider::start().await;
    fixture.patch(&seat, &path, json!({"issuer": second.server.uri()})).await.is(200);
    let unknown = sign_in(&fixture, (org, &second, &kept), "nobody@example.com", "u-1").await;
    assert_eq!((unknown.status, session(&unknown)), (422, None));
    // A provider that cannot be asked says so.
    fixture.patch(&seat, &path, json!({"issuer": "https://10.0.0.1"})).await.is(200);
    let check = fixture.post(&seat, &format!("{path}/check"), Value::Null).await.is(200).json;
    assert_eq!(check["problem"], "its address is not allowed");
}
