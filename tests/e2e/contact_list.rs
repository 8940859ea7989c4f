//! The list of contacts as a client sees it: filtered, ordered, counted, changed in bulk, and taken away as a file.

use dialzio_core::Role;
use dialzio_core::text::{EmailAddress, PersonName};
use serde_json::{Value, json};

use crate::fixture::{Fixture, Seat, answer};

const CONTACTS: &str = "/v1/contacts";
const BULK: &str = "/v1/contacts/bulk";

/// Five people: names, stages, and a tag on every other one.
async fn people() -> (Fixture, Seat, Vec<Value>) {
    let fixture = Fixture::start().await;
    let seat = fixture.found("Green Leaf").await;
    let mut made = Vec::new();
    for (place, (name, stage)) in
        [("Chloe", "new"), ("Asha", "customer"), ("Ben", "customer"), ("Asha", "new"), ("Dora", "lost")]
            .into_iter()
            .enumerate()
    {
        let tags = if place % 2 == 0 { vec!["vip"] } else { Vec::new() };
        let new = json!({"name": name, "stage": stage, "tags": tags});
        made.push(fixture.post(&seat, CONTACTS, new).await.is(201).json);
    }
    (fixture, seat, made)
}

/// A member, with the cookie of their session.
async fn member(fixture: &Fixture, seat: &Seat) -> (Value, String) {
    let access = fixture.crm.access();
    let email = EmailAddress::parse("meera@example.com").unwrap();
    let link = access.invite(&seat.owner, Some(email), Role::Agent).await.unwrap();
    let name = PersonName::parse("Meera").unwrap();
    let session =
        access.accept(&link, name, None, &"seven brown otters swim upstream 7".into()).await.unwrap();
    let all = fixture.list(seat, "/v1/members").await;
    let id = all.iter().find(|one| one["name"] == "Meera").unwrap()["id"].clone();
    (id, format!("__Host-dialzio_session={}", session.token.reveal()))
}

