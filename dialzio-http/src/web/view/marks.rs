//! The marks by which people format a message in WhatsApp: `*bold*`, `_italic_`, `~struck out~`, and code between backquotes.
//!
//! A mark opens before a word and closes behind one, within a line; what opens and never closes is a character like any other.
//! Links are whole: no mark is looked for in them.

use super::text::{Mark, RichText, Segment};

impl Mark {
    const fn of(c: char) -> Option<Self> {
        match c {
            '*' => Some(Self::Bold),
            '_' => Some(Self::Italic),
            '~' => Some(Self::Struck),
            _ => None,
        }
    }

    const fn written(self) -> char {
        match self {
            Self::Bold => '*',
            Self::Italic => '_',
            Self::Struck => '~',
            Self::Code => '`',
        }
    }
}

impl RichText {
    /// The same with its marks shown, as those of the provider are.
    pub(crate) fn marked(self) -> Self {
        Self(marked(&self.0))
    }
}

/// What a link or an escape counts as for the mark beside it: it is no space, and no letter.
const BESIDE: char = '/';

/// The same pieces with those of marks in place of the characters.
fn marked(pieces: &[Segment]) -> Vec<Segment> {
    let mut out = Written::default();
    for (place, piece) in pieces.iter().enumerate() {
        let Segment::Text(words) = piece else {
            out.pieces.push(piece.clone());
            continue;
        };
        let chars: Vec<char> = words.chars().collect();
        let before = (place > 0).then_some(BESIDE);
        let after = (place + 1 < pieces.len()).then_some(BESIDE);
        let mut at = 0;
        while let Some(&c) = chars.get(at) {
            if let Some((code, end)) = code(&chars, at) {
                out.pieces.extend([
                    Segment::Open(Mark::Code),
                    Segment::Text(code),
                    Segment::Close(Mark::Code),
                ]);
                at = end;
                continue;
            }
            let previous = at.checked_sub(1).map_or(before, |at| chars.get(at).copied());
            let next = chars.get(at + 1).copied().or(after);
            match Mark::of(c) {
                Some(mark) if out.closes(mark, previous, next) => out.close(mark),
                Some(mark) if opens(c, previous, next) => out.open(mark),
                _ => out.put(c),
            }
            at += 1;
        }
    }
    out.end()
}

/// Whether a mark may open between these.
fn opens(c: char, previous: Option<char>, next: Option<char>) -> bool {
    !previous.is_some_and(char::is_alphanumeric)
        && next.is_some_and(|next| !next.is_whitespace() && next != c)
}

/// The code that begins here, and the place behind it.
fn code(chars: &[char], at: usize) -> Option<(String, usize)> {
    let rest = chars.get(at..)?;
    let quotes = rest.iter().take_while(|c| **c == '`').count().min(3);
    let width = if quotes == 3 { 3 } else { 1 };
    if quotes == 0 {
        return None;
    }
    let body = rest.get(width..)?;
    let length = (0..body.len()).find(|from| {
        body.get(*from..from + width).is_some_and(|closing| closing.iter().all(|c| *c == '`'))
    })?;
    let inside: String = body.get(..length)?.iter().collect();
    let is_code = !inside.trim().is_empty() && (width == 3 || !inside.contains('\n'));
    is_code.then_some((inside, at + width + length + width))
}

/// What is written so far, with the places of the marks that are open.
#[derive(Default)]
struct Written {
    pieces: Vec<Segment>,
    open: Vec<(Mark, usize)>,
}

impl Written {
    fn put(&mut self, c: char) {
        if c == '\n' {
            self.settle();
        }
        match self.pieces.last_mut() {
            Some(Segment::Text(last)) => last.push(c),
            _ => self.pieces.push(Segment::Text(c.to_string())),
        }
    }

    fn open(&mut self, mark: Mark) {
        self.open.push((mark, self.pieces.len()));
        self.pieces.push(Segment::Open(mark));
    }

