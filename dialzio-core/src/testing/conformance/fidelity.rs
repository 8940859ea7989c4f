//! What is written comes back as it was written: text, times, bytes, and every shape of content.

use chrono::{DateTime, TimeZone, Utc};

use crate::access::chrono_tz_name::ZoneName;
use crate::access::{AccessWrite, OrgChange};
use crate::account::{AccountState, AccountWrite, Sealed};
use crate::consent::QuietHours;
use crate::contact::ContactWrite;
use crate::conversation::{
    ButtonKind, ButtonParameter, CardLine, ChoiceKind, ContactCard, Content, ConversationWrite,
    DeliveryStatus, ExternalId, FailureNote, Forwarded, HeaderFormat, HeaderParameter, MediaKind, Message,
    MessageContext, OrderItem, ParameterFormat, Referral, ReferredProduct, TemplateButton, TemplateCategory,
    TemplateSend, TemplateStatus,
};
use crate::media::{MediaState, MediaWrite};
use crate::page::PageRequest;
use crate::scope::{Permission, Role};
use crate::sms::{DltId, DltSender, SegmentPrice, SmsHeader, SmsSettings};
use crate::store::SystemWrite;
use crate::testing::conformance::TestBed;
use crate::text::{MessageText, NoteText, PersonName, Title};

const TEXTS: &[&str] = &[
    "नमस्ते, आपका ऑर्डर आ गया 🙏🏽",
    "مرحبا بك \u{202b}في المتجر\u{202c}",
    "שלום עולם",
    "👩‍👩‍👧‍👦 👨🏿‍🚀 🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f} 𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𠜎",
    "e\u{301}le\u{301}ment, not élément",
    "two\nlines\r\nand a\ttab",
    "  blanks around  ",
    "'; DROP TABLE message; -- \\ \" ` $1 ?1 :a %s {}",
    "\u{feff}starts with a mark\u{200b}",
    "\u{fffd}\u{ffff}\u{10ffff}",
];

fn text(text: &str) -> MessageText {
    MessageText::parse(text).unwrap()
}

/// Text survives unchanged wherever people write: messages, names, notes. Nothing is trimmed, joined or normalised.
pub async fn text_survives_unchanged(bed: TestBed) {
    let tenant = bed.tenant().await;
    let person = bed.person(&tenant, "Asha").await;
    let long = "🙏".repeat(MessageText::MAX);
    for (second, body) in (0_i64..).zip(TEXTS.iter().copied().chain([long.as_str()])) {
        let message = bed.hears(&tenant, &person, body, bed.at(second)).await;
        assert_eq!(bed.message(&tenant, message.id).await, message);
        if let Ok(text) = NoteText::parse(body) {
            let mut note = bed.make.note(person.contact.id, "x");
            note.text = text;
            bed.write(&tenant.scope, ContactWrite::Note(note.clone())).await;
            let page = PageRequest::first(1);
            let notes = bed.store.notes(&tenant.scope, person.contact.id, page).await.unwrap();
            assert_eq!(notes.items, [note]);
        }
        if let Ok(name) = PersonName::parse(body) {
            let mut contact = bed.make.contact("x");
            contact.name = Some(name);
            bed.write(&tenant.scope, ContactWrite::Insert(contact.clone())).await;
            assert_eq!(bed.store.contact(&tenant.scope, contact.id).await.unwrap(), Some(contact));
        }
    }
}

/// Times survive to the microsecond, before 1970 and far ahead as well.
pub async fn times_survive_to_the_microsecond(bed: TestBed) {
    let tenant = bed.tenant().await;
    let person = bed.person(&tenant, "Asha").await;
    let micros: [i64; 6] = [0, 1, 999_999, -1, 1_772_443_800_000_001, 4_102_444_800_123_457];
    for at in micros.map(|micros| -> DateTime<Utc> { Utc.timestamp_micros(micros).single().unwrap() }) {
        let mut task = bed.make.task(person.contact.id, "Call back");
        task.due_at = Some(at);
        task.created_at = at;
        bed.write(&tenant.scope, ContactWrite::InsertTask(task.clone())).await;
        let query = crate::contact::TaskQuery::default();
        let page = bed.store.tasks(&tenant.scope, &query, PageRequest::first(50)).await.unwrap();
        assert!(page.items.contains(&task), "{at}");
    }
}

