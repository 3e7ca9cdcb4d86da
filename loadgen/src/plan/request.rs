//! What is asked of the target.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};

/// The request, the same for every stream.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Request {
    /// Method.
    pub method: String,
    /// Header fields beside the usual ones. A report is shown around: it has no credentials.
    #[serde(serialize_with = "without_credentials")]
    pub headers: Vec<(String, String)>,
    /// Body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// Whether the server is asked for stamps.
    pub stamp: bool,
}

impl Request {
    /// Whether a field is among the own ones.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.headers
            .iter()
            .any(|(own, _)| own.eq_ignore_ascii_case(name))
    }
}

/// What stands in the name of a field whose value is a credential.
const CREDENTIALS: [&str; 5] = ["authorization", "cookie", "key", "secret", "token"];
/// What stands in its place.
pub(crate) const WITHHELD: &str = "(withheld)";

/// Whether the value of a field of this name is one.
pub(crate) fn is_credential(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    CREDENTIALS.iter().any(|part| name.contains(part))
}

fn without_credentials<S: Serializer>(
    headers: &[(String, String)],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let shown = |(name, value): &(String, String)| {
        let value = if is_credential(name) { WITHHELD } else { value };
        (name.clone(), value.to_owned())
    };
    serializer.collect_seq(headers.iter().map(shown))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_not_serialised() {
        let field = |name: &str| (name.to_owned(), "v4lue".to_owned());
        let request = Request {
            method: "GET".to_owned(),
            headers: vec![
                field("Authorization"),
                field("X-Api-Key"),
                field("X-Tenant"),
            ],
            body: None,
            stamp: true,
        };
        let json = serde_json::to_value(&request).unwrap();
        let shown = serde_json::json!([
            ["Authorization", WITHHELD],
            ["X-Api-Key", WITHHELD],
            ["X-Tenant", "v4lue"]
        ]);
        assert_eq!(json["headers"], shown);
    }
}
