//! The one table of routes: method, path, need, sample, handler. Router, description and generated tests read it. What a
//! route takes and answers follows from the types of its handler.

use axum::routing::{self, MethodRouter};
use dialzio_core::Permission;
use utoipa::openapi::path::ParameterIn;

use crate::operation::{self, Draft};
use crate::state::AppState;
use crate::{api, call_answer, health, hooks};

/// What a caller needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Nothing: health, the description, webhooks (whose signature is their credential).
    Public,
    /// To be signed in.
    SignedIn,
    /// The caller needs this permission.
    Permission(Permission),
}

/// A route of the API with all that OpenAPI and the tests need.
#[derive(Debug, Clone, Copy)]
pub struct Route {
    /// Its stable name.
    pub name: &'static str,
    /// The HTTP method.
    pub method: Verb,
    /// The path template.
    pub path: &'static str,
    /// What a caller needs.
    pub need: Need,
    /// What it does, in a few words.
    pub summary: &'static str,
    /// A body that would be accepted, for routes that take one.
    pub sample: Option<&'static str>,
    /// Fields of the form that it takes instead of JSON: names with a value that would be accepted. The first is the file.
    pub form: &'static [(&'static str, &'static str)],
    /// The largest body, in bytes.
    pub largest: usize,
    /// `Idempotency-Key` is required.
    pub once: bool,
    /// `If-Match` is looked at: success has an `ETag`, and another revision is refused with 412 and the present one.
    pub revised: bool,
    /// The status of success.
    pub success: u16,
    /// The media type of success; empty if it has no content.
    pub answers: &'static str,
    /// Codes of problems that it may answer, beside those that follow from what it takes.
    pub problems: &'static [&'static str],
    /// Makes the handler of the route.
    pub handler: fn() -> MethodRouter<AppState>,
}

/// The methods that routes use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// `GET`: reads, and changes nothing.
    Get,
    /// Makes or does.
    Post,
    /// `PUT`: puts a record in the place of the one before.
    Put,
    /// `PATCH`: changes some fields of a record.
    Patch,
    /// `DELETE`: removes a record.
    Delete,
}

impl Verb {
    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

impl Route {
    /// What its handler takes and answers.
    #[must_use]
    pub fn draft(&self) -> Draft {
        let place = ROUTES.iter().position(|route| route.name == self.name);
        place.and_then(|place| DRAFTS.get(place)).map_or_else(Draft::default, |draft| draft())
    }

