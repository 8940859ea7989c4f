//! What stands below a thread, for each case.

use crate::web::view::{
    Chip, Choice, Tone,
    composer::{Attachable, Composer, Refusal},
    picker::{OptIn, Picker, PreviewPart, TemplateField, TemplateForm, TemplateItem},
};

/// Which conversation is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Case {
    /// The window is open.
    Open,
    /// The window is shut, so a template is needed.
    Shut,
    /// Nothing may be sent.
    Refused,
}

impl Case {
    pub(crate) fn of(id: &str) -> Self {
        match id {
            "shut" => Self::Shut,
            "refused" => Self::Refused,
            _ => Self::Open,
        }
    }
}

pub(crate) fn composer(case: Case) -> Composer {
    let base = Composer {
        conversation: "c1".into(),
        window: None,
        consent: None,
        advice: None,
        viewing: None,
        can_reply: false,
        later: vec![Choice::new("2026-03-03T03:30:00Z", "Tomorrow morning").with("Tue 09:00")],
        has_templates: true,
        files: Some(Attachable {
            accept: "image/jpeg,image/png,application/pdf".into(),
            provider: "WhatsApp".into(),
            kinds: "pictures|5242880|image/jpeg,image/png\ndocuments|104857600|application/pdf".into(),
            takes: "JPEG, PNG, PDF".into(),
        }),
        line: None,
        confirmation: None,
        refusal: None,
        can_note: true,
        draft: String::new(),
        note_draft: String::new(),
        quote: None,
        can_switch: false,
        sms: None,
        longest: 4_096,
        longest_caption: 1_024,
        longest_note: 10_000,
        picker: None,
    };
    match case {
        Case::Open => Composer {
            window: Some(Chip::new(Tone::Ok, "You can reply for 21 h").because("Until tomorrow 10:42")),
            consent: None,
            viewing: Some("Meera is viewing".into()),
            can_reply: true,
            draft: "Of course, it is kept aside in your name until Friday evening.".into(),
            ..base
        },
        Case::Shut => Composer {
            conversation: "shut".into(),
            window: Some(Chip::new(Tone::Warn, "Reply window closed since 09:12")),
            advice: Some("Choose an approved template. It opens again when Tara writes.".into()),
            picker: Some(picker(false)),
            ..base
        },
        Case::Refused => Composer {
            conversation: "refused".into(),
            window: Some(Chip::new(Tone::Neutral, "Reply window closed since Fri 18:04")),
            refusal: Some(Refusal {
                reason: "Lakshmi opted out on 20 Nov (wrote STOP). You can reply when she writes again."
                    .into(),
                way_out: Some(("contacts/p1?tab=consent".into(), "See the ledger".into())),
            }),
            ..base
        },
    }
}

pub(crate) fn picker(can_close: bool) -> Picker {
    let item = |id: &str, name: &str, category: &str, language: &str, refusal: Option<&str>| TemplateItem {
        id: id.into(),
        name: name.into(),
        key: name.into(),
        category: category.into(),
        quality: None,
        language: language.into(),
        refusal: refusal.map(Into::into),
        is_chosen: id == "t1",
    };
    Picker {
        conversation: "shut".into(),
        search: String::new(),
        can_close,
        templates: vec![
            item("t1", "order_ready", "Utility", "en", None),
            item("t2", "order_ready", "Utility", "ta", None),
            item("t3", "visit_reminder", "Utility", "en", None),
            item("t4", "new_season", "Marketing", "en", Some("Tara opted out on 2 Nov (wrote STOP)")),
        ],
        chosen: Some(TemplateForm {
            id: "t1".into(),
            name: "order_ready".into(),
            fields: vec![
                TemplateField {
                    name: "name".into(),
                    label: "Name".into(),
                    value: "Tara".into(),
                    is_link: false,
                    error: None,
                },
                TemplateField {
                    name: "order".into(),
                    label: "Order number".into(),
                    value: String::new(),
                    is_link: false,
                    error: None,
                },
            ],
            header: vec![PreviewPart::Text("Your order is ready".into())],
            body: vec![
                PreviewPart::Text("Hello ".into()),
                PreviewPart::Slot { name: "name".into(), label: "name".into(), value: "Tara".into() },
                PreviewPart::Text(", order ".into()),
                PreviewPart::Slot { name: "order".into(), label: "order number".into(), value: "".into() },
                PreviewPart::Text(" is ready for collection until 8 pm.".into()),
            ],
            footer: Some("Reply STOP to end".into()),
            buttons: vec!["Directions".into()],
            refusal: None,
            opt_in: None,
        }),
    }
}

pub(crate) fn refused_picker() -> Picker {
    let mut picker = picker(true);
    for item in &mut picker.templates {
        item.is_chosen = item.id == "t4";
    }
    if let Some(form) = &mut picker.chosen {
        form.id = "t4".into();
        form.fields.clear();
        form.header = vec![PreviewPart::Text("The new season is here".into())];
        form.body = vec![PreviewPart::Text("Come and see 40 new colours, from Saturday.".into())];
        form.refusal = Some("Not possible: Tara has not agreed to marketing on WhatsApp.".into());
        form.opt_in = Some(OptIn {
            purpose: "marketing".into(),
            label: "WhatsApp, marketing".into(),
            methods: vec![
                Choice::new("paper", "On paper"),
                Choice::new("agent_call", "On the phone").chosen(),
                Choice::new("web_form", "In a web form"),
            ],
            evidence: String::new(),
            date: "2026-11-23".into(),
            error: None,
            is_open: true,
        });
    }
    picker
}