fn shapes(bed: &TestBed) -> Vec<Content> {
    let contact = ContactCard {
        name: Some("Ravi".to_owned()),
        phones: vec![
            CardLine {
                value: "+44 7700 900111".to_owned(),
                label: Some("CELL".to_owned()),
                provider_id: Some("447700900111".to_owned()),
            },
            CardLine::plain(""),
        ],
        company: Some("Ravi & Söhne".to_owned()),
        own: true,
        ..ContactCard::default()
    };
    let parameters = TemplateSend {
        name: "order_sent".to_owned(),
        language: "en_GB".to_owned(),
        header: Some((HeaderFormat::Image, HeaderParameter::Link("https://shop.example/a.png".to_owned()))),
        body: vec![(Some("first_name".to_owned()), "Asha 🙏".to_owned()), (None, "B".to_owned())],
        buttons: vec![ButtonParameter { index: 1, kind: ButtonKind::Url, value: "order/1".to_owned() }],
    };
    let item = OrderItem {
        product: Some("p-1".to_owned()),
        quantity: Some(2.0),
        price: Some(19.95),
        currency: Some("GBP".to_owned()),
    };
    let bare = OrderItem { product: None, quantity: None, price: None, currency: None };
    vec![
        Content::Text { body: text("hello") },
        Content::Media {
            what: MediaKind::Document,
            media: bed.make.id(),
            caption: Some(text("the quote")),
            filename: Some("Angebot für Sie.pdf".to_owned()),
            link: None,
        },
        Content::Media {
            what: MediaKind::Voice,
            media: bed.make.id(),
            caption: None,
            filename: None,
            link: Some("https://files.example/1.ogg".to_owned()),
        },
        Content::Location {
            latitude: Some(51.477_928),
            longitude: Some(-0.001_545),
            name: Some("Greenwich".to_owned()),
            address: None,
            url: Some("https://places.example/greenwich".to_owned()),
        },
        Content::Location {
            latitude: None,
            longitude: None,
            name: None,
            address: Some("1 High Street".to_owned()),
            url: None,
        },
        Content::Contacts { cards: vec![contact] },
        Content::Choice {
            what: ChoiceKind::ListRow,
            id: "row-1".to_owned(),
            title: text("Tomorrow"),
            description: Some(text("Tuesday, 10:00")),
        },
        Content::Form { name: "booking".to_owned(), response: "{\"day\":\"Mon\"}".to_owned() },
        Content::CallPermission { accepted: true, expires_at: Some(1_772_443_800) },
        Content::Order { catalog: Some("c-1".to_owned()), text: None, items: vec![item, bare] },
        Content::Template {
            name: "order_sent".to_owned(),
            language: "en_GB".to_owned(),
            category: TemplateCategory::Utility,
            body: text("Hello Asha 🙏"),
            parameters,
        },
        Content::System { what: "user_changed_number".to_owned(), body: Some(text("moved")) },
        Content::Welcome,
        Content::Unsupported { what: "sparkle".to_owned(), raw: "{\"type\":\"sparkle\"}".to_owned() },
    ]
}

