//! The one table of routes: method, path, need, sample, handler. Router, description and generated tests read it.

use axum::routing::{self, MethodRouter};
use dialzio_core::Permission;

use crate::state::AppState;
use crate::{api, health, hooks};

/// What a caller needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Nothing: health, the description, webhooks (whose signature is their credential).
    Nobody,
    /// To be signed in.
    Somebody,
    /// This permission.
    Permission(Permission),
}

/// One route.
#[derive(Debug, Clone, Copy)]
pub struct Route {
    /// Its stable name.
    pub name: &'static str,
    /// The method.
    pub method: Verb,
    /// The path template.
    pub path: &'static str,
    /// What a caller needs.
    pub need: Need,
    /// What it does, in a sentence.
    pub summary: &'static str,
    /// A body that would be accepted, for routes that take one.
    pub sample: Option<&'static str>,
    /// Fields of the form that it takes instead of JSON: names with a value that would be accepted. The first is the file.
    pub form: &'static [(&'static str, &'static str)],
    /// The largest body, in bytes.
    pub largest: usize,
    /// Names of its query.
    pub query: &'static [&'static str],
    /// `Idempotency-Key` is required.
    pub once: bool,
    /// `If-Match` is looked at: success has an `ETag`, and another revision is refused with 412 and the present one.
    pub revised: bool,
    /// The status of success.
    pub success: u16,
    /// The media type of success.
    pub answers: &'static str,
    /// The handler.
    pub handler: fn() -> MethodRouter<AppState>,
}

/// The methods that routes use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Reads.
    Get,
    /// Makes or does.
    Post,
    /// Changes.
    Patch,
    /// Removes.
    Delete,
}

impl Verb {
    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

impl Route {
    /// The group it belongs to: the first part of its path after the version.
    #[must_use]
    pub fn tag(&self) -> &'static str {
        let mut parts = self.path.split('/').filter(|part| !part.is_empty());
        match parts.next() {
            Some("v1") => parts.next().unwrap_or("v1"),
            Some(first) => first,
            None => "root",
        }
    }
}

/// The largest JSON body, in bytes. Source: reliability reference, 13.
const LARGEST_JSON: usize = 1024 * 1024;

macro_rules! routes {
    ($($name:literal $verb:ident $path:literal $need:expr, $summary:literal, $success:literal => $handler:path
        $(, sample $sample:literal)? $(, form [$($field:literal = $value:literal),+])? $(, largest $largest:expr)? $(, query [$($query:literal),*])? $(, once $once:literal)? $(, revised $revised:literal)? $(, answers $answers:literal)?;)+) => {
        &[$(Route {
            name: $name,
            method: routes!(@verb $verb),
            path: $path,
            need: $need,
            summary: $summary,
            sample: routes!(@option $($sample)?),
            form: &[$($(($field, $value)),+)?],
            largest: routes!(@largest $($largest)?),
            query: &[$($($query),*)?],
            once: routes!(@flag $($once)?),
            revised: routes!(@flag $($revised)?),
            success: $success,
            answers: routes!(@answers $($answers)?),
            handler: || routing::$verb($handler),
        }),+]
    };
    (@verb get) => { Verb::Get };
    (@verb post) => { Verb::Post };
    (@verb patch) => { Verb::Patch };
    (@verb delete) => { Verb::Delete };
    (@option) => { None };
    (@option $sample:literal) => { Some($sample) };
    (@largest) => { LARGEST_JSON };
    (@largest $largest:expr) => { $largest };
    (@flag) => { false };
    (@flag $flag:literal) => { $flag };
    (@answers) => { "application/json" };
    (@answers $answers:literal) => { $answers };
}

use Need::{Nobody, Somebody};
use Permission as P;

const fn needs(permission: Permission) -> Need {
    Need::Permission(permission)
}

