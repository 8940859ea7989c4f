//! A row of a file as the core takes it, or what is wrong with it.

use dialzio_core::MemberId;
use dialzio_core::access::{Member, MemberState};
use dialzio_core::contact::{Contact, Detail, DetailValue, ImportRow, Stage};
use dialzio_core::phone::Region;
use dialzio_core::search::match_key;
use dialzio_core::text::{EmailAddress, NoteText, PersonName, TagName};

use super::columns::Field;
use super::plain;
use super::sheet::Row;

/// How the cells of a file are read.
#[derive(Debug)]
pub(crate) struct RowReader {
    /// What each column is; `None` for those that are left out.
    pub(crate) fields: Vec<Option<Field>>,
    /// Where numbers in national form are dialled.
    pub(crate) country: Option<Region>,
    /// Active members by the form in which names are compared; `None` for a name that several have.
    members: Vec<(String, Option<MemberId>)>,
}

/// The values of a cell that may hold several. Only numbers and addresses never hold a comma themselves.
fn values<'a>(cell: &'a str, between: &'static [char]) -> impl Iterator<Item = &'a str> {
    let parts = cell.split(between).flat_map(|part| part.split(":::"));
    parts.map(|part| plain(part.trim()).trim()).filter(|part| !part.is_empty())
}

impl RowReader {
    pub(crate) fn new(fields: Vec<Option<Field>>, country: Option<Region>, members: &[Member]) -> Self {
        let mut known: Vec<(String, Option<MemberId>)> = Vec::new();
        for member in members.iter().filter(|member| member.state == MemberState::Active) {
            let name = match_key(member.name.reveal());
            match known.iter_mut().find(|(kept, _)| *kept == name) {
                Some((_, one)) => *one = None,
                None => known.push((name, Some(member.id))),
            }
            known.push((member.id.to_string(), Some(member.id)));
        }
        Self { fields, country, members: known }
    }

    fn owner(&self, text: &str) -> Result<MemberId, String> {
        let key = match_key(text);
        match self.members.iter().find(|(name, _)| *name == key) {
            Some((_, Some(member))) => Ok(*member),
            Some((_, None)) => Err("owner: several members have this name".to_owned()),
            None => Err("owner: no active member has this id or name".to_owned()),
        }
    }

    /// A row of the file.
    ///
    /// # Errors
    /// In words, the field and what is wrong with it.
    pub(crate) fn read(&self, row: &Row) -> Result<ImportRow, String> {
        let extra = row.cells.iter().skip(self.fields.len()).any(|cell| !cell.trim().is_empty());
        if extra {
            return Err(format!("has more cells than the {} columns of the file", self.fields.len()));
        }
        let mut read = ImportRow { row: row.number, ..ImportRow::default() };
        let (mut names, mut notes) = (Vec::new(), Vec::new());
        for (cell, field) in row.cells.iter().zip(&self.fields) {
            let text = plain(cell.trim()).trim();
            match field {
                Some(_) if text.is_empty() => {}
                None => {}
                Some(Field::Name) => names.push(text),
                Some(Field::Note) => notes.push(text),
                Some(Field::Phone) => {
                    for number in values(cell, &[';', ',', '\n']) {
                        let detail = Detail::written(number, self.country);
                        read.details.push(detail.map_err(|error| format!("number: {error}"))?);
                    }
                }
                Some(Field::Email) => {
                    for address in values(cell, &[';', ',', '\n']) {
                        let email =
                            EmailAddress::parse(address).map_err(|error| format!("email: {error}"))?;
                        read.details.push(Detail { value: DetailValue::Email(email), label: None });
                    }
                }
                Some(Field::Stage) => read.stage = Some(stage(text)?),
                Some(Field::Owner) => read.owner = Some(self.owner(text)?),
                Some(Field::Tags) => {
                    for tag in values(cell, &[';', '\n']) {
                        read.tags.push(TagName::parse(tag).map_err(|error| format!("tags: {error}"))?);
                    }
                }
            }
        }
        let mut keys = std::collections::HashSet::new();
        read.details.retain(|detail| keys.insert(detail.value.subject_key()));
        read.tags.sort_unstable();
        read.tags.dedup();
        if read.details.len() > Contact::MAX_DETAILS {
            return Err(format!("has more than {} numbers and addresses", Contact::MAX_DETAILS));
        }
        if read.tags.len() > Contact::MAX_TAGS {
            return Err(format!("has more than {} tags", Contact::MAX_TAGS));
        }
        if !names.is_empty() {
            let name = PersonName::parse(&names.join(" ")).map_err(|error| format!("name: {error}"))?;
            read.name = Some(name);
        }
        if !notes.is_empty() {
            read.note = Some(NoteText::parse(&notes.join("\n")).map_err(|error| format!("note: {error}"))?);
        }
        Ok(read)
    }
}

