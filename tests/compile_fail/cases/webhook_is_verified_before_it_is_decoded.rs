//! What is decoded was verified.

use dialzio_core::provider::{RawWebhook, WebhookDecoder};

fn unverified(decoder: &dyn WebhookDecoder, raw: RawWebhook) {
    let _ = decoder.decode(&raw);
}

fn main() {}
