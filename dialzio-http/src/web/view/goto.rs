//! The pages and commands that the dialog leads to.

use dialzio_core::search::tokens;

/// A page or a command that the dialog leads to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GotoEntry {
    /// What it is called.
    pub(crate) label: &'static str,
    /// Name of its icon.
    pub(crate) icon: &'static str,
    /// Address of a page; `None` for a command.
    pub(crate) href: Option<&'static str>,
    /// Selector of the control that a command presses; the command is hidden where there is none.
    pub(crate) press: &'static str,
}

const EVENTS: &str = "settings/events";
const API_KEYS: &str = "settings/api-keys";
const AUDIT: &str = "settings/audit";
const SANDBOX: &str = "sandbox";

const fn page(label: &'static str, icon: &'static str, href: &'static str) -> GotoEntry {
    GotoEntry { label, icon, href: Some(href), press: "" }
}

const fn command(label: &'static str, icon: &'static str, press: &'static str) -> GotoEntry {
    GotoEntry { label, icon, href: None, press }
}

const ENTRIES: [GotoEntry; 35] = [
    page("Inbox", "inbox", "inbox"),
    page("Calls", "call", "calls"),
    page("Calls: to call back", "call-missed", "calls?view=waiting"),
    page("Calls: report", "report", "reports/calls"),
    page("Tasks: mine", "task", "tasks"),
    page("Tasks: overdue", "task", "tasks?due=overdue"),
    page("Tasks: team", "task", "tasks?view=team"),
    page("Contacts", "people", "contacts"),
    page("Notices", "bell", "notices"),
    page("What's new", "megaphone", "news"),
    page("Help", "message", "help"),
    page("Settings: profile", "gear", "settings/profile"),
    page("Settings: my activity", "gear", "settings/activity"),
    page("Settings: general", "gear", "settings"),
    page("Settings: members", "people", "settings/members"),
    page("Settings: call flows", "call", "settings/call-flows"),
    page("Settings: canned replies", "canned", "settings/canned-replies"),
    page("Settings: templates", "template", "settings/templates"),
    page("Settings: channels", "plug", "settings/channels"),
    page("Settings: API keys", "plug", API_KEYS),
    page("Settings: audit log", "shield", AUDIT),
    page("Settings: unprocessed events", "held", EVENTS),
    page("Sandbox phone", "handset", SANDBOX),
    page("New contact", "plus", "contacts?new=1"),
    command("Reply", "message", "#reply-text"),
    command("Private note", "note", "[data-mode-to=note]"),
    command("Choose a template", "template", "[data-mode-to=template]"),
    command("Assign conversation", "assign", "[data-key=a]"),
    command("Assign conversation to me", "assign", "[data-key=m]"),
    command("Snooze conversation", "snooze", "[data-key=s]"),
    command("Close or reopen conversation", "check", "[data-key=e]"),
    command("Call", "call", "[data-key=c]"),
    command("Theme, profile and menu", "theme", "[data-open=\"#me-dialog\"]"),
    command("Keyboard shortcuts", "keyboard", "[data-open=\"#keys-dialog\"]"),
    command("Sign out", "back", "#sign-out"),
];

/// The places that not everybody can open.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Offered {
    /// Events that could not be processed.
    pub(crate) events: bool,
    /// The audit log.
    pub(crate) audit: bool,
    /// The list of API keys.
    pub(crate) api_keys: bool,
    /// The sandbox phone.
    pub(crate) sandbox: bool,
}

/// Pages and commands of which each typed word begins a word; without any, all of them.
pub(crate) fn entries(typed: &str, offered: Offered) -> Vec<GotoEntry> {
    let wanted = tokens([typed]);
    if wanted.is_empty() && !typed.is_empty() {
        return Vec::new();
    }
    let is_offered = |entry: &GotoEntry| match entry.href {
        Some(EVENTS) => offered.events,
        Some(AUDIT) => offered.audit,
        Some(API_KEYS) => offered.api_keys,
        Some(SANDBOX) => offered.sandbox,
        _ => true,
    };
    let matches = |entry: &GotoEntry| {
        let words = tokens([entry.label]);
        wanted.iter().all(|wanted| words.iter().any(|word| word.starts_with(wanted.as_str())))
    };
    ENTRIES.into_iter().filter(is_offered).filter(matches).collect()
}

#[cfg(test)]
mod tests {
    use super::{Offered, entries};

    #[test]
    fn pages_and_commands_are_found_by_the_beginnings_of_their_words() {
        let all = Offered { events: true, audit: true, api_keys: true, sandbox: true };
        let found = |typed| entries(typed, all).into_iter().map(|entry| entry.label).collect::<Vec<_>>();
        assert_eq!(found("chan"), ["Settings: channels"]);
        assert_eq!(found("conv assign"), ["Assign conversation", "Assign conversation to me"]);
        assert!(found("zzz").is_empty() && found("%").is_empty());
        assert_eq!(found("").len(), super::ENTRIES.len());
        for place in ["unprocessed", "audit", "api", "sandbox"] {
            assert!(
                entries(place, Offered::default()).is_empty(),
                "{place} is shown to a member who may not open it"
            );
        }
    }
}