/// Every route of the API.
pub static ROUTES: &[Route] = routes! {
    "live" get "/livez" Nobody, "The process turns", 200 => health::live;
    "ready" get "/readyz" Nobody, "The store can be read and takes writes", 200 => health::ready;
    "openapi" get "/openapi.json" Nobody, "This description", 200 => api::document;
    "hooks.check" get "/hooks/{hook}" Nobody, "Subscription check of a provider", 200 => hooks::receive,
        query ["hub.mode", "hub.challenge", "hub.verify_token"], answers "text/plain";
    "hooks.receive" post "/hooks/{hook}" Nobody, "A webhook of a provider", 200 => hooks::receive, answers "text/plain";

    "me" get "/v1/me" Somebody, "Who is asking, and what they may do", 200 => api::organisation::me;
    "organisation.get" get "/v1/organisation" needs(P::MembersRead), "The organisation and its settings", 200 => api::organisation::get;
    "organisation.change" patch "/v1/organisation" needs(P::SettingsManage), "Change settings", 200 => api::organisation::change,
        sample r#"{"zone":"Asia/Kolkata","marketing_cap":3,"message_days":365,"quiet_from":"10:00","quiet_until":"19:00"}"#, revised true;
    "members.list" get "/v1/members" needs(P::MembersRead), "Who works here", 200 => api::organisation::members;
    "members.invite" post "/v1/members" needs(P::MembersManage), "Invite somebody; the link is shown once", 201 => api::organisation::invite,
        sample r#"{"email":"ravi@example.com","role":"agent"}"#;
    "keys.list" get "/v1/keys" needs(P::MembersManage), "API keys, without their secrets", 200 => api::organisation::keys;
    "keys.get" get "/v1/keys/{key}" needs(P::MembersManage), "One API key, without its secret", 200 => api::organisation::key;
    "keys.create" post "/v1/keys" needs(P::MembersManage), "Make an API key; it is shown once", 201 => api::organisation::create_key,
        sample r#"{"name":"Website","permissions":["contacts.read"]}"#;
    "keys.revoke" delete "/v1/keys/{key}" needs(P::MembersManage), "Revoke an API key", 200 => api::organisation::revoke_key, revised true;
    "audit.list" get "/v1/audit" needs(P::AuditRead), "The audit log", 200 => api::organisation::audit, query ["cursor", "limit"];
    "audit.verify" get "/v1/audit/verification" needs(P::AuditRead), "Recompute the chain of the audit log", 200 => api::organisation::verify_audit;

    "contacts.list" get "/v1/contacts" needs(P::ContactsRead), "Contacts by name, or those that match", 200 => api::contacts::list,
        query ["q", "stage", "cursor", "limit"];
    "contacts.create" post "/v1/contacts" needs(P::ContactsWrite), "Make a contact", 201 => api::contacts::create,
        sample r#"{"name":"Asha Rao","details":[{"kind":"phone","value":"+919840012345","label":"mobile"}],"tags":["vip"],"stage":"new"}"#;
    "contacts.get" get "/v1/contacts/{contact}" needs(P::ContactsRead), "One contact", 200 => api::contacts::get;
    "contacts.change" patch "/v1/contacts/{contact}" needs(P::ContactsWrite), "Change a contact", 200 => api::contacts::change,
        sample r#"{"name":"Asha R.","stage":"customer"}"#, revised true;
    "contacts.identities" get "/v1/contacts/{contact}/identities" needs(P::ContactsRead), "How a contact is known at providers", 200 => api::contacts::identities;
    "contacts.settle_doubt" post "/v1/contacts/{contact}/identities/{identity}/doubt" needs(P::ContactsWrite), "Say who writes from a number that its person had given up", 200 => api::contacts::settle_doubt,
        sample r#"{"answer":"same_person"}"#;
    "notes.list" get "/v1/contacts/{contact}/notes" needs(P::ContactsRead), "Notes, newest first", 200 => api::contacts::notes, query ["cursor", "limit"];
    "notes.create" post "/v1/contacts/{contact}/notes" needs(P::ContactsWrite), "Write a note", 201 => api::contacts::add_note,
        sample r#"{"text":"Prefers calls after six."}"#;
    "tasks.list" get "/v1/contacts/{contact}/tasks" needs(P::ContactsRead), "Follow-ups, oldest first", 200 => api::contacts::tasks, query ["cursor", "limit"];
    "tasks.create" post "/v1/contacts/{contact}/tasks" needs(P::ContactsWrite), "Make a follow-up", 201 => api::contacts::add_task,
        sample r#"{"title":"Call about delivery","due_at":"2030-01-01T10:00:00Z"}"#;
    "tasks.get" get "/v1/contacts/{contact}/tasks/{task}" needs(P::ContactsRead), "One follow-up", 200 => api::contacts::task;
    "tasks.change" patch "/v1/contacts/{contact}/tasks/{task}" needs(P::ContactsWrite), "Tick a follow-up off", 200 => api::contacts::change_task,
        sample r#"{"done":true}"#, revised true;
    "consents.list" get "/v1/contacts/{contact}/consents" needs(P::ConsentRead), "The consent ledger of a contact", 200 => api::consents::list, query ["cursor", "limit"];
    "consents.state" get "/v1/contacts/{contact}/consents/state" needs(P::ConsentRead), "What counts now", 200 => api::consents::state;
    "consents.record" post "/v1/contacts/{contact}/consents" needs(P::ConsentWrite), "Record that somebody agreed", 201 => api::consents::record,
        sample r#"{"channel":"whatsapp","scope":"marketing","evidence":{"kind":"web_form","note":"Newsletter form on the website, 2 March 2026"},"occurred_at":"2026-03-02T10:00:00Z"}"#;
    "consents.withdraw" post "/v1/contacts/{contact}/consents/withdrawals" needs(P::ConsentWrite), "Record that somebody took it back", 201 => api::consents::withdraw,
        sample r#"{"channel":"whatsapp","scope":"marketing","evidence":{"kind":"call","note":"Asked on the telephone"},"occurred_at":"2026-03-02T10:00:00Z"}"#;
    "contacts.open" post "/v1/contacts/{contact}/conversations" needs(P::ConversationsWrite), "Open a conversation with a contact", 201 => api::conversations::open,
        sample r#"{"account":"01890000-0000-7000-8000-000000000000"}"#;

    "conversations.list" get "/v1/conversations" needs(P::ConversationsRead), "One page of a queue, newest first", 200 => api::conversations::list,
        query ["state", "assignee", "cursor", "limit"];
    "conversations.get" get "/v1/conversations/{conversation}" needs(P::ConversationsRead), "One conversation", 200 => api::conversations::get;
    "conversations.change" patch "/v1/conversations/{conversation}" needs(P::ConversationsWrite), "Assign, snooze, close or reopen", 200 => api::conversations::change,
        sample r#"{"state":"closed"}"#, revised true;
    "conversations.claim" post "/v1/conversations/{conversation}/claim" needs(P::ConversationsWrite), "Take a conversation that nobody has; one of several wins", 200 => api::conversations::claim,
        sample r#"{}"#, revised true;
    "conversations.read" post "/v1/conversations/{conversation}/read" needs(P::ConversationsWrite), "Mark as read", 204 => api::conversations::read;
    "conversations.preview" get "/v1/conversations/{conversation}/permissions" needs(P::ConversationsRead), "What the consent gate would say now", 200 => api::conversations::preview;
    "conversations.activity" get "/v1/conversations/{conversation}/activity" needs(P::ConversationsRead), "What was done with it, newest first", 200 => api::conversations::activity, query ["cursor", "limit"];
    "messages.list" get "/v1/conversations/{conversation}/messages" needs(P::ConversationsRead), "Messages, newest first", 200 => api::messages::list, query ["cursor", "limit"];
    "messages.send" post "/v1/conversations/{conversation}/messages" needs(P::MessagesSend), "Send a message", 202 => api::messages::send,
        sample r#"{"text":"On our way"}"#, once true;
    "messages.send_file" post "/v1/conversations/{conversation}/files" needs(P::MessagesSend), "Send a file, with words under it", 202 => api::messages::send_file,
        form ["file" = "On our way", "caption" = "As agreed", "reply_to" = ""], largest crate::form::LARGEST, once true;
    "messages.get" get "/v1/messages/{message}" needs(P::ConversationsRead), "One message", 200 => api::messages::get;
    "messages.beside" get "/v1/messages/{message}/beside" needs(P::ConversationsRead), "What the provider sent with a message and nothing else shows", 200 => api::messages::beside;
    "messages.cancel" post "/v1/messages/{message}/cancellation" needs(P::MessagesSend), "Take a waiting message back", 200 => api::messages::cancel, revised true;
    "messages.settle" post "/v1/messages/{message}/outcome" needs(P::MessagesSend), "Settle a message whose outcome nobody knows", 200 => api::messages::settle,
        sample r#"{"sent":false}"#, revised true;
    "media.get" get "/v1/media/{media}" needs(P::MediaRead), "The bytes of a file; ranges are served", 200 => api::media::get, answers "application/octet-stream";

    "apps.list" get "/v1/apps" needs(P::AccountsRead), "Registered apps", 200 => api::accounts::apps;
    "apps.create" post "/v1/apps" needs(P::AccountsManage), "Register an app; answers the address for its webhooks", 201 => api::accounts::create_app,
        sample r#"{"provider":"whatsapp","name":"Shop app","app_secrets":["0123456789abcdef"],"verify_token":"a-long-token"}"#;
    "accounts.list" get "/v1/accounts" needs(P::AccountsRead), "Connected accounts", 200 => api::accounts::list;
    "accounts.get" get "/v1/accounts/{account}" needs(P::AccountsRead), "One connected account", 200 => api::accounts::get;
    "accounts.create" post "/v1/accounts" needs(P::AccountsManage), "Connect a number", 201 => api::accounts::connect,
        sample r#"{"app":"01890000-0000-7000-8000-000000000000","name":"Shop line","phone_number_id":"1234567","business_account_id":"7654321","token":"secret"}"#;
    "accounts.check" post "/v1/accounts/{account}/check" needs(P::AccountsManage), "Check an account's token", 200 => api::accounts::check, revised true;
    "templates.list" get "/v1/accounts/{account}/templates" needs(P::AccountsRead), "Templates as last fetched", 200 => api::accounts::templates;
    "templates.sync" post "/v1/accounts/{account}/templates/sync" needs(P::AccountsManage), "Fetch templates now", 200 => api::accounts::sync_templates;

    "waiting.list" get "/v1/waiting" needs(P::QuarantineManage), "What arrived and waits for its message or its turn, oldest first", 200 => api::quarantine::waiting, query ["cursor", "limit"];
    "quarantine.list" get "/v1/quarantine" needs(P::QuarantineManage), "What could not be used, newest first", 200 => api::quarantine::list, query ["cursor", "limit"];
    "quarantine.get" get "/v1/quarantine/{item}" needs(P::QuarantineManage), "One item with its bytes", 200 => api::quarantine::get;
    "quarantine.replay" post "/v1/quarantine/{item}/replay" needs(P::QuarantineManage), "Take it through the normal path again", 204 => api::quarantine::replay;
    "quarantine.discard" delete "/v1/quarantine/{item}" needs(P::QuarantineManage), "Throw it away", 204 => api::quarantine::discard;

    "events" get "/v1/events" needs(P::EventsRead), "Live events; resumes by Last-Event-ID", 200 => api::events::stream, answers "text/event-stream";
};
