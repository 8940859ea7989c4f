//! The web inbox: server-rendered pages, enhanced in place.
//!
//! `view` holds what the pages show, `templates/` how they show it, `assets/` the style sheets and
//! scripts; the other modules fill the views from the services. `README.md` beside this file lists every
//! route that the templates use.

mod activity;
mod agents;
mod api_keys;
mod audit;
mod audit_words;
mod bubble;
mod bulk;
mod call;
mod call_changes;
mod call_flow_form;
mod call_flow_words;
mod call_flows;
mod call_query;
mod call_report;
mod calls;
mod canned_replies;
mod channels;
mod composer;
mod consent;
mod contact;
mod contact_bulk;
mod contact_edit;
mod contact_import;
mod contact_list;
mod contact_query;
mod contacts;
mod dock;
mod entry;
mod files;
mod filter;
mod found;
mod goto;
mod head;
mod help;
mod identity_providers;
mod inbox;
mod joining;
mod lines;
mod listed;
mod live;
mod mailed_link;
mod members;
mod news;
mod notices;
mod numbers;
mod organisations;
mod outgoing;
mod page_context;
mod passkeys;
mod password;
mod person;
mod picker;
mod presence;
mod problems;
mod profile;
mod quarantine;
mod queue;
mod recordings;
mod reveal;
#[cfg(feature = "sandbox")]
mod sandbox;
mod saved_views;
mod scheduled;
mod second_factor;
mod settings;
mod shared;
mod shown;
mod single_sign_on;
mod sms;
mod tasks;
mod teams;
mod templates;
mod thread;
mod timeline;
mod usage;
mod ways;
mod words;

pub mod assets;
pub(crate) mod view;

pub(crate) use problems::not_found;
pub use view::sample::page as sample_page;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::middleware;
use axum::routing::{get, post};

use crate::state::AppState;

/// The routes of the pages.
pub(crate) fn routes(state: &AppState) -> Router<AppState> {
    let pages = pages().merge(reads()).merge(posts());
    let pages = if state.options().sign_in.is_none() { pages.merge(coming_in()) } else { pages };
    #[cfg(feature = "sandbox")]
    let pages = pages.merge(sandbox::routes());
    pages
        .layer(middleware::from_fn_with_state(state.clone(), problems::in_words))
        .route("/assets/{*path}", get(files::asset))
}

fn pages() -> Router<AppState> {
    Router::new()
        .route("/", get(entry::home))
        .route("/inbox", get(inbox::page))
        .route("/inbox/{conversation}", get(inbox::page_open))
        .route("/contacts", get(contact_list::page))
        .route("/contacts.csv", get(contact_list::csv))
        .route("/contacts/import", get(contact_import::page))
        .route("/contacts/{contact}", get(contact::page))
        .route("/tasks", get(tasks::page))
        .route("/notices", get(notices::page))
        .route("/news", get(news::page))
        .route("/help", get(help::page))
        .route("/help/{support_request}", get(help::thread_page))
        .route("/calls", get(calls::page))
        .route("/calls.csv", get(calls::csv))
        .route("/calls/{call}", get(call::page))
        .route("/reports/calls", get(call_report::page))
        .route("/settings/channels/{account}/agents", get(agents::page))
        .route("/settings/channels/{account}/sms", get(sms::page))
        .route("/settings", get(settings::page))
        .route("/settings/templates", get(templates::page))
        .route("/settings/members", get(members::page))
        .route("/settings/profile", get(profile::page))
        .route("/settings/activity", get(usage::page))
        .route("/settings/call-flows", get(call_flows::page))
        .route("/settings/canned-replies", get(canned_replies::page))
        .route("/settings/recordings", get(recordings::page))
        .route("/settings/channels", get(numbers::page))
        .route("/settings/channels/new", get(channels::page))
        .route("/settings/api-keys", get(api_keys::page))
        .route("/web/api-keys", post(api_keys::create))
        .route("/web/api-keys/{key}", post(api_keys::change))
        .route("/web/api-keys/{key}/rotate", post(api_keys::rotate))
        .route("/web/api-keys/{key}/revoke", post(api_keys::revoke))
        .route("/settings/audit", get(audit::page))
        .route("/settings/audit.csv", get(audit::csv))
        .route("/web/audit", get(audit::read))
        .route("/web/audit/verify", post(audit::verify))
        .route("/settings/events", get(quarantine::page))
        .route("/settings/events/{event}", get(quarantine::held))
        // Where these pages were in the first releases.
        .route(
            "/integrations",
            get(async |State(state): State<AppState>| entry::moved(&state, "settings/channels")),
        )
        .route(
            "/quarantine",
            get(async |State(state): State<AppState>| entry::moved(&state, "settings/events")),
        )
        .route("/quarantine/{event}", get(quarantine::moved))
}

