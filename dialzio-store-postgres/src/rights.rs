//! What the two roles that serve may do: grants and policies, made from the registry of tables and compared with it.
//!
//! The first two releases wrote them into their steps. A table of a later step gets its own after it, and whenever a store
//! is opened the live ones have to be those of the registry: a store that is open further is refused.

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection, Executor};
use std::collections::{BTreeMap, BTreeSet};

use dialzio_core::registry::{self, Engine, Privilege, Table};

use crate::error::OpenError;
use crate::render::Schema;

/// A row of the organisation that the transaction names. Without a name it fails: an empty text is no id.
const OWN: &str = "org_id = current_setting('dialzio.org')::UUID";
/// The same as the catalogue shows it.
const OWN_SHOWN: &str = "(org_id = (current_setting('dialzio.org'::text))::uuid)";

/// A row-level security policy, as the catalogue holds it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Policy {
    name: String,
    /// Whom it is for.
    roles: Vec<String>,
    /// Which rows they see, as the catalogue shows it.
    using: Option<String>,
    /// Which rows they may write.
    check: Option<String>,
    /// Whether it is for all statements, and adds to what others allow.
    is_plain: bool,
}

/// Who may do what with a table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Access {
    /// Whether row-level security is switched on, also for the owner.
    row_security: bool,
    policies: BTreeSet<Policy>,
    /// Roles of ours, or `public`, and what is granted to them.
    grants: BTreeSet<(String, String)>,
}

impl Access {
    /// What the registry declares.
    fn declared(table: &Table, schema: &Schema) -> Self {
        let row_security = table.has_row_security();
        let mut access = Self { row_security, ..Self::default() };
        for (role, rights, name, rows) in each_role(table, schema) {
            access.grants.extend(rights.iter().map(|right| (role.clone(), right.as_str().to_owned())));
            if row_security && !rights.is_empty() {
                let rows = Some(if rows == OWN { OWN_SHOWN } else { "true" }.to_owned());
                access.policies.insert(Policy {
                    name: name.to_owned(),
                    roles: vec![role],
                    using: rows.clone(),
                    check: rows,
                    is_plain: true,
                });
            }
        }
        access
    }

    /// Whether anything is open here that is closed there.
    fn exceeds(&self, declared: &Self) -> bool {
        (declared.row_security && !self.row_security)
            || !self.policies.is_subset(&declared.policies)
            || !self.grants.is_subset(&declared.grants)
    }
}

