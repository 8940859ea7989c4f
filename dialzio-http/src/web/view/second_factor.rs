//! The second factor of a member: its card in the profile, and the page that sets it up where the organisation requires it.

use askama::Template;
use qrcode::types::Color;
use qrcode::{EcLevel, QrCode};

use super::shell::Theme;

/// The page at `/second-factor`.
#[derive(Clone, Debug, Template)]
#[template(path = "second_factor_page.html")]
pub(crate) struct SecondFactorPage {
    /// What addresses are read against.
    pub(crate) base: String,
    /// Colours.
    pub(crate) theme: Theme,
    /// The card.
    pub(crate) card: FactorCard,
}

/// The card, put in the place of `#second-factor`.
#[derive(Clone, Debug, Template)]
#[template(path = "second_factor.html")]
pub(crate) struct FactorCard {
    /// What it shows.
    pub(crate) state: FactorState,
    /// Where to go once it is done.
    pub(crate) done: String,
    /// Whether the organisation requires one.
    pub(crate) is_required: bool,
}

impl askama::filters::HtmlSafe for FactorCard {}

/// What the card shows.
#[derive(Clone, Debug)]
pub(crate) enum FactorState {
    /// It is off: asks for the password.
    Off {
        /// What is wrong with the password.
        error: Option<String>,
    },
    /// A new secret, with the form that confirms it.
    New {
        /// To be scanned.
        qr: Qr,
        /// To be typed, in groups of four.
        text: String,
        /// The form.
        form: ConfirmForm,
    },
    /// Recovery codes, this once.
    Codes(Vec<String>),
    /// It is on.
    On {
        /// Since when, within a sentence.
        since: String,
        /// How many recovery codes are left.
        left: usize,
        /// The form that is open.
        open: Open,
    },
}

/// The form that is open below a second factor that is on.
#[derive(Clone, Debug, Default)]
pub(crate) enum Open {
    /// None.
    #[default]
    Nothing,
    /// Makes new recovery codes.
    Codes {
        /// What is wrong with the code.
        error: Option<String>,
    },
    /// Turns it off.
    Off {
        /// What is wrong with the password.
        password_error: Option<String>,
        /// What is wrong with the code.
        code_error: Option<String>,
    },
}

/// The first code of a new secret. Answered alone with status 422 if it is not right.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "second_factor_confirm.html")]
pub(crate) struct ConfirmForm {
    /// What is wrong with the code.
    pub(crate) error: Option<String>,
}

impl askama::filters::HtmlSafe for ConfirmForm {}

/// A QR code, drawn as one path of squares.
#[derive(Clone, Debug)]
pub(crate) struct Qr {
    /// Squares at each side, with the empty margin.
    pub(crate) size: usize,
    /// The dark ones.
    pub(crate) path: String,
}

/// Empty squares around the code. Source: ISO/IEC 18004, 6.3.8.
const MARGIN: usize = 4;

impl Qr {
    /// `None` for a text that is too long for any.
    pub(crate) fn of(text: &str) -> Option<Self> {
        let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
        let (width, squares) = (code.width(), code.to_colors());
        let dark = squares.iter().enumerate().filter(|(_, color)| **color == Color::Dark);
        let path = dark
            .map(|(place, _)| format!("M{} {}h1v1h-1z", place % width + MARGIN, place / width + MARGIN))
            .collect();
        Some(Self { size: width + 2 * MARGIN, path })
    }
}

#[cfg(test)]
mod tests {
    use super::Qr;

    #[test]
    fn a_code_is_drawn_with_its_margin_and_its_three_corners() {
        let qr = Qr::of("otpauth://totp/Dialzio:asha%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
            .unwrap();
        let far = qr.size - 5;
        for (x, y) in [(4, 4), (far, 4), (4, far)] {
            assert!(qr.path.contains(&format!("M{x} {y}h")), "the corner at {x}, {y}");
        }
        assert!(
            !qr.path.contains("M3 ") && !qr.path.contains(&format!("M{} ", far + 1)),
            "the margin is empty"
        );
        assert!(Qr::of(&"x".repeat(5_000)).is_none());
    }
}
