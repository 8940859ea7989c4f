//! Sealed values, and wrapping their data keys anew.

use std::collections::BTreeMap;

use super::state::{Rows, System, World};
use crate::account::{KeyChange, Rewrap, Sealed, SealedKind, SealedPlace, SealedRow, row_of};
use crate::id::{
    AccountId, AppId, BacklogId, IdentityProviderId, MailId, MediaId, MessageId, OrgId, QuarantineId,
    TypedId, UserId,
};

/// A value where it is.
type Found<'a> = (OrgId, SealedPlace, &'a [u8]);

fn listed<'a>(
    found: impl Iterator<Item = Found<'a>>,
    after: Option<SealedPlace>,
    limit: u32,
) -> Vec<SealedRow> {
    let later = found.filter(|(_, place, _)| after.is_none_or(|after| *place > after));
    let mut rows: Vec<_> = later
        .map(|(org, place, value)| {
            let length = value.len().min(SealedKind::HEAD as usize);
            SealedRow { org, place, head: value[..length].to_vec() }
        })
        .collect();
    rows.sort_by_key(|row| row.place);
    rows.truncate(limit as usize);
    rows
}

/// Values in tables of the installation.
pub(super) fn of_system(
    world: &World,
    kind: SealedKind,
    after: Option<SealedPlace>,
    limit: u32,
) -> Vec<SealedRow> {
    let system = &world.system;
    let mut found: Vec<Found<'_>> = Vec::new();
    match kind {
        SealedKind::KeptKey => {
            for check in &system.key_checks {
                if let Some(kept) = &check.kept {
                    found.push((OrgId::NIL, SealedPlace::of(row_of(check.place)), kept.as_bytes()));
                }
            }
        }
        SealedKind::AppSecret => {
            for app in system.apps.values() {
                for (place, secret) in (0..).zip(&app.secrets) {
                    let place = SealedPlace { row: app.id.uuid(), place };
                    found.push((OrgId::NIL, place, secret.as_bytes()));
                }
            }
        }
        SealedKind::VerifyToken => {
            for app in system.apps.values() {
                if let Some(token) = &app.verify_token {
                    found.push((OrgId::NIL, SealedPlace::of(app.id.uuid()), token.as_bytes()));
                }
            }
        }
        SealedKind::SecondFactor => {
            for factor in system.second_factors.values() {
                found.push((OrgId::NIL, SealedPlace::of(factor.user.uuid()), factor.secret.as_bytes()));
            }
        }
        SealedKind::Mail => {
            for mail in system.mails.values() {
                found.push((OrgId::NIL, SealedPlace::of(mail.id.uuid()), mail.sealed.as_bytes()));
            }
        }
        SealedKind::Quarantine => {
            let all = world.orgs.values().flat_map(|rows| rows.quarantine.values());
            for item in all.chain(system.unrouted.values()) {
                let org = item.org.unwrap_or(OrgId::NIL);
                found.push((org, SealedPlace::of(item.id.uuid()), item.sealed.as_bytes()));
            }
        }
        SealedKind::Credentials
        | SealedKind::ClientSecret
        | SealedKind::Beside
        | SealedKind::File
        | SealedKind::Inbox => {}
    }
    listed(found.into_iter(), after, limit)
}

/// Values in the tables of an organisation.
pub(super) fn of_rows(
    org: OrgId,
    rows: &Rows,
    kind: SealedKind,
    after: Option<SealedPlace>,
    limit: u32,
) -> Vec<SealedRow> {
    let at = |row: uuid::Uuid| SealedPlace::of(row);
    let found: Vec<Found<'_>> = match kind {
        SealedKind::Credentials => rows
            .accounts
            .values()
            .map(|kept| (org, at(kept.id.uuid()), kept.credentials.as_bytes()))
            .collect(),
        SealedKind::ClientSecret => rows
            .identity_providers
            .values()
            .map(|kept| (org, at(kept.id.uuid()), kept.client_secret.as_bytes()))
            .collect(),
        SealedKind::Beside => rows
            .messages
            .values()
            .filter_map(|kept| Some((org, at(kept.id.uuid()), kept.beside.as_ref()?.as_bytes())))
            .collect(),
        SealedKind::File => rows
            .media
            .values()
            .filter_map(|kept| Some((org, at(kept.id.uuid()), kept.wrapped_key.as_deref()?)))
            .collect(),
        SealedKind::Inbox => {
            rows.backlog.values().map(|kept| (org, at(kept.id.uuid()), kept.sealed.as_bytes())).collect()
        }
        _ => Vec::new(),
    };
    listed(found.into_iter(), after, limit)
}

