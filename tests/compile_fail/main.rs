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

/// The newest build of the core beside this test.
fn library(deps: &Path) -> PathBuf {
    let built = |path: &Path| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        name.starts_with("libdialzio_core-") && name.ends_with(".rlib")
    };
    let files =
        std::fs::read_dir(deps).unwrap().map(|entry| entry.unwrap().path()).filter(|path| built(path));
    let age =
        |path: &PathBuf| path.metadata().and_then(|found| found.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
    files.max_by_key(age).expect("the core was built beside this test")
}

/// The codes of the errors that the compiler gives to a file.
fn errors(case: &Path, deps: &Path, library: &Path) -> (bool, BTreeSet<String>, String) {
    let out = tempfile::tempdir().unwrap();
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let run = Command::new(rustc)
        .args(["--edition", "2024", "--crate-type", "lib", "--emit", "metadata", "--cap-lints", "allow"])
        .arg("--out-dir")
        .arg(out.path())
        .arg("-L")
        .arg(format!("dependency={}", deps.display()))
        .arg("--extern")
        .arg(format!("dialzio_core={}", library.display()))
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
    let library = library(&deps);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("compile_fail");
    let (compiles, _, said) = errors(&folder.join("control.rs"), &deps, &library);
    assert!(compiles, "{said}");
    let mut cases = 0;
    for entry in std::fs::read_dir(folder.join("cases")).unwrap() {
        let case = entry.unwrap().path();
        let source = std::fs::read_to_string(&case).unwrap();
        let wanted = source.lines().next().and_then(|line| line.strip_prefix("//! ")).unwrap_or_default();
        let wanted: BTreeSet<String> =
            wanted.split_once(':').map(|(codes, _)| codes.split(' ').map(str::to_owned).collect()).unwrap();
        let (compiles, found, said) = errors(&case, &deps, &library);
        assert!(!compiles, "{} compiles", case.display());
        assert_eq!(found, wanted, "{}: {said}", case.display());
        cases += 1;
    }
    assert!(cases >= 6);
}
