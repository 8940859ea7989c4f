//! What holds for the sources themselves: no two modules of a crate need each other, every declared dependency is used, and
//! every read of a store is tried as another organisation.
#![allow(clippy::unwrap_used, reason = "tests")]

mod circles;
mod dependencies;
mod isolation;
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

/// A read that no case tries as another organisation could show one organisation's rows to another.
#[test]
fn every_read_of_a_store_is_tried_as_another_organisation() {
    assert_eq!(isolation::untried(), Vec::<String>::new());
}
