//! The rows of a file: what its cells are separated by, and whether its first row holds the names of the columns.

use dialzio_core::contact::MAX_IMPORT_ROWS;
use dialzio_core::phone::PhoneNumber;
use dialzio_core::text::EmailAddress;

use super::decode::{Encoding, decode};

/// The largest file, in bytes.
pub(crate) const LARGEST_FILE: usize = 10 * 1024 * 1024;
/// The most columns.
pub(crate) const MOST_COLUMNS: usize = 200;
/// What cells may be separated by.
const DELIMITERS: [(u8, &str); 4] = [(b',', "commas"), (b';', "semicolons"), (b'\t', "tabs"), (b'|', "bars")];
/// How many rows are looked at for what separates the cells.
const LOOKED_AT: usize = 20;

/// A row that holds something, with its number: the first row of the file is row 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) number: u32,
    pub(crate) cells: Vec<String>,
}

/// A file of comma-separated values, read. Holds what people gave, so it shows sizes alone.
pub(crate) struct Sheet {
    pub(crate) encoding: Encoding,
    /// What separates the cells, in words.
    pub(crate) separated_by: &'static str,
    /// The names of the columns; made up where the file has none.
    pub(crate) header: Vec<String>,
    /// Rows below the names of the columns.
    pub(crate) rows: Vec<Row>,
}

impl std::fmt::Debug for Sheet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sheet").field("columns", &self.header.len()).field("rows", &self.rows.len()).finish()
    }
}

fn reader(text: &str, delimiter: u8) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes())
}

/// How many cells the first row has, and how many of the rows that are looked at have as many.
fn fit(text: &str, delimiter: u8) -> (usize, usize) {
    let widths: Vec<usize> =
        reader(text, delimiter).records().take(LOOKED_AT).flatten().map(|record| record.len()).collect();
    let first = widths.first().copied().unwrap_or(0);
    (widths.iter().filter(|width| **width == first).count(), first)
}

/// A separator that gives the rows more than one cell, and as many in each; commas if there is none.
fn delimiter(text: &str) -> (u8, &'static str) {
    let fits = DELIMITERS.iter().map(|one| (fit(text, one.0), one)).filter(|((_, width), _)| *width > 1);
    // Of two that fit alike, the earlier one.
    let best = fits.rev().max_by_key(|(fit, _)| *fit);
    best.map_or(DELIMITERS[0], |(_, one)| *one)
}

/// Whether a row holds a person's values, so that it cannot be the names of the columns.
fn is_of_a_person(cells: &[String]) -> bool {
    cells.iter().map(|cell| super::plain(cell).trim()).any(|cell| {
        let digits = cell.chars().filter(char::is_ascii_digit).count();
        EmailAddress::parse(cell).is_ok() || PhoneNumber::understand(cell, None).is_ok() || digits >= 7
    })
}

