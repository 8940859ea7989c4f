//! The ports: each method reads in a session of its own, or hands its batches to the queue of the organisation.

/// Asks in one session, on one snapshot, as one organisation.
macro_rules! read_in {
    ($store:expr, $scope:expr, |$db:ident, $org:ident| $read:expr) => {{
        let mut session = $store.session(crate::session::Wanted::Read($scope.org())).await?;
        let found = async {
            let (mut handle, $org) = (session.db()?, crate::codec::id($scope.org()));
            let $db = &mut handle;
            $read.await
        };
        let found = found.await;
        session.end(found).await
    }};
}

/// Asks the system tables in one session, on one snapshot.
macro_rules! system {
    ($store:expr, |$db:ident| $read:expr) => {{
        let mut session = $store.session(crate::session::Wanted::ReadSystem).await?;
        let found = async {
            let mut handle = session.db()?;
            let $db = &mut handle;
            $read.await
        };
        let found = found.await;
        session.end(found).await
    }};
}

mod access;
mod accounts;
mod call_flows;
mod calls;
mod canned_replies;
mod consent;
mod contacts;
mod conversations;
mod dispositions;
mod drafts;
mod ledger;
mod media;
mod notices;
mod saved_views;
mod scheduled;
mod store;
mod system;
