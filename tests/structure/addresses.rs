//! Addresses that would leave the path that the server is mounted at.

use std::path::{Path, PathBuf};

use crate::sources::root;

/// Files that name paths of the router itself, not addresses of a page.
const ROUTERS: &[&str] = &["src/web/mod.rs", "src/web/sandbox/mod.rs", "src/web/problems.rs"];

/// The first parts of the paths that pages have.
const PARTS: &[&str] = &[
    "inbox", "contacts", "tasks", "settings", "sandbox", "setup", "sign-in", "web", "assets", "dev", "v1",
    "hooks",
];

fn files(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if !path.is_dir() {
            into.push(path);
        } else if !path.ends_with("vendor") && !path.ends_with("sample") {
            files(&path, into);
        }
    }
}

/// Whether a text names one of our paths from the root at this place: `/inbox`, `/web/…`.
fn is_ours(text: &str) -> bool {
    let Some(path) = text.strip_prefix('/') else { return false };
    let end = path.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).unwrap_or(path.len());
    PARTS.contains(&&path[..end])
}

/// The lines of a source that name a path from the root.
pub(crate) fn from_the_root(kind: &str, source: &str) -> Vec<usize> {
    let source = source.split("#[cfg(test)]").next().unwrap_or(source);
    let is_wrong = |line: &str| match kind {
        // An attribute of an element.
        "html" => line.match_indices("=\"").any(|(at, _)| line[at + 2..].starts_with('/')),
        "css" => line.contains("url(/") || line.contains("url(\"/"),
        _ => ['"', '\'', '`']
            .iter()
            .any(|quote| line.match_indices(*quote).any(|(at, _)| is_ours(&line[at + 1..]))),
    };
    let lines = source.lines().enumerate();
    lines
        .filter(|(_, line)| !line.trim_start().starts_with("//") && is_wrong(line))
        .map(|(at, _)| at + 1)
        .collect()
}

/// All places in templates, scripts, style sheets and handlers of pages that name a path from the root.
pub(crate) fn bypassing() -> Vec<String> {
    let server = root().join("dialzio-http");
    let mut all = Vec::new();
    for folder in ["templates", "assets", "src/web"] {
        files(&server.join(folder), &mut all);
    }
    let mut found = Vec::new();
    for path in all {
        let name = path.strip_prefix(&server).unwrap().to_string_lossy().into_owned();
        let kind = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_owned();
        if !["html", "css", "js", "rs"].contains(&kind.as_str()) || ROUTERS.contains(&name.as_str()) {
            continue;
        }
        let source = std::fs::read_to_string(&path).unwrap();
        found.extend(
            from_the_root(&kind, &source).into_iter().map(|line| format!("dialzio-http/{name}:{line}")),
        );
    }
    found
}
