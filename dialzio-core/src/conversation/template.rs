//! Templates: texts that a provider approved beforehand, the only thing that may be sent when the reply
//! window is shut.

use serde::{Deserialize, Serialize};

use crate::consent::Purpose;
use crate::id::AccountId;
use crate::name::string_enum;
use crate::text::shows_something;

string_enum! {
    /// What a template is for, as the provider judged it.
    pub enum TemplateCategory {
        /// Anything with promotion in it.
        Marketing = "marketing",
        /// About something the person asked for or bought.
        Utility = "utility",
        /// A one-time code.
        Authentication = "authentication",
    }
}

impl TemplateCategory {
    /// The purpose that consent is asked for. Derived, never trusted from a caller.
    #[must_use]
    pub const fn purpose(self) -> Purpose {
        match self {
            Self::Marketing => Purpose::Marketing,
            Self::Utility => Purpose::Utility,
            Self::Authentication => Purpose::Authentication,
        }
    }
}

string_enum! {
    /// Whether a template can be sent. Words of the provider that are not listed here count as `other`.
    pub enum TemplateStatus {
        /// May be sent.
        Approved = "approved",
        /// Waits for the provider.
        Pending = "pending",
        /// Refused by the provider.
        Rejected = "rejected",
        /// Stopped for low quality, for a while.
        Paused = "paused",
        /// Stopped for good.
        Disabled = "disabled",
        /// Approved, with parts that this product cannot fill in, such as cards and offers.
        Unsupported = "unsupported",
        /// Anything else; may not be sent.
        Other = "other",
    }
}

string_enum! {
    /// How parameters are named in the text.
    pub enum ParameterFormat {
        /// `{{1}}`, `{{2}}`.
        Positional = "positional",
        /// `{{first_name}}`.
        Named = "named",
    }
}

string_enum! {
    /// What stands above the body.
    pub enum HeaderFormat {
        /// A line of text, perhaps with one parameter.
        Text = "text",
        /// A picture above the text.
        Image = "image",
        /// A video above the text.
        Video = "video",
        /// A document above the text.
        Document = "document",
        /// A place on the map above the text.
        Location = "location",
    }
}

string_enum! {
    /// What a button does. Others of the provider count as `other` and take no parameter here.
    pub enum ButtonKind {
        /// Answers with its text.
        QuickReply = "quick_reply",
        /// Opens an address, perhaps with a parameter at its end.
        Url = "url",
        /// Dials a number.
        PhoneNumber = "phone_number",
        /// Copies a code.
        CopyCode = "copy_code",
        /// Fills in a one-time code.
        OneTimePassword = "otp",
        /// A kind of button that this product cannot fill in.
        Other = "other",
    }
}

/// A button of a template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateButton {
    /// What it does.
    pub kind: ButtonKind,
    /// What is written on it.
    pub text: String,
    /// Its address, with `{{1}}` at the end if it takes a parameter.
    pub url: Option<String>,
}

/// A template as the provider describes it. Its key is account, name and language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Template {
    /// The account whose provider approved it.
    pub account: AccountId,
    /// The name at the provider; with the language it identifies the template.
    pub name: String,
    /// Its language, to be repeated exactly (`en` is not `en_US`).
    pub language: String,
    /// What it is for.
    pub category: TemplateCategory,
    /// Whether it may be sent.
    pub status: TemplateStatus,
    /// The provider's word for its quality (`GREEN`, `YELLOW`, `RED`, `UNKNOWN`).
    pub quality: Option<String>,
    /// Why the provider refuses it, in its own words; `None` while it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejection: Option<String>,
    /// The id that an organisation registered its text under (DLT); `None` where the provider approves texts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registration: Option<crate::sms::DltId>,
    /// How its parameters are named.
    pub format: ParameterFormat,
    /// What stands above the body.
    pub header: Option<HeaderFormat>,
    /// The header's text, for a text header.
    pub header_text: Option<String>,
    /// The body with its parameters.
    pub body: String,
    /// The line below the body.
    pub footer: Option<String>,
    /// Its buttons, in order.
    pub buttons: Vec<TemplateButton>,
}

