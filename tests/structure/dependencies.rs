//! The dependencies that crates declare, and whether their sources name them.

use crate::sources::root;

/// Dependencies that no source names, with the reason why they are declared.
const UNNAMED: &[(&str, &str)] = &[("sqlx-postgres", "its features, which sqlx finds switched on")];

/// The crates of the workspace.
const CRATES: &[&str] = &[
    "dialzio-core",
    "dialzio-whatsapp",
    "dialzio-telephony",
    "dialzio-store-postgres",
    "dialzio-store-sqlite",
    "dialzio-http",
    "examples",
    "tests",
];

/// Names under the sections of a manifest whose title ends so.
fn declared(manifest: &str, section: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut inside = false;
    for line in manifest.lines() {
        if let Some(title) = line.strip_prefix('[') {
            let title = title.trim_end().trim_end_matches(']');
            inside = title == section || title.ends_with(&format!(".{section}"));
        } else if inside && line.starts_with(|first: char| first.is_ascii_alphabetic()) {
            names.extend(line.split(['.', '=', ' ']).next().map(str::to_owned));
        }
    }
    names
}

/// All Rust sources below some folders, as one text.
fn text(folders: &[std::path::PathBuf]) -> String {
    let mut all = String::new();
    let mut waiting: Vec<_> = folders.to_vec();
    while let Some(place) = waiting.pop() {
        if place.ends_with("node_modules") {
            continue;
        }
        if place.is_dir() {
            waiting.extend(std::fs::read_dir(&place).unwrap().map(|entry| entry.unwrap().path()));
        } else if place.is_file() && place.extension().is_some_and(|ending| ending == "rs") {
            all.push_str(&std::fs::read_to_string(&place).unwrap());
        }
    }
    all
}

fn is_named(text: &str, name: &str) -> bool {
    let name = name.replace('-', "_");
    let is_part = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    text.match_indices(&name).any(|(at, _)| {
        let bytes = text.as_bytes();
        !is_part(at.checked_sub(1).and_then(|before| bytes.get(before)))
            && !is_part(bytes.get(at + name.len()))
    })
}

/// Dependencies that are declared and that nothing names: `crate: dependency`.
pub(crate) fn unused() -> Vec<String> {
    let mut found = Vec::new();
    for name in CRATES {
        let folder = root().join(name);
        let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).unwrap();
        let inside = |places: &[&str]| places.iter().map(|place| folder.join(place)).collect::<Vec<_>>();
        // The packages of tests and examples keep their sources beside their manifest.
        let product =
            text(&if folder.join("src").is_dir() { inside(&["src", "build.rs"]) } else { inside(&["."]) });
        let all = text(&inside(&["."]));
        for (section, text) in
            [("dependencies", &product), ("dev-dependencies", &all), ("build-dependencies", &all)]
        {
            let names = declared(&manifest, section).into_iter();
            let names = names.filter(|dependency| !UNNAMED.iter().any(|(known, _)| known == dependency));
            found.extend(
                names.filter(|dependency| !is_named(text, dependency)).map(|one| format!("{name}: {one}")),
            );
        }
    }
    found
}