/// What a message answers and where it came from stays. What the provider sent beside it goes when the person changes
/// the message or takes it back.
pub async fn what_stands_around_a_message_survives_and_what_was_beside_it_goes_when_it_changes(bed: TestBed) {
    let tenant = bed.tenant().await;
    let person = bed.person(&tenant, "Asha").await;
    let referral = Referral {
        source_type: Some("ad".to_owned()),
        headline: Some("Ferns 🌿".to_owned()),
        click_id: Some("click-1".to_owned()),
        media_urls: vec!["https://ads.example/1.png".to_owned()],
        ..Referral::default()
    };
    let context = MessageContext {
        quoted: ExternalId::parse("scripted.not-here"),
        forwarded: Some(Forwarded::Often),
        referral: Some(Box::new(referral)),
        product: Some(ReferredProduct { catalog: None, product: Some("fern".to_owned()) }),
        group: Some("group-1".to_owned()),
    };
    let mut messages = Vec::new();
    for second in 1..=3 {
        let mut message = bed.make.inbound(&person.conversation, "hello", bed.at(second));
        message.context = context.clone();
        message.beside = Some(Sealed::from_bytes(vec![0, 1, 255, 2]));
        bed.write(&tenant.scope, bed.make.append(tenant.account.id, &message)).await;
        assert_eq!(bed.message(&tenant, message.id).await, message);
        messages.push(message);
    }
    let (edited, revoked) = (messages[1].id, messages[2].id);
    let content = || Box::new(Content::Welcome);
    let edit = |second, beside| ConversationWrite::Edit {
        message: edited,
        content: content(),
        beside,
        at: bed.at(second),
    };
    let revoke = ConversationWrite::Revoke { message: revoked, content: content(), at: bed.at(9) };
    let with_edit = Sealed::from_bytes(vec![7, 0, 9]);
    bed.write(&tenant.scope, edit(8, Some(with_edit.clone()))).await;
    assert_eq!(
        bed.message(&tenant, edited).await.beside,
        Some(with_edit),
        "what the edit held beside itself"
    );
    bed.write(&tenant.scope, edit(9, None)).await;
    bed.write(&tenant.scope, revoke).await;
    for id in [edited, revoked] {
        let kept = bed.message(&tenant, id).await;
        assert_eq!((&kept.context, &kept.beside), (&context, &None));
    }
    assert!(bed.message(&tenant, messages[0].id).await.beside.is_some());
}

/// Every shape of content survives, in a message and in the list.
pub async fn every_shape_of_content_survives(bed: TestBed) {
    let tenant = bed.tenant().await;
    let person = bed.person(&tenant, "Asha").await;
    for (second, content) in (0_i64..).zip(shapes(&bed)) {
        let mut message = bed.make.inbound(&person.conversation, "x", bed.at(second));
        message.content = content;
        bed.write(&tenant.scope, bed.make.append(tenant.account.id, &message)).await;
        assert_eq!(bed.message(&tenant, message.id).await, message);
        let entry = bed.store.inbox_entry(&tenant.scope, person.conversation.id).await.unwrap().unwrap();
        let last = entry.last.expect("the newest message");
        assert_eq!((last.id, last.kind.as_str()), (message.id, message.content.kind()));
        assert_eq!(last.display_text.as_ref().map(MessageText::reveal), message.content.display_text());
    }
}

/// All fields of an outbound message survive, those that are seldom set as well.
pub async fn every_field_of_a_message_survives(bed: TestBed) {
    let tenant = bed.tenant().await;
    let person = bed.person(&tenant, "Asha").await;
    let heard = bed.hears(&tenant, &person, "hello", bed.at(1)).await;
    let mut message: Message = bed.make.outbound(&person.conversation, "an answer", bed.at(2));
    message.received_at = bed.at(3);
    message.expires_at = Some(bed.at(86_400));
    message.external = Some(bed.make.external());
    message.reply_to = Some(heard.id);
    message.delivery.status = DeliveryStatus::Failed;
    message.delivery.failure = Some(FailureNote { code: "scripted.1".to_owned(), detail: None });
    bed.write(&tenant.scope, bed.make.append(tenant.account.id, &message)).await;
    assert_eq!(bed.message(&tenant, message.id).await, message);
    let page = PageRequest::first(10);
    let page = bed.store.messages(&tenant.scope, person.conversation.id, page).await.unwrap();
    assert_eq!(page.items, [message, heard]);
}

