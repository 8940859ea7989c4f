//! An adapter to the scripted service that breaks one promise at a time.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use dialzio_core::PhoneNumber;
use dialzio_core::call::CallAlias;
use dialzio_core::consent::CallPermit;
use dialzio_core::provider::{
    AccountAccess, AccountHealth, CallAccepted, CallAction, CallCursor, CallPage, CallReport, ConnectionForm,
    FetchedMedia, Inbound, InboundBody, ListedAgent, MessagingProvider, OutboundCall, Provider,
    ProviderError, ProviderId, RawWebhook, RefusalReason, TelephonyCapabilities, TelephonyProvider, Trust,
    VerifiedWebhook, WebhookDecoder, WebhookError, WebhookSecrets,
};
use dialzio_core::testing::{Fixtures, ScriptedCalls, permit_to_call};
use secrecy::ExposeSecret;

/// What is wrong with an adapter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaw {
    PlacesTwice,
    RingsAnother,
    NeedsNoAgent,
    RepeatsTheUnknown,
    TakesTheUnknownForAFault,
    TakesSlowDownForANo,
    RepeatsAfterANo,
    AcceptsAnySecret,
    TakesWrongCredentialsForANo,
    DeclaresWhatItCannot,
    DoesWhatItDoesNotDeclare,
    AsksBeforeItRefuses,
    PagesWithoutEnd,
    PagesTwice,
    LosesTheLastPage,
    TakesPagesForSound,
    AsksOtherHosts,
    ShowsTheSecretInErrors,
    ShowsTheNumberInErrors,
    ShowsTheSecretInDebug,
    ReportsHaveNoIds,
    ReportsLeadNowhere,
    BelievesWhatNobodySigned,
    LosesWhatItCannotRead,
    PanicsAtWhatItCannotRead,
}

/// The adapter. Without a flaw it passes everything on.
pub(crate) struct Adapter {
    phone: Arc<ScriptedCalls>,
    capabilities: TelephonyCapabilities,
    flaw: Option<Flaw>,
    /// How often another host than the provider's was asked.
    pub(crate) asked_elsewhere: AtomicU64,
}

impl fmt::Debug for Adapter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let secret = if self.has(Flaw::ShowsTheSecretInDebug) { "the-right-secret" } else { "" };
        write!(f, "Adapter({secret})")
    }
}

impl Adapter {
    pub(crate) fn new(phone: Arc<ScriptedCalls>, flaw: Option<Flaw>) -> Self {
        let mut capabilities = phone.capabilities().clone();
        match flaw {
            Some(Flaw::DeclaresWhatItCannot) => capabilities.deletes_recordings = true,
            Some(Flaw::DoesWhatItDoesNotDeclare) => capabilities.finds_calls = false,
            _ => {}
        }
        Self { phone, capabilities, flaw, asked_elsewhere: AtomicU64::new(0) }
    }

    fn has(&self, flaw: Flaw) -> bool {
        self.flaw == Some(flaw)
    }

    /// The credentials as they are passed on.
    fn opened(&self, access: &AccountAccess) -> AccountAccess {
        let given = access.credentials.get("secret").map(ExposeSecret::expose_secret).unwrap_or_default();
        let secret = if self.has(Flaw::AcceptsAnySecret) { "the-right-secret" } else { given };
        AccountAccess {
            account: access.account,
            routing_key: access.routing_key.clone(),
            business_id: access.business_id.clone(),
            credentials: [("secret", secret)].into(),
            base_url: None,
        }
    }

    fn refused(&self, code: &str, detail: Option<String>) -> ProviderError {
        let (provider, code) = (self.id(), code.to_owned());
        ProviderError::Refused { provider, code, reason: RefusalReason::Other, detail }
    }

    /// What an error of the service becomes.
    fn error(&self, error: ProviderError, secret: &str, number: &str) -> ProviderError {
        let provider = self.id();
        match (self.flaw, error) {
            (Some(Flaw::TakesTheUnknownForAFault), ProviderError::Ambiguous { .. }) => {
                ProviderError::Fault { provider, code: "timeout".to_owned() }
            }
            (Some(Flaw::TakesSlowDownForANo), ProviderError::Throttled { .. })
            | (Some(Flaw::TakesWrongCredentialsForANo), ProviderError::Credentials { .. }) => {
                self.refused("no", None)
            }
            (Some(Flaw::ShowsTheSecretInErrors), ProviderError::Credentials { code, .. }) => {
                ProviderError::Credentials { provider, code, detail: Some(format!("bad secret {secret}")) }
            }
            (Some(Flaw::ShowsTheNumberInErrors), ProviderError::Unreachable { .. }) => {
                ProviderError::Unreachable { provider, source: format!("POST /calls/{number}").into() }
            }
            (_, error) => error,
        }
    }
}

impl Provider for Adapter {
    fn id(&self) -> ProviderId {
        self.phone.id()
    }

    fn messaging(&self) -> Option<&dyn MessagingProvider> {
        None
    }

    fn telephony(&self) -> Option<&dyn TelephonyProvider> {
        Some(self)
    }

    fn webhooks(&self) -> Option<&dyn WebhookDecoder> {
        Some(self)
    }

    fn connection(&self) -> &ConnectionForm {
        self.phone.connection()
    }

    fn allows_address(&self, _: &url::Url) -> bool {
        false
    }

    fn newest_date(&self) -> Option<DateTime<Utc>> {
        None
    }
}

#[async_trait]
impl TelephonyProvider for Adapter {
    fn capabilities(&self) -> &TelephonyCapabilities {
        &self.capabilities
    }