fn ids(list: &Value) -> Vec<&str> {
    list["data"].as_array().unwrap().iter().map(|contact| contact["id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn contacts_are_filtered_ordered_paged_and_counted() {
    let (fixture, seat, made) = people().await;
    let wanted =
        |places: &[usize]| places.iter().map(|at| made[*at]["id"].as_str().unwrap()).collect::<Vec<_>>();
    for (query, places) in [
        ("", &[1, 3, 2, 0, 4][..]),
        ("?order=newest", &[4, 3, 2, 1, 0]),
        ("?stage=customer", &[1, 2]),
        ("?tag=vip&order=newest", &[4, 2, 0]),
        ("?q=asha&stage=new", &[3]),
        ("?owner=none&stage=new", &[3, 0]),
        ("?tag=VIP", &[]),
    ] {
        let list = fixture.get(&seat, &format!("{CONTACTS}{query}")).await.is(200).json;
        assert_eq!(ids(&list), wanted(places), "{query}");
        assert_eq!(list["total"], places.len(), "{query}");
        assert_eq!(list["next_cursor"], Value::Null, "{query}");
    }
    let (member, cookie) = member(&fixture, &seat).await;
    let target = json!([{"contact": made[2]["id"]}]);
    let given = json!({"contacts": target, "action": "set_owner", "owner": member});
    fixture.post(&seat, BULK, given).await.is(200);
    let owned =
        fixture.get(&seat, &format!("{CONTACTS}?owner={}", member.as_str().unwrap())).await.is(200).json;
    assert_eq!((ids(&owned), &owned["total"]), (wanted(&[2]), &json!(1)));
    let mine = fixture.http.get(format!("{}{CONTACTS}?owner=me", fixture.origin)).header("cookie", cookie);
    assert_eq!(ids(&answer(mine).await.is(200).json), wanted(&[2]), "those of who asks");
    for order in ["name", "newest"] {
        let whole = fixture.get(&seat, &format!("{CONTACTS}?order={order}")).await.is(200).json;
        let first = fixture.get(&seat, &format!("{CONTACTS}?order={order}&limit=3")).await.is(200).json;
        assert_eq!(first["total"], 5);
        let cursor = first["next_cursor"].as_str().unwrap();
        let rest = fixture
            .get(&seat, &format!("{CONTACTS}?order={order}&limit=3&cursor={cursor}"))
            .await
            .is(200)
            .json;
        assert_eq!([ids(&first), ids(&rest)].concat(), ids(&whole));
        assert_eq!(rest["total"], Value::Null, "counted with the first page");
        let other = if order == "name" { "newest" } else { "name" };
        let foreign = fixture.get(&seat, &format!("{CONTACTS}?order={other}&cursor={cursor}")).await;
        assert_eq!(foreign.problem(422), "input.invalid", "a cursor belongs to its order");
    }
    for (query, field) in [
        ("?stage=emperor", "/stage"),
        ("?owner=nobody", "/owner"),
        ("?owner=me", "/owner"),
        ("?order=random", "/order"),
        ("?tag=%00", "/tag"),
    ] {
        let refused = fixture.get(&seat, &format!("{CONTACTS}{query}")).await.is(422).json;
        assert_eq!(refused["errors"][0]["pointer"], field, "{query}");
    }
}

#[tokio::test]
async fn many_contacts_are_changed_at_once_and_each_has_its_outcome() {
    let (fixture, seat, made) = people().await;
    let nowhere = "01890000-0000-7000-8000-000000000000";
    let target = |at: usize| json!({"contact": made[at]["id"], "revision": 1});
    let named =
        json!([target(0), {"contact": nowhere}, target(1), {"contact": made[4]["id"], "revision": 7}]);
    let body = json!({"contacts": named, "action": "set_stage", "stage": "customer"});
    let answer = fixture.post(&seat, BULK, body).await.is(200).json;
    let told: Vec<_> = answer["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["outcome"].as_str().unwrap(), one["revision"].as_u64(), one["code"].as_str()))
        .collect();
    let wanted = [
        ("changed", Some(2), None),
        ("refused", None, Some("contact.not_found")),
        ("unchanged", None, None),
        ("refused", None, Some("contact.stale")),
    ];
    assert_eq!(told, wanted);
    let (member, _) = member(&fixture, &seat).await;
    let all: Vec<Value> = made.iter().map(|contact| json!({"contact": contact["id"]})).collect();
    for body in [
        json!({"contacts": all, "action": "add_tag", "tag": "spring"}),
        json!({"contacts": all, "action": "set_owner", "owner": member}),
        json!({"contacts": all, "action": "set_owner"}),
        json!({"contacts": all, "action": "remove_tag", "tag": "spring"}),
    ] {
        let answer = fixture.post(&seat, BULK, body.clone()).await.is(200).json;
        let changed = answer["data"].as_array().unwrap().iter().filter(|one| one["outcome"] == "changed");
        assert_eq!(changed.count(), 5, "{body}");
    }
    assert_eq!(fixture.get(&seat, &format!("{CONTACTS}?owner=none")).await.is(200).json["total"], 5);
    for (wrong, field) in [
        (json!({"contacts": [], "action": "set_owner"}), "/contacts"),
        (json!({"contacts": vec![all[0].clone(); 101], "action": "set_owner"}), "/contacts"),
        (json!({"contacts": all, "action": "set_stage"}), "/stage"),
        (json!({"contacts": all, "action": "set_stage", "stage": "emperor"}), "/stage"),
        (json!({"contacts": all, "action": "add_tag"}), "/tag"),
    ] {
        let refused = fixture.post(&seat, BULK, wrong.clone()).await.is(422).json;
        assert_eq!(refused["errors"][0]["pointer"], field, "{wrong}");
    }
    let stranger = json!({"contacts": all, "action": "set_owner", "owner": nowhere});
    assert_eq!(fixture.post(&seat, BULK, stranger).await.problem(404), "member.not_found");
}

#[tokio::test]
async fn the_rows_that_are_listed_are_taken_away_as_a_file() {
    let (fixture, seat, made) = people().await;
    let odd = json!({"name": "=HYPERLINK(1)", "tags": ["@cmd", "vip"], "details": [
        {"kind": "phone", "value": "+919840055501"},
        {"kind": "phone", "value": "+919840055502"},
        {"kind": "email", "value": "odd@example.com"},
    ]});
    let odd = fixture.post(&seat, CONTACTS, odd).await.is(201).json;
    let table = async |query: &str| {
        let answer = fixture.get(&seat, &format!("{CONTACTS}/export{query}")).await.is(200);
        assert_eq!(answer.headers["content-type"], "text/csv; charset=utf-8");
        assert_eq!(answer.headers["content-disposition"], "attachment; filename=\"contacts.csv\"");
        let text = String::from_utf8(answer.bytes.to_vec()).unwrap();
        let mut lines = text.lines().map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
        assert_eq!(lines.next().unwrap()[..5], ["id", "name", "stage", "owner", "phones"]);
        lines.collect::<Vec<_>>()
    };
    let vip = table("?tag=vip&order=newest").await;
    let listed: Vec<&str> = vip.iter().map(|row| row[0].as_str()).collect();
    let wanted = [&odd, &made[4], &made[2], &made[0]].map(|contact| contact["id"].as_str().unwrap());
    assert_eq!(listed, wanted, "exactly the rows of the list, in its order");
    assert_eq!(vip[0][1], "'=HYPERLINK(1)");
    assert_eq!(vip[0][4..7], ["+919840055501; +919840055502", "odd@example.com", "'@cmd; vip"]);

    let mut everybody = 6;
    for place in 0..205 {
        fixture.post(&seat, CONTACTS, json!({"name": format!("Crowd {place}")})).await.is(201);
        everybody += 1;
    }
    let all = table("").await;
    assert_eq!(all.len(), everybody, "behind the first page too");
    let mut distinct: Vec<&str> = all.iter().map(|row| row[0].as_str()).collect();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(distinct.len(), everybody, "each once");
    let refused = fixture.get(&seat, &format!("{CONTACTS}/export?stage=emperor")).await;
    assert_eq!(refused.problem(422), "input.invalid");
}
