//! E0277: a handler whose answer has no schema cannot be in the table of routes.

use dialzio_http::operation::Described;

async fn handler() -> String {
    String::new()
}

fn described<H: Described<A>, A>(_: H) {}

pub fn table() {
    described(handler);
}
