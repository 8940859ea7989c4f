//! Which use is noted: what a person did by hand on a declared page or route, and that it succeeded.

mod pages;

use axum::http::Method;
use dialzio_core::usage::{UsageAction, UsageBrowser, UsagePage};
use std::net::IpAddr;

use crate::routes::{Need, ROUTES, Verb};

/// With what and from where a person made a request by hand.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ByHand {
    /// The browser.
    pub(crate) browser: UsageBrowser,
    /// The address, if it is known.
    pub(crate) address: Option<IpAddr>,
}

/// The page or route that a request asked for and what was done there, if its use is noted. The template is looked up among
/// those of the program, and the program's own word is noted.
pub(crate) fn declared(method: &Method, template: &str) -> Option<(UsagePage, UsageAction)> {
    let listed = |all: &[&'static str], action| {
        let found = all.iter().find(|page| **page == template)?;
        Some((UsagePage::new(found)?, action))
    };
    let page = match *method {
        Method::GET => listed(pages::OPENED, UsageAction::Viewed),
        Method::POST => listed(pages::DONE, UsageAction::Submitted),
        _ => None,
    };
    page.or_else(|| {
        let route = ROUTES.iter().find(|route| route.path == template && route.method.as_str() == method)?;
        // A stream stays open by itself, and what is public has no caller.
        if route.need == Need::Public || route.answers == "text/event-stream" {
            return None;
        }
        let action = match route.method {
            Verb::Get => UsageAction::Viewed,
            Verb::Post => UsageAction::Submitted,
            Verb::Put | Verb::Patch => UsageAction::Changed,
            Verb::Delete => UsageAction::Removed,
        };
        Some((UsagePage::new(route.path)?, action))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_declared_template_can_be_noted_and_nothing_else() {
        for route in ROUTES.iter().filter(|route| route.need != Need::Public) {
            let method = route.method.as_str().parse().unwrap();
            let noted = declared(&method, route.path);
            let streams = route.answers == "text/event-stream";
            assert_eq!(noted.is_some(), !streams, "{} {}", route.method.as_str(), route.path);
        }
        for (method, pages) in [(Method::GET, pages::OPENED), (Method::POST, pages::DONE)] {
            for page in pages {
                assert_eq!(declared(&method, page).unwrap().0.as_str(), *page);
                assert_eq!(declared(&Method::DELETE, page), None);
            }
        }
        for path in ["/contacts/01890000-0000-7000-8000-000000000000", "/contacts?q=asha", "-", "/livez"] {
            assert_eq!(declared(&Method::GET, path), None, "{path}");
        }
        assert_eq!(declared(&Method::HEAD, "/inbox"), None);
    }
}
