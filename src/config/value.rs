//! A secret in the configuration: written out, or better, in a file or the environment.

use std::path::PathBuf;

use crate::secret::Secret;

/// A secret text: `"the value"`, `{ file = "PATH" }` or `{ env = "NAME" }`.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(untagged)]
pub enum SecretText {
    Value(Secret<String>),
    File { file: PathBuf },
    Env { env: String },
}

impl SecretText {
    /// The secret itself, without the line end that editors leave in a file.
    pub fn read(&self) -> Result<Secret<String>, String> {
        match self {
            Self::Value(value) => Ok(value.clone()),
            Self::File { file } => std::fs::read_to_string(file)
                .map(|text| Secret::new(text.trim_end_matches(['\r', '\n']).to_owned()))
                .map_err(|error| format!("cannot read `{}`: {error}", file.display())),
            Self::Env { env } => std::env::var(env)
                .map(Secret::new)
                .map_err(|_| format!("the environment variable `{env}` is not set to readable text")),
        }
    }
}

impl schemars::JsonSchema for SecretText {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "SecretText".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let table = |name: &str| serde_json::json!({ "type": "object", "properties": { name: { "type": "string" } }, "required": [name], "additionalProperties": false });
        schemars::json_schema!({ "oneOf": [{ "type": "string" }, table("file"), table("env")] })
    }
}