    async fn place_call(
        &self,
        access: &AccountAccess,
        permit: CallPermit,
        call: &OutboundCall,
    ) -> Result<CallAccepted, ProviderError> {
        let access = self.opened(access);
        let person = permit.recipient().clone();
        let again = || permit_to_call(person.clone(), Fixtures::morning());
        let mut call = call.clone();
        if self.has(Flaw::NeedsNoAgent) {
            call.agent = Some("whoever is there".to_owned());
        }
        let mut permit = permit;
        if self.has(Flaw::RingsAnother) {
            let another = PhoneNumber::from_digits("447700900999").unwrap();
            permit = permit_to_call(another, Fixtures::morning());
        }
        let mut answer = self.phone.place_call(&access, permit, &call).await;
        let repeats = match &answer {
            Ok(_) => self.has(Flaw::PlacesTwice),
            Err(ProviderError::Ambiguous { .. }) => self.has(Flaw::RepeatsTheUnknown),
            Err(ProviderError::Throttled { .. }) => self.has(Flaw::RepeatsAfterANo),
            Err(_) => false,
        };
        if repeats {
            let second = self.phone.place_call(&access, again(), &call).await;
            // Whoever repeats what is unknown may still say that it is unknown.
            answer = if self.has(Flaw::RepeatsTheUnknown) { answer } else { second };
        }
        let secret = access.credential(self.id(), "secret")?.expose_secret();
        answer.map_err(|error| self.error(error, secret, person.digits()))
    }

    async fn control(
        &self,
        access: &AccountAccess,
        legs: &[CallAlias],
        action: CallAction,
    ) -> Result<(), ProviderError> {
        self.phone.control(&self.opened(access), legs, action).await
    }

    async fn list_calls(
        &self,
        access: &AccountAccess,
        from: DateTime<Utc>,
        until: DateTime<Utc>,
        after: Option<CallCursor>,
    ) -> Result<CallPage, ProviderError> {
        let first = after.is_none();
        let mut page = self
            .phone
            .list_calls(&self.opened(access), from, until, after)
            .await
            .map_err(|error| self.error(error, "", ""))?;
        match self.flaw {
            Some(Flaw::PagesWithoutEnd) => page.next = Some(CallCursor("99".to_owned())),
            Some(Flaw::PagesTwice) if first => page.calls.extend(page.calls.clone()),
            Some(Flaw::LosesTheLastPage) if page.next.is_none() => page.calls.clear(),
            _ => {}
        }
        Ok(page)
    }

    async fn find_call(
        &self,
        access: &AccountAccess,
        ids: &[CallAlias],
        began: DateTime<Utc>,
    ) -> Result<Vec<CallReport>, ProviderError> {
        self.phone.find_call(&self.opened(access), ids, began).await
    }

    async fn open_recording(
        &self,
        access: &AccountAccess,
        file: &str,
    ) -> Result<FetchedMedia, ProviderError> {
        if self.has(Flaw::AsksOtherHosts) && file.contains("://") {
            self.asked_elsewhere.fetch_add(1, Ordering::SeqCst);
            return Err(self.refused("no_sound", None));
        }
        let answer = self.phone.open_recording(&self.opened(access), file).await;
        match answer {
            Err(ProviderError::Refused { .. })
                if self.has(Flaw::TakesPagesForSound) && !file.contains("://") =>
            {
                Ok(FetchedMedia { bytes: Bytes::from_static(b"<h1>Sign in</h1>"), mime: None })
            }
            other => other,
        }
    }

    async fn delete_recording(&self, access: &AccountAccess, file: &str) -> Result<(), ProviderError> {
        if self.has(Flaw::AsksBeforeItRefuses) {
            self.phone.check(&self.opened(access)).await?;
        }
        self.phone.delete_recording(&self.opened(access), file).await
    }

    async fn agents(&self, access: &AccountAccess) -> Result<Vec<ListedAgent>, ProviderError> {
        self.phone.agents(&self.opened(access)).await
    }

    async fn check(&self, access: &AccountAccess) -> Result<AccountHealth, ProviderError> {
        let secret = access.credential(self.id(), "secret")?.expose_secret();
        self.phone.check(&self.opened(access)).await.map_err(|error| self.error(error, secret, ""))
    }
}

impl WebhookDecoder for Adapter {
    fn verify(&self, raw: RawWebhook, secrets: &WebhookSecrets) -> Result<VerifiedWebhook, WebhookError> {
        if self.has(Flaw::BelievesWhatNobodySigned) {
            return Ok(VerifiedWebhook::report(raw, Trust::Signed));
        }
        self.phone.verify(raw, secrets)
    }

    fn decode(&self, hook: &VerifiedWebhook) -> Vec<Inbound> {
        self.decode_element(hook.body())
    }

    fn decode_element(&self, raw: &Bytes) -> Vec<Inbound> {
        let mut found = self.phone.decode_element(raw);
        for element in &mut found {
            match (&mut element.body, self.flaw) {
                (InboundBody::Call(report), Some(Flaw::ReportsHaveNoIds)) => report.aliases.clear(),
                (InboundBody::Call(report), Some(Flaw::ReportsLeadNowhere)) => {
                    report.own = None;
                    report.aliases.truncate(1);
                }
                (InboundBody::Unknown { .. }, Some(Flaw::PanicsAtWhatItCannotRead)) => {
                    panic!("these bytes cannot be read");
                }
                _ => {}
            }
        }
        if self.has(Flaw::LosesWhatItCannotRead) {
            found.retain(|element| !matches!(element.body, InboundBody::Unknown { .. }));
        }
        found
    }
}
