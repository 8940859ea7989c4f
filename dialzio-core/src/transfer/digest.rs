//! Digests of rows.

use sha2::{Digest as _, Sha256};

use super::Cell;

/// SHA-256 over rows, in the order in which they are added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Digest(pub [u8; 32]);

/// A digest in the making.
#[derive(Debug, Default)]
pub(super) struct Digesting(Sha256);

impl Digesting {
    /// Adds a row. Each cell says what it is and how long, so that no two lists of cells are written alike.
    pub(super) fn add(&mut self, row: &[Cell]) {
        self.0.update((row.len() as u64).to_be_bytes());
        for cell in row {
            match cell {
                Cell::Null => self.0.update([0]),
                Cell::Integer(number) => {
                    self.0.update([1]);
                    self.0.update(number.to_be_bytes());
                }
                Cell::Text(text) => self.bytes(2, text.as_bytes()),
                Cell::Bytes(bytes) => self.bytes(3, bytes),
            }
        }
    }

    fn bytes(&mut self, kind: u8, bytes: &[u8]) {
        self.0.update([kind]);
        self.0.update((bytes.len() as u64).to_be_bytes());
        self.0.update(bytes);
    }

    pub(super) fn end(self) -> Digest {
        Digest(self.0.finalize().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(rows: &[&[Cell]]) -> Digest {
        let mut digest = Digesting::default();
        rows.iter().for_each(|row| digest.add(row));
        digest.end()
    }

    #[test]
    fn what_differs_has_another_digest() {
        let text = |text: &str| Cell::Text(text.to_owned());
        let all = [
            of(&[]),
            of(&[&[]]),
            of(&[&[Cell::Null]]),
            of(&[&[Cell::Integer(0)]]),
            of(&[&[text("")]]),
            of(&[&[Cell::Bytes(Vec::new())]]),
            of(&[&[text("ab"), text("c")]]),
            of(&[&[text("a"), text("bc")]]),
            of(&[&[text("ab")], &[text("c")]]),
            of(&[&[text("c")], &[text("ab")]]),
        ];
        for (place, one) in all.iter().enumerate() {
            assert!(!all[place + 1..].contains(one), "{place}");
        }
        assert_eq!(of(&[&[text("ab")]]), of(&[&[text("ab")]]));
    }

    #[test]
    fn a_cell_shows_nothing_of_what_it_holds() {
        let shown = format!("{:?}", [Cell::Text("+919840012345".to_owned()), Cell::Integer(98_400)]);
        assert!(!shown.contains("984"), "{shown}");
    }
}
