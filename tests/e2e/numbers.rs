//! Numbers as people write them, over the API and the page.

use serde_json::json;

use crate::fixture::Fixture;

#[tokio::test]
async fn a_number_is_read_as_it_is_dialled_in_the_country_of_the_organisation() {
    let fixture = Fixture::start().await;
    let seat = fixture.found("Green Leaf").await;
    let add = async |number: &str| {
        let body = json!({"name": "Asha", "details": [{"kind": "phone", "value": number}]});
        fixture.post(&seat, "/v1/contacts", body).await
    };
    // The organisation's country is not set, and universal time proposes nothing.
    let refused = add("98400 12345").await;
    assert_eq!(refused.json["errors"][0]["detail"].as_str().unwrap().matches("starting with +").count(), 1);
    assert_eq!(refused.problem(422), "input.invalid");
    let org = fixture.patch(&seat, "/v1/organisation", json!({"zone": "Asia/Kolkata"})).await.is(200);
    assert_eq!(org.json["country"], "IN", "proposed by the zone");
    for typed in ["98400 12345", "\u{202a}0091 98400\u{2011}12345\u{202c}", "98400 12345 ext. 7"] {
        let made = add(typed).await.is(201);
        let detail = &made.json["details"][0];
        assert_eq!(detail["value"], "+919840012345", "what was understood");
        assert_eq!(detail["as_written"], typed, "what was typed");
        assert_eq!(detail["extension"], if typed.contains("ext") { json!("7") } else { json!(null) });
    }
    let wrong = fixture.patch(&seat, "/v1/organisation", json!({"country": "Q1"})).await;
    assert_eq!(wrong.problem(422), "input.invalid");
    let org = fixture.patch(&seat, "/v1/organisation", json!({"country": "GB"})).await.is(200);
    assert_eq!(org.json["country"], "GB");
    assert_eq!(add("020 7946 0018").await.is(201).json["details"][0]["value"], "+442079460018");
}

#[tokio::test]
async fn a_letter_in_a_number_is_refused_and_its_place_named() {
    let fixture = Fixture::start().await;
    let seat = fixture.found("Green Leaf").await;
    for (typed, place) in
        [("+91 90000 0032O", "character 15 is 'O'"), ("+91 90000 00321abc", "character 16 is 'a'")]
    {
        let body = json!({"details": [{"kind": "phone", "value": typed}]});
        let refused = fixture.post(&seat, "/v1/contacts", body).await;
        let detail = refused.json["errors"][0]["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains(place), "{detail}");
        assert_eq!(refused.problem(422), "input.invalid");
    }
    assert!(fixture.list(&seat, "/v1/contacts").await.is_empty());
}
