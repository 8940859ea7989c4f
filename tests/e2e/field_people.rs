//! Reports from the field about who people are: names and numbers that change hands.

use serde_json::{Value, json};

use crate::field::{Field, OWN, Report, reports};

impl Field {
    async fn contacts(&self) -> Vec<Value> {
        self.fixture.list(&self.seat, "/v1/contacts").await
    }

    async fn identities(&self, contact: &Value) -> Vec<Value> {
        let path = format!("/v1/contacts/{}/identities", contact["id"].as_str().unwrap());
        self.fixture.list(&self.seat, &path).await
    }
}

/// A number that was given up, up to the message of another person from it.
struct GivenUp {
    field: Field,
    person: Value,
    old: String,
    /// The profile's name of the other person.
    other: String,
}

async fn number_given_up(report: &Report) -> GivenUp {
    let field = Field::start(report.place).await;
    let read: Value = serde_json::from_slice(&report.bytes).unwrap();
    let steps = read["steps"].as_array().unwrap();
    let posts: Vec<&Value> = steps.iter().filter_map(|step| step.get("post")).collect();
    // Each is written when it is posted: after what was done before.
    let post = async |place: usize| {
        let bytes = serde_json::to_vec(posts[place]).unwrap();
        field.post(&field.envelopes(&bytes)[0]).await;
    };
    let value = |place: usize| &posts[place]["entry"][0]["changes"][0]["value"];
    let sender = |place: usize| format!("+{}", value(place)["messages"][0]["from"].as_str().unwrap());
    let (old, new) = (sender(0), sender(1));
    post(0).await;
    let person = field.contacts().await.remove(0);
    let path = format!("/v1/contacts/{}", person["id"].as_str().unwrap());
    let details = json!([{"kind": "phone", "value": new}]);
    let edit = json!({"details": details, "former_numbers": [old]});
    field.fixture.patch(&field.seat, &path, edit).await.is(200);
    // From the contact: it goes to the new number.
    let open = json!({"account": field.line.account});
    let opened = field.fixture.post(&field.seat, &format!("{path}/conversations"), open).await.is(201);
    let talk = format!("/v1/conversations/{}", opened.id());
    assert_eq!(field.fixture.get(&field.seat, &talk).await.json["person"]["phone"], *new);
    field.fixture.clock.advance(chrono::TimeDelta::hours(2));
    post(1).await;
    assert_eq!(field.contacts().await.len(), 1, "no new contact");
    assert_eq!(field.fixture.list(&field.seat, &format!("{talk}/messages")).await.len(), 1);
    field.fixture.clock.advance(chrono::TimeDelta::hours(23));
    post(2).await;
    let other = value(2)["contacts"][0]["profile"]["name"].as_str().unwrap().to_owned();
    GivenUp { field, person, old, other }
}

