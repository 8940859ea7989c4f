//! What must not compile: proofs that cannot be made by hand, used twice, or skipped.
//!
//! Each file in `cases` names in its first line the error that the compiler has to give, and no other; `control.rs`
//! has to compile, which shows that the others fail for their own reason. They are compiled against the very library
//! that this test was built with, so nothing is built twice.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "tests")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

/// The newest build of one of our crates beside this test.
fn library(deps: &Path, name: &str) -> PathBuf {
    let start = format!("lib{name}-");
    let built = |path: &Path| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        name.starts_with(&start) && name.ends_with(".rlib")
    };
    let files =
        std::fs::read_dir(deps).unwrap().map(|entry| entry.unwrap().path()).filter(|path| built(path));
    let age =
        |path: &PathBuf| path.metadata().and_then(|found| found.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
    files.max_by_key(age).expect("the crate was built beside this test")
}

/// Whether a file compiles, the codes of the errors that the compiler gives to it, and all that it printed.
fn errors(case: &Path, deps: &Path, crates: &[&str], options: &[&str]) -> (bool, BTreeSet<String>, String) {
    let externs = crates.iter().flat_map(|name| {
        let library = library(deps, name);
        ["--extern".to_owned(), format!("{name}={}", library.display())]
    });
    let out = tempfile::tempdir().unwrap();
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let run = Command::new(rustc)
        .args(["--edition", "2024", "--crate-type", "lib", "--emit", "metadata", "--cap-lints", "allow"])
        .arg("--out-dir")
        .arg(out.path())
        .arg("-L")
        .arg(format!("dependency={}", deps.display()))
        .args(externs)
        .args(options)
        .arg(case)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&run.stderr).into_owned();
    let code = |line: &str| Some(line.strip_prefix("error[")?.split_once(']')?.0.to_owned());
    (run.status.success(), said.lines().filter_map(code).collect(), said)
}

#[test]
fn proofs_are_made_by_their_rules_only() {
    let deps = std::env::current_exe().unwrap().parent().unwrap().to_path_buf();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("compile_fail");
    let crates = ["dialzio_core", "dialzio_http"];
    let (compiles, _, said) = errors(&folder.join("control.rs"), &deps, &crates, &[]);
    assert!(compiles, "{said}");
    let mut cases = 0;
    for entry in std::fs::read_dir(folder.join("cases")).unwrap() {
        let case = entry.unwrap().path();
        let source = std::fs::read_to_string(&case).unwrap();
        let wanted = source.lines().next().and_then(|line| line.strip_prefix("//! ")).unwrap_or_default();
        let wanted: BTreeSet<String> =
            wanted.split_once(':').map(|(codes, _)| codes.split(' ').map(str::to_owned).collect()).unwrap();
        let (compiles, found, said) = errors(&case, &deps, &crates, &[]);
        assert!(!compiles, "{} compiles", case.display());
        assert_eq!(found, wanted, "{}: {said}", case.display());
        cases += 1;
    }
    assert!(cases >= 6);
}

/// The core beside this test has test support.
#[test]
fn a_release_server_is_not_built_with_test_support() {
    let deps = std::env::current_exe().unwrap().parent().unwrap().to_path_buf();
    let server = Path::new(env!("CARGO_MANIFEST_DIR")).join("../dialzio-http/src/main.rs");
    let crates = ["dialzio_core", "dialzio_http"];
    let (compiles, _, said) = errors(&server, &deps, &crates, &["-C", "debug-assertions=yes"]);
    assert!(compiles, "{said}");
    let (compiles, found, said) = errors(&server, &deps, &crates, &["-C", "debug-assertions=no"]);
    assert!(!compiles, "a release server was built with test support");
    assert_eq!(found, BTreeSet::from(["E0080".to_owned()]), "{said}");
}
