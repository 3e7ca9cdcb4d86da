//! The modules of one program, and which file a path leads to.

use std::collections::{BTreeMap, BTreeSet};

use super::reading::{Path, Reading, Written};
use crate::workspace::Source;

/// One import hands on to another at most so often; what goes on for longer goes round.
const HOPS_MAX: usize = 16;

/// What a program imports within itself.
pub(super) struct Program<'a> {
    /// Of the crate, as its own binary names it.
    crate_name: &'a str,
    nodes: BTreeSet<String>,
    modules: BTreeMap<Path, Module>,
    imports: Vec<Import>,
}

/// A module: which file it stands in, and what its `use` name there.
#[derive(Default)]
struct Module {
    file: Option<String>,
    names: BTreeMap<String, Path>,
}

/// One file of the program imports from another.
pub(super) struct Import {
    pub(super) from: End,
    pub(super) to: End,
    /// In `from`.
    pub(super) line: usize,
}

impl Import {
    pub(super) fn nodes(&self) -> (&str, &str) {
        (&self.from.node, &self.to.node)
    }
}

/// An end of an import. What a module hands on is imported from that module's node, and from the file that has it.
#[derive(Clone)]
pub(super) struct End {
    /// The folder or file right below `src/`, without `.rs`.
    pub(super) node: String,
    /// Below the root of the workspace.
    pub(super) file: String,
}

impl<'a> Program<'a> {
    /// `src` ends in a slash.
    pub(super) fn read(sources: &[Source], src: &str, crate_name: &'a str) -> Self {
        let files: Vec<(&Source, Path)> = (sources.iter())
            .filter_map(|source| Some((source, module_of(source.path.strip_prefix(src)?))))
            .collect();
        let readings: Vec<Reading> = (files.iter())
            .map(|(source, module)| Reading::of(source, module))
            .collect();
        let tests: BTreeSet<&Path> = readings.iter().flat_map(|reading| &reading.tests).collect();
        let is_test = |module: &[String]| {
            module.iter().any(|name| name == "tests")
                || (0..=module.len()).any(|depth| tests.contains(&module[..depth].to_vec()))
        };
        let mut program = Self {
            crate_name,
            nodes: BTreeSet::new(),
            modules: BTreeMap::new(),
            imports: Vec::new(),
        };
        let code = || {
            let both = files.iter().zip(&readings);
            both.filter(|((_, module), _)| !is_test(module))
        };
        for ((source, module), reading) in code() {
            let node = node_of(&source.path[src.len()..]);
            program.add(node, &source.path, module, reading);
        }
        for ((source, _), reading) in code() {
            let from = End {
                node: node_of(&source.path[src.len()..]),
                file: source.path.clone(),
            };
            program.resolve(&from, &reading.paths);
        }
        program
    }

    pub(super) fn imports(&self) -> &[Import] {
        &self.imports
    }

    /// All that lies right below `src/`, but for `lib`, which only names the others.
    pub(super) fn nodes(&self) -> &BTreeSet<String> {
        &self.nodes
    }

    fn add(&mut self, node: String, file: &str, module: &[String], reading: &Reading) {
        if node != "lib" {
            self.nodes.insert(node);
        }
        let module = module.to_vec();
        for module in [&module].into_iter().chain(&reading.inline) {
            let module = self.modules.entry(module.clone()).or_default();
            // The library comes before the program, whose root is the same.
            module.file.get_or_insert_with(|| file.to_owned());
        }
        for written in &reading.paths {
            if let Some(name) = &written.name {
                let module = self.modules.entry(written.module.clone()).or_default();
                let path = || written.path.clone();
                module.names.entry(name.clone()).or_insert_with(path);
            }
        }
    }

    fn resolve(&mut self, from: &End, paths: &[Written]) {
        for written in paths {
            let to = self.end(&written.module, &written.path, HOPS_MAX);
            self.imports.extend(to.map(|to| Import {
                from: from.clone(),
                to,
                line: written.line,
            }));
        }
    }

    /// Where a path leads that stands in `module`; nowhere if it leaves the program, or names something local.
    fn end(&self, module: &[String], path: &[String], hops: usize) -> Option<End> {
        let hops = hops.checked_sub(1)?;
        let mut at = module.to_vec();
        let mut rest = path;
        match path.first()?.as_str() {
            "super" => {
                while rest.first().is_some_and(|name| name == "super") {
                    at.pop();
                    rest = &rest[1..];
                }
            }
            "self" => rest = &rest[1..],
            name if name == "crate" || name == self.crate_name => {
                at.clear();
                rest = &rest[1..];
            }
            name if self.modules.contains_key(&below(&at, name)) => {}
            name => {
                let named = self.modules.get(&at)?.names.get(name)?;
                return self.end(&at, &[named, &rest[1..]].concat(), hops);
            }
        }
        self.descend(at, rest, hops)
    }

    /// Where `path` leads from the module `at`, whose own it begins with.
    fn descend(&self, mut at: Path, path: &[String], hops: usize) -> Option<End> {
        let mut rest = path;
        while let [name, after @ ..] = rest {
            let child = below(&at, name);
            if !self.modules.contains_key(&child) {
                break;
            }
            at = child;
            rest = after;
        }
        let module = self.modules.get(&at)?;
        let named = rest.first().and_then(|name| module.names.get(name));
        let handed_on = named.and_then(|named| self.end(&at, &[named, &rest[1..]].concat(), hops));
        let here = || module.file.clone();
        match (at.first(), handed_on) {
            (None, Some(end)) => Some(end),
            (node, end) => Some(End {
                node: node.map_or("lib", String::as_str).to_owned(),
                file: end.map(|end| end.file).or_else(here)?,
            }),
        }
    }
}

fn below(module: &[String], name: &str) -> Path {
    module.iter().cloned().chain([name.to_owned()]).collect()
}

/// The module that a file below `src/` is; those at the root are no module of it.
fn module_of(file: &str) -> Path {
    let names = file.trim_end_matches(".rs").split('/');
    let mut module: Path = names.map(str::to_owned).collect();
    let is_root = ["lib", "main"].contains(&module[0].as_str());
    if is_root || module.last().is_some_and(|name| name == "mod") {
        module.pop();
    }
    module
}

fn node_of(file: &str) -> String {
    let first = file.split('/').next();
    first.unwrap_or(file).trim_end_matches(".rs").to_owned()
}