impl Sheet {
    /// Reads a file.
    ///
    /// # Errors
    /// In words, what is wrong with it.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, String> {
        if bytes.len() > LARGEST_FILE {
            return Err("is larger than 10 MB: split it".to_owned());
        }
        let (text, encoding) = decode(bytes)?;
        // Spreadsheets write what separates the cells into a first line of its own.
        let (said, rest) = match text.strip_prefix("sep=") {
            Some(rest) => {
                rest.split_once('\n').map_or((rest, ""), |(said, rest)| (said.trim_end_matches('\r'), rest))
            }
            None => ("", text.as_str()),
        };
        let named = DELIMITERS.iter().find(|(byte, _)| said.as_bytes() == [*byte]);
        let (byte, separated_by) = named.copied().unwrap_or_else(|| delimiter(rest));
        let mut rows = Vec::new();
        for (place, record) in reader(rest, byte).records().enumerate() {
            let record = record.map_err(|_| "cannot be read as comma-separated values".to_owned())?;
            let number = u32::try_from(place + 1).unwrap_or(u32::MAX);
            if record.len() > MOST_COLUMNS {
                return Err(format!("has more than {MOST_COLUMNS} columns in row {number}"));
            }
            if record.iter().any(|cell| !cell.trim().is_empty()) {
                rows.push(Row { number, cells: record.iter().map(str::to_owned).collect() });
            }
            if rows.len() > MAX_IMPORT_ROWS + 1 {
                return Err(format!("has more than {MAX_IMPORT_ROWS} rows: split it"));
            }
        }
        let Some(first) = rows.first() else { return Err("is empty".to_owned()) };
        let header = if is_of_a_person(&first.cells) {
            (1..=first.cells.len()).map(|place| format!("Column {place}")).collect()
        } else {
            rows.remove(0).cells
        };
        if rows.is_empty() {
            return Err("has no rows below the names of its columns".to_owned());
        }
        if rows.len() > MAX_IMPORT_ROWS {
            return Err(format!("has more than {MAX_IMPORT_ROWS} rows: split it"));
        }
        Ok(Self { encoding, separated_by, header, rows })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Sheet {
        Sheet::read(text.as_bytes()).unwrap()
    }

    #[test]
    fn what_separates_the_cells_is_recognised() {
        for (text, separated_by) in [
            ("name,phone\nAsha,98400\n", "commas"),
            ("name;phone\nAsha;98400, 98401\nRavi;98402\n", "semicolons"),
            ("name\tphone\nAsha\t98400\n", "tabs"),
            ("name|phone\nAsha|98400\n", "bars"),
            ("sep=;\r\nname;phone\r\nAsha, Rao;98400\r\n", "semicolons"),
            ("name\nAsha\n", "commas"),
        ] {
            let sheet = read(text);
            assert_eq!((sheet.separated_by, sheet.header[0].as_str()), (separated_by, "name"), "{text:?}");
        }
    }

    #[test]
    fn quotes_line_breaks_and_empty_rows_keep_their_place() {
        let sheet = read("name,note\n\"Asha, \"\"A\"\"\",\"two\nlines\"\n,\nRavi,\n");
        assert_eq!(sheet.rows[0].cells, ["Asha, \"A\"", "two\nlines"]);
        assert_eq!(sheet.rows.iter().map(|row| row.number).collect::<Vec<_>>(), [2, 4]);
    }

    #[test]
    fn a_first_row_that_holds_a_person_is_no_row_of_names() {
        for text in ["Asha,+919840012345\n", "Asha,asha@example.com\n", "Asha,98400 12345\n"] {
            let sheet = read(text);
            assert_eq!(
                (sheet.header, sheet.rows.len()),
                (vec!["Column 1".to_owned(), "Column 2".to_owned()], 1)
            );
        }
        assert_eq!(read("Name,Phone 1\nAsha,98400\n").rows.len(), 1);
    }

    #[test]
    fn a_file_that_is_no_list_is_refused_in_words() {
        let wide = vec!["x"; MOST_COLUMNS + 1].join(",");
        let long = format!("name\n{}", "Asha\n".repeat(MAX_IMPORT_ROWS + 1));
        let large = vec![b'a'; LARGEST_FILE + 1];
        for (bytes, said) in [
            (b"".as_slice(), "is empty"),
            (b",,\n,,\n", "is empty"),
            (b"name,phone\n", "no rows"),
            (wide.as_bytes(), "more than 200 columns"),
            (long.as_bytes(), "more than 50000 rows"),
            (large.as_slice(), "larger than 10 MB"),
            (b"name\nJos\xe9\n", "neither UTF-8 nor UTF-16"),
        ] {
            let refused = Sheet::read(bytes).unwrap_err();
            assert!(refused.contains(said), "{refused}");
        }
        let most = format!("name\n{}", "Asha\n".repeat(MAX_IMPORT_ROWS));
        assert_eq!(read(&most).rows.len(), MAX_IMPORT_ROWS);
    }
}