    /// The names of its query.
    #[must_use]
    pub fn query(&self) -> Vec<String> {
        let parameters = self.draft().parameters.into_iter();
        parameters.filter(|one| one.parameter_in == ParameterIn::Query).map(|one| one.name).collect()
    }

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

/// The largest JSON body, in bytes.
const LARGEST_JSON: usize = 1024 * 1024;

macro_rules! routes {
    ($($name:literal $verb:ident $path:literal $need:expr, $summary:literal, $success:literal => $handler:path
        $(, sample $sample:literal)? $(, form [$($field:literal = $value:literal),+])? $(, largest $largest:expr)? $(, problems [$($code:literal),+])?;)+) => {
        /// Every route of the API.
        pub static ROUTES: &[Route] = &[$(Route {
            name: $name,
            method: routes!(@verb $verb),
            path: $path,
            need: $need,
            summary: $summary,
            sample: routes!(@option $($sample)?),
            form: &[$($(($field, $value)),+)?],
            largest: routes!(@largest $($largest)?),
            problems: &[$($($code),+)?],
            once: operation::once(&$handler),
            revised: operation::revised(&$handler),
            success: $success,
            answers: operation::media_type(&$handler),
            handler: || routing::$verb($handler),
        }),+];

        /// What the handlers take and answer, in the order of the routes. Apart from them, so that a server, which has the
        /// document ready, does not carry what makes it.
        static DRAFTS: &[fn() -> Draft] = &[$(|| Draft::of(&$handler)),+];
    };
    (@verb get) => { Verb::Get };
    (@verb post) => { Verb::Post };
    (@verb put) => { Verb::Put };
    (@verb patch) => { Verb::Patch };
    (@verb delete) => { Verb::Delete };
    (@option) => { None };
    (@option $sample:literal) => { Some($sample) };
    (@largest) => { LARGEST_JSON };
    (@largest $largest:expr) => { $largest };
}

use Need::{Public, SignedIn};
use Permission as P;

const fn needs(permission: Permission) -> Need {
    Need::Permission(permission)
}

routes! {
    "live" get "/livez" Public, "Liveness probe", 200 => health::live;
    "ready" get "/readyz" Public, "Readiness probe: the store can be read and accepts writes", 200 => health::ready;
    "openapi" get "/openapi.json" Public, "The OpenAPI document of this API", 200 => api::document;
    "hooks.check" get "/hooks/{hook}" Public, "Subscription check of a provider", 200 => hooks::check;
    "hooks.receive" post "/hooks/{hook}" Public, "Receive a webhook of a provider", 200 => hooks::receive;
    "hooks.answer_by_query" get "/hooks/{hook}/answer" Public, "Answer a provider that asks by the query what to do with a call that comes in", 200 => call_answer::asked_by_query;
    "hooks.answer" post "/hooks/{hook}/answer" Public, "Answer a provider that asks what to do with a call that comes in", 200 => call_answer::asked;

    "me" get "/v1/me" SignedIn, "The caller and its permissions", 200 => api::profile::me;
    "me.change" patch "/v1/me" SignedIn, "Change the caller's own name; members only", 200 => api::profile::change,
        sample r#"{"name":"Ravi Kumar"}"#,
        problems ["member.not_found"];
    "me.password" put "/v1/me/password" SignedIn, "Change the caller's own password, which ends their other sessions; members with a session only", 204 => api::profile::change_password,
        sample r#"{"current":"seven brown otters swim upstream 7","password":"staple battery horse correct 8"}"#,
        problems ["access.busy", "access.too_many_attempts", "member.conflict", "member.not_found"];
    "me.email_confirmation" get "/v1/me/email-confirmation" SignedIn, "Whether the caller's address is confirmed", 200 => api::profile::confirmation,
        problems ["member.not_found"];
    "me.email_confirmation.send" post "/v1/me/email-confirmation" SignedIn, "Mail the caller a link that confirms their address; members only", 204 => api::profile::send_confirmation,
        problems ["access.busy", "access.too_many_attempts", "input.invalid", "mail.not_set_up", "member.not_found"];
    "me.organisations" get "/v1/me/organisations" SignedIn, "List the organisations that the caller works in, the one used last first", 200 => api::own_organisations::list,
        problems ["member.not_found"];
    "me.switch" put "/v1/me/organisation" SignedIn, "Move the caller's session to another organisation of theirs, with a new token; members with a session only", 204 => api::own_organisations::switch,
        sample r#"{"organisation":"01890000-0000-7000-8000-000000000000"}"#,
        problems ["input.invalid", "organisation.not_found"];
    "me.sessions" get "/v1/me/sessions" SignedIn, "List the caller's own sessions, the one used last first", 200 => api::profile::sessions;
    "me.end_sessions" delete "/v1/me/sessions" SignedIn, "End the caller's own sessions but the one that asks; members only", 204 => api::profile::end_sessions,
        problems ["input.invalid"];
    "me.end_session" delete "/v1/me/sessions/{session}" SignedIn, "End one of the caller's own sessions", 204 => api::profile::end_session;
    "me.passkeys" get "/v1/me/passkeys" SignedIn, "List the caller's passkeys, oldest first", 200 => api::passkeys::list,
        problems ["member.not_found"];
    "me.passkeys.begin" post "/v1/me/passkeys/challenge" SignedIn, "Ask the caller's browser for a new passkey; members only", 200 => api::passkeys::begin,
        sample r#"{"password":"seven brown otters swim upstream 7"}"#,
        problems ["access.busy", "access.too_many_attempts", "member.not_found", "passkey.not_available"];
    "me.passkeys.add" post "/v1/me/passkeys" SignedIn, "Add the passkey that the caller's browser has made; members only", 201 => api::passkeys::add,
        sample r#"{"name":"Work laptop","state":"AQ","credential":{}}"#,
        problems ["member.not_found", "passkey.not_available"];
    "me.passkeys.remove" delete "/v1/me/passkeys/{passkey}" SignedIn, "Remove one of the caller's passkeys", 204 => api::passkeys::remove,
        problems ["input.invalid", "member.not_found"];
    "me.second_factor" get "/v1/me/second-factor" SignedIn, "Whether the caller has a second factor", 200 => api::second_factor::get,
        problems ["input.invalid", "member.not_found"];
    "me.second_factor.begin" post "/v1/me/second-factor" SignedIn, "Make a secret for the caller's second factor, which a code confirms; members only", 201 => api::second_factor::begin,
        sample r#"{"password":"seven brown otters swim upstream 7"}"#,
        problems ["access.busy", "access.too_many_attempts", "member.not_found"];
    "me.second_factor.confirm" post "/v1/me/second-factor/confirmation" SignedIn, "Turn the caller's second factor on with a first code, which ends their other sessions; the recovery codes are shown once; members with a session only", 200 => api::second_factor::confirm,
        sample r#"{"code":"123456"}"#,
        problems ["access.too_many_attempts", "member.not_found"];
    "me.second_factor.codes" post "/v1/me/second-factor/recovery-codes" SignedIn, "Make new recovery codes for the caller, shown once; members only", 200 => api::second_factor::renew_codes,
        sample r#"{"code":"123456"}"#,
        problems ["access.too_many_attempts", "member.not_found"];
    "me.second_factor.end" delete "/v1/me/second-factor" SignedIn, "Turn the caller's second factor off, which ends their other sessions; members with a session only", 204 => api::second_factor::end,
        sample r#"{"password":"seven brown otters swim upstream 7","code":"123456"}"#,
        problems ["access.busy", "access.too_many_attempts", "member.not_found"];
    "me.usage" get "/v1/me/usage" SignedIn, "List the caller's own use of pages, newest first; of an address the network is left after 30 days, and nothing is left after 90", 200 => api::usage::own;
    "me.news" get "/v1/me/news" SignedIn, "List what the operator of the server tells all who sign in, newest first; product news only if the caller takes it", 200 => api::news::list;
    "me.news.status" get "/v1/me/news/status" SignedIn, "Count the news that the caller has not read, and say whether they take product news", 200 => api::news::status;
    "me.news.read" put "/v1/me/news/read" SignedIn, "Mark news as read, up to one; members only", 204 => api::news::read,
        sample r#"{"up_to":"01890000-0000-7000-8000-000000000000"}"#,
        problems ["input.invalid", "service_update.not_found"];
    "me.news.choose" put "/v1/me/news/choice" SignedIn, "Turn product news on or off for the caller; other kinds always arrive; members only", 204 => api::news::choose,
        sample r#"{"product":false}"#,
        problems ["input.invalid"];
    "organisation.get" get "/v1/organisation" needs(P::MembersRead), "Get the organisation and its settings", 200 => api::organisation::get,
        problems ["organisation.not_found"];
    "organisation.change" patch "/v1/organisation" needs(P::SettingsManage), "Change the settings", 200 => api::organisation::change,
        sample r#"{"zone":"Asia/Kolkata","marketing_cap":3,"message_days":365,"quiet_from":"10:00","quiet_until":"19:00"}"#,
        problems ["organisation.conflict", "organisation.not_found", "organisation.stale"];
    "organisation.usage" get "/v1/org/usage" needs(P::SettingsManage), "How the organisation used its pages in 90 days: numbers of members, none of fewer than five", 200 => api::usage::summary;
    "members.list" get "/v1/members" needs(P::MembersRead), "List members", 200 => api::members::list;
    "members.invite" post "/v1/members" needs(P::MembersManage), "Invite a member; the link is shown once, and mailed if the server sends mail", 201 => api::members::invite,
        sample r#"{"email":"ravi@example.com","role":"agent"}"#,
        problems ["access.busy", "invitation.conflict"];
    "members.get" get "/v1/members/{member}" needs(P::MembersRead), "Get a member", 200 => api::members::get;
    "members.change" patch "/v1/members/{member}" needs(P::MembersManage), "Change the role of a member, or how much they see", 200 => api::members::change,
        sample r#"{"role":"viewer","visibility":"team"}"#,
        problems ["member.conflict"];
    "members.deactivate" post "/v1/members/{member}/deactivation" needs(P::MembersManage), "Deactivate a member: sessions and keys end, open conversations and follow-ups are handed over", 200 => api::members::deactivate,
        sample r#"{"hand_over_to":null}"#,
        problems ["member.conflict"];
    "members.activate" post "/v1/members/{member}/activation" needs(P::MembersManage), "Let a member who was deactivated come in again", 200 => api::members::activate,
        problems ["input.invalid", "member.conflict"];
    "identity_providers.list" get "/v1/identity-providers" needs(P::SignOnManage), "List identity providers", 200 => api::identity_providers::list;
    "identity_providers.get" get "/v1/identity-providers/{identity_provider}" needs(P::SignOnManage), "Get an identity provider", 200 => api::identity_providers::get;
    "identity_providers.create" post "/v1/identity-providers" needs(P::SignOnManage), "Add an identity provider", 201 => api::identity_providers::add,
        sample r#"{"name":"Work","issuer":"https://login.example.com","client_id":"dialzio","client_secret":"a secret"}"#,
        problems ["input.invalid"];
    "identity_providers.check" post "/v1/identity-providers/{identity_provider}/check" needs(P::SignOnManage), "Read the settings of an identity provider, to know that it can be used", 200 => api::identity_providers::check,
        problems ["access.busy"];
    "identity_providers.change" patch "/v1/identity-providers/{identity_provider}" needs(P::SignOnManage), "Change an identity provider; another issuer forgets who signed in at the one before", 200 => api::identity_providers::change,
        sample r#"{"name":"Work"}"#,
        problems ["identity_provider.conflict", "input.invalid"];
    "identity_providers.delete" delete "/v1/identity-providers/{identity_provider}" needs(P::SignOnManage), "Remove an identity provider", 204 => api::identity_providers::delete,
        problems ["identity_provider.conflict"];
    "teams.list" get "/v1/teams" needs(P::MembersRead), "List teams", 200 => api::teams::list;
    "teams.get" get "/v1/teams/{team}" needs(P::MembersRead), "Get a team", 200 => api::teams::get;
    "teams.create" post "/v1/teams" needs(P::MembersManage), "Add a team", 201 => api::teams::add,
        sample r#"{"name":"Support","members":[]}"#;
    "teams.change" patch "/v1/teams/{team}" needs(P::MembersManage), "Change a team", 200 => api::teams::change,
        sample r#"{"name":"Sales"}"#,
        problems ["team.conflict"];
    "teams.delete" delete "/v1/teams/{team}" needs(P::MembersManage), "Delete a team", 204 => api::teams::delete,
        problems ["team.conflict"];
    "support.list" get "/v1/support/requests" needs(P::MembersRead), "List requests for help to the operator of the server, newest first: the caller's own, or all for who may manage settings", 200 => api::support::list;
    "support.get" get "/v1/support/requests/{support_request}" needs(P::MembersRead), "Get a request for help with its messages", 200 => api::support::get;
    "support.open" post "/v1/support/requests" needs(P::MembersRead), "Ask the operator of the server for help; members only", 201 => api::support::open,
        sample r#"{"subject":"Calls are silent","text":"Since this morning nobody hears us."}"#,
        problems ["input.invalid"];
    "support.reply" post "/v1/support/requests/{support_request}/messages" needs(P::MembersRead), "Write a further message in a request for help, which opens a closed one again; members only", 201 => api::support::reply,
        sample r#"{"text":"It works again, thank you."}"#,
        problems ["input.invalid", "support_request.conflict"];
    "support.close" post "/v1/support/requests/{support_request}/closing" needs(P::MembersRead), "Close a request for help", 200 => api::support::close,
        problems ["support_request.conflict"];
    "members.reset_second_factor" delete "/v1/members/{member}/second-factor" needs(P::MembersManage), "Take the second factor of a member away, which ends their sessions", 204 => api::second_factor::reset,
        problems ["input.invalid", "member.conflict"];
    "invitations.list" get "/v1/invitations" needs(P::MembersManage), "List invitations that can be accepted, oldest first", 200 => api::members::invitations;
    "invitations.renew" post "/v1/invitations/{invitation}/renewal" needs(P::MembersManage), "Make a new link for an invitation; the link is shown once, and mailed if the server sends mail", 201 => api::members::renew,
        problems ["access.busy", "input.invalid", "invitation.conflict"];
    "invitations.revoke" delete "/v1/invitations/{invitation}" needs(P::MembersManage), "Take an invitation back", 204 => api::members::revoke,
        problems ["input.invalid"];
    "keys.list" get "/v1/keys" needs(P::MembersManage), "List API keys, without their secrets", 200 => api::keys::list;
    "keys.get" get "/v1/keys/{key}" needs(P::MembersManage), "Get an API key, without its secret", 200 => api::keys::get;
    "keys.create" post "/v1/keys" needs(P::MembersManage), "Create an API key; its secret is shown once", 201 => api::keys::create,
        sample r#"{"name":"Website","permissions":["contacts.read"]}"#;
    "keys.change" patch "/v1/keys/{key}" needs(P::MembersManage), "Rename an API key, or change from which addresses it may be used", 200 => api::keys::change,
        sample r#"{"allowed_from":["192.0.2.0/24"]}"#,
        problems ["api_key.conflict"];
    "keys.rotate" post "/v1/keys/{key}/rotation" needs(P::MembersManage), "Make another API key in the place of one, which goes on working for some hours", 201 => api::keys::rotate,
        sample r#"{"overlap_hours":24}"#,
        problems ["api_key.conflict"];
    "keys.revoke" delete "/v1/keys/{key}" needs(P::MembersManage), "Revoke an API key", 200 => api::keys::revoke;
    "calls.list" get "/v1/calls" needs(P::CallsRead), "List calls, newest first", 200 => api::calls::list,
        problems ["organisation.not_found"];
    "calls.export" get "/v1/calls/export" needs(P::CallsRead), "The rows of the call log as a table of comma-separated values", 200 => api::call_export::get,
        problems ["organisation.not_found"];
    "calls.get" get "/v1/calls/{call}" needs(P::CallsRead), "Get a call with its legs", 200 => api::calls::get;
    "calls.place" post "/v1/calls" needs(P::CallsWrite), "Place a call, if the gate allows it", 202 => api::calls::place,
        sample r#"{"number":"+919876543210","purpose":"service"}"#,
        problems ["account.cannot_call", "account.no_provider", "account.not_found", "account.not_routable", "contact.not_found", "organisation.not_found",
            "call.emergency_number", "call.own_number", "call.permission_ended", "call.permission_missing", "call.permission_refused", "call.premium_number", "consent.doubtful", "consent.expired", "consent.minor", "consent.no_relation",
            "consent.refused", "consent.registry", "consent.restricted", "consent.suppressed", "consent.unknown", "consent.withdrawn", "hours.calling"];
    "calls.preview" post "/v1/calls/preview" needs(P::CallsRead), "What the gate would say now to a call", 200 => api::calls::preview,
        sample r#"{"number":"+919876543210","purpose":"service"}"#,
        problems ["account.cannot_call", "account.no_provider", "account.not_found", "account.not_routable", "contact.not_found", "organisation.not_found"];
    "calls.change" patch "/v1/calls/{call}" needs(P::CallsWrite), "Say what became of a call, and whose it is", 200 => api::calls::change,
        sample r#"{"note":"Wants a call on Tuesday"}"#,
        problems ["call.conflict", "call.stale", "contact.not_found", "disposition.not_found"];
    "calls.control" post "/v1/calls/{call}/control" needs(P::CallsWrite), "End, hold or resume a call in progress", 204 => api::calls::control,
        sample r#"{"action":"hang_up"}"#,
        problems ["account.no_provider", "account.not_found", "account.unsupported", "provider.*"];
    "calls.recordings" get "/v1/calls/{call}/recordings" needs(P::CallsRead), "List the recordings and voicemails of a call", 200 => api::calls::recordings,
        problems ["organisation.not_found"];
    "calls.recording" get "/v1/calls/{call}/recordings/{recording}" needs(P::MediaRead), "Get the bytes of a recording, which is audited", 200 => api::calls::recording;
    "calls.delete_recording" delete "/v1/calls/{call}/recordings/{recording}" needs(P::MediaDelete), "Delete a recording before its time", 204 => api::calls::delete_recording,
        problems ["media.not_found"];
    "recordings.preview" post "/v1/recordings/preview" needs(P::MediaDelete), "Count the recordings of a person or a period, before they are deleted", 200 => api::recordings::preview,
        sample r#"{"since":"2026-01-01T00:00:00Z","until":"2026-02-01T00:00:00Z"}"#,
        problems ["contact.not_found"];
    "recordings.delete" post "/v1/recordings/deletion" needs(P::MediaDelete), "Delete the recordings of a person or a period that were counted", 200 => api::recordings::delete,
        sample r#"{"since":"2026-01-01T00:00:00Z","until":"2026-02-01T00:00:00Z","seen":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}"#,
        problems ["contact.not_found", "media.stale"];
    "calls.missed" get "/v1/missed-calls" needs(P::CallsRead), "List missed calls that wait to be called back, newest first", 200 => api::calls::missed;
    "reports.calls" get "/v1/reports/calls" needs(P::CallsRead), "Sums of calls by hour of the day, member and outcome", 200 => api::call_reports::get,
        problems ["organisation.not_found"];
    "agents.list" get "/v1/accounts/{account}/agents" needs(P::AccountsRead), "List the users of a telephone system, as they were listed last", 200 => api::call_agents::list;
    "agents.sync" post "/v1/accounts/{account}/agents/sync" needs(P::AccountsManage), "List the users of a telephone system anew at the provider", 200 => api::call_agents::sync,
        problems ["account.no_provider", "account.unsupported", "organisation.not_found", "provider.*"];
    "agents.add" post "/v1/accounts/{account}/agents" needs(P::AccountsManage), "Add a telephone that is rung for a member, where a telephone system lists no users", 201 => api::call_agents::add,
        sample r#"{"name":"Front desk","phone":"+919876500009","member":null}"#,
        problems ["account.no_provider", "account.unsupported", "member.not_found"];
    "agents.map" patch "/v1/accounts/{account}/agents" needs(P::AccountsManage), "Say which member a user of a telephone system is", 200 => api::call_agents::map,
        sample r#"{"agent":"101_2222223","member":null}"#,
        problems ["call_agent.not_found", "member.not_found"];
    "call_flows.list" get "/v1/call-flows" needs(P::AccountsRead), "List call flows by name", 200 => api::call_flows::list;
    "call_flows.get" get "/v1/call-flows/{call_flow}" needs(P::AccountsRead), "Get a call flow", 200 => api::call_flows::get;
    "call_flows.create" post "/v1/call-flows" needs(P::SettingsManage), "Add a call flow, which is checked before it is saved", 201 => api::call_flows::add,
        sample r#"{"account":"01890000-0000-7000-8000-000000000000","name":"Front desk","enabled":false,"definition":{"greeting":{"say":"Welcome."},"ring":{"targets":[{"number":"+919876500009"}],"strategy":"in_order","seconds":20},"voicemail":{"prompt":"Please leave a message."}}}"#,
        problems ["account.not_found", "call_flow.conflict", "call_flow.duplicate", "organisation.not_found"];
    "call_flows.change" patch "/v1/call-flows/{call_flow}" needs(P::SettingsManage), "Change a call flow, or switch it on or off", 200 => api::call_flows::change,
        sample r#"{"name":"Shop"}"#,
        problems ["account.not_found", "call_flow.conflict", "call_flow.duplicate", "organisation.not_found"];
    "call_flows.delete" delete "/v1/call-flows/{call_flow}" needs(P::SettingsManage), "Delete a call flow", 204 => api::call_flows::delete,
        problems ["call_flow.conflict"];
    "call_flows.preview" post "/v1/call-flows/{call_flow}/preview" needs(P::AccountsRead), "Preview what is done with a call at a time", 200 => api::call_flows::preview,
        sample r#"{"at":"2026-03-02T05:00:00Z"}"#,
        problems ["account.not_found", "organisation.not_found"];
    "dispositions.list" get "/v1/dispositions" needs(P::ConversationsRead), "List call outcomes in their order, archived ones too", 200 => api::dispositions::list;
    "dispositions.get" get "/v1/dispositions/{disposition}" needs(P::ConversationsRead), "Get a call outcome", 200 => api::dispositions::get;
    "dispositions.create" post "/v1/dispositions" needs(P::SettingsManage), "Add a call outcome", 201 => api::dispositions::add,
        sample r#"{"name":"Wants a quote","counts_as_reached":true}"#,
        problems ["disposition.duplicate"];
    "dispositions.change" patch "/v1/dispositions/{disposition}" needs(P::SettingsManage), "Rename, move, archive or restore a call outcome", 200 => api::dispositions::change,
        sample r#"{"name":"Wants a visit","position":3,"archived":false}"#,
        problems ["disposition.conflict", "disposition.duplicate"];
    "canned_replies.list" get "/v1/canned-replies" needs(P::ConversationsRead), "List canned replies by shortcut", 200 => api::canned_replies::list;
    "canned_replies.get" get "/v1/canned-replies/{canned_reply}" needs(P::ConversationsRead), "Get a canned reply", 200 => api::canned_replies::get;
    "canned_replies.create" post "/v1/canned-replies" needs(P::SettingsManage), "Add a canned reply", 201 => api::canned_replies::add,
        sample r#"{"title":"Opening hours","shortcut":"hours","text":"Hello {first_name}, we are open from 9 to 18."}"#,
        problems ["canned_reply.duplicate"];
    "canned_replies.change" patch "/v1/canned-replies/{canned_reply}" needs(P::SettingsManage), "Change a canned reply", 200 => api::canned_replies::change,
        sample r#"{"title":"When we are open"}"#,
        problems ["canned_reply.conflict", "canned_reply.duplicate"];
    "canned_replies.delete" delete "/v1/canned-replies/{canned_reply}" needs(P::SettingsManage), "Delete a canned reply", 204 => api::canned_replies::delete,
        problems ["canned_reply.conflict"];
    "saved_views.list" get "/v1/saved-views" needs(P::ContactsRead), "List the caller's own saved views and the shared ones, by name", 200 => api::saved_views::list;
    "saved_views.get" get "/v1/saved-views/{saved_view}" needs(P::ContactsRead), "Get a saved view", 200 => api::saved_views::get;
    "saved_views.create" post "/v1/saved-views" needs(P::ContactsRead), "Save the filters, order and columns of a list under a name; at most 50 for each member", 201 => api::saved_views::add,
        sample r#"{"name":"My customers","shared":false,"query":{"list":"contacts","stage":"customer","owner":"me"}}"#,
        problems ["access.denied"];
    "saved_views.change" patch "/v1/saved-views/{saved_view}" needs(P::ContactsRead), "Rename or share a saved view, or change what it lists", 200 => api::saved_views::change,
        sample r#"{"name":"All customers"}"#,
        problems ["saved_view.conflict"];
    "saved_views.delete" delete "/v1/saved-views/{saved_view}" needs(P::ContactsRead), "Delete a saved view", 204 => api::saved_views::delete,
        problems ["saved_view.conflict"];
    "audit.list" get "/v1/audit" needs(P::AuditRead), "List the entries of the audit log, oldest first", 200 => api::audit::list;
    "audit.search" get "/v1/audit/search" needs(P::AuditRead), "Search the audit log, newest first: what people and programs did, unless the system is asked for too", 200 => api::audit::search;
    "audit.export" get "/v1/audit/export" needs(P::AuditRead), "The entries of a search as a table of comma-separated values, which is audited", 200 => api::audit_export::get;
    "audit.verify" get "/v1/audit/verification" needs(P::AuditRead), "Verify the audit log: its chain, its end, its checkpoints and the consent rows it speaks of", 200 => api::audit::verify;

    "contacts.list" get "/v1/contacts" needs(P::ContactsRead), "List contacts, filtered and sorted", 200 => api::contact_list::list;
    "contacts.create" post "/v1/contacts" needs(P::ContactsWrite), "Create a contact", 201 => api::contacts::create,
        sample r#"{"name":"Asha Rao","details":[{"kind":"phone","value":"+919840012345","label":"mobile"}],"tags":["vip"],"stage":"new"}"#;
    "contacts.export" get "/v1/contacts/export" needs(P::ContactsRead), "The rows of the list of contacts as a table of comma-separated values", 200 => api::contact_export::get;
    "contacts.preview_import" post "/v1/contacts/imports/preview" needs(P::ContactsWrite), "Look at a file of contacts: what its columns are, and what would become of its first rows", 200 => api::imports::preview,
        form ["file" = "name,phone\nAsha Rao,+919840012345\n", "columns" = "name,phone", "duplicates" = "fill"], largest api::imports::LARGEST;
    "contacts.import" post "/v1/contacts/imports" needs(P::ContactsWrite), "Import contacts from a file in the background; the same file again changes nothing", 202 => api::imports::create,
        form ["file" = "name,phone\nAsha Rao,+919840012345\n", "columns" = "name,phone", "duplicates" = "skip"], largest api::imports::LARGEST,
        problems ["import.running"];
    "contacts.import_progress" get "/v1/contacts/imports/{import}" needs(P::ContactsWrite), "Get how far an import is, and the first rows that it left out", 200 => api::imports::get;
    "contacts.import_left_out" get "/v1/contacts/imports/{import}/left-out" needs(P::ContactsWrite), "The rows that an import left out, each with the reason, as comma-separated values", 200 => api::imports::left_out_rows;
    "contacts.bulk" post "/v1/contacts/bulk" needs(P::ContactsWrite), "Give up to 100 contacts an owner, a stage or a tag, or remove a tag, each with its outcome", 200 => api::contact_bulk::change,
        sample r#"{"contacts":[{"contact":"01890000-0000-7000-8000-000000000000"}],"action":"set_stage","stage":"customer"}"#,
        problems ["member.not_found"];
    "contacts.get" get "/v1/contacts/{contact}" needs(P::ContactsRead), "Get a contact", 200 => api::contacts::get;
    "contacts.change" patch "/v1/contacts/{contact}" needs(P::ContactsWrite), "Change a contact", 200 => api::contacts::change,
        sample r#"{"name":"Asha R.","stage":"customer"}"#,
        problems ["contact.conflict", "member.not_found"];
    "contacts.reveal" post "/v1/contacts/{contact}/reveal" needs(P::ContactsReveal), "Reveal the numbers and addresses of a contact, which is put in the audit log and limited to 60 an hour for who sees them masked", 200 => api::contacts::reveal,
        problems ["contact.too_many_revealed"];
    "contacts.timeline" get "/v1/contacts/{contact}/timeline" needs(P::ContactsRead), "List what happened with a contact, newest first", 200 => api::timeline::of_contact;
    "contacts.identities" get "/v1/contacts/{contact}/identities" needs(P::ContactsRead), "List the identities of a contact at providers", 200 => api::contacts::identities;
    "contacts.resolve_doubt" post "/v1/contacts/{contact}/identities/{identity}/doubt" needs(P::ContactsWrite), "Resolve who writes from a former number of a contact", 200 => api::contacts::resolve_doubt,
        sample r#"{"answer":"same_person"}"#,
        problems ["contact.conflict", "identity.conflict"];
    "notes.list" get "/v1/contacts/{contact}/notes" needs(P::ContactsRead), "List notes, newest first", 200 => api::notes::list;
    "notes.create" post "/v1/contacts/{contact}/notes" needs(P::ContactsWrite), "Add a note", 201 => api::notes::add_note,
        sample r#"{"text":"Prefers calls after six."}"#;
    "notices.list" get "/v1/notices" needs(P::ContactsRead), "List what the caller was told about, newest first", 200 => api::notices::list;
    "notices.unread" get "/v1/notices/unread" needs(P::ContactsRead), "Count the caller's unread notices", 200 => api::notices::unread;
    "notices.read" post "/v1/notices/read" needs(P::ContactsRead), "Mark notices of the caller as read", 204 => api::notices::read,
        sample r#"{"up_to":"01890000-0000-7000-8000-000000000000"}"#;
    "tasks.list" get "/v1/contacts/{contact}/tasks" needs(P::ContactsRead), "List follow-ups, oldest first", 200 => api::notes::tasks;
    "tasks.create" post "/v1/contacts/{contact}/tasks" needs(P::ContactsWrite), "Create a follow-up", 201 => api::notes::add_task,
        sample r#"{"title":"Call about delivery","due_at":"2030-01-01T10:00:00Z"}"#,
        problems ["member.not_found"];
    "tasks.get" get "/v1/contacts/{contact}/tasks/{task}" needs(P::ContactsRead), "Get a follow-up", 200 => api::notes::task;
    "tasks.change" patch "/v1/contacts/{contact}/tasks/{task}" needs(P::ContactsWrite), "Mark a follow-up as done or open", 200 => api::notes::change_task,
        sample r#"{"done":true}"#,
        problems ["task.conflict"];
    "consents.list" get "/v1/contacts/{contact}/consents" needs(P::ConsentRead), "List the consent ledger of a contact", 200 => api::consents::list;
    "consents.state" get "/v1/contacts/{contact}/consents/state" needs(P::ConsentRead), "Get the consent state for each channel and purpose", 200 => api::consents::state;
    "consents.record" post "/v1/contacts/{contact}/consents" needs(P::ConsentWrite), "Record a consent", 201 => api::consents::record,
        sample r#"{"channel":"whatsapp","scope":"marketing","evidence":{"kind":"web_form","note":"Newsletter form on the website, 2 March 2026"},"occurred_at":"2026-03-02T10:00:00Z"}"#,
        problems ["message.not_found"];
    "consents.withdraw" post "/v1/contacts/{contact}/consents/withdrawals" needs(P::ConsentWrite), "Record a withdrawal or refusal", 201 => api::consents::withdraw,
        sample r#"{"channel":"whatsapp","scope":"marketing","evidence":{"kind":"call","note":"Asked on the telephone"},"occurred_at":"2026-03-02T10:00:00Z"}"#,
        problems ["message.not_found"];
    "contacts.open" post "/v1/contacts/{contact}/conversations" needs(P::ConversationsWrite), "Open a conversation with a contact", 201 => api::conversations::open,
        sample r#"{"account":"01890000-0000-7000-8000-000000000000"}"#,
        problems ["account.not_found", "conversation.conflict", "identity.duplicate"];

    "conversations.list" get "/v1/conversations" needs(P::ConversationsRead), "List conversations, filtered and sorted", 200 => api::conversations::list;
    "conversations.get" get "/v1/conversations/{conversation}" needs(P::ConversationsRead), "Get a conversation", 200 => api::conversations::get;
    "conversations.change" patch "/v1/conversations/{conversation}" needs(P::ConversationsWrite), "Assign, snooze, close or reopen a conversation", 200 => api::conversations::change,
        sample r#"{"state":"closed"}"#,
        problems ["conversation.conflict", "member.not_found"];
    "canned_replies.filled" get "/v1/conversations/{conversation}/canned-replies/{canned_reply}" needs(P::ConversationsRead), "Get a canned reply with its placeholders filled", 200 => api::canned_replies::filled;
    "conversations.bulk" post "/v1/conversations/bulk" needs(P::ConversationsWrite), "Assign, open, close, snooze, tag or mark as unread up to 100 conversations, each with its outcome", 200 => api::bulk::change,
        sample r#"{"conversations":["01890000-0000-7000-8000-000000000000"],"action":"close"}"#,
        problems ["member.not_found"];
    "scheduled.list" get "/v1/conversations/{conversation}/scheduled-messages" needs(P::ConversationsRead), "List scheduled messages by the time they are to be sent at", 200 => api::scheduled::list;
    "scheduled.create" post "/v1/conversations/{conversation}/scheduled-messages" needs(P::MessagesSend), "Schedule a text; the consent gate decides again when its time comes", 201 => api::scheduled::create,
        sample r#"{"text":"Your order is ready.","send_at":"2026-11-23T20:00:00Z"}"#,
        problems ["message.not_found"];
    "scheduled.get" get "/v1/scheduled-messages/{scheduled}" needs(P::ConversationsRead), "Get a scheduled message", 200 => api::scheduled::get;
    "scheduled.change" patch "/v1/scheduled-messages/{scheduled}" needs(P::MessagesSend), "Change the text or the time of a scheduled message", 200 => api::scheduled::change,
        sample r#"{"text":"Your order is ready to be picked up."}"#,
        problems ["scheduled_message.conflict"];
    "scheduled.cancel" delete "/v1/scheduled-messages/{scheduled}" needs(P::MessagesSend), "Cancel a scheduled message", 204 => api::scheduled::cancel,
        problems ["scheduled_message.conflict"];
    "conversations.claim" post "/v1/conversations/{conversation}/claim" needs(P::ConversationsWrite), "Claim an unassigned conversation; of concurrent claims one succeeds", 200 => api::conversations::claim,
        sample r#"{}"#,
        problems ["conversation.claimed", "conversation.conflict", "member.not_found"];
    "conversations.read" post "/v1/conversations/{conversation}/read" needs(P::ConversationsWrite), "Mark a conversation as read", 204 => api::conversations::read;
    "conversations.preview" get "/v1/conversations/{conversation}/permissions" needs(P::ConversationsRead), "Preview the decisions of the consent gate", 200 => api::conversations::preview;
    "conversations.activity" get "/v1/conversations/{conversation}/activity" needs(P::ConversationsRead), "List changes of a conversation, newest first", 200 => api::conversations::activity;
    "drafts.get" get "/v1/conversations/{conversation}/draft" needs(P::ConversationsRead), "Get the caller's own drafts in a conversation", 200 => api::drafts::get;
    "drafts.save" put "/v1/conversations/{conversation}/draft" needs(P::MessagesSend), "Save the caller's own draft; an empty text removes it", 204 => api::drafts::save,
        sample r#"{"kind":"reply","text":"It is on its w"}"#;
    "drafts.discard" delete "/v1/conversations/{conversation}/draft" needs(P::MessagesSend), "Remove the caller's own draft", 204 => api::drafts::discard;
    "messages.list" get "/v1/conversations/{conversation}/messages" needs(P::ConversationsRead), "List messages, newest first", 200 => api::messages::list;
    "messages.send" post "/v1/conversations/{conversation}/messages" needs(P::MessagesSend), "Send a message", 202 => api::sending::send,
        sample r#"{"text":"On our way"}"#,
        problems ["conversation.answered"];
    "messages.send_file" post "/v1/conversations/{conversation}/files" needs(P::MessagesSend), "Send a file, with an optional caption", 202 => api::sending::send_file,
        form ["file" = "On our way", "caption" = "As agreed", "reply_to" = ""], largest crate::form::LARGEST;
    "messages.find" get "/v1/messages" needs(P::ConversationsRead), "Find messages by their words, newest first", 200 => api::messages::find;
    "conversations.shared" get "/v1/conversations/{conversation}/shared" needs(P::ConversationsRead), "List the messages of a conversation that hold pictures, files, links or something else, newest first", 200 => api::messages::shared;
    "messages.get" get "/v1/messages/{message}" needs(P::ConversationsRead), "Get a message", 200 => api::messages::get;
    "messages.beside" get "/v1/messages/{message}/beside" needs(P::ConversationsRead), "Get what the provider sent with a message beyond its content", 200 => api::messages::beside;
    "messages.cancel" post "/v1/messages/{message}/cancellation" needs(P::MessagesSend), "Cancel a waiting message", 200 => api::messages::cancel,
        problems ["message.conflict"];
    "messages.resolve" post "/v1/messages/{message}/resolution" needs(P::MessagesSend), "Resolve a message with an unknown outcome", 200 => api::messages::resolve,
        sample r#"{"sent":false}"#,
        problems ["message.conflict"];
    "media.get" get "/v1/media/{media}" needs(P::MediaRead), "Download a file or a range of it", 200 => api::media::get;

    "providers.list" get "/v1/providers" needs(P::AccountsRead), "List providers with the fields that their accounts need", 200 => api::providers::list;
    "apps.list" get "/v1/apps" needs(P::AccountsRead), "List registered apps", 200 => api::accounts::apps;
    "apps.create" post "/v1/apps" needs(P::AccountsManage), "Register an app; the answer has the address for its webhooks", 201 => api::accounts::create_app,
        sample r#"{"provider":"whatsapp","name":"Shop app","app_secrets":["0123456789abcdef"],"verify_token":"a-long-token"}"#,
        problems ["account.no_provider"];
    "apps.rotate_hook" post "/v1/apps/{app}/hook/rotation" needs(P::AccountsManage), "Make another address for webhooks; the one there is goes on working for some time", 200 => api::accounts::rotate_hook,
        sample r#"{"overlap_hours":168}"#,
        problems ["app.conflict"];
    "apps.end_former_hook" delete "/v1/apps/{app}/hook/former" needs(P::AccountsManage), "End the address for webhooks before the last rotation", 200 => api::accounts::end_former_hook,
        problems ["app.conflict"];
    "accounts.list" get "/v1/accounts" needs(P::AccountsRead), "List connected accounts", 200 => api::accounts::list;
    "accounts.get" get "/v1/accounts/{account}" needs(P::AccountsRead), "Get a connected account", 200 => api::accounts::get;
    "accounts.create" post "/v1/accounts" needs(P::AccountsManage), "Connect an account", 201 => api::accounts::connect,
        sample r#"{"app":"01890000-0000-7000-8000-000000000000","name":"Shop line","routing_key":"1234567","business_id":"7654321","credentials":{"access_token":"secret"}}"#,
        problems ["account.conflict", "account.no_provider", "account.not_found", "account.unavailable", "account.unsupported", "app.not_found"];
    "accounts.change" patch "/v1/accounts/{account}" needs(P::AccountsManage), "Change the name of an account, how it sends by SMS, or its credentials, which are checked at once", 200 => api::accounts::change,
        sample r#"{"name":"Shop line 2"}"#,
        problems ["account.conflict", "account.no_provider", "account.unavailable", "account.unsupported", "provider.*"];
    "accounts.check" post "/v1/accounts/{account}/check" needs(P::AccountsManage), "Check the credentials of an account; success connects it again", 200 => api::accounts::check,
        problems ["account.conflict", "account.no_provider", "account.unavailable", "account.unsupported", "provider.*"];
    "accounts.disconnect" post "/v1/accounts/{account}/disconnection" needs(P::AccountsManage), "Disconnect an account: nothing is received or sent by it", 200 => api::accounts::disconnect,
        problems ["account.conflict", "account.unavailable"];
    "templates.list" get "/v1/accounts/{account}/templates" needs(P::AccountsRead), "List templates as last fetched", 200 => api::templates::list;
    "templates.sync" post "/v1/accounts/{account}/templates/sync" needs(P::AccountsManage), "Fetch templates from the provider", 200 => api::templates::sync,
        problems ["account.no_provider", "account.unsupported", "provider.*"];
    "templates.enter" put "/v1/accounts/{account}/templates" needs(P::AccountsManage), "Enter a template that was registered elsewhere, for a provider that keeps none", 200 => api::templates::enter,
        sample r#"{"name":"order_ready","language":"en","category":"utility","text":"Dear {#var#}, your order is ready.","registration":"1107123456789012345"}"#,
        problems ["account.conflict", "account.no_provider", "account.unsupported"];
    "templates.remove" post "/v1/accounts/{account}/templates/removal" needs(P::AccountsManage), "Remove a template that was entered", 200 => api::templates::remove,
        sample r#"{"name":"order_ready","language":"en"}"#,
        problems ["account.conflict", "account.no_provider", "account.unsupported", "template.not_found"];

    "waiting.list" get "/v1/waiting" needs(P::QuarantineManage), "List received elements that wait, oldest first", 200 => api::quarantine::waiting;
    "quarantine.list" get "/v1/quarantine" needs(P::QuarantineManage), "List quarantined webhooks, newest first", 200 => api::quarantine::list;
    "quarantine.get" get "/v1/quarantine/{item}" needs(P::QuarantineManage), "Get a quarantined webhook with its bytes", 200 => api::quarantine::get;
    "quarantine.replay" post "/v1/quarantine/{item}/replay" needs(P::QuarantineManage), "Process a quarantined webhook again", 204 => api::quarantine::replay,
        problems ["account.no_provider", "account.unsupported", "app.not_found"];
    "quarantine.discard" delete "/v1/quarantine/{item}" needs(P::QuarantineManage), "Discard a quarantined webhook", 204 => api::quarantine::discard;

    "events" get "/v1/events" needs(P::EventsRead), "Stream live events; resumes after Last-Event-ID", 200 => api::events::stream;
}
