//! An authenticator in software: makes passkeys with a P-256 key, and signs with them. Source: WebAuthn Level 3, 6 and 8.7, and
//! CTAP 2.2, 6, for the canonical form of CBOR.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// That somebody was there, that they were verified, and that a key comes along.
const PRESENT: u8 = 1;
const VERIFIED: u8 = 4;
const WITH_KEY: u8 = 64;

/// A device with one passkey.
pub(super) struct Authenticator {
    key: SigningKey,
    credential: [u8; 32],
    handle: String,
    /// What the browser says that the page is at.
    pub(super) origin: &'static str,
    /// Whether it verifies its user.
    pub(super) verifies: bool,
    /// How often it has signed.
    pub(super) count: u32,
}

fn encoded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A string of bytes or letters in CBOR, of up to 255 bytes.
fn string(major: u8, bytes: &[u8]) -> Vec<u8> {
    let len = u8::try_from(bytes.len()).unwrap();
    let mut out = if len < 24 { vec![major << 5 | len] } else { vec![major << 5 | 24, len] };
    out.extend_from_slice(bytes);
    out
}

impl Authenticator {
    pub(super) fn new(number: u8, origin: &'static str) -> Self {
        let key = SigningKey::from_slice(&[number; 32]).unwrap();
        Self { key, credential: [number; 32], handle: String::new(), origin, verifies: true, count: 1 }
    }

    fn said(&self, kind: &str, challenge: &Value) -> String {
        json!({"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": false}).to_string()
    }

    /// What the authenticator says of the site, itself and its counter.
    fn data(&self, site: &Value, flags: u8) -> Vec<u8> {
        let mut data = Sha256::digest(site.as_str().unwrap()).to_vec();
        data.push(PRESENT | flags | if self.verifies { VERIFIED } else { 0 });
        data.extend_from_slice(&self.count.to_be_bytes());
        data
    }

    /// Makes a passkey, as `navigator.credentials.create` does: the answer in JSON.
    pub(super) fn makes(&mut self, options: &Value) -> Value {
        options["user"]["id"].as_str().unwrap().clone_into(&mut self.handle);
        let mut data = self.data(&options["rp"]["id"], WITH_KEY);
        data.extend_from_slice(&[0; 16]);
        data.extend_from_slice(&[0, 32]);
        data.extend_from_slice(&self.credential);
        let point = self.key.verifying_key().to_encoded_point(false);
        // {1: 2, 3: -7, -1: 1, -2: x, -3: y}: EC2, ES256, P-256.
        data.extend_from_slice(&[0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21]);
        data.extend(string(2, point.x().unwrap()));
        data.push(0x22);
        data.extend(string(2, point.y().unwrap()));
        // {"fmt": "none", "attStmt": {}, "authData": data}
        let mut object = vec![0xa3];
        object.extend([string(3, b"fmt"), string(3, b"none"), string(3, b"attStmt"), vec![0xa0]].concat());
        object.extend([string(3, b"authData"), string(2, &data)].concat());
        let said = self.said("webauthn.create", &options["challenge"]);
        let id = encoded(&self.credential);
        let response = json!({"clientDataJSON": encoded(said.as_bytes()), "attestationObject": encoded(&object),
            "transports": ["internal"]});
        json!({"id": id, "rawId": id, "type": "public-key", "clientExtensionResults": {}, "response": response})
    }

    /// Signs in with it, as `navigator.credentials.get` does: the answer in JSON.
    pub(super) fn signs(&mut self, options: &Value) -> Value {
        self.count += 1;
        let data = self.data(&options["rpId"], 0);
        let said = self.said("webauthn.get", &options["challenge"]);
        let mut signed = data.clone();
        signed.extend(Sha256::digest(said.as_bytes()));
        let signature: Signature = self.key.sign(&signed);
        let id = encoded(&self.credential);
        let response = json!({"clientDataJSON": encoded(said.as_bytes()), "authenticatorData": encoded(&data),
            "signature": encoded(signature.to_der().as_bytes()), "userHandle": self.handle});
        json!({"id": id, "rawId": id, "type": "public-key", "clientExtensionResults": {}, "response": response})
    }
}