/// The conversation that answers to the old number, as it is shown alone.
async fn old_talk(field: &Field, number: &str) -> Value {
    let all = field.conversations().await;
    let old = all.iter().find(|talk| talk["person"]["phone"] == number).unwrap();
    let path = format!("/v1/conversations/{}", old["id"].as_str().unwrap());
    field.fixture.get(&field.seat, &path).await.is(200).json
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_former_number_with_another_profile_is_shown_as_doubtful_and_asked_about() {
    for report in reports("number-edited-then-new-message") {
        let GivenUp { field, person, old, other: profile } = number_given_up(&report).await;
        let talk = old_talk(&field, &old).await;
        assert_eq!(talk["contact"], person["id"]);
        assert_eq!(talk["doubt"]["profile_name"], profile);
        assert_eq!(talk["doubt"]["number"], old);
        let known = field.identities(&person).await;
        assert_eq!(known[0]["former"][0]["value"], old);
        assert_eq!(known[0]["profile_name"], person["name"], "the other profile is not taken over");
        let path = format!("/v1/contacts/{}/tasks", person["id"].as_str().unwrap());
        assert_eq!(field.fixture.list(&field.seat, &path).await.len(), 1);
        let contact = format!("/v1/contacts/{}", person["id"].as_str().unwrap());
        assert_eq!(field.fixture.get(&field.seat, &contact).await.json["name"], person["name"]);
        // Nothing but an answer goes out while it is not known who reads it.
        let template = json!({"template": {"name": "weekend_offer", "language": "en"}});
        let id = talk["id"].as_str().unwrap();
        field.fixture.send(&field.seat, id, "offer", &template).await.problem(403);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_doubt_is_settled_as_the_same_person_or_as_another() {
    for report in reports("number-edited-then-new-message") {
        let GivenUp { field, person, old, other: profile } = number_given_up(&report).await;
        let contact = person["id"].as_str().unwrap();
        let identity = field.identities(&person).await[0]["id"].as_str().unwrap().to_owned();
        let path = format!("/v1/contacts/{contact}/identities/{identity}/doubt");
        field.fixture.post(&field.seat, &path, json!({"answer": "perhaps"})).await.problem(422);
        let other =
            field.fixture.post(&field.seat, &path, json!({"answer": "another_person"})).await.is(200).json;
        assert_ne!(other["id"], person["id"]);
        assert_eq!((&other["name"], &other["name_source"]), (&json!(profile), &json!("profile")));
        field.fixture.post(&field.seat, &path, json!({"answer": "same_person"})).await.problem(409);
        let theirs = field.identities(&other).await;
        assert_eq!(theirs[0]["aliases"][0]["value"], old);
        // What comes now goes there, and nothing that was agreed under the number holds for them.
        let who = dialzio_whatsapp::emulator::CustomerIdentity::with_phone(&old[1..], &profile);
        field.fixture.writes(&field.line, &who, "Hello?").await;
        let talks = field.conversations().await;
        assert!(talks.iter().any(|talk| talk["contact"] == other["id"] && talk["last"]["text"] == "Hello?"));
        let notes = field.fixture.list(&field.seat, &format!("/v1/contacts/{contact}/notes")).await;
        assert!(
            notes[0]["text"].as_str().unwrap().contains(&format!(
                "{} {} {}",
                &old[..3],
                &old[3..8],
                &old[8..]
            )),
            "the number stays in the history"
        );

        let GivenUp { field, person, old, .. } = number_given_up(&report).await;
        let contact = person["id"].as_str().unwrap();
        let identity = field.identities(&person).await[0]["id"].as_str().unwrap().to_owned();
        let path = format!("/v1/contacts/{contact}/identities/{identity}/doubt");
        let same =
            field.fixture.post(&field.seat, &path, json!({"answer": "same_person"})).await.is(200).json;
        assert_eq!(same["id"], person["id"]);
        let known = field.identities(&person).await;
        assert_eq!((&known[0]["doubt"], &known[0]["former"]), (&Value::Null, &json!([])));
        assert_eq!(old_talk(&field, &old).await["doubt"], Value::Null);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_follows_the_profile_until_somebody_types_one() {
    let field = Field::start(OWN).await;
    let write = async |name: &str| {
        let who = dialzio_whatsapp::emulator::CustomerIdentity::with_phone("919000000777", name);
        field.fixture.clock.advance(chrono::TimeDelta::minutes(1));
        field.fixture.writes(&field.line, &who, "Hello").await;
        field.contacts().await.remove(0)
    };
    let first = write("Meena").await;
    assert_eq!((&first["name"], &first["name_source"]), (&json!("Meena"), &json!("profile")));
    let second = write("Meena Iyer").await;
    assert_eq!(second["name"], "Meena Iyer");
    assert!(second["revision"].as_u64() > first["revision"].as_u64(), "the contact changed");
    let path = format!("/v1/contacts/{}", first["id"].as_str().unwrap());
    let typed = field.fixture.patch(&field.seat, &path, json!({"name": "Dr Iyer"})).await.is(200).json;
    assert_eq!((&typed["name"], &typed["name_source"]), (&json!("Dr Iyer"), &json!("typed")));
    assert_eq!(write("M. I.").await["name"], "Dr Iyer");
    // Taken away, it is the profile's again.
    let freed = field.fixture.patch(&field.seat, &path, json!({"name": null})).await.is(200).json;
    assert_eq!((&freed["name"], &freed["name_source"]), (&json!("M. I."), &json!("profile")));
}