    fn closes(&self, mark: Mark, previous: Option<char>, next: Option<char>) -> bool {
        self.open.iter().any(|(open, _)| *open == mark)
            && previous.is_some_and(|previous| !previous.is_whitespace())
            && !next.is_some_and(char::is_alphanumeric)
    }

    fn close(&mut self, mark: Mark) {
        while let Some((open, place)) = self.open.pop() {
            if open == mark {
                self.pieces.push(Segment::Close(mark));
                return;
            }
            self.is_character(open, place);
        }
    }

    /// Nothing that is open is closed any more.
    fn settle(&mut self) {
        while let Some((open, place)) = self.open.pop() {
            self.is_character(open, place);
        }
    }

    /// All of it, each stretch of text in one piece.
    fn end(mut self) -> Vec<Segment> {
        self.settle();
        let mut merged: Vec<Segment> = Vec::with_capacity(self.pieces.len());
        for piece in self.pieces {
            match (merged.last_mut(), piece) {
                (Some(Segment::Text(last)), Segment::Text(words)) => last.push_str(&words),
                (_, piece) => merged.push(piece),
            }
        }
        merged
    }

    fn is_character(&mut self, mark: Mark, place: usize) {
        if let Some(piece) = self.pieces.get_mut(place) {
            *piece = Segment::Text(mark.written().to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::web::view::RichText;
    use crate::web::view::text::Segment;

    fn shown(text: &str) -> String {
        let mut out = String::new();
        for piece in RichText::from(text).marked().0 {
            match piece {
                Segment::Text(words) | Segment::Control(words) => out.push_str(&words),
                Segment::Link { text, .. } => out.push_str(&format!("[{text}]")),
                Segment::Open(mark) => out.push_str(&format!("<{}>", mark.tag())),
                Segment::Close(mark) => out.push_str(&format!("</{}>", mark.tag())),
            }
        }
        out
    }

    #[test]
    fn marks_around_words_format_them() {
        for (text, wanted) in [
            ("it is *free* today", "it is <strong>free</strong> today"),
            ("*free*", "<strong>free</strong>"),
            ("(_really_)!", "(<em>really</em>)!"),
            ("~450~ 300 rupees", "<s>450</s> 300 rupees"),
            ("*_both_*", "<strong><em>both</em></strong>"),
            ("write `START` to us", "write <code>START</code> to us"),
            ("```two\nlines```", "<code>two\nlines</code>"),
            ("`*not bold*`", "<code>*not bold*</code>"),
            ("*see https://example.com/a_b_c*", "<strong>see [https://example.com/a_b_c]</strong>"),
        ] {
            assert_eq!(shown(text), wanted, "{text}");
        }
    }

    #[test]
    fn what_is_no_pair_of_marks_stays_as_it_was_written() {
        for text in [
            "2*3*4",
            "snake_case_name",
            "a * b * c",
            "*open",
            "closed*",
            "* *",
            "**",
            "***",
            "_",
            "~",
            "`",
            "``",
            "```",
            "```open",
            "*two\nlines*",
            "5 * 3",
            "a_b",
            "~ ~",
            "(*)",
            "` `",
        ] {
            assert_eq!(shown(text), text);
        }
        assert_eq!(shown("*a _b*"), "<strong>a _b</strong>");
        assert_eq!(shown("*open\nand *shut*"), "*open\nand <strong>shut</strong>");
    }

    #[test]
    fn elements_are_closed_in_the_order_in_which_they_were_opened() {
        for text in ["*a _b* c_", "_*~a_*~", "*a `b* c` d*", "~*_x_*~ *y*", "*_*_*", "`a`*b*`c`"] {
            let mut open = Vec::new();
            for piece in RichText::from(text).marked().0 {
                match piece {
                    Segment::Open(mark) => open.push(mark),
                    Segment::Close(mark) => assert_eq!(open.pop(), Some(mark), "{text}"),
                    _ => {}
                }
            }
            assert!(open.is_empty(), "{text}");
        }
    }
}
