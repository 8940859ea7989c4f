//! Whether the tables can be read: cheaply, for readiness. At start [`crate::roles`] reads them too.

use dialzio_core::registry::{self, Engine, Table};

use crate::error::Res;
use crate::render::Schema;
use crate::session::Session;

/// Tables whose rows a transaction inside an organisation sees as far as they are its own.
pub(crate) fn tables_of_organisations() -> Vec<&'static str> {
    let seen = |table: &&Table| table.has_row_security() && !table.rights.organisation.is_empty();
    names(seen)
}

/// Tables that are seen outside organisations only.
fn tables_of_the_system() -> Vec<&'static str> {
    names(|table| table.rights.organisation.is_empty())
}

fn names(wanted: impl Fn(&&Table) -> bool) -> Vec<&'static str> {
    let there = registry::tables().filter(|table| table.is_in(Engine::Postgres));
    there.filter(wanted).map(|table| table.name).collect()
}

/// Looks for a row in each table.
fn look(schema: &Schema, tables: &[&str]) -> String {
    let each = |table: &&str| schema.render(&format!("SELECT WHERE EXISTS (SELECT FROM @{table})"));
    tables.iter().map(each).collect::<Vec<_>>().join(" UNION ALL ")
}

/// Reads all tables, inside an organisation that does not exist, and of the system. Writes nothing.
pub(crate) async fn read_each_table(session: &mut Session) -> Res<()> {
    let mut db = session.db()?;
    let (of_one, own) =
        (look(db.schema(), &tables_of_organisations()), look(db.schema(), &tables_of_the_system()));
    db.say(of_one).await?;
    db.as_system().await?;
    db.say(own).await
}