/// Coming in and going out, which a host may do itself.
fn coming_in() -> Router<AppState> {
    Router::new()
        .route("/second-factor", get(second_factor::page))
        .route("/setup", get(entry::setup))
        .route("/sign-in", get(entry::sign_in))
        .route("/sign-in/{organisation}", get(single_sign_on::page))
        .route("/sign-on/return", get(single_sign_on::returned))
        .route("/web/sign-on/return", post(single_sign_on::finish))
        .route("/web/sign-on/{organisation}/{identity_provider}", post(single_sign_on::begin))
        .route("/forgot", get(mailed_link::forgot))
        .route("/email-link", get(mailed_link::email_link))
        .route("/new-password", get(mailed_link::new_password))
        .route("/link", get(mailed_link::link))
        .route("/confirm", get(mailed_link::confirm))
        .route("/web/mailed-link/confirm", post(mailed_link::take_confirmation))
        .route("/web/mailed-link/confirm/open", post(mailed_link::open_confirmation))
        .route("/web/mail-link", post(mailed_link::request))
        .route("/web/mailed-link/{what}", post(mailed_link::take))
        .route("/web/mailed-link/{what}/open", post(mailed_link::open))
        .route("/web/setup/invitation", post(entry::invitation))
        .route("/web/setup", post(entry::accept))
        .route("/web/setup/join", post(joining::join))
        .route("/web/setup/sign-in", post(joining::sign_in))
        .route("/web/password", post(password::judge))
        .route("/web/second-factor/begin", post(second_factor::begin))
        .route("/web/second-factor/confirm", post(second_factor::confirm))
        .route("/web/sign-in", post(entry::enter))
        .route("/web/sign-in/code", post(entry::enter_code))
        .route("/web/sign-in/passkey", post(passkeys::enter))
        .route("/web/sign-in/passkey/challenge", post(passkeys::challenge))
        .route("/web/sign-out", post(entry::leave))
}

fn reads() -> Router<AppState> {
    Router::new()
        .route("/web/inbox/queue", get(queue::read))
        .route("/web/conversations/{conversation}", get(inbox::read))
        .route("/web/conversations/{conversation}/thread", get(thread::read))
        .route("/web/conversations/{conversation}/head", get(head::read))
        .route("/web/conversations/{conversation}/composer", get(composer::read))
        .route("/web/conversations/{conversation}/ways", get(ways::read))
        .route("/web/conversations/{conversation}/person", get(person::read))
        .route("/web/conversations/{conversation}/templates", get(picker::read))
        .route("/web/conversations/{conversation}/scheduled", get(scheduled::read).post(scheduled::again))
        .route("/web/conversations/{conversation}/canned-replies", get(canned_replies::options))
        .route("/web/conversations/{conversation}/canned-replies/{canned_reply}", get(canned_replies::filled))
        .route("/web/call-flows", get(call_flows::read).post(call_flows::add))
        .route("/web/call-flows/{call_flow}/preview", get(call_flows::preview))
        .route("/web/contacts/imports/{import}", get(contact_import::read_on))
        .route("/web/contacts/imports/{import}/left-out.csv", get(contact_import::left_out_rows))
        .route("/web/views", get(saved_views::open).post(saved_views::add))
        .route("/web/views/{saved_view}", post(saved_views::save))
        .route("/web/views/{saved_view}/delete", post(saved_views::delete))
        .route("/web/canned-replies", get(canned_replies::read).post(canned_replies::add))
        .route("/web/conversations/{conversation}/presence", get(presence::read).post(presence::note))
        .route("/web/members", get(members::read))
        .route("/web/goto", get(goto::read))
        .route("/web/contacts", get(contact_list::read).post(contacts::create))
        .route("/web/organisations", get(organisations::list))
        .route("/web/organisations/{organisation}", post(organisations::switch))
        .route("/web/contacts/{contact}/edit", get(contact_edit::read).post(contact_edit::save))
        .route("/web/contacts/{contact}/timeline", get(timeline::read))
        .route("/web/tasks", get(tasks::read))
        .route("/web/activity", get(usage::read))
        .route("/web/notices", get(notices::read).post(notices::mark))
        .route("/web/help", post(help::open))
        .route("/web/help/{support_request}/reply", post(help::reply))
        .route("/web/help/{support_request}/close", post(help::close))
        .route("/web/news/read", post(news::read))
        .route("/web/news/product", post(news::choose))
        .route("/web/notices/opened", post(notices::opened))
        .route("/web/mentions", get(notices::mentions))
        .route("/web/calls", get(calls::read).post(dock::place))
        .route("/web/calls/{call}", get(call::read))
        .route("/web/dock", get(dock::read))
        .route("/web/quarantine", get(quarantine::read))
        .route("/web/media/{media}", get(files::media))
        .route("/web/events", get(live::stream))
}

