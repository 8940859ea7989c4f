//! Which contacts the list shows, as its address says it and as a saved view keeps it.

use dialzio_core::MemberId;
use dialzio_core::contact::{ContactOrder, ContactQuery, OwnerFilter};
use dialzio_core::saved_view::{ContactColumn, SavedContacts, Whose};
use serde::Deserialize;

use super::view::contact_list::list_query;

/// What is listed, as the address says it.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Listed {
    pub(super) q: Option<String>,
    pub(super) stage: Option<String>,
    /// `me`, `none` or a member.
    pub(super) owner: Option<String>,
    pub(super) tag: Option<String>,
    pub(super) order: Option<String>,
    /// The columns of a saved view, in the place of those that the reader has chosen.
    pub(super) columns: Option<String>,
    pub(super) after: Option<String>,
    pub(super) rows: Option<u32>,
}

impl Listed {
    pub(super) fn search(&self) -> &str {
        self.q.as_deref().unwrap_or_default().trim()
    }

    pub(super) fn owner(&self) -> Option<Whose> {
        self.owner.as_deref()?.trim().parse().ok()
    }

    pub(super) fn columns(&self) -> Option<Vec<ContactColumn>> {
        self.columns.as_deref().map(read_columns)
    }

    /// What the core is asked for. What cannot be read narrows nothing. The contacts of somebody who is no member are those
    /// of nobody.
    pub(super) fn query(&self, me: Option<MemberId>) -> ContactQuery {
        fn read<T: std::str::FromStr>(value: Option<&String>) -> Option<T> {
            value.and_then(|value| value.trim().parse().ok())
        }
        let owner = self.owner().map(|owner| match owner {
            Whose::Me => me.map_or(OwnerFilter::Nobody, OwnerFilter::Member),
            Whose::Nobody => OwnerFilter::Nobody,
            Whose::Member(member) => OwnerFilter::Member(member),
        });
        ContactQuery {
            stage: read(self.stage.as_ref()),
            owner,
            tag: read(self.tag.as_ref()),
            order: read(self.order.as_ref()).unwrap_or_default(),
            ..ContactQuery::matching(self.search())
        }
    }

    /// What is listed, as a view keeps it.
    pub(crate) fn saved(&self) -> SavedContacts {
        let ContactQuery { stage, tag, order, .. } = self.query(None);
        SavedContacts { stage, owner: self.owner(), tag, order, columns: self.columns() }
    }

    /// What narrows and orders the list, as the address says it.
    pub(super) fn pairs(&self) -> Vec<(&'static str, String)> {
        let query = self.query(None);
        let order = (query.order != ContactOrder::default()).then(|| query.order.to_string());
        let pairs = [
            ("stage", query.stage.map(|stage| stage.to_string())),
            ("owner", self.owner().map(|owner| owner.to_string())),
            ("tag", query.tag.as_ref().map(|tag| tag.reveal().to_owned())),
            ("order", order),
            ("columns", self.columns().map(|columns| column_words(&columns))),
        ];
        pairs.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }
}

pub(super) fn column_words(columns: &[ContactColumn]) -> String {
    columns.iter().map(|column| column.as_str()).collect::<Vec<_>>().join(",")
}

/// The address of the list that shows a view.
pub(crate) fn address(saved: &SavedContacts) -> String {
    let listed = Listed {
        stage: saved.stage.map(|stage| stage.to_string()),
        owner: saved.owner.map(|owner| owner.to_string()),
        tag: saved.tag.as_ref().map(|tag| tag.reveal().to_owned()),
        order: Some(saved.order.to_string()),
        columns: saved.columns.as_deref().map(column_words),
        ..Listed::default()
    };
    format!("contacts?{}", list_query("", &listed.pairs()))
}

/// Columns as an address has them: words with commas between. What is no column is left out.
pub(crate) fn read_columns(text: &str) -> Vec<ContactColumn> {
    let mut columns: Vec<ContactColumn> =
        text.split(',').filter_map(|word| word.trim().parse().ok()).collect();
    columns.sort_unstable();
    columns.dedup();
    columns
}

#[cfg(test)]
mod tests {
    use axum::extract::Query;

    use super::*;

    #[test]
    fn an_address_names_what_it_lists_and_nothing_that_cannot_be_read() {
        let member = "01a2b3c4-0000-7000-8000-000000000001";
        let of_member = format!("owner={member}");
        for (typed, here) in [
            ("", ""),
            ("q=+asha+&stage=customer", "q=asha&stage=customer"),
            ("owner=none&tag=A+%26+B&order=newest", "owner=none&tag=A+%26+B&order=newest"),
            ("owner=me", "owner=me"),
            ("columns=last,stage,size,last", "columns=stage%2Clast"),
            ("columns=", "columns="),
            (of_member.as_str(), of_member.as_str()),
            ("stage=&owner=&tag=&order=name", ""),
            ("stage=emperor&owner=nobody&tag=%00&order=random", ""),
        ] {
            for query in [typed, here] {
                let uri: axum::http::Uri = format!("/contacts?{query}").parse().unwrap();
                let listed = Query::<Listed>::try_from_uri(&uri).unwrap().0;
                assert_eq!(list_query(listed.search(), &listed.pairs()), here, "{query}");
            }
        }
    }

    #[test]
    fn a_view_is_listed_at_an_address_that_reads_as_the_same_view() {
        for typed in ["", "stage=customer&owner=me&tag=A+%26+B&order=newest&columns=stage,last", "owner=none"]
        {
            let read = |query: &str| {
                let uri: axum::http::Uri = format!("/{query}").parse().unwrap();
                Query::<Listed>::try_from_uri(&uri).unwrap().0.saved()
            };
            let saved = read(&format!("contacts?q=asha&{typed}"));
            assert_eq!(read(&address(&saved)), saved, "{typed}");
        }
    }
}