/// Each role that serves: its name, what it may do with a table, the name of its policy and the rows that it shows.
fn each_role(
    table: &Table,
    schema: &Schema,
) -> [(String, &'static [Privilege], &'static str, &'static str); 2] {
    [
        (schema.app(), table.rights.organisation, "own", OWN),
        (schema.system(), table.rights.system, "system", "TRUE"),
    ]
}

/// The statements that give a table the rights that the registry declares, whatever it has.
fn statements(table: &Table, schema: &Schema) -> String {
    let name = table.name;
    let mut all = vec!["REVOKE ALL ON @table FROM PUBLIC, @@app, @@system".to_owned()];
    if table.has_row_security() {
        all.push("ALTER TABLE @table ENABLE ROW LEVEL SECURITY".to_owned());
        all.push("ALTER TABLE @table FORCE ROW LEVEL SECURITY".to_owned());
    }
    for (role, rights, policy, rows) in each_role(table, schema) {
        all.push(format!("DROP POLICY IF EXISTS {policy} ON @table"));
        if rights.is_empty() {
            continue;
        }
        let granted: Vec<&str> = rights.iter().map(|right| right.as_str()).collect();
        all.push(format!("GRANT {} ON @table TO {role}", granted.join(", ")));
        if table.has_row_security() {
            all.push(format!(
                "CREATE POLICY {policy} ON @table TO {role} USING ({rows}) WITH CHECK ({rows})"
            ));
        }
    }
    schema.render(&all.join("; ").replace("@table", &format!("@{name}")))
}

/// The live rights to each table, without the months of a table, on which nothing is granted.
async fn live(conn: &mut PgConnection, schema: &Schema) -> Result<BTreeMap<String, Access>, sqlx::Error> {
    let roles = [schema.app(), schema.system()];
    let tables: Vec<(String, bool)> = sqlx::query_as(
        "SELECT c.relname::TEXT, c.relrowsecurity AND c.relforcerowsecurity
         FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = $1 AND c.relkind IN ('r', 'p') AND NOT c.relispartition",
    )
    .bind(schema.as_str())
    .persistent(false)
    .fetch_all(&mut *conn)
    .await?;
    let one = |(name, row_security)| (name, Access { row_security, ..Access::default() });
    let mut all: BTreeMap<String, Access> = tables.into_iter().map(one).collect();
    let grants: Vec<(String, String, String)> = sqlx::query_as(
        "SELECT c.relname::TEXT, coalesce(r.rolname::TEXT, 'public'), a.privilege_type
         FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
         CROSS JOIN LATERAL pg_catalog.aclexplode(c.relacl) a
         LEFT JOIN pg_catalog.pg_roles r ON r.oid = a.grantee
         WHERE n.nspname = $1 AND (a.grantee = 0 OR r.rolname = ANY ($2))",
    )
    .bind(schema.as_str())
    .bind(&roles[..])
    .persistent(false)
    .fetch_all(&mut *conn)
    .await?;
    for (table, role, right) in grants {
        all.entry(table).or_default().grants.insert((role, right));
    }
    type Found = (String, String, Vec<String>, Option<String>, Option<String>, bool);
    let policies: Vec<Found> = sqlx::query_as(
        "SELECT c.relname::TEXT, p.polname::TEXT, g.roles, pg_catalog.pg_get_expr(p.polqual, c.oid),
                pg_catalog.pg_get_expr(p.polwithcheck, c.oid), p.polpermissive AND p.polcmd = '*'
         FROM pg_catalog.pg_policy p JOIN pg_catalog.pg_class c ON c.oid = p.polrelid
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
         CROSS JOIN LATERAL (SELECT array_agg(coalesce(r.rolname::TEXT, 'public') ORDER BY 1) AS roles
                             FROM unnest(p.polroles) g (id) LEFT JOIN pg_catalog.pg_roles r ON r.oid = g.id) g
         WHERE n.nspname = $1 AND g.roles && ($2 || ARRAY['public'])",
    )
    .bind(schema.as_str())
    .bind(&roles[..])
    .persistent(false)
    .fetch_all(&mut *conn)
    .await?;
    for (table, name, roles, using, check, is_plain) in policies {
        all.entry(table).or_default().policies.insert(Policy { name, roles, using, check, is_plain });
    }
    Ok(all)
}

/// The tables whose live rights are not those of the registry.
async fn differing(
    conn: &mut PgConnection,
    schema: &Schema,
) -> Result<Vec<(&'static Table, Access, Access)>, sqlx::Error> {
    let mut live = live(conn, schema).await?;
    let compare = |table: &'static Table| {
        let (found, declared) = (live.remove(table.name)?, Access::declared(table, schema));
        (found != declared).then_some((table, found, declared))
    };
    Ok(registry::tables().filter(|table| table.is_in(Engine::Postgres)).filter_map(compare).collect())
}

/// Gives each table the rights that the registry declares, where they differ. Tables that have them already are left alone,
/// since each statement here locks the table for a moment.
pub(crate) async fn apply(conn: &mut PgConnection, schema: &Schema) -> Result<(), OpenError> {
    let mut step = conn.begin().await?;
    sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))")
        .bind(schema.render("@@schema rights"))
        .execute(&mut *step)
        .await?;
    for (table, ..) in differing(&mut step, schema).await? {
        step.execute(AssertSqlSafe(statements(table, schema))).await?;
    }
    // What a policy of another name opens is not ours to take away, and nothing to serve from.
    check(&mut step, schema).await?;
    step.commit().await?;
    Ok(())
}

/// Whether each table is open as far as the registry declares, and no further.
pub(crate) async fn check(conn: &mut PgConnection, schema: &Schema) -> Result<(), OpenError> {
    match differing(conn, schema).await?.first() {
        None => Ok(()),
        Some((table, found, declared)) if found.exceeds(declared) => {
            Err(OpenError::Unprotected(table.name.to_owned()))
        }
        Some((table, ..)) => Err(OpenError::Rights { table: table.name }),
    }
}

#[cfg(test)]
mod tests;
