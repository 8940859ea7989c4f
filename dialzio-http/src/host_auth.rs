//! The sign-in of an application that the server is mounted in.

use axum::http::request::Parts;
use dialzio_core::{Actor, Crm};

/// A user whom the host's application has signed in.
#[derive(Debug, Clone)]
pub struct HostUser {
    /// Who acts, as [`AccessService::act_as`](dialzio_core::access::AccessService::act_as) makes it.
    pub actor: Actor,
    /// What the pages call them.
    pub name: String,
}

/// The sign-in of an application that [`router`](crate::router) is mounted in: says who makes a request. Given to
/// [`Options::host_auth`](crate::Options::host_auth).
///
/// It is asked for each request that has no bearer key, before our own session cookie is looked at. Requests that change
/// something are answered only if they come from our own pages ([`same_site`](crate::auth::same_site)), since a browser sends the host's cookies
/// along with other people's forms too. `examples/embed_in_axum.rs` shows one.
#[async_trait::async_trait]
pub trait HostAuth: std::fmt::Debug + Send + Sync + 'static {
    /// The user who makes this request, by the host's own cookie, header or extension. `None` for one whom the host does
    /// not know.
    ///
    /// # Errors
    /// What the core answers, such as [`Error::NotFound`](dialzio_core::Error::NotFound) from `act_as` for a member who
    /// has left.
    async fn user(&self, crm: &Crm, request: &Parts) -> Result<Option<HostUser>, dialzio_core::Error>;
}
