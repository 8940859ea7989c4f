//! Notices, and what is offered while one writes, with invented people.

use super::at;
use crate::web::view::{
    Avatar,
    canned_replies::{CannedOptions, CannedRow},
    notices::{MentionOptions, NoticeList, NoticeRow},
};

pub(super) fn list() -> NoticeList {
    let row = |id: &str, did, person: &str, text: Option<&str>, time: &str, is_unread| NoticeRow {
        id: id.into(),
        href: "inbox/c1".into(),
        author: "Meera Iyer".into(),
        avatar: Avatar::of("Meera Iyer"),
        did,
        person: person.into(),
        text: text.map(Into::into),
        time: at(time),
        is_unread,
    };
    NoticeList {
        unread_only: false,
        unread: Some("1".into()),
        rows: 30,
        notices: vec![
            row(
                "n1",
                "mentioned you in a note about",
                "Asha Subramaniam",
                Some("@Ravi can you call her before six?"),
                "10:40",
                true,
            ),
            row("n2", "assigned you the conversation with", "Imran M.", None, "09:15", false),
        ],
        next: None,
    }
}

pub(super) fn mentions() -> MentionOptions {
    let member = |id: &str, name: &str| (id.to_owned(), name.into(), Avatar::of(name));
    MentionOptions { members: vec![member("m1", "Ravi Kumar"), member("m2", "Meera Iyer")] }
}

pub(super) fn canned() -> CannedOptions {
    let row = |id: &str, shortcut: &str, title: &str, first_line: &str| CannedRow {
        id: id.into(),
        shortcut: shortcut.into(),
        title: title.into(),
        text: first_line.into(),
        first_line: first_line.into(),
        revision: "1".into(),
    };
    CannedOptions {
        conversation: "c1".into(),
        rows: vec![
            row("r1", "hours", "Opening hours", "We are open from ten to eight, on Sundays until two."),
            row("r2", "where", "How to find us", "We are opposite the post office."),
        ],
        can_manage: true,
    }
}
