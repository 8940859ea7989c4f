//! Payloads: our own in `tests/fixtures`, and those in the folder that `DIALZIO_CORPUS` names, which are read in place.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use serde_json::Value;

/// The folders of one provider's payloads.
pub(crate) fn folders(provider: &str) -> Vec<PathBuf> {
    all(provider, &["telephony", provider])
}

/// Our own folder, and the one of the other corpus if there is one.
pub(crate) fn all(own: &str, elsewhere: &[&str]) -> Vec<PathBuf> {
    let ours = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures")).join(own);
    let root = std::env::var_os("DIALZIO_CORPUS").filter(|root| !root.is_empty()).map(PathBuf::from);
    std::iter::once(ours)
        .chain(root.map(|root| elsewhere.iter().fold(root, |path, part| path.join(part))))
        .collect()
}

/// The JSON files of a folder by name, without the ending. A folder without any fails the test.
pub(crate) fn files(folder: &Path) -> BTreeMap<String, Bytes> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let files: BTreeMap<String, Bytes> = entries
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .map(|path| {
            (path.file_stem().unwrap().to_str().unwrap().to_owned(), std::fs::read(&path).unwrap().into())
        })
        .collect();
    assert!(!files.is_empty(), "{} is empty", folder.display());
    println!("{} files of {}", files.len(), folder.display());
    files
}

/// One file of a folder as JSON.
pub(crate) fn json(folder: &Path, name: &str) -> Value {
    let path = folder.join(format!("{name}.json"));
    let bytes = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&bytes).unwrap()
}
