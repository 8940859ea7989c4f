//! The pages whose use is noted, and what is done on them. Only these, so that nothing else can be noted; a test compares
//! them with the routes of the pages, each of which is here or left out for a reason.

/// Pages that are opened: by their address, and a conversation also in its place beside the queue.
pub(super) static OPENED: &[&str] = &[
    "/calls",
    "/calls.csv",
    "/calls/{call}",
    "/contacts",
    "/contacts.csv",
    "/contacts/import",
    "/contacts/{contact}",
    "/help",
    "/help/{support_request}",
    "/inbox",
    "/inbox/{conversation}",
    "/news",
    "/notices",
    "/reports/calls",
    "/settings",
    "/settings/activity",
    "/settings/api-keys",
    "/settings/audit",
    "/settings/audit.csv",
    "/settings/call-flows",
    "/settings/canned-replies",
    "/settings/channels",
    "/settings/channels/new",
    "/settings/channels/{account}/agents",
    "/settings/channels/{account}/sms",
    "/settings/events",
    "/settings/events/{event}",
    "/settings/members",
    "/settings/profile",
    "/settings/recordings",
    "/settings/templates",
    "/tasks",
    "/web/conversations/{conversation}",
];

/// What is done on a page.
pub(super) static DONE: &[&str] = &[
    "/web/accounts/{account}/agents",
    "/web/accounts/{account}/agents/add",
    "/web/accounts/{account}/agents/sync",
    "/web/accounts/{account}/sms",
    "/web/accounts/{account}/sms/templates",
    "/web/accounts/{account}/sms/templates/remove",
    "/web/accounts/{account}/templates/sync",
    "/web/api-keys",
    "/web/api-keys/{key}",
    "/web/api-keys/{key}/revoke",
    "/web/api-keys/{key}/rotate",
    "/web/audit/verify",
    "/web/call-flows",
    "/web/call-flows/{call_flow}",
    "/web/call-flows/{call_flow}/delete",
    "/web/call-flows/{call_flow}/switch",
    "/web/calls",
    "/web/calls/{call}/contact",
    "/web/calls/{call}/control",
    "/web/calls/{call}/handled",
    "/web/calls/{call}/recording-consent",
    "/web/calls/{call}/recordings/delete",
    "/web/calls/{call}/wrap-up",
    "/web/canned-replies",
    "/web/canned-replies/{canned_reply}",
    "/web/canned-replies/{canned_reply}/delete",
    "/web/channels",
    "/web/contacts",
    "/web/contacts/bulk",
    "/web/contacts/bulk/undo",
    "/web/contacts/import",
    "/web/contacts/import/preview",
    "/web/contacts/{contact}/consent",
    "/web/contacts/{contact}/conversation",
    "/web/contacts/{contact}/doubt",
    "/web/contacts/{contact}/edit",
    "/web/contacts/{contact}/notes",
    "/web/contacts/{contact}/owner",
    "/web/contacts/{contact}/reveal",
    "/web/contacts/{contact}/stage",
    "/web/contacts/{contact}/tags",
    "/web/contacts/{contact}/tags/remove",
    "/web/contacts/{contact}/tasks",
    "/web/conversations/bulk",
    "/web/conversations/bulk/undo",
    "/web/conversations/{conversation}/assign",
    "/web/conversations/{conversation}/claim",
    "/web/conversations/{conversation}/close",
    "/web/conversations/{conversation}/messages",
    "/web/conversations/{conversation}/notes",
    "/web/conversations/{conversation}/opt-in",
    "/web/conversations/{conversation}/reopen",
    "/web/conversations/{conversation}/scheduled",
    "/web/conversations/{conversation}/snooze",
    "/web/conversations/{conversation}/template",
    "/web/identity-providers",
    "/web/identity-providers/{identity_provider}",
    "/web/identity-providers/{identity_provider}/delete",
    "/web/help",
    "/web/help/{support_request}/close",
    "/web/help/{support_request}/reply",
    "/web/integrations/{account}/check",
    "/web/integrations/{account}/disconnect",
    "/web/integrations/{account}/hook",
    "/web/integrations/{account}/token",
    "/web/invitations/{invitation}/renew",
    "/web/invitations/{invitation}/revoke",
    "/web/members/invite",
    "/web/members/{member}/activate",
    "/web/members/{member}/deactivate",
    "/web/members/{member}/role",
    "/web/members/{member}/second-factor",
    "/web/messages/{message}/cancel",
    "/web/messages/{message}/drop",
    "/web/messages/{message}/mark-sent",
    "/web/messages/{message}/resend",
    "/web/news/product",
    "/web/news/read",
    "/web/notices",
    "/web/organisations/{organisation}",
    "/web/passkeys",
    "/web/passkeys/begin",
    "/web/passkeys/{passkey}/remove",
    "/web/profile/confirmation",
    "/web/profile/name",
    "/web/profile/password",
    "/web/profile/sessions/others",
    "/web/profile/sessions/{session}",
    "/web/quarantine/{event}/discard",
    "/web/quarantine/{event}/replay",
    "/web/recordings/delete",
    "/web/recordings/preview",
    "/web/recordings/rule",
    "/web/scheduled/{scheduled}",
    "/web/scheduled/{scheduled}/cancel",
    "/web/second-factor/codes",
    "/web/second-factor/off",
    "/web/settings",
    "/web/tasks/{task}",
    "/web/teams",
    "/web/teams/{team}",
    "/web/teams/{team}/delete",
    "/web/views",
    "/web/views/{saved_view}",
    "/web/views/{saved_view}/delete",
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// The routes of the pages, as they are declared.
    const ROUTES: &str = include_str!("../web/mod.rs");

    /// Addresses that lead elsewhere, and files of the pages.
    const NO_PAGES: &[&str] =
        &["/", "/assets/{*path}", "/integrations", "/quarantine", "/quarantine/{event}"];

    /// Posts that a page sends by itself while somebody types or reads.
    const BY_ITSELF: &[&str] = &[
        "/web/conversations/{conversation}/draft",
        "/web/conversations/{conversation}/presence",
        "/web/conversations/{conversation}/read",
        "/web/notices/opened",
    ];

    /// The routes between two places of the file: template, whether it answers `GET`, whether it answers `POST`.
    fn routes(from: &str, to: &str) -> Vec<(&'static str, bool, bool)> {
        let code = ROUTES.split_once(from).unwrap().1;
        let code = code.split_once(to).map_or(code, |(code, _)| code);
        let route = |text: &'static str| {
            let (template, handler) = text.trim_start().strip_prefix('"').unwrap().split_once('"').unwrap();
            (template, handler.contains("get("), handler.contains("post("))
        };
        code.split(".route(").skip(1).map(route).collect()
    }

    fn set<'a>(templates: impl IntoIterator<Item = &'a &'a str>) -> BTreeSet<&'a str> {
        templates.into_iter().copied().collect()
    }

    #[test]
    fn each_page_is_noted_or_left_out_for_a_reason() {
        let pages = routes("fn pages()", "fn coming_in()");
        let reads = routes("fn reads()", "fn posts()");
        let posts = routes("fn posts()", "fn none()");
        assert!(pages.len() > 30 && reads.len() > 30 && posts.len() > 80);
        // Coming in has no caller yet, and is in the audit log.
        let opened = pages.iter().filter(|(template, gets, _)| *gets && !template.starts_with("/web/"));
        let opened = opened.map(|(template, ..)| template).filter(|template| !NO_PAGES.contains(template));
        let in_place = "/web/conversations/{conversation}";
        assert!(reads.iter().any(|(template, gets, _)| *template == in_place && *gets));
        assert_eq!(set(OPENED), set(opened.chain([&in_place])));
        let done = pages.iter().chain(&reads).chain(&posts).filter(|(.., posts)| *posts);
        assert_eq!(set(DONE.iter().chain(BY_ITSELF)), set(done.map(|(template, ..)| template)));
    }
}
