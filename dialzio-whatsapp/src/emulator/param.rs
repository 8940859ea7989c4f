//! Reading a request the way Graph does: by named parameter, with Graph's words for what is wrong.

use serde_json::Value;

use super::refusal::Refusal;

type Judged<T> = Result<T, Refusal>;

/// One value of the request and the name Graph would call it by, such as `text['body']`.
#[derive(Debug, Clone)]
pub(super) struct Param<'a> {
    name: String,
    value: &'a Value,
}

impl<'a> Param<'a> {
    pub(super) fn root(value: &'a Value) -> Self {
        Self { name: String::new(), value }
    }

    pub(super) fn value(&self) -> &'a Value {
        self.value
    }

    /// A member that is there and not null.
    pub(super) fn field(&self, key: &str) -> Option<Self> {
        let value = self.value.get(key).filter(|value| !value.is_null())?;
        Some(Self { name: self.member(key), value })
    }

    pub(super) fn require(&self, key: &str) -> Judged<Self> {
        self.field(key)
            .ok_or_else(|| Refusal::parameter(format!("The parameter {} is required.", self.member(key))))
    }

    /// Refuses a key that the documentation does not list here.
    ///
    /// Graph ignores unknown keys at the outermost level; the emulator refuses them there too, since a
    /// misspelt key is what a test should find.
    pub(super) fn only(&self, keys: &[&str]) -> Judged<()> {
        let Some(object) = self.value.as_object() else {
            return Err(Refusal::parameter(format!("Param {} must be a JSON object.", self.name)));
        };
        match object.keys().find(|key| !keys.contains(&key.as_str())) {
            Some(key) => {
                Err(Refusal::parameter(format!("Unexpected key \"{key}\" on param \"{}\".", self.name)))
            }
            None => Ok(()),
        }
    }

    pub(super) fn text(&self) -> Judged<&'a str> {
        self.value
            .as_str()
            .ok_or_else(|| Refusal::parameter(format!("Param {} must be a string.", self.name)))
    }

    /// Text of one to `most` characters.
    pub(super) fn text_to(&self, most: usize) -> Judged<&'a str> {
        let text = self.text()?;
        if text.is_empty() {
            return Err(Refusal::parameter(format!("The parameter {} is required.", self.name)));
        }
        if text.chars().count() > most {
            return Err(Refusal::parameter(format!(
                "Param {} must be at most {most} characters long.",
                self.name
            )));
        }
        Ok(text)
    }

    /// Text of one to `most` characters inside an interactive message, where Graph says 131009.
    pub(super) fn label_to(&self, most: usize) -> Judged<&'a str> {
        let text = self.text()?;
        let length = text.chars().count();
        if length == 0 || length > most {
            return Err(Refusal::of(131_009)
                .details(format!("{} length invalid. Min length: 1, Max length: {most}", self.name)));
        }
        Ok(text)
    }

    /// Members of an array, each with its own name.
    pub(super) fn items(&self) -> Judged<Vec<Self>> {
        let Some(array) = self.value.as_array() else {
            return Err(Refusal::parameter(format!("Param {} must be an array.", self.name)));
        };
        Ok(array
            .iter()
            .enumerate()
            .map(|(position, value)| Self { name: format!("{}[{position}]", self.name), value })
            .collect())
    }

    /// A number, or text that is one.
    pub(super) fn number(&self) -> Judged<f64> {
        self.value
            .as_f64()
            .or_else(|| self.value.as_str()?.trim().parse().ok())
            .filter(|number| number.is_finite())
            .ok_or_else(|| Refusal::parameter(format!("Param {} must be a number.", self.name)))
    }

    /// A boolean, or text that is one, as a query has it.
    pub(super) fn flag(&self) -> Judged<bool> {
        self.value
            .as_bool()
            .or_else(|| self.value.as_str()?.parse().ok())
            .ok_or_else(|| Refusal::parameter(format!("Param {} must be a boolean.", self.name)))
    }

    fn member(&self, key: &str) -> String {
        if self.name.is_empty() { key.to_owned() } else { format!("{}['{key}']", self.name) }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_read_as_graph_writes_them() {
        let body = json!({"text": {"body": ""}, "list": [{"a": 1}]});
        let root = Param::root(&body);
        let text = root.require("text").unwrap().require("body").unwrap();
        assert_eq!(text.name, "text['body']");
        assert!(text.text_to(10).is_err());
        assert_eq!(root.require("list").unwrap().items().unwrap()[0].member("a"), "list[0]['a']");
    }

    #[test]
    fn length_is_counted_in_characters_not_bytes() {
        let body = json!("தமிழ்");
        assert!(Param::root(&body).text_to(5).is_ok());
    }

    #[test]
    fn a_number_may_be_text_but_not_infinite() {
        assert!(Param::root(&json!("13.08")).number().is_ok());
        assert!(Param::root(&json!("inf")).number().is_err());
    }
}
