//! Contacts from a file, and lists as files: what is recognised, what the same file does again, and what is on record.

use dialzio_core::ledger::Action;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::fixture::{Answer, Fixture, Seat, answer};

const IMPORTS: &str = "/v1/contacts/imports";

async fn send(fixture: &Fixture, seat: &Seat, path: &str, file: &[u8], texts: &[(&str, &str)]) -> Answer {
    let part = Part::bytes(file.to_vec()).file_name("people.csv");
    let form = texts.iter().fold(Form::new().part("file", part), |form, (name, text)| {
        form.text((*name).to_owned(), (*text).to_owned())
    });
    let url = format!("{}{path}", fixture.origin);
    answer(fixture.http.post(url).bearer_auth(&seat.key).multipart(form)).await
}

/// Imports a file to its end: rows that were created, updated, and left out.
async fn import(fixture: &Fixture, seat: &Seat, file: &[u8], texts: &[(&str, &str)]) -> Value {
    let id = send(fixture, seat, IMPORTS, file, texts).await.is(202).id();
    loop {
        let now = fixture.get(seat, &format!("{IMPORTS}/{id}")).await.is(200).json;
        if now["state"] != "running" {
            assert_eq!(now["state"], "done", "{now}");
            assert_eq!(now["done"], now["rows"]);
            return now;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

fn sums(ended: &Value) -> Value {
    json!([ended["created"], ended["updated"], ended["skipped"]])
}

async fn people(fixture: &Fixture, seat: &Seat) -> Vec<Value> {
    fixture.list(seat, "/v1/contacts").await
}

/// The subjects and the details of the entries of an action.
async fn entries(fixture: &Fixture, seat: &Seat, action: Action) -> Vec<(Option<String>, Option<String>)> {
    let (mut found, mut after) = (Vec::new(), 0);
    loop {
        let page = fixture.crm.ledger().audit(&seat.owner, after, 200).await.unwrap();
        let Some(last) = page.last() else { return found };
        after = last.seq;
        let of_it = page.iter().filter(|entry| entry.action == action);
        found.extend(of_it.map(|entry| {
            (
                entry.subject.map(|id| id.to_string()),
                entry.detail.as_ref().map(|detail| detail.as_str().to_owned()),
            )
        }));
    }
}

const FILE: &str = "Full name;Mobile;Email;Tags;Stage;Remarks\r\n\
    Asha Rao;098400 12345;asha@example.com;\"vip; regular\";Customer;Prefers calls\r\n\
    Ravi;+91 98400 12346;;;;\r\n\
    Nobody;;;;;\r\n\
    Meera;12;;;;\r\n\
    Asha again;+919840012345;;;;\r\n";

#[tokio::test]
async fn a_file_is_imported_once_and_the_same_file_again_changes_nothing() {
    let fixture = Fixture::start().await;
    let seat = fixture.found("Green Leaf").await;
    fixture.patch(&seat, "/v1/organisation", json!({"country": "IN"})).await.is(200);
    let preview =
        send(&fixture, &seat, &format!("{IMPORTS}/preview"), FILE.as_bytes(), &[]).await.is(200).json;
    let fields: Vec<_> =
        preview["columns"].as_array().unwrap().iter().map(|one| one["field"].clone()).collect();
    assert_eq!(json!(fields), json!(["name", "phone", "email", "tags", "stage", "note"]));
    assert_eq!(
        (&preview["encoding"], &preview["separated_by"], &preview["rows"]),
        (&json!("UTF-8"), &json!("semicolons"), &json!(5))
    );
    let planned: Vec<_> =
        preview["first"].as_array().unwrap().iter().map(|one| one["outcome"].clone()).collect();
    assert_eq!(json!(planned), json!(["created", "created", "skipped", "skipped", "skipped"]));
    assert_eq!(people(&fixture, &seat).await.len(), 0, "a preview writes nothing");

    let first = import(&fixture, &seat, FILE.as_bytes(), &[]).await;
    assert_eq!(sums(&first), json!([2, 0, 3]));
    assert_eq!(
        first["left_out"],
        json!([
            {"row": 4, "reason": "has neither a number nor an address"},
            {"row": 5, "reason": first["left_out"][1]["reason"]},
            {"row": 6, "reason": "repeats a number or address of row 2"},
        ])
    );
    let before = people(&fixture, &seat).await;
    let asha = &before[0];
    assert_eq!(
        (&asha["name"], &asha["stage"], &asha["tags"], &asha["details"][0]["value"]),
        (&json!("Asha Rao"), &json!("customer"), &json!(["regular", "vip"]), &json!("+919840012345"))
    );
    let path = format!("/v1/contacts/{}", asha["id"].as_str().unwrap());
    assert_eq!(fixture.list(&seat, &format!("{path}/notes")).await[0]["text"], "Prefers calls");
    assert_eq!(fixture.list(&seat, &format!("{path}/consents")).await, [] as [Value; 0]);
    for duplicates in ["skip", "fill"] {
        let again = import(&fixture, &seat, FILE.as_bytes(), &[("duplicates", duplicates)]).await;
        assert_eq!(sums(&again), json!([0, 0, 5]), "{duplicates}");
        assert_eq!(people(&fixture, &seat).await, before);
        assert_eq!(fixture.list(&seat, &format!("{path}/notes")).await.len(), 1);
    }
    let recorded = entries(&fixture, &seat, Action::ContactsImported).await;
    let counted: Vec<_> = recorded.iter().map(|(_, count)| count.as_deref().unwrap()).collect();
    assert_eq!(counted, ["rows=2", "rows=0", "rows=0"]);
    assert_eq!(recorded[0].0.as_deref(), first["id"].as_str());

    let left_out = format!("{IMPORTS}/{}/left-out", first["id"].as_str().unwrap());
    let file = fixture.get(&seat, &left_out).await.is(200);
    let text = String::from_utf8(file.bytes.to_vec()).unwrap();
    assert!(text.starts_with("Full name,Mobile,Email,Tags,Stage,Remarks,reason\n"), "{text}");
    assert!(text.contains("Nobody,,,,,,row 4 has neither a number nor an address\n"), "{text}");
}

#[tokio::test]
async fn what_a_contact_has_nothing_of_is_filled_in_and_the_rest_stays() {
    let fixture = Fixture::start().await;
    let seat = fixture.found("Green Leaf").await;
    let detail = json!([{"kind": "phone", "value": "+919840012345"}]);
    fixture.post(&seat, "/v1/contacts", json!({"details": detail, "stage": "lost"})).await.is(201);
    let named = json!({"name": "Ravi", "details": [{"kind": "email", "value": "ravi@example.com"}]});
    fixture.post(&seat, "/v1/contacts", named).await.is(201);
    let shared = json!({"name": "Two", "details": [{"kind": "phone", "value": "+919840012399"}]});
    for _ in 0..2 {
        fixture.post(&seat, "/v1/contacts", shared.clone()).await.is(201);
    }
    let file = "name,phone,email,tags,stage\nAsha,+919840012345,asha@example.com,vip,customer\n\
        Somebody,+919840012377,ravi@example.com,,\nThree,+919840012399,,,\n";
    let kept = import(&fixture, &seat, file.as_bytes(), &[]).await;
    assert_eq!(sums(&kept), json!([0, 0, 3]));
    let filled = import(&fixture, &seat, file.as_bytes(), &[("duplicates", "fill")]).await;
    assert_eq!(sums(&filled), json!([0, 2, 1]));
    assert_eq!(filled["left_out"][0]["reason"], "matches 2 contacts");
    let people = people(&fixture, &seat).await;
    let of = |name: &str| people.iter().find(|one| one["name"] == name).cloned().unwrap_or_default();
    let asha = of("Asha");
    assert_eq!((&asha["stage"], &asha["tags"]), (&json!("lost"), &json!(["vip"])));
    assert_eq!(asha["details"].as_array().unwrap().len(), 2);
    assert_eq!(of("Ravi")["details"][1]["value"], "+919840012377");
    assert_eq!(of("Somebody"), Value::Null);
}

#[tokio::test]
async fn our_own_export_is_taken_back_and_both_are_on_record() {
    let fixture = Fixture::start().await;
    let (seat, other) = (fixture.found("Green Leaf").await, fixture.found("Blue Leaf").await);
    let odd = json!({"name": "=Asha", "tags": ["@home", "+vip", "a, b"], "stage": "customer",
        "details": [{"kind": "phone", "value": "+919840012345"}, {"kind": "email", "value": "+a@example.com"}]});
    fixture.post(&seat, "/v1/contacts", odd).await.is(201);
    for place in 0..450 {
        let one = json!({"details": [{"kind": "phone", "value": format!("+9198400{place:05}")}]});
        fixture.post(&seat, "/v1/contacts", one).await.is(201);
    }
    let file = fixture.get(&seat, "/v1/contacts/export").await.is(200);
    assert_eq!(
        entries(&fixture, &seat, Action::ContactsExported).await,
        [(None, Some("rows=451".to_owned()))]
    );
    fixture.get(&seat, "/v1/calls/export").await.is(200);
    assert_eq!(entries(&fixture, &seat, Action::CallsExported).await, [(None, Some("rows=0".to_owned()))]);
    assert!(fixture.crm.ledger().verify(&seat.owner).await.unwrap().finding.is_none(), "the chain holds");

    let taken = import(&fixture, &other, &file.bytes, &[]).await;
    assert_eq!(sums(&taken), json!([451, 0, 0]), "{taken}");
    let same = |people: Vec<Value>| -> Vec<Value> {
        let each = |one: &Value| json!([one["name"], one["stage"], one["tags"], one["details"][0]["value"]]);
        people.iter().map(each).collect()
    };
    let ours = fixture.list(&seat, "/v1/contacts?q=asha").await;
    assert_eq!(same(fixture.list(&other, "/v1/contacts?q=asha").await), same(ours));
    assert_eq!(
        sums(&import(&fixture, &other, &file.bytes, &[("duplicates", "fill")]).await),
        json!([0, 0, 451])
    );
}

#[tokio::test]
async fn a_file_that_cannot_be_imported_is_refused_with_its_field() {
    let fixture = Fixture::start().await;
    let seat = fixture.found("Green Leaf").await;
    let list = "name,phone\nAsha,+919840012345\n".as_bytes();
    for (file, texts, said) in [
        (b"".as_slice(), [].as_slice(), "is empty"),
        (b"name,phone\nJos\xe9,+919840012345\n", &[], "neither UTF-8 nor UTF-16"),
        (b"name,colour\nAsha,red\n", &[], "need one for the phone or the email"),
        (list, &[("columns", "name,phone,email")], "are 2 in this file"),
        (list, &[("columns", "name,colour")], "are name, phone, email, stage, owner, tags, note"),
        (list, &[("columns", "phone,email"), ("duplicates", "replace")], "duplicates"),
    ] {
        for path in [IMPORTS.to_owned(), format!("{IMPORTS}/preview")] {
            let refused = send(&fixture, &seat, &path, file, texts).await;
            assert!(refused.json.to_string().contains(said), "{}", refused.json);
            assert_eq!(refused.problem(422), "input.invalid");
        }
    }
    let none = fixture.http.post(format!("{}{IMPORTS}", fixture.origin)).bearer_auth(&seat.key);
    assert_eq!(
        answer(none.multipart(Form::new().text("columns", "name"))).await.problem(422),
        "input.invalid"
    );
    assert_eq!(people(&fixture, &seat).await.len(), 0);
}
