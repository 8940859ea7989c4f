//! Asks the answer address of an account what to do with a call that comes in.

use std::{sync::Arc, time::Duration};

use serde_json::Value;

use super::{
    config::Product,
    perform, program, routing,
    state::{Key, Pending, Shared},
};

/// How long an answer may take before the caller hears nothing any more.
const PATIENCE: Duration = Duration::from_secs(5);
/// The largest answer, in bytes.
const LARGEST: usize = 64 * 1024;

/// Asks what to do with a call, and plays the answer. An answer that cannot be used ends the call.
pub(super) async fn ask(shared: Arc<Shared>, key: Key, id: String, question: Value, pending: Pending) {
    let _pending = pending;
    let (address, facts) = {
        let state = shared.state();
        let Some(account) = state.accounts.get(&key) else { return };
        (account.answer_url.clone(), account.facts.clone())
    };
    let Some(address) = address else { return };
    let asked = shared
        .http
        .post(address)
        .header(reqwest::header::CONTENT_TYPE, "application/json")
        .body(question.to_string())
        .timeout(PATIENCE)
        .send()
        .await;
    let answered = match asked {
        Ok(answer) if answer.status().as_u16() == 200 => match answer.bytes().await {
            Ok(body) if body.len() <= LARGEST => match key.0 {
                Product::Piopiy => program::read(&body, &facts.numbers),
                Product::TeleCmi => routing::read(&body, &facts.agents),
            },
            Ok(_) => Err("the answer is too large".to_owned()),
            Err(_) => Err("the answer broke off".to_owned()),
        },
        Ok(answer) => Err(format!("the answer had status {}", answer.status().as_u16())),
        Err(_) => Err("there was no answer".to_owned()),
    };
    match answered {
        Ok(actions) => perform::begin(&shared, &id, actions),
        Err(refusal) => perform::refuse(&shared, &id, refusal),
    }
}