/// All fields of a file survive, in each state.
pub async fn every_field_of_a_file_survives(bed: TestBed) {
    let tenant = bed.tenant().await;
    let person = bed.person(&tenant, "Asha").await;
    let message = bed.hears(&tenant, &person, "hello", bed.at(1)).await;
    let stored = bed.make.media(tenant.org.id, tenant.account.id, &message);
    let mut bare = bed.make.media(tenant.org.id, tenant.account.id, &message);
    (bare.state, bare.what) = (MediaState::Pending, MediaKind::Sticker);
    (bare.mime, bare.filename, bare.size, bare.sha256) = (None, None, None, None);
    (bare.provider_id, bare.blob, bare.wrapped_key) = (None, None, None);
    for media in [&stored, &bare] {
        bed.write(&tenant.scope, MediaWrite::Insert(media.clone())).await;
        assert_eq!(bed.store.media(&tenant.scope, media.id).await.unwrap().as_ref(), Some(media));
    }
    let done = crate::media::Media { id: bare.id, ..stored.clone() };
    bed.write(&tenant.scope, MediaWrite::Update(done.clone())).await;
    let mut all = bed.store.media_of(&tenant.scope, &[message.id.into()]).await.unwrap();
    all.sort_by_key(|media| media.id);
    assert_eq!(all, [stored, done]);
}

/// Of two answers to two questions the later question's stays, whichever comes first; so does an empty one. When that was
/// asked is known.
pub async fn the_templates_that_were_asked_for_last_stay(bed: TestBed) {
    let tenant = bed.tenant().await;
    let account = tenant.account.id;
    let named = |name: &str| vec![bed.make.template(account, name, TemplateCategory::Utility)];
    let answer = |asked, templates| AccountWrite::Templates { account, asked_at: bed.at(asked), templates };
    let shown = async || -> Vec<String> {
        let all = bed.store.templates(&tenant.scope, account).await.unwrap();
        all.into_iter().map(|template| template.name).collect()
    };
    let asked_at = async || bed.store.templates_asked_at(&tenant.scope, account).await.unwrap();
    assert_eq!(asked_at().await, None);
    for (asked, name, wanted) in [(5, "second", "second"), (3, "first", "second"), (5, "again", "again")] {
        bed.write(&tenant.scope, answer(asked, named(name))).await;
        assert_eq!(shown().await, [wanted], "asked at {asked}");
        assert_eq!(asked_at().await, Some(bed.at(5)));
    }
    bed.write(&tenant.scope, answer(9, Vec::new())).await;
    bed.write(&tenant.scope, answer(8, named("late"))).await;
    assert!(shown().await.is_empty(), "none at all is an answer too");
}