fn stage(text: &str) -> Result<Stage, String> {
    let known = || Stage::ALL.iter().map(|stage| stage.as_str()).collect::<Vec<_>>().join(", ");
    text.to_lowercase().parse().map_err(|_| format!("stage: is one of {}", known()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reader(fields: &[Option<Field>]) -> RowReader {
        RowReader::new(fields.to_vec(), Region::parse("IN").ok(), &[])
    }

    fn row(cells: &[&str]) -> Row {
        Row { number: 7, cells: cells.iter().map(|cell| (*cell).to_owned()).collect() }
    }

    #[test]
    fn a_row_is_read_with_several_values_in_a_cell_and_numbers_as_they_are_dialled_at_home() {
        use Field::{Email, Name, Note, Phone, Stage as At, Tags};
        let reader = reader(&[
            Some(Name),
            Some(Name),
            Some(Phone),
            Some(Email),
            Some(At),
            Some(Tags),
            None,
            Some(Note),
        ]);
        let cells = [
            "Asha",
            "Rao",
            "098400 12345; +91 98400 12345 ::: +914428123456",
            "asha@example.com, a@example.com",
            "Customer",
            "vip; regular;vip",
            "left out",
            "Prefers calls.",
        ];
        let read = reader.read(&row(&cells)).unwrap();
        assert_eq!(read.name.unwrap().reveal(), "Asha Rao");
        let keys: Vec<_> =
            read.details.iter().map(|detail| detail.value.subject_key().reveal().to_owned()).collect();
        assert_eq!(
            keys,
            ["phone:919840012345", "phone:914428123456", "email:asha@example.com", "email:a@example.com"]
        );
        assert_eq!((read.row, read.stage, read.tags.len()), (7, Some(Stage::Customer), 2));
        assert_eq!(read.note.unwrap().reveal(), "Prefers calls.");
    }

    #[test]
    fn what_our_own_export_keeps_from_being_a_formula_is_read_as_it_was() {
        let reader = reader(&[Some(Field::Name), Some(Field::Tags), Some(Field::Phone)]);
        let read = reader.read(&row(&["'=Asha", "'+vip; '@home; a, b", "'+91 98400 12345"])).unwrap();
        assert_eq!(read.name.unwrap().reveal(), "=Asha");
        assert_eq!(read.tags.iter().map(TagName::reveal).collect::<Vec<_>>(), ["+vip", "@home", "a, b"]);
        assert_eq!(read.details.len(), 1);
        let read = reader.read(&row(&["'Asha", "", "+919840012345"])).unwrap();
        assert_eq!(read.name.unwrap().reveal(), "'Asha", "an apostrophe of their own stays");
    }

    #[test]
    fn what_is_wrong_with_a_row_names_its_field() {
        use Field::{Email, Name, Owner, Phone, Stage, Tags};
        let reader = reader(&[Some(Name), Some(Phone), Some(Email), Some(Stage), Some(Owner), Some(Tags)]);
        let long = "x".repeat(201);
        for (cells, said) in [
            (["Asha", "12", "", "", "", ""].as_slice(), "number: "),
            (&["Asha", "", "asha", "", "", ""], "email: not an e-mail address"),
            (&["Asha", "", "", "emperor", "", ""], "stage: is one of new, contacted"),
            (&["Asha", "", "", "", "Nobody Here", ""], "owner: no active member"),
            (&[&long, "", "", "", "", ""], "name: "),
            (&["Asha", "", "", "", "", "", "more"], "more cells than the 6 columns"),
        ] {
            let refused = reader.read(&row(cells)).unwrap_err();
            assert!(refused.starts_with(said) || refused.contains(said), "{refused}");
            assert!(
                !refused.contains("Nobody Here") && !refused.contains("emperor"),
                "says nothing of a person"
            );
        }
    }
}
