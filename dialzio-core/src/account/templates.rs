//! Templates that an organisation enters as it has registered them, where the provider keeps none.

use super::{AccountService, AccountWrite, ProviderAccount};
use crate::conversation::{ParameterFormat, Template, TemplateCategory, TemplateStatus};
use crate::error::{AccountProblem, Error, RecordKind};
use crate::event::DomainEvent;
use crate::id::AccountId;
use crate::ledger::Action;
use crate::provider::TemplateSource;
use crate::scope::{Actor, OrgScope, Permission};
use crate::sms::{DltId, template_body};
use crate::store::{Batch, Precondition, RecordRef, StoreError};

/// Longest registered text, in characters.
const LONGEST_TEXT: usize = 1_024;
/// Longest name, in characters.
const LONGEST_NAME: usize = 64;
/// Most templates of an account.
const MOST: usize = 500;

/// A template as an organisation has registered it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTemplate {
    /// The name that people choose it by: 1 to 64 letters, digits, `_` or `-`. With the language it identifies the template.
    pub name: String,
    /// Its language, such as `en` or `hi`.
    pub language: String,
    /// What it is for.
    pub category: TemplateCategory,
    /// The registered text, exactly, with `{#var#}` where something is filled in; at most 1,024 characters.
    pub text: String,
    /// The id that it is registered under (DLT); `None` for countries that register no texts.
    pub registration: Option<DltId>,
}

impl NewTemplate {
    fn read(self, account: AccountId) -> Result<Template, Error> {
        let word = |text: &str, most: usize| {
            let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
            !text.is_empty() && text.len() <= most && text.chars().all(fits)
        };
        if !word(&self.name, LONGEST_NAME) {
            return Err(Error::invalid("name", "must be 1 to 64 letters, digits, _ or -"));
        }
        if !word(&self.language, 12) {
            return Err(Error::invalid("language", "must be a language code such as en or hi"));
        }
        let length = self.text.chars().count();
        if self.text.trim().is_empty() || length > LONGEST_TEXT {
            let problem = format!("must have 1 to {LONGEST_TEXT} characters; it has {length}");
            return Err(Error::invalid("text", problem));
        }
        let problem = "has braces that are no slot: a slot is written as {#var#}";
        let body = template_body(&self.text).ok_or(Error::invalid("text", problem))?;
        Ok(Template {
            account,
            name: self.name,
            language: self.language,
            category: self.category,
            status: TemplateStatus::Approved,
            quality: None,
            rejection: None,
            registration: self.registration,
            format: ParameterFormat::Positional,
            header: None,
            header_text: None,
            body,
            footer: None,
            buttons: Vec::new(),
        })
    }
}

impl AccountService<'_> {
    /// Enters a template, in the place of the one with its name and language if there is one. Answers all of the account's.
    ///
    /// # Errors
    /// [`Error::Invalid`] with the field that is wrong; [`Error::Account`] if the provider keeps the templates, or none are
    /// used; [`Error::Conflict`] if they are changed at the same time; [`Error::NotFound`]; [`Error::Denied`] without
    /// [`Permission::AccountsManage`].
    pub async fn enter_template(
        &self,
        by: &Actor,
        account: AccountId,
        new: NewTemplate,
    ) -> Result<Vec<Template>, Error> {
        let scope = by.scope_for(Permission::AccountsManage)?;
        let account = self.with_own_templates(scope, account).await?;
        let entered = new.read(account.id)?;
        let mut all = self.runtime.store().templates(scope, account.id).await?;
        all.retain(|known| (&known.name, &known.language) != (&entered.name, &entered.language));
        if all.len() >= MOST {
            return Err(Error::invalid("name", format!("is one too many: an account has at most {MOST}")));
        }
        all.push(entered);
        self.put_templates(by, scope, &account, all).await
    }

    /// Removes a template that was entered. Answers those that are left.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is none of the name and language; otherwise as [`enter_template`](Self::enter_template).
    pub async fn remove_template(
        &self,
        by: &Actor,
        account: AccountId,
        name: &str,
        language: &str,
    ) -> Result<Vec<Template>, Error> {
        let scope = by.scope_for(Permission::AccountsManage)?;
        let account = self.with_own_templates(scope, account).await?;
        let mut all = self.runtime.store().templates(scope, account.id).await?;
        let before = all.len();
        all.retain(|known| (known.name.as_str(), known.language.as_str()) != (name, language));
        if all.len() == before {
            return Err(Error::missing(RecordKind::Template));
        }
        self.put_templates(by, scope, &account, all).await
    }

    async fn with_own_templates(&self, scope: &OrgScope, id: AccountId) -> Result<ProviderAccount, Error> {
        let account = self.account_at(scope, id, None).await?;
        match self.messaging(&account)?.capabilities().templates {
            TemplateSource::Organisation => Ok(account),
            TemplateSource::Provider | TemplateSource::None => {
                Err(Error::Account(AccountProblem::Unsupported))
            }
        }
    }

    async fn put_templates(
        &self,
        by: &Actor,
        scope: &OrgScope,
        account: &ProviderAccount,
        templates: Vec<Template>,
    ) -> Result<Vec<Template>, Error> {
        let (id, now) = (account.id, self.runtime.now());
        let mut batch = Batch::new(by, Action::TemplatesSynced, now);
        // The list is one value: an empty change of the account makes a second writer notice that it was read before.
        batch
            .about(id)
            .require(Precondition::Revision(RecordRef::Account(id), account.revision))
            .write(AccountWrite::Change { account: id, change: Box::default() })
            .write(AccountWrite::Templates { account: id, asked_at: now, templates })
            .event(DomainEvent::AccountChanged { account: id });
        match self.runtime.store().commit_one(scope, batch).await {
            Err(StoreError::PreconditionFailed(_)) => Err(Error::Conflict { kind: RecordKind::Account }),
            Err(error) => Err(error.into()),
            Ok(_) => Ok(self.runtime.store().templates(scope, id).await?),
        }
    }
}
