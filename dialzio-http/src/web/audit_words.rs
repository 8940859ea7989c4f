//! What people call the actions of the audit log, and the page of the record that an entry is about.

use dialzio_core::ledger::Action;
use uuid::Uuid;

/// What was done, as people say it.
pub(crate) const fn action(action: Action) -> &'static str {
    match action {
        Action::OrgFounded => "Organisation founded",
        Action::OrgChanged => "Settings changed",
        Action::MemberJoined => "Member joined",
        Action::MemberChanged => "Member changed",
        Action::MemberDeactivated => "Member deactivated",
        Action::MemberActivated => "Member activated",
        Action::MemberInvited => "Member invited",
        Action::InvitationRevoked => "Invitation revoked",
        Action::PasswordChanged => "Password changed",
        Action::SessionsEnded => "Sessions ended",
        Action::SignedIn => "Signed in",
        Action::SignedOut => "Signed out",
        Action::SignInRefused => "Sign-in refused: wrong password",
        Action::AccessRefused => "Access refused",
        Action::AuditVerified => "Audit log verified by the operator",
        Action::AuditExported => "Audit log exported",
        Action::KeyChanged => "API key created or revoked",
        Action::AppRegistered => "App registered",
        Action::AppChanged => "Webhook address changed",
        Action::AccountChanged => "Channel changed",
        Action::TemplatesSynced => "Templates fetched",
        Action::ContactCreated => "Contact created",
        Action::ContactChanged => "Contact changed",
        Action::ContactsExported => "Contacts exported",
        Action::ContactsImported => "Contacts imported",
        Action::NoteAdded => "Note added",
        Action::TaskChanged => "Task changed",
        Action::ConversationChanged => "Conversation changed",
        Action::DraftChanged => "Draft saved",
        Action::NoticesRead => "Notices read",
        Action::MessageReceived => "Message received",
        Action::MessageQueued => "Message queued",
        Action::MessageScheduled => "Scheduled message changed",
        Action::MessageDispatched => "Message sent to the provider",
        Action::MessageEvidence => "Delivery reported",
        Action::MessageStopped => "Message stopped",
        Action::ConsentRecorded => "Consent recorded",
        Action::MediaFetched => "File fetched",
        Action::MediaTaken => "File attached",
        Action::MediaUploaded => "File sent to the provider",
        Action::MediaOpened => "File or recording opened",
        Action::MediaDeleted => "File or recording deleted",
        Action::CallPlaced => "Call placed",
        Action::CallControlled => "Call controlled",
        Action::CallChanged => "Call changed",
        Action::CallReported => "Call reported",
        Action::CallsExported => "Calls exported",
        Action::ViewChanged => "View changed",
        Action::AgentsChanged => "Telephone agents changed",
        Action::Quarantined => "Event held back",
        Action::QuarantineSettled => "Held event settled",
        Action::QuarantineOpened => "Held event opened by the operator",
        Action::ElementQueued => "Event queued",
        Action::OperatorEntered => "Operator entered",
        Action::JobPostponed => "Job postponed",
        Action::JobSettled => "Job settled",
        Action::Swept => "Expired data removed",
    }
}

/// The page of the record, where there is one.
pub(crate) fn page_of(action: Action, subject: Uuid) -> Option<String> {
    let place = match action {
        Action::ContactCreated | Action::ContactChanged => "contacts",
        Action::ConversationChanged => "inbox",
        Action::CallPlaced | Action::CallControlled | Action::CallChanged | Action::CallReported => "calls",
        _ => return None,
    };
    Some(format!("{place}/{subject}"))
}
