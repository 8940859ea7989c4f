//! Checks the role that serves: it must not be able to bypass row-level security. Checked before anything else; a store
//! that cannot be sure of its policies does not open.

use sqlx::Row;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Executor};
use uuid::Uuid;

use dialzio_core::{OrgId, TypedId, registry};

use crate::error::OpenError;
use crate::render::Schema;
use crate::rights;

/// The oldest release that is known to do what we ask of it.
const OLDEST: i32 = 150_000;

fn refused(role: &str, why: &'static str) -> OpenError {
    OpenError::Role { role: role.to_owned(), why }
}

/// Checks server, role and policies inside a transaction, and leaves no prepared statement. `signs_in`: also checks the role
/// that the connection has outside our transactions, which is the host's choice if the pool is theirs.
pub(crate) async fn check(conn: &mut PgConnection, schema: &Schema, signs_in: bool) -> Result<(), OpenError> {
    let row = conn
        .fetch_one("SELECT current_setting('server_version_num')::INT4, current_setting('server_version')")
        .await?;
    if row.try_get::<i32, _>(0)? < OLDEST {
        return Err(OpenError::OldServer { found: row.try_get(1)? });
    }
    if signs_in {
        role(conn, schema).await?;
    }
    for name in [schema.app(), schema.system()] {
        conn.execute("SAVEPOINT look").await?;
        let taken = conn.execute(AssertSqlSafe(format!("SET LOCAL ROLE {name}"))).await;
        let fine = match taken {
            Ok(_) => role(conn, schema).await,
            Err(_) => Err(refused(&name, "the role that signs in is not a member of it")),
        };
        conn.execute("ROLLBACK TO SAVEPOINT look").await?;
        fine?;
    }
    rls_policies(conn, schema).await
}

/// Whether the role that is in force could get past row-level security.
async fn role(conn: &mut PgConnection, schema: &Schema) -> Result<(), OpenError> {
    let row = sqlx::query(
        "SELECT r.rolname::TEXT, r.rolsuper, r.rolbypassrls,
                EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                        WHERE n.nspname = $1 AND c.relkind IN ('r', 'p') AND pg_has_role(r.oid, c.relowner, 'MEMBER'))
         FROM pg_catalog.pg_roles r WHERE r.rolname = current_user",
    )
    .bind(schema.as_str())
    .persistent(false)
    .fetch_one(&mut *conn)
    .await?;
    let name: String = row.try_get(0)?;
    if row.try_get(1)? {
        return Err(refused(&name, "it is a superuser, whom row-level security does not hold"));
    }
    if row.try_get(2)? {
        return Err(refused(&name, "it bypasses row-level security"));
    }
    if row.try_get(3)? {
        return Err(refused(&name, "it owns tables of ours, or is a member of the role that does"));
    }
    Ok(())
}

/// Whether each table and each month of one is behind its policy, and whether the policy holds: an organisation that does
/// not exist sees nothing, and no session sees rows without naming one.
async fn rls_policies(conn: &mut PgConnection, schema: &Schema) -> Result<(), OpenError> {
    let open = registry::tables().filter(|table| !table.has_row_security()).map(|table| table.name);
    let unprotected: Option<String> = sqlx::query_scalar(
        "SELECT c.relname::TEXT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = $1 AND c.relkind IN ('r', 'p') AND c.relname <> ALL ($2)
           AND NOT (c.relrowsecurity AND c.relforcerowsecurity) ORDER BY 1 LIMIT 1",
    )
    .bind(schema.as_str())
    .bind(open.collect::<Vec<_>>())
    .persistent(false)
    .fetch_optional(&mut *conn)
    .await?;
    if let Some(table) = unprotected {
        return Err(OpenError::Unprotected(table));
    }
    rights::check(conn, schema).await?;
    let tables = crate::soundness::tables_of_organisations();
    let probe =
        |table: &&str| schema.render(&format!("SELECT '{table}' WHERE EXISTS (SELECT FROM @{table})"));
    let probe = tables.iter().map(probe).collect::<Vec<_>>().join(" UNION ALL ");
    let app = schema.app();
    conn.execute("SAVEPOINT look").await?;
    // No id is made like this one. Zeros would be what belongs to no organisation.
    let enter = crate::run::enter(&app, OrgId::from_uuid(Uuid::max()));
    let looked = async {
        conn.execute(AssertSqlSafe(enter)).await?;
        sqlx::query_scalar::<_, String>(AssertSqlSafe(probe.clone()))
            .persistent(false)
            .fetch_optional(&mut *conn)
            .await
    }
    .await;
    conn.execute("ROLLBACK TO SAVEPOINT look").await?;
    if let Some(table) = looked? {
        return Err(OpenError::Unprotected(table));
    }
    conn.execute("SAVEPOINT look").await?;
    let nameless = async {
        conn.execute(AssertSqlSafe(format!(
            "SELECT set_config('role', '{app}', true), set_config('dialzio.org', '', true)"
        )))
        .await?;
        sqlx::query_scalar::<_, Uuid>(AssertSqlSafe(schema.render("SELECT org_id FROM @contact LIMIT 1")))
            .persistent(false)
            .fetch_optional(&mut *conn)
            .await
    }
    .await;
    conn.execute("ROLLBACK TO SAVEPOINT look").await?;
    match nameless {
        Err(_) => Ok(()),
        Ok(_) => Err(OpenError::Unprotected("contact".to_owned())),
    }
}

/// Lets a role that signs in take on those that serve.
pub(crate) async fn grant(conn: &mut PgConnection, schema: &Schema, role: &str) -> Result<(), OpenError> {
    // The server quotes the name: it is not one of ours.
    let text: String =
        sqlx::query_scalar("SELECT format('GRANT %I, %I TO %I', $1::TEXT, $2::TEXT, $3::TEXT)")
            .bind(schema.app())
            .bind(schema.system())
            .bind(role)
            .fetch_one(&mut *conn)
            .await?;
    conn.execute(AssertSqlSafe(text)).await?;
    Ok(())
}
