//! The ports: each method reads in a session of its own, or hands its batches to the queue of the organisation.

/// Asks in one session, on one snapshot, as one organisation, within the scope's audience.
macro_rules! read_in {
    ($store:expr, $scope:expr, |$db:ident, $org:ident| $read:expr) => {
        read_in!($store, $scope, crate::session::Wanted::seen($scope), |$db, $org| $read)
    };
    ($store:expr, $scope:expr, $wanted:expr, |$db:ident, $org:ident| $read:expr) => {{
        let mut session = $store.session($wanted).await?;
        let found = async {
            let (mut handle, $org) = (session.db()?, crate::codec::id($scope.org()));
            let $db = &mut handle;
            $read.await
        };
        let found = found.await;
        session.end(found).await
    }};
}

/// Asks as one organisation, whatever the scope's audience sees: for what decisions are made on.
macro_rules! read_whole_in {
    ($store:expr, $scope:expr, |$db:ident, $org:ident| $read:expr) => {
        read_in!($store, $scope, crate::session::Wanted::Read($scope.org()), |$db, $org| $read)
    };
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
mod identity_providers;
mod ledger;
mod media;
mod news;
mod notices;
mod saved_views;
mod scheduled;
mod store;
mod support;
mod system;
mod teams;
mod usage;
