//! What holds for the sources themselves: no two modules of a crate need each other, and every declared dependency is used.
#![allow(clippy::unwrap_used, reason = "tests")]

mod circles;
mod dependencies;
mod sources;

use sources::{CRATES, Crate};

/// A circle of modules cannot be read, tested or moved in parts.
#[test]
fn no_modules_of_a_crate_need_each_other() {
    let mut found = Vec::new();
    for name in CRATES {
        let circles = circles::of(&Crate::read(name));
        found.extend(circles.iter().map(|circle| format!("{name}:\n{}", circle.join("\n"))));
    }
    assert!(found.is_empty(), "{} circles\n\n{}", found.len(), found.join("\n\n"));
}

/// What is declared and not used costs everybody who builds it.
#[test]
fn every_declared_dependency_is_used() {
    assert_eq!(dependencies::unused(), Vec::<String>::new());
}