/// Accounts, templates, organisations, members and keys survive whole, lists in their order.
pub async fn settings_survive_whole(bed: TestBed) {
    let tenant = bed.tenant().await;
    let mut account = bed.make.account(tenant.app.id);
    account.state = AccountState::NeedsLogin;
    account.base_url = Some("http://127.0.0.1:4010/v1/".parse().unwrap());
    account.display_number = None;
    account.checked_at = None;
    account.sms = Some(SmsSettings {
        enabled: false,
        dlt: Some(DltSender {
            entity: DltId::parse("1101123456789012345").unwrap(),
            header: SmsHeader::parse("DLZCRM").unwrap(),
        }),
        promotional_hours: QuietHours::checked(600, 1_140),
        segment_price: SegmentPrice::parse("0.25 INR").ok(),
    });
    bed.write(&tenant.scope, AccountWrite::Insert(Box::new(account.clone()))).await;
    assert_eq!(bed.store.accounts(&tenant.scope).await.unwrap(), [tenant.account.clone(), account.clone()]);
    assert_eq!(bed.store.account(&tenant.scope, account.id).await.unwrap(), Some(account.clone()));

    let mut rich = bed.make.template(account.id, "order_sent", TemplateCategory::Marketing);
    (rich.status, rich.format) = (TemplateStatus::Paused, ParameterFormat::Named);
    (rich.header, rich.header_text) = (Some(HeaderFormat::Text), Some("Hi {{name}}".to_owned()));
    rich.registration = DltId::parse("1107123456789012345").ok();
    (rich.footer, rich.quality) = (Some("Reply STOP".to_owned()), None);
    let url = Some("https://shop.example/{{1}}".to_owned());
    rich.buttons = vec![TemplateButton { kind: ButtonKind::Url, text: "Open 🛒".to_owned(), url }];
    let mut other = bed.make.template(account.id, "order_sent", TemplateCategory::Utility);
    other.language = "de".to_owned();
    let first = bed.make.template(account.id, "appointment", TemplateCategory::Utility);
    let templates = vec![rich.clone(), first.clone(), other.clone()];
    bed.write(&tenant.scope, AccountWrite::Templates { account: account.id, asked_at: bed.at(0), templates })
        .await;
    let kept = bed.store.templates(&tenant.scope, account.id).await.unwrap();
    assert_eq!(kept, [first, other.clone(), rich], "by name, then language");
    let write =
        AccountWrite::Templates { account: account.id, asked_at: bed.at(0), templates: vec![other.clone()] };
    bed.write(&tenant.scope, write).await;
    assert_eq!(bed.store.templates(&tenant.scope, account.id).await.unwrap(), [other], "replaced");

    let mut org = tenant.org.clone();
    let change = OrgChange {
        name: Title::parse("Corner shop & sons 🛒").ok(),
        zone: ZoneName::parse("Asia/Kolkata"),
        message_days: Some(30),
        marketing_cap: Some(0),
        country: Some(crate::phone::Region::parse("LK").ok()),
        recordings: Some(crate::call::RecordingRule::WhenAgreed),
        ..OrgChange::default()
    };
    change.apply(&mut org);
    bed.write(&tenant.scope, AccessWrite::ChangeOrg(change)).await;
    assert_eq!(bed.store.org(&tenant.scope).await.unwrap(), Some(org));
    let members: Vec<_> = Role::ALL.iter().map(|role| bed.make.member(bed.make.id(), *role)).collect();
    let mut key = bed.make.api_key();
    key.permissions = Permission::ALL.to_vec();
    for member in members.iter().rev() {
        let user = bed.make.user(&format!("{}@shop.example", member.user));
        let user = crate::access::User { id: member.user, ..user };
        bed.commit_system(SystemWrite::InsertUser(user)).await.unwrap();
        bed.write(&tenant.scope, AccessWrite::InsertMember(member.clone())).await;
    }
    bed.write(&tenant.scope, AccessWrite::InsertApiKey(key.clone())).await;
    assert_eq!(bed.store.members(&tenant.scope).await.unwrap(), members, "oldest first");
    let one = bed.store.member(&tenant.scope, members[2].id).await.unwrap();
    assert_eq!(one.as_ref(), Some(&members[2]));
    assert_eq!(bed.store.api_keys(&tenant.scope).await.unwrap(), [key]);
}

/// A conversation survives whole, with every mark set.
pub async fn every_field_of_a_conversation_survives(bed: TestBed) {
    let tenant = bed.tenant().await;
    let person = bed.person(&tenant, "Asha").await;
    let identity = bed.make.identity(person.contact.id, vec![crate::contact::Alias::Phone(bed.make.phone())]);
    bed.write(&tenant.scope, ContactWrite::Identity(identity.clone())).await;
    let mut talk = bed.make.conversation(tenant.account.id, &identity);
    talk.state = crate::conversation::ConversationState::Snoozed { until: bed.at(77) };
    (talk.assignee, talk.team) = (Some(bed.make.id()), Some(bed.make.id()));
    talk.last_at = bed.at(-5);
    (talk.waiting_since, talk.last_failed) = (Some(bed.at(-9)), true);
    let (answer, until) = (crate::call::PermissionAnswer::Granted, Some(bed.at(999)));
    talk.call_permission = Some(crate::call::CallPermission { answer, until, at: bed.at(-8) });
    bed.write(&tenant.scope, ConversationWrite::Insert(talk.clone())).await;
    assert_eq!(bed.store.conversation(&tenant.scope, talk.id).await.unwrap(), Some(talk));
}
