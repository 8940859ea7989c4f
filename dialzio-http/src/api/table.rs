//! What files of comma-separated values (RFC 4180) have in common.

use utoipa::openapi::content::ContentBuilder;

use crate::operation::{Draft, header, text};

/// The media type.
pub(crate) const CSV: &str = "text/csv; charset=utf-8";

/// A value that a spreadsheet does not take for a formula: one that begins like a formula gets an apostrophe.
/// Source: OWASP, CSV injection.
pub(crate) fn harmless(text: &str) -> String {
    let number =
        text.strip_prefix('+').is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    if !number && text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

/// Adds that an answer is such a file.
pub(crate) fn describe(draft: &mut Draft) {
    let content = ContentBuilder::new().schema(Some(text().build())).build();
    draft.success = std::mem::take(&mut draft.success)
        .header("Content-Disposition", header("The name of the file."))
        .content("text/csv", content);
    draft.fails(&["input.invalid"]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_looks_like_a_formula_is_kept_from_being_one() {
        for (text, written) in [
            ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
            ("@cmd", "'@cmd"),
            ("-1+2", "'-1+2"),
            ("+919840055501", "+919840055501"),
            ("called back", "called back"),
        ] {
            assert_eq!(harmless(text), written);
        }
    }
}
