//! A store inside the caller's transaction: their rows and ours are written together, or neither is.

use sqlx::{Postgres, Transaction};
use std::sync::Arc;
use tokio::sync::Mutex;

use dialzio_core::OrgId;
use dialzio_core::store::{Commit, StoreError, StoreResult};

use crate::apply::Scope;
use crate::commit::Unit;
use crate::error::{Failure, Res};
use crate::group::Wake;
use crate::queue;
use crate::session::{Source, Wanted};
use crate::{PostgresStore, Shared};

/// A transaction of the caller's that our services work in.
///
/// Everything that is done through [`store`](Self::store) is part of it: it is seen there at once, and by others once the
/// caller commits. The session is left as it was; role and organisation are ours only while we work. An organisation that
/// was written in stays locked for others until the caller's transaction ends, so write in ours last and commit soon.
///
/// After a future that was dropped in the middle it is not known how far it got, so the transaction is undone as a whole:
/// [`finish`](Self::finish) reports it.
#[derive(Debug)]
pub struct Enlisted {
    store: PostgresStore,
    transaction: Arc<Mutex<Option<Transaction<'static, Postgres>>>>,
    wakes: Arc<std::sync::Mutex<Vec<Wake>>>,
}

/// Wakes the listeners of what a transaction has written, once the caller has committed it.
///
/// Without it they find out by themselves within a second.
#[derive(Debug)]
#[must_use = "without it listeners find out a second later"]
pub struct Wakeup {
    shared: Arc<Shared>,
    wakes: Vec<Wake>,
}

impl Wakeup {
    /// Wakes them. Call it after the commit.
    pub fn send(self) {
        for wake in &self.wakes {
            self.shared.wake(wake);
        }
    }
}

impl PostgresStore {
    /// Works inside a transaction of the caller's, on the same database, until it is given back.
    ///
    /// Leases and wake-ups are of no use inside a transaction: this is for services, not for the worker.
    #[must_use]
    pub fn enlist(&self, transaction: Transaction<'static, Postgres>) -> Enlisted {
        let transaction = Arc::new(Mutex::new(Some(transaction)));
        let wakes = Arc::<std::sync::Mutex<Vec<Wake>>>::default();
        let source = Source::Caller { transaction: Arc::clone(&transaction), wakes: Arc::clone(&wakes) };
        Enlisted { store: Self { source, ..self.clone() }, transaction, wakes }
    }

    /// Writes units inside the caller's transaction, each behind a savepoint.
    pub(crate) async fn write_inside(&self, org: OrgId, units: &[Unit]) -> Vec<StoreResult<Commit>> {
        let count = units.len();
        let units: Vec<&Unit> = units.iter().collect();
        match self.try_inside(org, &units).await {
            Ok(answers) => answers,
            Err(failure) => vec![Err(failure.into_store()); count],
        }
    }

    async fn try_inside(&self, org: OrgId, units: &[&Unit]) -> Res<Vec<StoreResult<Commit>>> {
        let months = units.iter().flat_map(|unit| unit.instants());
        self.shared.months.open(&self.shared, months).await?;
        let mut session =
            crate::session::Session::begin(&self.source, &self.shared.sql, Wanted::Write(org)).await?;
        let mut scope = Scope::begin(session.db()?, &self.shared, org, units.iter().copied()).await?;
        let applied = queue::apply(&mut scope, units, true).await;
        let wake = scope.group.wake();
        drop(scope);
        match applied {
            Ok(Some(answers)) => {
                session.commit().await?;
                self.source.note(wake);
                Ok(answers)
            }
            Ok(None) => Err(Failure::Store(StoreError::Unavailable)),
            Err(failure) => {
                if !failure.is_cut() {
                    session.undo().await?;
                }
                Err(failure)
            }
        }
    }
}

impl Enlisted {
    /// The store inside the transaction: hand it to `Crm::over`, or use it as it is. It answers
    /// [`StoreError::Unavailable`] once the transaction has been given back.
    #[must_use]
    pub fn store(&self) -> PostgresStore {
        self.store.clone()
    }

    /// Gives the transaction back, to go on in or to commit; then send the wake-up.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if something that was begun in it was not brought to an end, which undid all of it.
    pub async fn finish(self) -> StoreResult<(Transaction<'static, Postgres>, Wakeup)> {
        let transaction = self.transaction.lock().await.take().ok_or(StoreError::Unavailable)?;
        let wakes =
            std::mem::take(&mut *self.wakes.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
        Ok((transaction, Wakeup { shared: Arc::clone(&self.store.shared), wakes }))
    }

    /// Commits the transaction and wakes the listeners.
    ///
    /// # Errors
    /// [`StoreError`] if it could not be committed, or as [`finish`](Self::finish).
    pub async fn commit(self) -> StoreResult<()> {
        let (transaction, wakeup) = self.finish().await?;
        transaction.commit().await.map_err(|error| Failure::from(error).into_store())?;
        wakeup.send();
        Ok(())
    }
}
