//! Invented data: every page and part, filled. Shown at `/dev/parts` and used to look at pages while
//! working on them; nothing here is read by a handler of real data.

mod calls;
mod composer;
mod inbox;
mod notices;
mod pages;
mod parts;
mod thread;

use askama::Template;

use super::{
    Avatar, Moment, Shell,
    entry::{ProblemPage, SetupForm, SetupPage, SignInForm, SignInPage},
    shell::{Place, Rows, Theme},
};

/// The page at `path` (with its query, if any) with invented data, or `None` if there is no such page. The addresses of
/// `/dev/parts` are read against `base`, those of the others against the root.
#[must_use]
pub fn page(base: &str, path: &str) -> Option<String> {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let rendered = match path {
        "/" | "/inbox" => inbox::page(query, None).render(),
        "/inbox/shut" => inbox::page(query, Some(composer::Case::Shut)).render(),
        "/inbox/refused" => inbox::page(query, Some(composer::Case::Refused)).render(),
        "/inbox/empty" => inbox::empty().render(),
        "/web/inbox/queue" => inbox::list(query).render(),
        "/web/goto" => pages::goto(query).render(),
        "/contacts" => pages::contacts().render(),
        "/contacts/empty" => pages::no_contacts().render(),
        "/settings/events" => pages::quarantine().render(),
        "/settings/channels" => pages::numbers().render(),
        "/settings" => pages::settings().render(),
        "/sandbox" => pages::sandbox().render(),
        "/setup" => SetupPage { base: "/".into(), form: setup_form(query), ..SetupPage::default() }.render(),
        "/sign-in" => {
            SignInPage { base: "/".into(), form: sign_in_form(query), ..SignInPage::default() }.render()
        }
        "/problem" => problem().render(),
        "/dev/parts" => parts::page(base).render(),
        _ => match path.rsplit_once('/') {
            Some(("/inbox", _)) => inbox::page(query, Some(composer::Case::Open)).render(),
            Some(("/web/conversations", id)) => inbox::conversation(composer::Case::of(id)).render(),
            Some(("/contacts", _)) => pages::contact(query).render(),
            Some(("/settings/events", _)) => pages::held().render(),
            Some((rest, "thread")) if rest.starts_with("/web/conversations/") => thread::items().render(),
            Some((rest, "templates")) if rest.starts_with("/web/conversations/") => {
                composer::picker(true).render()
            }
            _ => return None,
        },
    };
    rendered.ok()
}

pub(super) fn shell(title: &str, place: Place) -> Shell {
    Shell {
        base: "/".to_owned(),
        sign_in: "/sign-in".to_owned(),
        presence: false,
        passkeys: false,
        signs_out: true,
        title: title.into(),
        place,
        theme: Theme::from_cookie(""),
        rows: Rows::default(),
        member: "Ravi Kumar".into(),
        session_of: None,
        avatar: Avatar::of("Ravi Kumar"),
        organisation: "Kaveri Textiles".into(),
        unread: 4,
        notices: 2,
        news: 1,
        missed: Some(1),
        held: Some(2),
        audit: true,
        api_keys: true,
        sandbox: true,
        keys: true,
        after: None,
    }
}

pub(super) fn at(short: &str) -> Moment {
    Moment {
        short: short.into(),
        full: format!("Mon 23 Nov 2026, {short}"),
        rfc3339: "2026-11-23T10:42:00+05:30".into(),
    }
}

fn setup_form(query: &str) -> SetupForm {
    if query.is_empty() {
        return SetupForm::default();
    }
    SetupForm {
        token: "sample".into(),
        name: "Ravi Kumar".into(),
        email: "ravi@example.com".into(),
        asks_country: true,
        country: "IN".into(),
        guessed: Some("Asia/Kolkata".into()),
        password_error: Some("This password is too common.".into()),
        ..SetupForm::default()
    }
}

fn sign_in_form(query: &str) -> SignInForm {
    let problem = (!query.is_empty()).then(|| "Email or password is wrong.".to_owned());
    SignInForm { next: "/inbox".into(), problem, ..SignInForm::default() }
}

fn problem() -> ProblemPage {
    ProblemPage {
        base: "/".to_owned(),
        theme: Theme::System,
        status: 404,
        title: "This page does not exist".into(),
        advice: "It may have been removed, or the link is not complete.".into(),
        details: Some("page.not_found · request 01J9ZK".into()),
        back: "inbox".into(),
        back_label: "Go to the inbox".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::page;

    const PAGES: [&str; 19] = [
        "/inbox",
        "/inbox/c1",
        "/inbox/shut",
        "/inbox/refused",
        "/inbox/empty",
        "/contacts",
        "/contacts/empty",
        "/contacts/p1",
        "/contacts/p1?tab=consent",
        "/settings/events",
        "/settings/events/q1",
        "/settings/channels",
        "/settings",
        "/sandbox",
        "/setup",
        "/setup?bad",
        "/sign-in",
        "/sign-in?bad",
        "/problem",
    ];

    #[test]
    fn every_page_has_one_heading_of_the_first_level_and_a_main_landmark() {
        for path in PAGES {
            let html = page("/", path).unwrap();
            assert_eq!(html.matches("<h1").count(), 1, "{path}");
            assert_eq!(html.matches("<main").count(), 1, "{path}");
        }
    }

    #[test]
    fn no_page_needs_inline_code_or_another_origin() {
        for path in PAGES.into_iter().chain(["/dev/parts"]) {
            let html = page("/", path).unwrap();
            for forbidden in [
                " style=",
                "<style",
                " onclick=",
                " onload=",
                "javascript:",
                "hx-on",
                "src=\"http",
                "<script>",
            ] {
                assert!(!html.contains(forbidden), "{path} has {forbidden}");
            }
            for tag in html.split("<script").skip(1) {
                assert!(tag.starts_with(" defer src=\"assets/"), "{path}");
            }
        }
    }

    #[test]
    fn text_from_outside_is_escaped() {
        let html = page("/", "/inbox/c1").unwrap();
        assert!(html.contains("&lt;b&gt;") || html.contains("&#60;b&#62;"));
        assert!(!html.contains("<b>Sale</b>"));
    }

    #[test]
    fn ids_are_unique_on_every_page() {
        for path in PAGES {
            let html = page("/", path).unwrap();
            let mut seen = std::collections::HashSet::new();
            for id in html.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
                assert!(seen.insert(id.to_owned()), "{path} has {id} twice");
            }
        }
    }

    #[test]
    fn every_field_has_a_name_for_those_who_cannot_see_it() {
        for path in PAGES {
            let html = page("/", path).unwrap();
            for tag in ["<input", "<select", "<textarea"] {
                for field in html.split(tag).skip(1).filter_map(|rest| rest.split('>').next()) {
                    let is_hidden = field.contains("type=\"hidden\"")
                        || field.contains("type=\"file\"")
                        || field.contains("type=\"checkbox\"");
                    let id = field.split(" id=\"").nth(1).and_then(|rest| rest.split('"').next());
                    let is_named = id.is_some_and(|id| html.contains(&format!("for=\"{id}\"")));
                    assert!(is_hidden || is_named, "{path}: {tag}{field}");
                }
            }
        }
    }

    #[test]
    fn templates_never_switch_escaping_off() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
        for entry in std::fs::read_dir(folder).unwrap() {
            let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
            assert!(!text.contains("safe") && !text.contains("escape"));
        }
    }
}
