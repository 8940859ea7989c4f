//! Everything that an error of a provider says, to whoever looks at it.

use crate::provider::ProviderError;

/// Text, code, detail and `Debug` of an error and of all its causes.
pub(super) fn said(error: &ProviderError) -> String {
    let mut all = format!("{error:?} {error} {} {:?}", error.code(), error.detail());
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        all.push_str(&format!(" {cause:?} {cause}"));
        source = cause.source();
    }
    all
}
