//! JSON Schemas (2020-12) of what this program writes as JSON, made of the types, so that they say what is so.

use clap::ValueEnum;
use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform};
use schemars::{JsonSchema, Schema};
use serde_json::Value;

use crate::report::{self, Report};

/// A kind of document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Document {
    /// What `weir run --json` writes.
    Report,
}

impl Document {
    /// All of them.
    pub const ALL: [Self; 1] = [Self::Report];

    /// Its name and version, as in the document's `schema`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Report => report::SCHEMA,
        }
    }

    /// Its schema. What it does not name is allowed: names may be added within a version.
    #[must_use]
    pub fn schema(self) -> Schema {
        match self {
            Self::Report => of::<Report>(self.name()),
        }
    }
}

fn of<T: JsonSchema>(name: &str) -> Schema {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    schema.insert("title".to_owned(), name.into());
    RecursiveTransform(plain_description).transform(&mut schema);
    schema
}

/// Links and line breaks are for readers of the source: only their words stay.
fn plain_description(schema: &mut Schema) {
    if let Some(Value::String(text)) = schema.get_mut("description") {
        *text = text
            .replace("[`", "`")
            .replace("`]", "`")
            .replace('\n', " ");
    }
}
