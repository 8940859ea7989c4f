//! Whether an address leads to sessions of our own, or through a pooler that lends a server's session for one transaction.
//!
//! Behind such a pooler the next transaction may be in any session: what was prepared in one is not in another, or is there
//! under the same name and means something else, and notifications reach the next client. So nothing is
//! prepared under a name there, and nothing is listened for; see [`crate::run`] and [`crate::notify`].
//!
//! A pooler is found out by a mark that is given to a session at its start. A server keeps it; a pooler, whose sessions have
//! been there before, refuses it or has forgotten it.

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions, Connection, Executor, Row};

/// The code for something that the other side of a connection does not understand.
const NOT_UNDERSTOOD: &str = "08P01";

/// A connection, and whether a pooler stands in between.
pub(crate) async fn connect(options: &PgConnectOptions) -> Result<(PgConnection, bool), sqlx::Error> {
    match options.clone().options([("dialzio.session", "own")]).connect().await {
        Ok(mut conn) => {
            let marked = "SELECT coalesce(current_setting('dialzio.session', true), '') = 'own'";
            let marked: bool = conn.fetch_one(marked).await?.try_get(0)?;
            Ok((conn, !marked))
        }
        Err(error) if crate::error::code(&error).as_deref() == Some(NOT_UNDERSTOOD) => {
            Ok((options.connect().await?, true))
        }
        Err(error) => Err(error),
    }
}

/// Whether a pooler stands in between.
pub(crate) async fn is_between(options: &PgConnectOptions) -> Result<bool, sqlx::Error> {
    let (conn, pooled) = connect(options).await?;
    conn.close().await?;
    Ok(pooled)
}
