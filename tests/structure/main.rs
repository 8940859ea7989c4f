//! What holds for the sources themselves: no two modules of a crate need each other, every declared dependency is used, and
//! every read of a store is tried as another organisation.
#![allow(clippy::unwrap_used, reason = "tests")]

mod addresses;
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

/// The server may be mounted below a path, so pages write addresses without a leading slash, for a browser reads them against
/// `<base>`; redirects and public addresses are made by `Mount::to` and `AppState::public_url`.
#[test]
fn no_page_names_an_address_from_the_root() {
    assert_eq!(
        addresses::bypassing(),
        Vec::<String>::new(),
        "write `inbox`, not `/inbox`: see docs/contributing.md"
    );
}

/// The test above is able to fail.
#[test]
fn an_address_from_the_root_is_found_wherever_it_is_written() {
    for (kind, source) in [
        ("html", r#"<a href="/inbox">"#),
        ("html", r#"<form hx-post="/web/tasks/{{ id }}">"#),
        ("js", "fetch(`/web/tasks`)"),
        ("js", "location.assign('/sign-in?next=')"),
        ("css", "background: url(/assets/a.svg)"),
        ("rs", r#"format!("/contacts/{id}")"#),
        ("rs", r#"Redirect::to("/inbox")"#),
    ] {
        assert_eq!(addresses::from_the_root(kind, source), [1], "{source}");
    }
    for (kind, source) in [
        ("html", r#"<a href="inbox">"#),
        ("js", "fetch(`web/tasks`)"),
        ("js", "'/': () => search()"),
        ("rs", r#"format!("contacts/{id}")"#),
        ("rs", "/// `GET /inbox`"),
    ] {
        assert_eq!(addresses::from_the_root(kind, source), [0; 0], "{source}");
    }
}

/// A read that no case tries as another organisation could show one organisation's rows to another.
#[test]
fn every_read_of_a_store_is_tried_as_another_organisation() {
    assert_eq!(isolation::untried(), Vec::<String>::new());
}