fn posts() -> Router<AppState> {
    Router::new()
        .route(
            "/web/conversations/{conversation}/messages",
            post(outgoing::reply).layer(DefaultBodyLimit::max(crate::form::LARGEST)),
        )
        .route(
            "/web/contacts/import/preview",
            post(contact_import::preview).layer(DefaultBodyLimit::max(crate::api::imports::LARGEST)),
        )
        .route(
            "/web/contacts/import",
            post(contact_import::run).layer(DefaultBodyLimit::max(crate::api::imports::LARGEST)),
        )
        .route("/web/conversations/{conversation}/notes", post(outgoing::note))
        .route("/web/conversations/{conversation}/draft", post(outgoing::draft))
        .route("/web/conversations/{conversation}/template", post(outgoing::template))
        .route("/web/conversations/{conversation}/opt-in", post(picker::opt_in))
        .route("/web/conversations/{conversation}/assign", post(head::assign))
        .route("/web/conversations/{conversation}/claim", post(head::claim))
        .route("/web/conversations/{conversation}/snooze", post(head::snooze))
        .route("/web/conversations/{conversation}/close", post(head::close))
        .route("/web/conversations/{conversation}/reopen", post(head::reopen))
        .route("/web/conversations/{conversation}/read", post(head::seen))
        .route("/web/conversations/{conversation}/shared", get(shared::list))
        .route("/web/conversations/{conversation}/day", get(shared::day))
        .route("/web/messages/{message}/resend", post(outgoing::resend))
        .route("/web/messages/{message}/mark-sent", post(outgoing::mark_sent))
        .route("/web/messages/{message}/drop", post(outgoing::give_up))
        .route("/web/messages/{message}/cancel", post(outgoing::cancel))
        .route("/web/contacts/{contact}/conversation", post(contact::open))
        .route("/web/contacts/{contact}/stage", post(person::stage))
        .route("/web/contacts/{contact}/doubt", post(person::resolve_doubt))
        .route("/web/contacts/{contact}/reveal", post(reveal::reveal))
        .route("/web/contacts/{contact}/owner", post(person::owner))
        .route("/web/contacts/{contact}/tags", post(person::add_tag))
        .route("/web/contacts/{contact}/tags/remove", post(person::remove_tag))
        .route("/web/contacts/{contact}/tasks", post(person::add_task))
        .route("/web/contacts/{contact}/notes", post(person::add_note))
        .route("/web/contacts/{contact}/consent", post(consent::record))
        .route("/web/tasks/{task}", post(tasks::tick))
        .route("/web/calls/{call}/control", post(dock::control))
        .route("/web/calls/{call}/wrap-up", post(call_changes::save))
        .route("/web/calls/{call}/contact", post(call_changes::assign))
        .route("/web/calls/{call}/handled", post(call_changes::handled))
        .route("/web/calls/{call}/recording-consent", post(call_changes::recording_consent))
        .route("/web/calls/{call}/recordings/delete", post(call_changes::delete_recording))
        .route("/web/recordings/rule", post(recordings::set_rule))
        .route("/web/recordings/preview", post(recordings::preview))
        .route("/web/recordings/delete", post(recordings::delete))
        .route("/web/accounts/{account}/templates/sync", post(templates::sync))
        .route("/web/accounts/{account}/agents", post(agents::map))
        .route("/web/accounts/{account}/sms", post(sms::save))
        .route("/web/accounts/{account}/sms/templates", post(sms::enter))
        .route("/web/accounts/{account}/sms/templates/remove", post(sms::remove))
        .route("/web/accounts/{account}/agents/add", post(agents::add))
        .route("/web/accounts/{account}/agents/sync", post(agents::sync))
        .route("/web/quarantine/{event}/replay", post(quarantine::replay))
        .route("/web/quarantine/{event}/discard", post(quarantine::discard))
        .route("/web/channels", post(channels::connect))
        .route("/web/channels/{account}/first", get(channels::first))
        .route("/web/integrations/{account}/check", post(numbers::check))
        .route("/web/integrations/{account}/disconnect", post(numbers::disconnect))
        .route("/web/integrations/{account}/hook", post(numbers::change_hook))
        .route("/web/integrations/{account}/token", post(numbers::set_token))
        .route("/web/call-flows/{call_flow}", post(call_flows::save))
        .route("/web/call-flows/{call_flow}/switch", post(call_flows::switch))
        .route("/web/call-flows/{call_flow}/delete", post(call_flows::delete))
        .route("/web/canned-replies/{canned_reply}", post(canned_replies::save))
        .route("/web/canned-replies/{canned_reply}/delete", post(canned_replies::delete))
        .route("/web/scheduled/{scheduled}", post(scheduled::save))
        .route("/web/scheduled/{scheduled}/cancel", post(scheduled::cancel))
        .route("/web/conversations/bulk", post(bulk::change))
        .route("/web/conversations/bulk/undo", post(bulk::undo))
        .route("/web/contacts/bulk", post(contact_bulk::change))
        .route("/web/contacts/bulk/undo", post(contact_bulk::undo))
        .route("/web/settings", post(settings::save))
        .route("/web/identity-providers", get(identity_providers::read).post(identity_providers::add))
        .route("/web/identity-providers/{identity_provider}", post(identity_providers::save))
        .route("/web/identity-providers/{identity_provider}/delete", post(identity_providers::delete))
        .route("/web/teams", get(teams::read).post(teams::add))
        .route("/web/teams/{team}", post(teams::save))
        .route("/web/teams/{team}/delete", post(teams::delete))
        .route("/web/members/invite", post(members::invite))
        .route("/web/members/{member}/role", post(members::change_role))
        .route("/web/members/{member}/deactivate", post(members::deactivate))
        .route("/web/members/{member}/activate", post(members::activate))
        .route("/web/members/{member}/second-factor", post(members::reset_second_factor))
        .route("/web/invitations/{invitation}/renew", post(members::renew))
        .route("/web/invitations/{invitation}/revoke", post(members::revoke))
        .route("/web/profile/name", post(profile::rename))
        .route("/web/profile/confirmation", post(profile::send_confirmation))
        .route("/web/profile/password", post(profile::change_password))
        .route("/web/profile/sessions", get(profile::sessions))
        .route("/web/passkeys", get(passkeys::read).post(passkeys::add))
        .route("/web/passkeys/new", get(passkeys::ask))
        .route("/web/passkeys/begin", post(passkeys::begin))
        .route("/web/passkeys/{passkey}/remove", post(passkeys::remove))
        .route("/web/second-factor", get(second_factor::read))
        .route("/web/second-factor/codes", post(second_factor::renew_codes))
        .route("/web/second-factor/off", post(second_factor::end))
        .route("/web/profile/sessions/others", post(profile::end_others))
        .route("/web/profile/sessions/{session}", post(profile::end))
}