/// What fills a header.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum HeaderParameter {
    /// The parameter of a text header.
    Text(String),
    /// A file at the provider, by its id there; the header's format says what kind.
    MediaId(String),
    /// A file the provider fetches from this https address.
    Link(String),
    /// A place on the map above the text.
    Location {
        /// Degrees north, from -90 to 90.
        latitude: f64,
        /// Degrees east, from -180 to 180.
        longitude: f64,
        /// The name of the place.
        name: String,
        /// The address of the place in one line.
        address: String,
    },
}

/// What fills a button.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ButtonParameter {
    /// The button's place among all buttons, from 0.
    pub index: u8,
    /// What kind it is.
    pub kind: ButtonKind,
    /// The payload, end of the address, or code.
    pub value: String,
}

/// A template with its parameters, ready for the wire.
#[derive(Clone, PartialEq, Serialize, Deserialize, Default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TemplateSend {
    /// The name at the provider; with the language it identifies the template.
    pub name: String,
    /// The language code, exactly as the provider lists it.
    pub language: String,
    /// What kind the header is, and what fills it.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub header: Option<(HeaderFormat, HeaderParameter)>,
    /// What fills the body, in order; the first part is the parameter's name in a named template.
    pub body: Vec<(Option<String>, String)>,
    /// What fills the buttons.
    pub buttons: Vec<ButtonParameter>,
}

impl std::fmt::Debug for TemplateSend {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TemplateSend({}/{}, {} parameters)", self.name, self.language, self.body.len())
    }
}

/// Why parameters do not fit a template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TemplateError {
    /// It may not be sent now.
    #[error("the template is {status}, only an approved one can be sent")]
    NotApproved {
        /// The status in which the provider has it; only approved ones are sent.
        status: TemplateStatus,
    },
    /// A parameter is missing or empty.
    #[error("the parameter {parameter} is needed")]
    Missing {
        /// Its name or number, `header`, or `button 1`.
        parameter: String,
    },
    /// More parameters than the template has.
    #[error("the template has no parameter {parameter}")]
    Unexpected {
        /// Its name or number.
        parameter: String,
    },
    /// A parameter has a character that the provider refuses.
    #[error("the parameter {parameter} {problem}")]
    Shape {
        /// Its name or number.
        parameter: String,
        /// What is wrong with it, and what would be right.
        problem: &'static str,
    },
    /// Body longer than the provider accepts after filling in, in characters.
    #[error("the text is too long after filling in: {length} characters, at most {max} can be sent")]
    TooLong {
        /// Its length, in characters.
        length: usize,
        /// The greatest number of characters that is taken.
        max: usize,
    },
    /// This kind of header cannot be filled yet.
    #[error("a {format} header has to be filled with a file or place")]
    Header {
        /// The header's kind.
        format: HeaderFormat,
    },
}

impl TemplateError {
    /// Which parameter does not fit, if it is about one.
    #[must_use]
    pub fn parameter(&self) -> Option<&str> {
        match self {
            Self::Missing { parameter } | Self::Unexpected { parameter } | Self::Shape { parameter, .. } => {
                Some(parameter)
            }
            _ => None,
        }
    }
}

/// What a provider refuses in a parameter. Source: Meta, error 132018: no line breaks, no tabs, no more than four blanks
/// in a row; every kind of blank counts.
fn misfit(value: &str) -> Option<&'static str> {
    let breaks = |c: char| matches!(c, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}');
    if value.contains(breaks) {
        return Some("has a line break: write it in one line");
    }
    if value.contains('\t') {
        return Some("has a tab: write a space instead");
    }
    let mut run = 0;
    for c in value.chars() {
        run = if c.is_whitespace() { run + 1 } else { 0 };
        if run > MOST_BLANKS {
            return Some("has more than four blanks in a row: leave four at most");
        }
        if c != ' ' && c.is_whitespace() {
            return Some(
                "has a blank other than a plain space, such as a no-break space: write a space instead",
            );
        }
        if c.is_control() {
            return Some("has a control character: leave it out");
        }
    }
    None
}

/// Most blanks in a row.
const MOST_BLANKS: usize = 4;

/// Longest body after filling in. Source: Meta, message templates, body limit.
const MAX_BODY: usize = 1_024;

