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
const SANDBOX: &str = "sandbox";

const fn page(label: &'static str, icon: &'static str, href: &'static str) -> GotoEntry {
    GotoEntry { label, icon, href: Some(href), press: "" }
}

const fn command(label: &'static str, icon: &'static str, press: &'static str) -> GotoEntry {
    GotoEntry { label, icon, href: None, press }
}

const ENTRIES: [GotoEntry; 30] = [
    page("Inbox", "inbox", "inbox"),
    page("Calls", "call", "calls"),
    page("Calls: to call back", "call-missed", "calls?view=waiting"),
    page("Calls: report", "report", "reports/calls"),
    page("Tasks: mine", "task", "tasks"),
    page("Tasks: overdue", "task", "tasks?due=overdue"),
    page("Tasks: team", "task", "tasks?view=team"),
    page("Contacts", "people", "contacts"),
    page("Notices", "bell", "notices"),
    page("Settings: profile", "gear", "settings/profile"),
    page("Settings: general", "gear", "settings"),
    page("Settings: members", "people", "settings/members"),
    page("Settings: call flows", "call", "settings/call-flows"),
    page("Settings: canned replies", "canned", "settings/canned-replies"),
    page("Settings: templates", "template", "settings/templates"),
    page("Settings: channels", "plug", "settings/channels"),
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

/// Pages and commands of which each typed word begins a word; without any, all of them.
pub(crate) fn entries(typed: &str, may_see_events: bool, sandbox: bool) -> Vec<GotoEntry> {
    let wanted = tokens([typed]);
    if wanted.is_empty() && !typed.is_empty() {
        return Vec::new();
    }
    let offered = |entry: &GotoEntry| match entry.href {
        Some(EVENTS) => may_see_events,
        Some(SANDBOX) => sandbox,
        _ => true,
    };
    let matches = |entry: &GotoEntry| {
        let words = tokens([entry.label]);
        wanted.iter().all(|wanted| words.iter().any(|word| word.starts_with(wanted.as_str())))
    };
    ENTRIES.into_iter().filter(offered).filter(matches).collect()
}

#[cfg(test)]
mod tests {
    use super::entries;

    #[test]
    fn pages_and_commands_are_found_by_the_beginnings_of_their_words() {
        let found =
            |typed| entries(typed, true, true).into_iter().map(|entry| entry.label).collect::<Vec<_>>();
        assert_eq!(found("chan"), ["Settings: channels"]);
        assert_eq!(found("conv assign"), ["Assign conversation", "Assign conversation to me"]);
        assert!(found("zzz").is_empty() && found("%").is_empty());
        assert_eq!(found("").len(), super::ENTRIES.len());
        assert!(entries("unprocessed", false, true).is_empty(), "shown to a member who may not open it");
    }
}
