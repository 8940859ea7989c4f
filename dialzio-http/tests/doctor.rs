//! What `dialzio doctor` says, and what it ends with.
#![cfg(all(feature = "sqlite", feature = "whatsapp", feature = "smtp", unix))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

fn dialzio(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dialzio"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("DIALZIO_")) {
        command.env_remove(name);
    }
    command.current_dir(folder).args(arguments).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn what_is_weak_is_said_with_how_to_mend_it_and_ends_with_3() {
    let folder = tempfile::tempdir().unwrap();
    let made =
        dialzio(folder.path(), &["init", "--org", "Green Leaf", "--owner", "owner@example.com", "--json"]);
    assert!(made.status.success(), "{made:?}");

    let first = dialzio(folder.path(), &["doctor", "--origin", "http://crm.example.com"]);
    assert_eq!(first.status.code(), Some(3), "{first:?}");
    let text = said(&first);
    for weak in [
        "weak  the public address is not over HTTPS",
        "weak  the key file is in the data folder",
        "weak  checkpoints of the audit logs are in the data folder",
        "weak  1 of 1 organisations require no second factor",
        "weak  no mail is sent",
    ] {
        assert!(text.contains(weak), "{weak}: {text}");
    }
    // Nobody has accepted the owner's link yet.
    assert!(text.contains("ok    every owner and admin has a second factor"), "{text}");
    assert!(text.contains("ok    no other user of this machine can read the key file"), "{text}");

    let keys = folder.path().join("dialzio-data/keys");
    std::fs::set_permissions(&keys, std::fs::Permissions::from_mode(0o644)).unwrap();
    let open = dialzio(folder.path(), &["doctor"]);
    // Such a file is used by no command; what is weak is said all the same.
    assert_eq!(open.status.code(), Some(1), "{open:?}");
    assert!(said(&open).contains("weak  other users of this machine can read the key file"), "{open:?}");
    std::fs::set_permissions(&keys, std::fs::Permissions::from_mode(0o600)).unwrap();

    // What is mended is weak no longer.
    let apart = tempfile::tempdir().unwrap();
    std::fs::rename(&keys, apart.path().join("keys")).unwrap();
    let (keys, checkpoints) = (apart.path().join("keys"), apart.path().join("checkpoints"));
    let (keys, checkpoints) = (keys.to_str().unwrap(), checkpoints.to_str().unwrap());
    let mended = [
        "doctor",
        "--keys",
        keys,
        "--checkpoints",
        checkpoints,
        "--origin",
        "https://crm.example.com",
        "--smtp",
        "smtp://127.0.0.1:2525",
        "--mail-from",
        "no-reply@example.com",
    ];
    let mended = dialzio(folder.path(), &mended);
    let text = said(&mended);
    let weak: Vec<_> = text.lines().filter(|line| line.starts_with("weak")).collect();
    assert_eq!(weak.len(), 1, "{text}");
    assert!(weak[0].contains("require no second factor"), "{text}");
    assert!(text.contains("ok    the public address has a name"), "{text}");
}

#[test]
fn an_installation_that_cannot_be_opened_is_no_sound_one() {
    let folder = tempfile::tempdir().unwrap();
    let nothing = dialzio(folder.path(), &["doctor"]);
    assert_eq!(nothing.status.code(), Some(1), "{nothing:?}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is begun");
    let made =
        dialzio(folder.path(), &["init", "--org", "Green Leaf", "--owner", "owner@example.com", "--json"]);
    assert!(made.status.success(), "{made:?}");
    std::fs::write(folder.path().join("dialzio-data/keys"), b"no keys").unwrap();
    let output = dialzio(folder.path(), &["doctor"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
}
