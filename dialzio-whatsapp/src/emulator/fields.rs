//! `fields=`: the members of an object that a request asks for.

use serde_json::{Map, Value};

use super::refusal::Refusal;

/// What an object can be asked for.
pub(super) struct Node {
    /// The name of its kind, as errors say it.
    pub(super) name: &'static str,
    /// Every field that is documented. One without a value is left out of the answer.
    pub(super) known: &'static [&'static str],
    /// What is answered when nothing is asked for.
    pub(super) default: &'static [&'static str],
}

impl Node {
    /// The fields of `all` that the query asks for, and always the id if there is one.
    pub(super) fn pick(&self, all: &Value, query: &[(String, String)]) -> Result<Value, Refusal> {
        let mut row = Map::new();
        for (field, _) in self.asked(query)? {
            match all.get(field) {
                Some(value) if !value.is_null() => row.insert(field.to_owned(), value.clone()),
                _ => None,
            };
        }
        if let Some(id) = all.get("id") {
            row.insert("id".to_owned(), id.clone());
        }
        Ok(Value::Object(row))
    }

    /// What stands behind the name of one field, such as `.format(PNG)`; `None` if the field is not asked for.
    pub(super) fn modifier<'q>(
        &self,
        field: &str,
        query: &'q [(String, String)],
    ) -> Result<Option<&'q str>, Refusal> {
        let asked = self.asked(query)?;
        Ok(asked.into_iter().find(|(name, _)| *name == field).map(|(_, modifier)| modifier))
    }

    fn asked<'q>(&self, query: &'q [(String, String)]) -> Result<Vec<(&'q str, &'q str)>, Refusal> {
        let Some((_, fields)) = query.iter().find(|(key, _)| key == "fields") else {
            return Ok(self.default.iter().map(|field| (*field, "")).collect());
        };
        let asked = split(fields);
        match asked.iter().find(|(name, _)| !self.known.contains(name)) {
            Some((unknown, _)) => Err(Refusal::parameter(format!(
                "Tried accessing nonexisting field ({unknown}) on node type ({})",
                self.name
            ))),
            None => Ok(asked),
        }
    }
}

/// Names and what follows each: `a,b.format(PNG),c{d,e}` are three.
fn split(fields: &str) -> Vec<(&str, &str)> {
    let mut depth = 0_usize;
    let parts = fields.split(move |character| {
        match character {
            '(' | '{' => depth += 1,
            ')' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        character == ',' && depth == 0
    });
    parts
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(|part| part.split_at(part.find(['.', '(', '{']).unwrap_or(part.len())))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const PLANT: Node =
        Node { name: "Plant", known: &["id", "name", "picture", "height"], default: &["name"] };

    fn asking(fields: &str) -> Vec<(String, String)> {
        vec![("fields".to_owned(), fields.to_owned())]
    }

    #[test]
    fn a_field_without_a_value_is_left_out_and_an_unknown_one_is_refused() {
        let fern = json!({"id": "1", "name": "Fern", "height": null});
        assert_eq!(PLANT.pick(&fern, &[]).unwrap(), json!({"id": "1", "name": "Fern"}));
        assert_eq!(
            PLANT.pick(&fern, &asking("name,height, picture")).unwrap(),
            json!({"id": "1", "name": "Fern"})
        );
        assert!(PLANT.pick(&fern, &asking("name,colour")).is_err());
    }

    #[test]
    fn what_stands_behind_a_name_does_not_divide_it() {
        assert_eq!(
            split("id,a.format(PNG, 2),c{d,e}"),
            [("id", ""), ("a", ".format(PNG, 2)"), ("c", "{d,e}")]
        );
        assert_eq!(
            PLANT.modifier("picture", &asking("name,picture.format(SVG)")).unwrap(),
            Some(".format(SVG)")
        );
        assert_eq!(PLANT.modifier("picture", &asking("name")).unwrap(), None);
    }
}
