//! A request to the emulator, taken apart, and its parameters.

use serde_json::{Map, Value};

use super::refusal::Refusal;

/// A request, taken apart.
pub(super) struct Asked {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) query: Vec<(String, String)>,
    pub(super) body: Option<Value>,
}

impl Asked {
    /// A value of the query.
    pub(super) fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The members of the body, of which there may be only these. The vendor does not mind others; a spelling mistake of ours is to
    /// be seen.
    pub(super) fn only(&self, known: &[&str]) -> Result<Fields<'_>, Refusal> {
        let fields =
            self.body.as_ref().and_then(Value::as_object).ok_or_else(|| Refusal::parameter("the body"))?;
        match fields.keys().find(|name| !known.contains(&name.as_str())) {
            Some(strange) => Err(Refusal::of(400, format!("{strange} is not a parameter"))),
            None => Ok(Fields(fields)),
        }
    }
}

/// The parameters of a body.
pub(super) struct Fields<'a>(&'a Map<String, Value>);

impl<'a> Fields<'a> {
    /// A text that is not empty.
    pub(super) fn text(&self, name: &str) -> Result<&'a str, Refusal> {
        let text = self.0.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        text.ok_or_else(|| Refusal::parameter(name))
    }

    /// A whole number that is not negative. A number with a point, or in a text, is none.
    pub(super) fn integer(&self, name: &str) -> Result<u64, Refusal> {
        self.0.get(name).and_then(Value::as_u64).ok_or_else(|| Refusal::parameter(name))
    }

    /// The same, if it is there.
    pub(super) fn maybe_integer(&self, name: &str) -> Result<Option<u64>, Refusal> {
        self.0.get(name).map(|_| self.integer(name)).transpose()
    }

    pub(super) fn truth(&self, name: &str, default: bool) -> Result<bool, Refusal> {
        match self.0.get(name) {
            None => Ok(default),
            Some(value) => value.as_bool().ok_or_else(|| Refusal::parameter(name)),
        }
    }

    /// An object, if it is there.
    pub(super) fn object(&self, name: &str) -> Result<Option<Value>, Refusal> {
        match self.0.get(name) {
            None => Ok(None),
            Some(value) if value.is_object() => Ok(Some(value.clone())),
            Some(_) => Err(Refusal::parameter(name)),
        }
    }

    /// A list that is not empty.
    pub(super) fn list(&self, name: &str) -> Result<&'a [Value], Refusal> {
        let list = self.0.get(name).and_then(Value::as_array).filter(|list| !list.is_empty());
        list.map(Vec::as_slice).ok_or_else(|| Refusal::parameter(name))
    }
}
