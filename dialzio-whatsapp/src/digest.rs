//! SHA-256 digests as Meta writes them: hexadecimal in one place, base64 in the next.

use base64::Engine as _;

/// The 32 bytes of a digest in either spelling.
pub(crate) fn sha256(text: &str) -> Option<[u8; 32]> {
    let text = text.trim();
    if text.len() == 64 {
        return from_hex(text);
    }
    let engine = base64::engine::general_purpose::STANDARD_NO_PAD;
    engine.decode(text.trim_end_matches('=')).ok()?.try_into().ok()
}

/// 32 bytes from exactly 64 hexadecimal digits of either case.
pub(crate) fn from_hex(text: &str) -> Option<[u8; 32]> {
    let digits: &[u8; 64] = text.as_bytes().try_into().ok()?;
    let value = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(digits.as_chunks::<2>().0) {
        *byte = value(pair[0])? << 4 | value(pair[1])?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_are_one_digest() {
        let hex = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
        let base64 = "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=";
        assert_eq!(sha256(hex), sha256(base64));
        assert_eq!(sha256(&hex.to_uppercase()), sha256(base64));
        assert!(sha256("a1b2c3").is_none() && sha256("").is_none());
        assert!(from_hex(&"é".repeat(32)).is_none());
    }
}
