//! E0277: a handler whose body has no schema cannot be in the table of routes.

use dialzio_http::api::{Body, Document};
use dialzio_http::operation::Described;
use dialzio_http::problem::Problem;

pub struct NoSchema;

async fn handler(_: Body<NoSchema>) -> Result<Document, Problem> {
    Err(Problem::not_found())
}

fn described<H: Described<A>, A>(_: H) {}

pub fn table() {
    described(handler);
}
