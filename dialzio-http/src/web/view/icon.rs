//! Line icons on a grid of 20, drawn once. Always decorative: the control that holds one has the name.

use std::fmt;

/// An icon by name, ready to be written into a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Icon(&'static str);

impl askama::filters::HtmlSafe for Icon {}

impl fmt::Display for Icon {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, r#"<svg class="icon" viewBox="0 0 20 20" aria-hidden="true">{}</svg>"#, self.0)
    }
}

/// The icon with this name; an unknown name is an empty drawing.
pub(crate) fn icon(name: &str) -> Icon {
    Icon(match name {
        "search" => r#"<circle cx="9" cy="9" r="5"/><path d="m13 13 3.5 3.5"/>"#,
        "filter" => r#"<path d="M3.5 5.5h13M6 10h8M8.5 14.5h3"/>"#,
        "views" => r#"<path d="M5.5 3.5h9v13L10 13.2 5.5 16.5z"/>"#,
        "edit" => r#"<path d="m12.5 4 3.5 3.5L7.5 16H4v-3.5zM11 5.5 14.5 9"/>"#,
        "columns" => r#"<path d="M3.5 4.5h13v11h-13zM8 4.5v11M12.2 4.5v11"/>"#,
        "inbox" => {
            r#"<path d="M3 11.5 5.2 5.3A1.5 1.5 0 0 1 6.6 4.3h6.8a1.5 1.5 0 0 1 1.4 1L17 11.5v3a1.5 1.5 0 0 1-1.5 1.5h-11A1.5 1.5 0 0 1 3 14.5v-3Z"/><path d="M3 11.5h3.8l1.1 2h4.2l1.1-2H17"/>"#
        }
        "call" => {
            r#"<path d="M6.2 3.6 8 6.9 6.6 8.4a10 10 0 0 0 5 5l1.5-1.4 3.3 1.8c-.1 1.5-1.2 2.7-2.7 2.7A10.2 10.2 0 0 1 3.5 6.3c0-1.5 1.2-2.6 2.7-2.7Z"/>"#
        }
        "call-in" => {
            r#"<path d="M6.2 3.6 8 6.9 6.6 8.4a10 10 0 0 0 5 5l1.5-1.4 3.3 1.8c-.1 1.5-1.2 2.7-2.7 2.7A10.2 10.2 0 0 1 3.5 6.3c0-1.5 1.2-2.6 2.7-2.7Z"/><path d="M17 3.5 12.5 8M12.5 4.5V8H16"/>"#
        }
        "call-out" => {
            r#"<path d="M6.2 3.6 8 6.9 6.6 8.4a10 10 0 0 0 5 5l1.5-1.4 3.3 1.8c-.1 1.5-1.2 2.7-2.7 2.7A10.2 10.2 0 0 1 3.5 6.3c0-1.5 1.2-2.6 2.7-2.7Z"/><path d="M12.5 8 17 3.5M13.5 3.5H17V7"/>"#
        }
        "call-missed" => {
            r#"<path d="M6.2 3.6 8 6.9 6.6 8.4a10 10 0 0 0 5 5l1.5-1.4 3.3 1.8c-.1 1.5-1.2 2.7-2.7 2.7A10.2 10.2 0 0 1 3.5 6.3c0-1.5 1.2-2.6 2.7-2.7Z"/><path d="m13 4 3.6 3.6M16.6 4 13 7.6"/>"#
        }
        "play" => r#"<path d="M7 4.5v11l8.5-5.5L7 4.5Z"/>"#,
        "report" => r#"<path d="M4 16.5V9.5M8 16.5v-12M12 16.5V11M16 16.5V7"/>"#,
        "people" => {
            r#"<circle cx="7.5" cy="7" r="2.8"/><path d="M2.5 16c.2-2.9 2.2-4.6 5-4.6s4.8 1.7 5 4.6M13 4.6a2.6 2.6 0 0 1 0 4.9M14.6 11.8c1.8.6 2.8 2.1 2.9 4.2"/>"#
        }
        "person" => {
            r#"<circle cx="10" cy="6.8" r="3"/><path d="M4.2 16.5c.3-3.2 2.6-5 5.8-5s5.5 1.8 5.8 5"/>"#
        }
        "held" => {
            r#"<path d="M3.5 6.5h13M4.5 6.5v8A1.5 1.5 0 0 0 6 16h8a1.5 1.5 0 0 0 1.5-1.5v-8M5.6 3.8h8.8l2.1 2.7h-13l2.1-2.7ZM8 10h4"/>"#
        }
        "plug" => r#"<path d="M7 3v3.5M13 3v3.5M4.5 6.5h11v2.7a5.5 5.5 0 0 1-11 0V6.5ZM10 14.7V17"/>"#,
        "bell" => {
            r#"<path d="M5 8.5a5 5 0 0 1 10 0c0 3.6 1.5 5 1.5 5h-13S5 12.1 5 8.5Z"/><path d="M8.3 16a1.8 1.8 0 0 0 3.4 0"/>"#
        }
        "megaphone" => {
            r#"<path d="M3.5 8.2v3.6h2.7l7.3 3.7V4.5L6.2 8.2H3.5ZM16 8v4M6.5 12l1 4.5h2l-.7-3.4"/>"#
        }
        "gear" => {
            r#"<circle cx="10" cy="10" r="2.6"/><path d="M10 2.8v2.3M10 14.9v2.3M2.8 10h2.3M14.9 10h2.3M4.9 4.9l1.6 1.6M13.5 13.5l1.6 1.6M4.9 15.1l1.6-1.6M13.5 6.5l1.6-1.6"/>"#
        }
        "handset" => r#"<rect x="5.5" y="2.5" width="9" height="15" rx="2"/><path d="M9 14.8h2"/>"#,
        "clip" => {
            r#"<path d="m15.8 9.4-5.9 5.8a3.6 3.6 0 0 1-5.1-5.1l6-5.9a2.4 2.4 0 0 1 3.4 3.4l-5.9 5.8a1.2 1.2 0 0 1-1.7-1.7l5.3-5.2"/>"#
        }
        "template" => {
            r#"<rect x="3.5" y="3.5" width="13" height="13" rx="2"/><path d="M6.5 7.3h7M6.5 10h7M6.5 12.7h4"/>"#
        }
        "canned" => r#"<path d="M4 4h12v9.5H9l-3.4 2.7v-2.7H4V4Z"/><path d="m10.8 6-2 5"/>"#,
        "note" => {
            r#"<path d="M4 5.2A1.7 1.7 0 0 1 5.7 3.5h8.6A1.7 1.7 0 0 1 16 5.2v6.3l-4.5 5H5.7A1.7 1.7 0 0 1 4 14.8V5.2Z"/><path d="M16 11.5h-3a1.5 1.5 0 0 0-1.5 1.5v3.5M7 7.2h6M7 10.2h3"/>"#
        }
        "close" => r#"<path d="m5 5 10 10M15 5 5 15"/>"#,
        "up" => r#"<path d="M5.5 12.5 10 8l4.5 4.5"/>"#,
        "down" => r#"<path d="m5.5 8 4.5 4.5L14.5 8"/>"#,
        "back" => r#"<path d="M16 10H4.5M9 5l-5 5 5 5"/>"#,
        "plus" => r#"<path d="M10 4.5v11M4.5 10h11"/>"#,
        "check" => r#"<path d="m4.5 10.5 3.6 3.7 7.4-8.4"/>"#,
        "task" => {
            r#"<rect x="3.5" y="3.5" width="13" height="13" rx="2.5"/><path d="m7 10.2 2.2 2.3 4-4.7"/>"#
        }
        "snooze" => r#"<circle cx="10" cy="10.5" r="6.2"/><path d="M10 7v3.7l2.4 1.6"/>"#,
        "assign" => {
            r#"<circle cx="8" cy="7" r="2.8"/><path d="M3 16c.2-2.9 2.2-4.6 5-4.6 1.3 0 2.4.4 3.2 1M14.5 11.5v5M12 14h5"/>"#
        }
        "file" => {
            r#"<path d="M5.5 3h5.7L15 6.8v9.2a1 1 0 0 1-1 1h-8.5a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1Z"/><path d="M11 3v4h4"/>"#
        }
        "pin" => {
            r#"<path d="M10 17.2c3.6-3.6 5.4-6.4 5.4-8.7a5.4 5.4 0 1 0-10.8 0c0 2.3 1.8 5.1 5.4 8.7Z"/><circle cx="10" cy="8.5" r="1.9"/>"#
        }
        "message" => {
            r#"<path d="M3.5 5.7a1.7 1.7 0 0 1 1.7-1.7h9.6a1.7 1.7 0 0 1 1.7 1.7v6.6a1.7 1.7 0 0 1-1.7 1.7H9l-3.7 2.8V14h-.1a1.7 1.7 0 0 1-1.7-1.7V5.7Z"/>"#
        }
        "shield" => {
            r#"<path d="M10 2.8 4 5v4.6c0 3.5 2.3 6.2 6 7.6 3.7-1.4 6-4.1 6-7.6V5l-6-2.2Z"/><path d="m7.4 9.9 1.9 1.9 3.4-3.7"/>"#
        }
        "tag" => {
            r#"<path d="M3.5 4.5v4.7a1 1 0 0 0 .3.7l6.6 6.6a1 1 0 0 0 1.4 0l4.7-4.7a1 1 0 0 0 0-1.4L9.9 3.8a1 1 0 0 0-.7-.3H4.5a1 1 0 0 0-1 1Z"/><circle cx="7" cy="7" r=".8"/>"#
        }
        "theme" => {
            r#"<circle cx="10" cy="10" r="6.5"/><path d="M10 3.5v13a6.5 6.5 0 0 0 0-13Z" fill="currentColor" stroke="none"/>"#
        }
        "keyboard" => {
            r#"<rect x="2.5" y="5.5" width="15" height="9" rx="1.8"/><path d="M5.5 8.5h.1M8.5 8.5h.1M11.5 8.5h.1M14.5 8.5h.1M6.5 11.7h7"/>"#
        }
        "photo" => {
            r#"<rect x="3" y="4" width="14" height="12" rx="2"/><circle cx="7.3" cy="8.2" r="1.3"/><path d="m4 14.5 4-3.8 2.6 2.3 2.7-2.8 3 3"/>"#
        }
        "send" => r#"<path d="M16.5 3.5 3.5 8.7l5.3 2.5 2.5 5.3 5.2-13ZM8.8 11.2l3-3"/>"#,
        _ => "",
    })
}
