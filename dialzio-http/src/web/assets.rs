//! The files a page loads: style sheets, scripts, fonts. All are in the binary, from our own origin.

use std::{borrow::Cow, fmt::Write as _};

use rust_embed::RustEmbed;

/// Path under which [`load`] is served, below the path that the router is mounted at.
pub const PREFIX: &str = "assets/";

#[derive(RustEmbed)]
#[folder = "assets/"]
struct Files;

/// One embedded file.
pub struct Asset {
    /// Media type, with the charset where the type has one.
    pub media_type: String,
    /// The bytes as they are in the repository.
    pub bytes: Cow<'static, [u8]>,
}

/// The file at `path`, which is the part of the address after [`PREFIX`] and before `?`.
///
/// The answer may be cached for ever when the address carries `?v=`, since [`url`] changes with
/// the content, and for files under `vendor/`, whose names carry their version.
#[must_use]
pub fn load(path: &str) -> Option<Asset> {
    // Notes for people who work on this are not part of the product.
    let file = Files::get(path).filter(|_| !path.ends_with(".md"))?;
    let mime = file.metadata.mimetype();
    let media_type =
        if mime.starts_with("text/") { format!("{mime}; charset=utf-8") } else { mime.to_owned() };
    Some(Asset { media_type, bytes: file.data })
}

/// The address of an asset, with a hash of its content as the query.
pub(crate) fn url(path: &str) -> String {
    let mut address = format!("{PREFIX}{path}");
    if let Some(file) = Files::get(path) {
        address.push_str("?v=");
        for byte in file.metadata.sha256_hash().iter().take(6) {
            // Writing to a `String` does not fail.
            let _ = write!(address, "{byte:02x}");
        }
    }
    address
}

#[cfg(test)]
mod tests {
    use super::{load, url};

    #[test]
    fn an_address_carries_the_hash_of_the_content() {
        let address = url("base.css");
        assert!(address.starts_with("assets/base.css?v="));
        assert_eq!(address.len(), "assets/base.css?v=".len() + 12);
    }

    #[test]
    fn every_file_that_a_page_names_exists() {
        let head = include_str!("../../templates/head.html");
        let named =
            head.split('"').filter(|word| [".css", ".js", ".svg"].iter().any(|end| word.ends_with(end)));
        let named: Vec<&str> = named.collect();
        assert!(named.len() > 10);
        for path in named {
            assert!(load(path).is_some(), "{path} is not embedded");
        }
    }

    #[test]
    fn nothing_outside_the_folder_is_reachable() {
        assert!(load("../Cargo.toml").is_none());
        assert!(load("vendor/README.md").is_none());
    }
}
