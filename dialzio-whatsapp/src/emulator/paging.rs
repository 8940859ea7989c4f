//! Lists that come page by page: `limit`, the cursors `after` and `before`, and the addresses of the pages around.

use serde_json::{Value, json};
use url::Url;

use super::refusal::Refusal;

/// The most rows of a page.
const MOST: usize = 250;

/// One page of `rows`, each drawn by `draw`: `data`, and `paging` unless there is nothing.
pub(super) fn page<T>(
    rows: &[T],
    query: &[(String, String)],
    here: &Url,
    draw: impl Fn(&T) -> Result<Value, Refusal>,
) -> Result<Value, Refusal> {
    let ask = |key: &str| query.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str());
    let limit = match ask("limit") {
        Some(limit) => limit
            .parse::<usize>()
            .ok()
            .filter(|limit| *limit > 0)
            .ok_or_else(|| Refusal::parameter("Param limit must be a positive number."))?
            .min(MOST),
        None => 25,
    };
    let place = |cursor: Option<&str>| {
        cursor.map(|cursor| position(cursor).ok_or_else(|| Refusal::of(131_059))).transpose()
    };
    let (start, most) = match (place(ask("after"))?, place(ask("before"))?) {
        (Some(after), _) => (after, limit),
        (None, Some(before)) => (before.saturating_sub(limit), before.min(limit)),
        (None, None) => (0, limit),
    };
    let data = rows.iter().skip(start).take(most).map(draw).collect::<Result<Vec<_>, _>>()?;
    let end = start + data.len();
    let mut answer = json!({ "data": data });
    if end > start {
        answer["paging"] = json!({"cursors": {"before": cursor(start), "after": cursor(end)}});
        if start > 0 {
            answer["paging"]["previous"] = json!(at(here, query, "before", start));
        }
        if end < rows.len() {
            answer["paging"]["next"] = json!(at(here, query, "after", end));
        }
    }
    Ok(answer)
}

/// The same request at another place.
fn at(here: &Url, query: &[(String, String)], key: &str, place: usize) -> Url {
    let mut there = here.clone();
    let kept = query.iter().filter(|(key, _)| !matches!(key.as_str(), "after" | "before" | "access_token"));
    there.query_pairs_mut().clear().extend_pairs(kept).append_pair(key, &cursor(place));
    there
}

fn cursor(place: usize) -> String {
    format!("QVFIUk{place:06}ZD")
}

fn position(cursor: &str) -> Option<usize> {
    cursor.strip_prefix("QVFIUk")?.strip_suffix("ZD")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(query: &[(String, String)]) -> Result<Value, Refusal> {
        let here = Url::parse("http://127.0.0.1/v25.0/1/things").unwrap();
        page(&[1, 2, 3, 4, 5, 6, 7], query, &here, |row| Ok(json!(row)))
    }

    /// All pages from one on, in the direction given.
    fn walk(mut query: Vec<(String, String)>, direction: &str) -> Vec<Value> {
        let mut seen = Vec::new();
        loop {
            let page = ask(&query).unwrap();
            seen.push(page["data"].clone());
            let Some(next) = page["paging"][direction].as_str() else { return seen };
            query = Url::parse(next).unwrap().query_pairs().into_owned().collect();
        }
    }

    #[test]
    fn pages_follow_each_other_in_both_directions_without_loss() {
        let limit = |after: Option<usize>| {
            let after = after.map(|after| ("after".to_owned(), cursor(after)));
            [("limit".to_owned(), "3".to_owned())].into_iter().chain(after).collect::<Vec<_>>()
        };
        assert_eq!(walk(limit(None), "next"), [json!([1, 2, 3]), json!([4, 5, 6]), json!([7])]);
        assert_eq!(walk(limit(Some(6)), "previous"), [json!([7]), json!([4, 5, 6]), json!([1, 2, 3])]);
        assert_eq!(walk(limit(Some(4)), "previous"), [json!([5, 6, 7]), json!([2, 3, 4]), json!([1])]);
    }

    #[test]
    fn a_cursor_that_was_not_handed_out_is_refused() {
        assert!(ask(&[("after".to_owned(), "rubbish".to_owned())]).is_err());
        assert!(ask(&[("limit".to_owned(), "0".to_owned())]).is_err());
        assert_eq!(ask(&[("after".to_owned(), cursor(7))]).unwrap(), json!({"data": []}));
    }
}
