//! Whether the tables can be read: cheaply, for readiness. At start [`crate::roles`] reads them too.

use std::collections::BTreeSet;

use crate::error::Res;
use crate::render::Schema;
use crate::session::Session;
use crate::statements::{self as sql, Kind};

/// Tables with rows of organisations.
pub(crate) fn tables_of_organisations() -> BTreeSet<&'static str> {
    let of_one = sql::all().filter(|statement| statement.kind != Kind::System);
    of_one.flat_map(|statement| statement.tables.iter().copied()).collect()
}

/// Tables of the installation that it serves from.
fn tables_of_the_system() -> BTreeSet<&'static str> {
    let (of_one, own) = (tables_of_organisations(), sql::all().filter(|s| s.kind == Kind::System));
    let own = own.flat_map(|statement| statement.tables.iter().copied());
    own.filter(|table| !of_one.contains(table) && *table != "schema_version").collect()
}

/// Looks for a row in each table.
fn look(schema: &Schema, tables: &BTreeSet<&str>) -> String {
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
