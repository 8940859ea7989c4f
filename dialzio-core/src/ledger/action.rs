//! The words for what was done.

use crate::name::string_enum;

string_enum! {
    /// What was done. Part of each audit entry.
    #[cfg_attr(feature = "openapi", schema(as = AuditAction))]
    pub enum Action {
        /// An organisation was founded.
        OrgFounded = "organisation.founded",
        /// The settings of the organisation changed.
        OrgChanged = "organisation.changed",
        /// A member joined.
        MemberJoined = "member.joined",
        /// A member changed.
        MemberChanged = "member.changed",
        /// A member was deactivated: sessions and keys ended, and what was assigned to them was handed over.
        MemberDeactivated = "member.deactivated",
        /// A member who was deactivated may come in again.
        MemberActivated = "member.activated",
        /// A team was added, changed or deleted.
        TeamChanged = "team.changed",
        /// An identity provider was added, changed or removed.
        IdentityProviderChanged = "identity_provider.changed",
        /// A member signed in at an identity provider for the first time, and is known by what it calls them.
        IdentityLinked = "identity.linked",
        /// A member signed in at an identity provider of the organisation.
        SingleSignOnUsed = "single_sign_on.used",
        /// A member asked the operator of the installation for help.
        SupportRequested = "support.requested",
        /// A member wrote a further message in a request for help.
        SupportReplied = "support.replied",
        /// The operator of the installation read a request for help.
        SupportRead = "support.read",
        /// The operator of the installation answered a request for help.
        SupportAnswered = "support.answered",
        /// A request for help was closed.
        SupportClosed = "support.closed",
        /// An invitation was made or renewed.
        MemberInvited = "member.invited",
        /// An invitation was revoked.
        InvitationRevoked = "invitation.revoked",
        /// A member changed their own password, which ended their other sessions.
        PasswordChanged = "password.changed",
        /// A link to sign in, or to set a new password, was mailed to a member because somebody asked for it.
        LinkMailed = "link.mailed",
        /// A member showed that they get mail at the address that they sign in with.
        AddressConfirmed = "address.confirmed",
        /// A member signed in by a link that was mailed to them.
        LinkUsed = "sign_in_link.used",
        /// A member set a new password by a link that was mailed to them, which ended their sessions.
        PasswordReset = "password.reset",
        /// A member ended sessions of their own.
        SessionsEnded = "sessions.ended",
        /// A member signed in.
        SignedIn = "session.begun",
        /// A member signed out.
        SignedOut = "session.ended",
        /// A wrong password was given for a member's address, or a wrong code after the right one.
        SignInRefused = "sign_in.refused",
        /// A member signed in with one of their recovery codes, which counts no longer.
        RecoveryCodeUsed = "recovery_code.used",
        /// A member made new recovery codes; those before count no longer.
        RecoveryCodesMade = "recovery_codes.made",
        /// A member turned their second factor on, which ended their other sessions.
        SecondFactorOn = "second_factor.on",
        /// A member turned their second factor off, which ended their other sessions.
        SecondFactorOff = "second_factor.off",
        /// The second factor of a member was taken away by another one, which ended their sessions.
        SecondFactorReset = "second_factor.reset",
        /// A member added a passkey, which signs in without a password.
        PasskeyAdded = "passkey.added",
        /// A member removed a passkey of theirs.
        PasskeyRemoved = "passkey.removed",
        /// A member signed in with a passkey.
        PasskeyUsed = "passkey.used",
        /// Something was asked for that the caller's permissions do not include; the detail names the one that is missing. Once
        /// a minute for each caller and permission.
        AccessRefused = "access.refused",
        /// Entries of the audit log were exported; the detail says how many.
        AuditExported = "audit.exported",
        /// The operator verified the audit log.
        AuditVerified = "audit.verified",
        /// A key was made, changed or revoked.
        KeyChanged = "key.changed",
        /// A key was used from an address that is not on its list, and refused. Once a minute for each key.
        KeyRefused = "key.refused",
        /// An app was registered.
        AppRegistered = "app.registered",
        /// The webhook address of an app was rotated, or the former one was ended.
        AppChanged = "app.changed",
        /// An account was connected or changed.
        AccountChanged = "account.changed",
        /// A view of a list was saved, changed or deleted.
        ViewChanged = "view.changed",
        /// Templates were fetched.
        TemplatesSynced = "templates.synced",
        /// A contact was made.
        ContactCreated = "contact.created",
        /// A contact changed.
        ContactChanged = "contact.changed",
        /// Numbers and addresses of a contact, which the caller sees masked, were revealed to them.
        ContactRevealed = "contact.revealed",
        /// Contacts were exported; the detail says how many.
        ContactsExported = "contacts.exported",
        /// An import of contacts ended; the detail says how many it made or changed.
        ContactsImported = "contacts.imported",
        /// A note was written.
        NoteAdded = "note.added",
        /// A follow-up was made or changed.
        TaskChanged = "task.changed",
        /// A conversation's state, assignee or read mark changed.
        ConversationChanged = "conversation.changed",
        /// A draft was saved, or removed by its member. It has no entry unless the same batch changes something else, see
        /// [`BatchParts::entry`](crate::store::BatchParts::entry).
        DraftChanged = "draft.changed",
        /// A member has read notices. It has no entry unless the same batch changes something else, as with drafts.
        NoticesRead = "notices.read",
        /// Uses of pages were written. It has no entry unless the same batch changes something else, as with drafts.
        UsageNoted = "usage.noted",
        /// A message came in.
        MessageReceived = "message.received",
        /// A message was queued.
        MessageQueued = "message.queued",
        /// A message was scheduled, or a scheduled one changed, cancelled, sent or refused.
        MessageScheduled = "message.scheduled",
        /// A message was handed to the provider.
        MessageDispatched = "message.dispatched",
        /// Evidence about the delivery of a message.
        MessageEvidence = "message.evidence",
        /// The gate refused or deferred a message, or a member took it back.
        MessageStopped = "message.stopped",
        /// A consent was given, refused or withdrawn.
        ConsentRecorded = "consent.recorded",
        /// A file was fetched.
        MediaFetched = "media.fetched",
        /// A file was taken in to be sent.
        MediaTaken = "media.taken",
        /// A file was handed to the provider.
        MediaUploaded = "media.uploaded",
        /// A file was opened.
        MediaOpened = "media.opened",
        /// A file was deleted before its time.
        MediaDeleted = "media.deleted",
        /// A call was placed, or is to be.
        CallPlaced = "call.placed",
        /// A call was controlled: ended, held.
        CallControlled = "call.controlled",
        /// A member changed a call: its outcome, note, or whose it is.
        CallChanged = "call.changed",
        /// The provider reported a call.
        CallReported = "call.reported",
        /// Calls of the log were exported; the detail says how many.
        CallsExported = "calls.exported",
        /// Agents of a telephone system were listed, or mapped to members.
        AgentsChanged = "call_agents.changed",
        /// Bytes went into quarantine.
        Quarantined = "quarantine.added",
        /// Bytes left quarantine.
        QuarantineSettled = "quarantine.settled",
        /// The operator looked at the bytes of a quarantined item.
        QuarantineOpened = "quarantine.opened",
        /// Received elements joined the backlog.
        ElementQueued = "inbox.parked",
        /// The operator of the installation took an owner's rights.
        OperatorEntered = "operator.entered",
        /// The operator had data keys wrapped with another key of the installation.
        KeysRewrapped = "keys.rewrapped",
        /// A job was put off to a later time. It has no entry unless the same batch changes something else, see
        /// [`BatchParts::entry`](crate::store::BatchParts::entry).
        JobPostponed = "job.postponed",
        /// Housekeeping of the queues.
        JobSettled = "effect.settled",
        /// What has expired was removed.
        Swept = "retention.swept",
    }
}
