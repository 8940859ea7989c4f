//! The table of permissions in `docs/security.md` is made from the code: the roles from the core, the operations from the
//! routes. `DIALZIO_WRITE_PERMISSIONS=1` makes it anew.
#![allow(clippy::unwrap_used, reason = "tests")]

use dialzio_core::{Permission, Role};
use dialzio_http::routes::{Need, ROUTES};
use std::fmt::Write;
use std::path::Path;

const BEGIN: &str = "<!-- permissions: made by dialzio-http/tests/permissions.rs -->\n";
const END: &str = "<!-- end of permissions -->\n";

/// Who holds each permission, and which operations of the API need it.
fn table() -> String {
    let mut table = String::from("| permission |");
    for role in Role::ALL {
        write!(table, " {role} |").unwrap();
    }
    table.push_str(" operations |\n|---|");
    for _ in Role::ALL {
        table.push_str("---|");
    }
    table.push_str("---|\n");
    for permission in Permission::ALL {
        write!(table, "| `{permission}` |").unwrap();
        for role in Role::ALL {
            let held = role.grant().permissions().contains(permission);
            table.push_str(if held { " yes |" } else { " |" });
        }
        let needs = |need: &Need| matches!(need, Need::Permission(needed) if needed == permission);
        let mut names: Vec<_> = ROUTES
            .iter()
            .filter(|route| needs(&route.need))
            .map(|route| format!("`{}`", route.name))
            .collect();
        names.sort();
        writeln!(table, " {} |", names.join(", ")).unwrap();
    }
    table
}

#[test]
fn the_table_of_permissions_in_the_handbook_is_that_of_the_code() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/security.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once(BEGIN).unwrap();
    let (written, after) = rest.split_once(END).unwrap();
    let made = table();
    if std::env::var_os("DIALZIO_WRITE_PERMISSIONS").is_some() {
        std::fs::write(&path, format!("{before}{BEGIN}{made}{END}{after}")).unwrap();
    }
    assert_eq!(written, made, "make it anew with DIALZIO_WRITE_PERMISSIONS=1");
}
