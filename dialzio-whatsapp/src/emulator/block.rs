//! People whom a number blocks: they cannot write to it, and it cannot write to them.

use chrono::TimeDelta;
use serde_json::{Value, json};
use url::Url;

use super::{
    paging,
    param::Param,
    person::{People, PersonId, canonical_wa_id},
    refusal::Refusal,
    request::requires_product,
    rules::phone_digits,
    state::Shared,
};

/// How recently a person must have written to be blocked.
const RECENTLY: TimeDelta = TimeDelta::hours(24);
/// The most people that one request names.
const MOST: usize = 1_000;

/// One person of a request, and how the request named them.
struct Named {
    input: String,
    /// Whether by a business-scoped user id; the answer repeats the kind of name that was used.
    by_user_id: bool,
    person: Option<PersonId>,
}

/// `POST /{phone_number_id}/block_users`. Those who cannot be blocked are listed; the others are.
pub(super) fn block(shared: &Shared, number_id: &str, body: &Value, trace: &str) -> Result<Value, Refusal> {
    let now = shared.now();
    let mut guard = shared.state();
    let state = &mut *guard;
    let (mut added, mut failed) = (Vec::new(), Vec::new());
    for named in named(body, &state.people)? {
        let wrote = named.person.and_then(|person| {
            let talk = state.conversations.get(&(number_id.to_owned(), person))?;
            talk.last_inbound.filter(|last| now < *last + RECENTLY).map(|_| person)
        });
        let Some(person) = wrote else {
            let mut row = json!({ "input": named.input });
            let details = "Only a user who has messaged this number in the last 24 hours can be blocked.";
            row["errors"] = json!([{
                "message": "Re-engagement required", "code": 131_047, "error_data": { "details": details },
            }]);
            failed.push(row);
            continue;
        };
        added.push(told(&named, &state.people, person));
        let Some(number) = state.numbers.get_mut(number_id) else { continue };
        if !number.settings.blocked.contains(&person) {
            number.settings.blocked.push(person);
        }
    }
    let mut answer = json!({"messaging_product": "whatsapp", "block_users": {"added_users": added}});
    if !failed.is_empty() {
        answer["block_users"]["failed_users"] = json!(failed);
        let refusal = Refusal::of(139_100).details("Some users could not be blocked; see failed_users.");
        answer["errors"] = refusal.body(trace)["error"].take();
    }
    Ok(answer)
}

/// `DELETE /{phone_number_id}/block_users`. Unblocking a person who is not blocked succeeds.
pub(super) fn unblock(shared: &Shared, number_id: &str, body: &Value) -> Result<Value, Refusal> {
    let mut guard = shared.state();
    let state = &mut *guard;
    let mut removed = Vec::new();
    for named in named(body, &state.people)? {
        let Some(person) = named.person else {
            removed.push(json!({ "input": named.input }));
            continue;
        };
        removed.push(told(&named, &state.people, person));
        if let Some(number) = state.numbers.get_mut(number_id) {
            number.settings.blocked.retain(|blocked| *blocked != person);
        }
    }
    Ok(json!({"messaging_product": "whatsapp", "block_users": {"removed_users": removed}}))
}

/// `GET /{phone_number_id}/block_users`, page by page.
pub(super) fn list(
    shared: &Shared,
    number_id: &str,
    query: &[(String, String)],
    here: &Url,
) -> Result<Value, Refusal> {
    let state = shared.state();
    let blocked =
        state.numbers.get(number_id).map(|number| number.settings.blocked.as_slice()).unwrap_or_default();
    paging::page(blocked, query, here, |person| {
        let known = state.people.get(*person);
        let mut row = json!({ "messaging_product": "whatsapp" });
        match known.visible_wa_id() {
            Some(wa_id) => {
                row["input"] = json!(wa_id);
                row["wa_id"] = json!(wa_id);
            }
            None => {
                row["input"] = json!(known.user_id);
                row["user_id"] = json!(known.user_id);
            }
        }
        Ok(row)
    })
}

fn named(body: &Value, people: &People) -> Result<Vec<Named>, Refusal> {
    requires_product(body)?;
    let request = Param::root(body);
    request.only(&["messaging_product", "block_users"])?;
    let users = request.require("block_users")?.items()?;
    if users.is_empty() || users.len() > MOST {
        return Err(Refusal::parameter(format!("Param block_users must have 1 to {MOST} items.")));
    }
    users
        .iter()
        .map(|user| {
            user.only(&["user", "user_id"])?;
            // As with a recipient, the phone number wins.
            if let Some(phone) = user.field("user") {
                let input = phone.text()?.to_owned();
                let digits = phone_digits(&input);
                let person = digits.and_then(|digits| people.by_alias(&canonical_wa_id(&digits)));
                return Ok(Named { input, by_user_id: false, person });
            }
            let input = user.require("user_id")?.text()?.to_owned();
            let person = people.by_alias(&input);
            Ok(Named { input, by_user_id: true, person })
        })
        .collect()
}

fn told(named: &Named, people: &People, person: PersonId) -> Value {
    let known = people.get(person);
    let mut row = json!({ "input": named.input });
    match (named.by_user_id, &known.wa_id) {
        (false, Some(wa_id)) => row["wa_id"] = json!(wa_id),
        _ => row["user_id"] = json!(known.user_id),
    }
    row
}
