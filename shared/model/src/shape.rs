//! Only objects are objects.
//!
//! The derived readers of structs also take an array of the fields in their order, which nobody
//! means: a check of a field by its name would pass it by.

use serde_json::Value;

/// The place of the first array in `given` that was `read` as something else, as a JSON pointer;
/// `read` is what was made of `given`, written again.
pub fn misplaced_array(given: &Value, read: &Value) -> Option<String> {
    match (given, read) {
        (Value::Array(given), Value::Array(read)) => given
            .iter()
            .zip(read)
            .enumerate()
            .find_map(|(at, (given, read))| below(&at.to_string(), given, read)),
        (Value::Array(_), _) => Some(String::new()),
        (Value::Object(given), Value::Object(read)) => given
            .iter()
            .filter_map(|(name, given)| Some((name, given, read.get(name)?)))
            .find_map(|(name, given, read)| below(name, given, read)),
        _ => None,
    }
}

fn below(name: &str, given: &Value, read: &Value) -> Option<String> {
    misplaced_array(given, read).map(|deeper| format!("/{name}{deeper}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Product;

    #[test]
    fn an_array_in_the_place_of_an_object_is_found() {
        let source = json!({"kind": "html", "url": "https://shop.example/p"});
        for (given, place) in [
            (json!(["p", "n", null, null, source]), Some("")),
            (
                json!({"id": "p", "name": "n", "source": source, "pack": ["5", "kg"]}),
                Some("/pack"),
            ),
            (
                json!({"id": "p", "name": "n", "source": source, "tags": ["gift"]}),
                None,
            ),
            (
                json!({"id": "p", "name": "n", "source": source, "tags": []}),
                None,
            ),
        ] {
            let read: Product = serde_json::from_value(given.clone()).unwrap();
            let read = serde_json::to_value(read).unwrap();
            assert_eq!(misplaced_array(&given, &read).as_deref(), place, "{given}");
        }
    }
}