impl Template {
    /// The parameters of a text in order of first appearance, without braces.
    fn placeholders(text: &str) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        let mut rest = text;
        while let Some((_, after)) = rest.split_once("{{") {
            let Some((name, tail)) = after.split_once("}}") else { break };
            let name = name.trim().to_owned();
            if !name.is_empty() && !found.contains(&name) {
                found.push(name);
            }
            rest = tail;
        }
        found
    }

    /// The names (or numbers) of the body's parameters, in order.
    #[must_use]
    pub fn body_parameters(&self) -> Vec<String> {
        Self::placeholders(&self.body)
    }

    /// Every parameter a person has to fill in: `header`, the body's names, and `button N` (from 1).
    #[must_use]
    pub fn parameters(&self) -> Vec<String> {
        let mut all = Vec::new();
        let plain_header = self.header == Some(HeaderFormat::Text)
            && self.header_text.as_deref().is_none_or(|text| Self::placeholders(text).is_empty());
        if self.header.is_some() && !plain_header {
            all.push("header".to_owned());
        }
        all.extend(self.body_parameters());
        for (index, button) in self.buttons.iter().enumerate() {
            let takes = match button.kind {
                ButtonKind::Url => button.url.as_deref().is_some_and(|url| url.contains("{{")),
                ButtonKind::CopyCode => true,
                ButtonKind::QuickReply
                | ButtonKind::PhoneNumber
                | ButtonKind::OneTimePassword
                | ButtonKind::Other => false,
            };
            if takes {
                all.push(format!("button {}", index + 1));
            }
        }
        all
    }

    /// Fills in parameters given by the names of [`parameters`](Self::parameters). A file header takes an https
    /// address or a provider's file id. One-time codes are put on their button by themselves.
    ///
    /// # Errors
    /// [`TemplateError`] if the template may not be sent or the parameters do not fit.
    pub fn fill(&self, given: &[(String, String)]) -> Result<TemplateSend, TemplateError> {
        if self.status != TemplateStatus::Approved {
            return Err(TemplateError::NotApproved { status: self.status });
        }
        let known = self.parameters();
        if let Some((name, _)) = given.iter().find(|(name, _)| !known.contains(name)) {
            return Err(TemplateError::Unexpected { parameter: name.clone() });
        }
        let take = |wanted: &str| -> Result<String, TemplateError> {
            let value = given.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.trim());
            let value = value.filter(|value| shows_something(value));
            let value = value.ok_or_else(|| TemplateError::Missing { parameter: wanted.to_owned() })?;
            match misfit(value) {
                Some(problem) => Err(TemplateError::Shape { parameter: wanted.to_owned(), problem }),
                None => Ok(value.to_owned()),
            }
        };
        let header = match self.header {
            Some(HeaderFormat::Text) if known.iter().any(|name| name == "header") => {
                Some((HeaderFormat::Text, HeaderParameter::Text(take("header")?)))
            }
            None | Some(HeaderFormat::Text) => None,
            Some(format @ (HeaderFormat::Image | HeaderFormat::Video | HeaderFormat::Document)) => {
                let value = take("header")?;
                let parameter = if value.starts_with("https://") {
                    HeaderParameter::Link(value)
                } else {
                    HeaderParameter::MediaId(value)
                };
                Some((format, parameter))
            }
            Some(format @ HeaderFormat::Location) => return Err(TemplateError::Header { format }),
        };
        let mut body = Vec::new();
        for name in self.body_parameters() {
            let value = take(&name)?;
            body.push(((self.format == ParameterFormat::Named).then_some(name), value));
        }
        let mut buttons = Vec::new();
        for (index, button) in self.buttons.iter().enumerate() {
            let Ok(place) = u8::try_from(index) else { break };
            let named = format!("button {}", index + 1);
            let value = match button.kind {
                ButtonKind::OneTimePassword => body.first().map(|(_, code)| code.clone()),
                _ if known.contains(&named) => Some(take(&named)?),
                _ => None,
            };
            if let Some(value) = value {
                buttons.push(ButtonParameter { index: place, kind: button.kind, value });
            }
        }
        let send =
            TemplateSend { name: self.name.clone(), language: self.language.clone(), header, body, buttons };
        let length = self.filled_body(&send).chars().count();
        if length > MAX_BODY {
            return Err(TemplateError::TooLong { length, max: MAX_BODY });
        }
        Ok(send)
    }

    fn filled_body(&self, send: &TemplateSend) -> String {
        let mut text = self.body.clone();
        for (name, (_, value)) in self.body_parameters().iter().zip(&send.body) {
            for spelling in [format!("{{{{{name}}}}}"), format!("{{{{ {name} }}}}")] {
                text = text.replace(&spelling, value);
            }
        }
        text
    }

    /// What the person will read: header text, body and footer with the parameters filled in.
    #[must_use]
    pub fn display_text(&self, send: &TemplateSend) -> String {
        let mut lines = Vec::new();
        if let Some(text) = &self.header_text {
            match &send.header {
                Some((HeaderFormat::Text, HeaderParameter::Text(value))) => {
                    let name = Self::placeholders(text).into_iter().next().unwrap_or_default();
                    lines.push(text.replace(&format!("{{{{{name}}}}}"), value));
                }
                _ => lines.push(text.clone()),
            }
        }
        lines.push(self.filled_body(send));
        lines.extend(self.footer.clone());
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{IdSource, TypedId};

    fn template(format: ParameterFormat, body: &str) -> Template {
        Template {
            account: AccountId::from_uuid(
                IdSource::seeded(1).next::<AccountId>(chrono::DateTime::UNIX_EPOCH).uuid(),
            ),
            name: "order_ready".into(),
            language: "en".into(),
            category: TemplateCategory::Utility,
            status: TemplateStatus::Approved,
            quality: None,
            rejection: None,
            registration: None,
            format,
            header: Some(HeaderFormat::Text),
            header_text: Some("Your order is ready".into()),
            body: body.into(),
            footer: Some("Reply STOP to end".into()),
            buttons: vec![TemplateButton {
                kind: ButtonKind::Url,
                text: "Track".into(),
                url: Some("https://shop.example/t/{{1}}".into()),
            }],
        }
    }

    fn pairs(given: &[(&str, &str)]) -> Vec<(String, String)> {
        given.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
    }

    #[test]
    fn named_and_positional_parameters_are_filled_and_read() {
        let named = template(ParameterFormat::Named, "Hello {{name}}, order {{order}} is ready.");
        assert_eq!(named.parameters(), ["name", "order", "button 1"]);
        let send = named.fill(&pairs(&[("name", "Tara"), ("order", "81"), ("button 1", "x81")])).unwrap();
        assert_eq!(send.body, [(Some("name".into()), "Tara".into()), (Some("order".into()), "81".into())]);
        assert_eq!(send.buttons[0].value, "x81");
        assert_eq!(
            named.display_text(&send),
            "Your order is ready\nHello Tara, order 81 is ready.\nReply STOP to end"
        );
        let positional = template(ParameterFormat::Positional, "Hello {{1}}.");
        let send = positional.fill(&pairs(&[("1", "Tara"), ("button 1", "t")])).unwrap();
        assert_eq!(send.body, [(None, "Tara".into())]);
    }

    #[test]
    fn parameters_that_do_not_fit_are_refused_before_the_wire() {
        let t = template(ParameterFormat::Positional, "Hello {{1}}.");
        assert_eq!(
            t.fill(&pairs(&[("button 1", "t")])),
            Err(TemplateError::Missing { parameter: "1".into() })
        );
        assert_eq!(
            t.fill(&pairs(&[("1", "a\nb"), ("button 1", "t")])),
            Err(TemplateError::Shape {
                parameter: "1".into(),
                problem: "has a line break: write it in one line"
            })
        );
        assert_eq!(
            t.fill(&pairs(&[("1", "a"), ("2", "b"), ("button 1", "t")])),
            Err(TemplateError::Unexpected { parameter: "2".into() })
        );
        for odd in [
            "a\u{2028}b",
            "a\u{2029}b",
            "a\u{85}b",
            "a\u{b}b",
            "a\tb",
            "a\u{a0}b",
            "a\u{202f}b",
            "a     b",
            "a\u{7}b",
        ] {
            let refused = t.fill(&pairs(&[("1", odd), ("button 1", "t")])).unwrap_err();
            assert!(
                matches!(&refused, TemplateError::Shape { parameter, .. } if parameter == "1"),
                "{odd:?}"
            );
        }
        for nothing in ["\u{200b}", "\u{a0}", "\u{2060}\u{3164}"] {
            let refused = t.fill(&pairs(&[("1", nothing), ("button 1", "t")])).unwrap_err();
            assert_eq!(refused, TemplateError::Missing { parameter: "1".into() }, "{nothing:?}");
        }
        let paused = Template { status: TemplateStatus::Paused, ..t };
        assert!(matches!(paused.fill(&[]), Err(TemplateError::NotApproved { .. })));
    }
}
