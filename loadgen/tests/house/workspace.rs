//! The sources and manifests of the workspace.

use std::collections::BTreeSet;
use std::fs;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use syn::spanned::Spanned;

pub(crate) struct Workspace {
    root: PathBuf,
    pub(crate) manifest: Manifest,
}

impl Workspace {
    pub(crate) fn open() -> Self {
        let root = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
        let text = fs::read_to_string(root.join("Cargo.toml")).unwrap();
        Self {
            root,
            manifest: Manifest::new("Cargo.toml".to_owned(), text),
        }
    }

    pub(crate) fn members(&self) -> impl Iterator<Item = &str> {
        let members = self.manifest.table["workspace"]["members"].as_array();
        members.unwrap().iter().map(|path| path.as_str().unwrap())
    }

    pub(crate) fn manifests(&self) -> Vec<Manifest> {
        self.members()
            .map(|member| {
                let path = format!("{member}/Cargo.toml");
                let text = fs::read_to_string(self.root.join(&path)).unwrap();
                Manifest::new(path, text)
            })
            .collect()
    }

    pub(crate) fn sources(&self) -> Vec<Source> {
        // A set, since one member lies within another.
        let mut paths = BTreeSet::new();
        for member in self.members() {
            collect_rust(&self.root.join(member), &mut paths);
        }
        let relative = |path: &Path| {
            let path = path.strip_prefix(&self.root).unwrap();
            path.to_str().unwrap().to_owned()
        };
        paths
            .iter()
            .map(|path| Source::new(relative(path), fs::read_to_string(path).unwrap()))
            .collect()
    }
}

fn collect_rust(dir: &Path, paths: &mut BTreeSet<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("target") {
            collect_rust(&path, paths);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            paths.insert(path);
        }
    }
}

/// A file of Rust; `path` is below the root of the workspace.
pub(crate) struct Source {
    pub(crate) path: String,
    pub(crate) text: String,
    pub(crate) syntax: syn::File,
}

impl Source {
    pub(crate) fn new(path: String, text: String) -> Self {
        let syntax = syn::parse_file(&text).unwrap_or_else(|error| panic!("{path}: {error}"));
        Self { path, text, syntax }
    }

    pub(crate) fn breach(&self, line: usize, what: &str) -> String {
        format!("{}:{line}: {what}", self.path)
    }
}

/// The lines of every `#[cfg(test)]` module, its attributes among them; a module in a file of its own is named `tests`.
pub(crate) fn test_modules(source: &Source) -> Vec<RangeInclusive<usize>> {
    if source.path.ends_with("/tests.rs") {
        return vec![1..=source.text.lines().count()];
    }
    let modules = source.syntax.items.iter().filter_map(|item| match item {
        syn::Item::Mod(module) if module.attrs.iter().any(is_cfg_test) => Some(module.span()),
        _ => None,
    });
    modules
        .map(|span| span.start().line..=span.end().line)
        .collect()
}

pub(crate) fn is_cfg_test(attribute: &syn::Attribute) -> bool {
    attribute.path().is_ident("cfg")
        && attribute
            .parse_args::<syn::Ident>()
            .is_ok_and(|condition| condition == "test")
}

/// A `Cargo.toml`; `path` is below the root of the workspace.
pub(crate) struct Manifest {
    path: String,
    text: String,
    pub(crate) table: toml::Table,
}

impl Manifest {
    pub(crate) fn new(path: String, text: String) -> Self {
        let table = text
            .parse()
            .unwrap_or_else(|error| panic!("{path}: {error}"));
        Self { path, text, table }
    }

    pub(crate) fn package(&self) -> &str {
        self.table["package"]["name"].as_str().unwrap()
    }

    /// At the line that begins with `key`, or at the first.
    pub(crate) fn breach(&self, key: &str, what: &str) -> String {
        let key_of = |line: &str| line.split([' ', '.', '=']).next() == Some(key);
        let at = self.text.lines().position(key_of);
        format!("{}:{}: {what}", self.path, at.unwrap_or(0) + 1)
    }
}

/// A source made up by a test.
#[cfg(test)]
pub(crate) fn source(path: &str, text: &str) -> Source {
    Source::new(path.to_owned(), text.to_owned())
}