fn put(value: Option<&mut Sealed>, rewrap: &Rewrap) {
    if let Some(value) = value
        && let Some(anew) = rewrap.applied(value.as_bytes())
    {
        *value = Sealed::from_bytes(anew);
    }
}

fn of<K: TypedId + Ord, V>(rows: &mut BTreeMap<K, V>, place: SealedPlace) -> Option<&mut V> {
    rows.get_mut(&K::from_uuid(place.row))
}

impl Rows {
    pub(super) fn rewrap(&mut self, rewrap: &Rewrap) {
        let place = rewrap.place;
        match rewrap.kind {
            SealedKind::Credentials => {
                put(of::<AccountId, _>(&mut self.accounts, place).map(|kept| &mut kept.credentials), rewrap);
            }
            SealedKind::ClientSecret => {
                let provider = of::<IdentityProviderId, _>(&mut self.identity_providers, place);
                put(provider.map(|kept| &mut kept.client_secret), rewrap);
            }
            SealedKind::Beside => {
                let message = of::<MessageId, _>(&mut self.messages, place);
                put(message.and_then(|kept| kept.beside.as_mut()), rewrap);
            }
            SealedKind::File => {
                let file = of::<MediaId, _>(&mut self.media, place);
                if let Some(key) = file.and_then(|kept| kept.wrapped_key.as_mut())
                    && let Some(anew) = rewrap.applied(key)
                {
                    *key = anew;
                }
            }
            SealedKind::Inbox => {
                put(of::<BacklogId, _>(&mut self.backlog, place).map(|kept| &mut kept.sealed), rewrap);
            }
            SealedKind::Quarantine => {
                put(of::<QuarantineId, _>(&mut self.quarantine, place).map(|kept| &mut kept.sealed), rewrap);
            }
            _ => {}
        }
    }
}

impl System {
    pub(super) fn rewrap(&mut self, rewrap: &Rewrap) {
        let place = rewrap.place;
        match rewrap.kind {
            SealedKind::KeptKey => {
                let check = self.key_checks.iter_mut().find(|check| row_of(check.place) == place.row);
                put(check.and_then(|check| check.kept.as_mut()), rewrap);
            }
            SealedKind::AppSecret => {
                let app = of::<AppId, _>(&mut self.apps, place);
                put(app.and_then(|app| app.secrets.get_mut(place.place as usize)), rewrap);
            }
            SealedKind::VerifyToken => {
                put(of::<AppId, _>(&mut self.apps, place).and_then(|app| app.verify_token.as_mut()), rewrap);
            }
            SealedKind::SecondFactor => {
                put(of::<UserId, _>(&mut self.second_factors, place).map(|kept| &mut kept.secret), rewrap);
            }
            SealedKind::Mail => {
                put(of::<MailId, _>(&mut self.mails, place).map(|kept| &mut kept.sealed), rewrap);
            }
            SealedKind::Quarantine => {
                put(of::<QuarantineId, _>(&mut self.unrouted, place).map(|kept| &mut kept.sealed), rewrap);
            }
            _ => {}
        }
    }

    /// Whether there was something to change.
    pub(super) fn change_key(&mut self, place: u32, change: KeyChange) -> bool {
        let Some(check) = self.key_checks.iter_mut().find(|check| check.place == place) else { return false };
        match change {
            KeyChange::Keep(sealed) if check.kept.is_none() => check.kept = Some(sealed),
            KeyChange::Retire(at) if check.retired_at.is_none() => check.retired_at = Some(at),
            _ => return false,
        }
        true
    }
}
