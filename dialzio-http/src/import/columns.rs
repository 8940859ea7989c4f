//! What each column of a file is: guessed from its name, and said by whoever imports it.

use std::fmt;
use std::str::FromStr;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Field {
    /// A part of the name; several are joined.
    Name,
    /// Numbers.
    Phone,
    /// E-mail addresses.
    Email,
    Stage,
    /// The id or the name of a member.
    Owner,
    Tags,
    Note,
}

impl Field {
    pub(crate) const ALL: [Self; 7] =
        [Self::Name, Self::Phone, Self::Email, Self::Stage, Self::Owner, Self::Tags, Self::Note];

    /// The word in forms and requests.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Phone => "phone",
            Self::Email => "email",
            Self::Stage => "stage",
            Self::Owner => "owner",
            Self::Tags => "tags",
            Self::Note => "note",
        }
    }

    /// What people call it.
    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::Name => "Name",
            Self::Phone => "Number",
            Self::Email => "Email",
            Self::Stage => "Stage",
            Self::Owner => "Owner",
            Self::Tags => "Tags",
            Self::Note => "Note",
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for Field {
    type Err = ();
    fn from_str(word: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|field| field.word() == word).ok_or(())
    }
}

/// Words in the name of a column, and what they say. The first that is found decides.
const WORDS: [(&str, Field); 24] = [
    ("mail", Field::Email),
    ("phone", Field::Phone),
    ("mobile", Field::Phone),
    ("whatsapp", Field::Phone),
    ("telephone", Field::Phone),
    ("tel", Field::Phone),
    ("cell", Field::Phone),
    ("number", Field::Phone),
    ("stage", Field::Stage),
    ("status", Field::Stage),
    ("owner", Field::Owner),
    ("assigned", Field::Owner),
    ("assignee", Field::Owner),
    ("agent", Field::Owner),
    ("tag", Field::Tags),
    ("label", Field::Tags),
    ("group", Field::Tags),
    ("note", Field::Note),
    ("remark", Field::Note),
    ("comment", Field::Note),
    ("description", Field::Note),
    ("name", Field::Name),
    ("customer", Field::Name),
    ("contact", Field::Name),
];

/// What a column is by its name; `None` if the name says nothing that is known.
fn guess(name: &str) -> Option<Field> {
    let name = name.to_lowercase();
    let words: Vec<&str> =
        name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    // "Phone 1 - Type" says what kind of number the next column has; ids, times and companies are no values of ours.
    let foreign =
        ["id", "type", "at", "date", "time", "company", "organization", "organisation", "last_contact"];
    if words.iter().any(|word| foreign.contains(word)) && !name.contains("mail") {
        return None;
    }
    let is = |word: &str, known: &str| word == known || word.strip_suffix('s') == Some(known);
    let found = |known: &str| match known {
        // "E-mail", "email address".
        "mail" => words.iter().any(|word| is(word, "mail") || is(word, "email")),
        _ => words.iter().any(|word| is(word, known)),
    };
    WORDS.iter().find(|(known, _)| found(known)).map(|(_, field)| *field)
}

/// What each column is, by the names of the columns. There is one stage and one owner: the first column that says so.
pub(crate) fn guessed(header: &[String]) -> Vec<Option<Field>> {
    let mut fields: Vec<Option<Field>> = Vec::with_capacity(header.len());
    for name in header {
        let field = guess(super::plain(name))
            .filter(|field| !matches!(field, Field::Stage | Field::Owner) || !fields.contains(&Some(*field)));
        fields.push(field);
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(header: &str) -> Vec<String> {
        let header: Vec<String> = header.split(',').map(str::to_owned).collect();
        guessed(&header).iter().map(|field| field.map(Field::word).unwrap_or("-").to_owned()).collect()
    }

    #[test]
    fn columns_are_guessed_from_their_names() {
        for (header, fields) in [
            (
                "id,name,stage,owner,phones,emails,tags,restricted,created_at,last_contact_at",
                "-,name,stage,owner,phone,email,tags,-,-,-",
            ),
            (
                "First Name,Last Name,E-mail 1 - Value,Phone 1 - Type,Phone 1 - Value",
                "name,name,email,-,phone",
            ),
            ("Customer,Mobile No.,WhatsApp number,Remarks,Labels", "name,phone,phone,note,tags"),
            ("Contact Number,Email Address,Assigned To,Status,Stage", "phone,email,owner,stage,-"),
            ("Company,City,Colour", "-,-,-"),
        ] {
            assert_eq!(of(header).join(","), fields, "{header}");
        }
    }
}
