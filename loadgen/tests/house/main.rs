//! The rules of the house that a reviewer would otherwise hold by eye: how long things are, who prints, who depends on
//! whom, and that nothing is unsafe. CONTRIBUTING.md says why each of them stands.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

use std::collections::BTreeSet;
use std::fs;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

/// From the line of `fn` to that of the closing brace.
const FUNCTION_LINES_MAX: usize = 70;

/// Without the lines of `#[cfg(test)]` modules.
const FILE_LINES_MAX: usize = 400;

/// Every package of the workspace, and which others of them it may use, be it only in its tests.
const MAY_USE: [(&str, &[&str]); 6] = [
    ("weir-sse", &[]),
    ("weir-host", &[]),
    ("weir-time", &[]),
    ("weir-server", &["weir-host", "weir-sse", "weir-time"]),
    (
        "weir",
        &["weir-host", "weir-server", "weir-sse", "weir-time"],
    ),
    (
        "weir-benches",
        &["weir", "weir-host", "weir-server", "weir-sse", "weir-time"],
    ),
];

/// Source whose standard output is an interface (or, in the libraries below both ends, nobody's business).
const QUIET: [&str; 4] = [
    "loadgen/src/",
    "server/src/",
    "server/time/src/",
    "sse/src/",
];

/// What in it may print all the same: the printers, and the one line that weir-server promises.
const PRINTERS: [&str; 2] = ["loadgen/src/output/", "server/src/main.rs"];

#[test]
fn sources_keep_the_rules() {
    let workspace = Workspace::open();
    let sources = workspace.sources();
    assert!(!sources.is_empty(), "no source found: nothing was checked");
    let checks = [long_functions, long_file, prints];
    assert_none(
        sources
            .iter()
            .flat_map(|source| checks.iter().flat_map(move |check| check(source))),
    );
}

#[test]
fn manifests_keep_the_rules() {
    let workspace = Workspace::open();
    let members = workspace.manifests();
    assert_eq!(members.len(), MAY_USE.len(), "MAY_USE lists every package");
    assert_none(
        unsafe_not_forbidden(&workspace.manifest)
            .into_iter()
            .chain(members.iter().flat_map(foreign_dependencies))
            .chain(members.iter().flat_map(lints_not_inherited)),
    );
}

fn assert_none(breaches: impl Iterator<Item = String>) {
    let breaches: Vec<String> = breaches.collect();
    assert!(breaches.is_empty(), "\n{}\n", breaches.join("\n"));
}

/// A file of Rust; `path` is below the root of the workspace.
struct Source {
    path: String,
    text: String,
    syntax: syn::File,
}

impl Source {
    fn new(path: String, text: String) -> Self {
        let syntax = syn::parse_file(&text).unwrap_or_else(|error| panic!("{path}: {error}"));
        Self { path, text, syntax }
    }

    fn breach(&self, line: usize, what: &str) -> String {
        format!("{}:{line}: {what}", self.path)
    }
}

/// A `Cargo.toml`; `path` is below the root of the workspace.
struct Manifest {
    path: String,
    text: String,
    table: toml::Table,
}

impl Manifest {
    fn new(path: String, text: String) -> Self {
        let table = text
            .parse()
            .unwrap_or_else(|error| panic!("{path}: {error}"));
        Self { path, text, table }
    }

    fn package(&self) -> &str {
        self.table["package"]["name"].as_str().unwrap()
    }

    /// At the line that begins with `key`, or at the first.
    fn breach(&self, key: &str, what: &str) -> String {
        let key_of = |line: &str| line.split([' ', '.', '=']).next() == Some(key);
        let at = self.text.lines().position(key_of);
        format!("{}:{}: {what}", self.path, at.unwrap_or(0) + 1)
    }
}

struct Workspace {
    root: PathBuf,
    manifest: Manifest,
}

impl Workspace {
    fn open() -> Self {
        let root = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
        let text = fs::read_to_string(root.join("Cargo.toml")).unwrap();
        Self {
            root,
            manifest: Manifest::new("Cargo.toml".to_owned(), text),
        }
    }

    fn members(&self) -> impl Iterator<Item = &str> {
        let members = self.manifest.table["workspace"]["members"].as_array();
        members.unwrap().iter().map(|path| path.as_str().unwrap())
    }

    fn manifests(&self) -> Vec<Manifest> {
        self.members()
            .map(|member| {
                let path = format!("{member}/Cargo.toml");
                let text = fs::read_to_string(self.root.join(&path)).unwrap();
                Manifest::new(path, text)
            })
            .collect()
    }

    fn sources(&self) -> Vec<Source> {
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

fn long_functions(source: &Source) -> Vec<String> {
    let mut functions = Functions::default();
    functions.visit_file(&source.syntax);
    functions
        .found
        .into_iter()
        .filter(|(_, lines)| lines.clone().count() > FUNCTION_LINES_MAX)
        .map(|(name, lines)| {
            let what = format!(
                "fn {name} has {} lines, the limit is {FUNCTION_LINES_MAX}",
                lines.clone().count()
            );
            source.breach(*lines.start(), &what)
        })
        .collect()
}

/// Every function with a body, by name and lines.
#[derive(Default)]
struct Functions {
    found: Vec<(String, RangeInclusive<usize>)>,
}

impl Functions {
    fn add(&mut self, signature: &syn::Signature, body: &syn::Block) {
        let first = signature.fn_token.span.start().line;
        let last = body.brace_token.span.close().end().line;
        self.found.push((signature.ident.to_string(), first..=last));
    }
}

impl<'ast> Visit<'ast> for Functions {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.add(&item.sig, &item.block);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.add(&item.sig, &item.block);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(body) = &item.default {
            self.add(&item.sig, body);
        }
        visit::visit_trait_item_fn(self, item);
    }
}

fn long_file(source: &Source) -> Vec<String> {
    let tests: usize = test_modules(source).into_iter().map(Iterator::count).sum();
    let lines = source.text.lines().count() - tests;
    if lines <= FILE_LINES_MAX {
        return Vec::new();
    }
    let what = format!("{lines} lines without tests, the limit is {FILE_LINES_MAX}");
    vec![source.breach(1, &what)]
}

/// The lines of every `#[cfg(test)]` module, its attributes among them; a module in a file of its own is named `tests`.
fn test_modules(source: &Source) -> Vec<RangeInclusive<usize>> {
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

fn is_cfg_test(attribute: &syn::Attribute) -> bool {
    attribute.path().is_ident("cfg")
        && attribute
            .parse_args::<syn::Ident>()
            .is_ok_and(|condition| condition == "test")
}

fn prints(source: &Source) -> Vec<String> {
    let begins = |starts: &[&str]| starts.iter().any(|start| source.path.starts_with(start));
    if !begins(&QUIET) || begins(&PRINTERS) {
        return Vec::new();
    }
    let mut lines = Vec::new();
    collect_prints(source.text.parse().unwrap(), &mut lines);
    let tests = test_modules(source);
    lines.retain(|line| !tests.iter().any(|test| test.contains(line)));
    let what = format!("prints; only {} may", PRINTERS.join(" and "));
    lines
        .into_iter()
        .map(|line| source.breach(line, &what))
        .collect()
}

/// The lines of `print!`, `println!` and `stdout()`. By tokens, since a syntax tree ends where a macro's input begins.
fn collect_prints(tokens: TokenStream, lines: &mut Vec<usize>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for pair in tokens.windows(2) {
        let found = match pair {
            [TokenTree::Ident(name), TokenTree::Punct(mark)] => {
                (name == "print" || name == "println") && mark.as_char() == '!'
            }
            [TokenTree::Ident(name), TokenTree::Group(arguments)] => {
                name == "stdout"
                    && arguments.delimiter() == Delimiter::Parenthesis
                    && arguments.stream().is_empty()
            }
            _ => false,
        };
        if found {
            lines.push(pair[0].span().start().line);
        }
    }
    for token in tokens {
        if let TokenTree::Group(group) = token {
            collect_prints(group.stream(), lines);
        }
    }
}

fn foreign_dependencies(manifest: &Manifest) -> Vec<String> {
    let package = manifest.package();
    let known = MAY_USE.iter().find(|(name, _)| *name == package);
    let Some((_, may_use)) = known else {
        return vec![manifest.breach("name", &format!("MAY_USE does not list {package}"))];
    };
    ["dependencies", "dev-dependencies", "build-dependencies"]
        .iter()
        .filter_map(|section| manifest.table.get(*section)?.as_table())
        .flat_map(toml::Table::keys)
        .filter(|used| MAY_USE.iter().any(|(name, _)| name == used))
        .filter(|used| !may_use.contains(&used.as_str()))
        .map(|used| manifest.breach(used, &format!("{package} must not depend on {used}")))
        .collect()
}

fn unsafe_not_forbidden(root: &Manifest) -> Vec<String> {
    if lookup(&root.table, &["workspace", "lints", "rust", "unsafe_code"]) == Some(&"forbid".into())
    {
        return Vec::new();
    }
    vec![root.breach("unsafe_code", "unsafe_code is not \"forbid\"")]
}

fn lints_not_inherited(member: &Manifest) -> Vec<String> {
    if lookup(&member.table, &["lints", "workspace"]) == Some(&true.into()) {
        return Vec::new();
    }
    vec![member.breach("[lints]", "the workspace's lints are not inherited")]
}

fn lookup<'table>(table: &'table toml::Table, path: &[&str]) -> Option<&'table toml::Value> {
    let (last, parents) = path.split_last()?;
    parents
        .iter()
        .try_fold(table, |table, key| table.get(*key)?.as_table())?
        .get(*last)
}

/// Each check, held against what it is there to catch and against its nearest innocent neighbour.
#[cfg(test)]
mod tests {
    use super::*;

    fn source(path: &str, text: &str) -> Source {
        Source::new(path.to_owned(), text.to_owned())
    }

    fn manifest(text: &str) -> Manifest {
        Manifest::new("member/Cargo.toml".to_owned(), text.to_owned())
    }

    #[test]
    fn a_function_of_71_lines_is_found_wherever_it_stands() {
        let body = |lines: usize| "();\n".repeat(lines - 2);
        for frame in [
            "@",
            "impl T { @ }",
            "trait T { @ }",
            "mod m { fn f() { @ } }",
        ] {
            let of = |lines| {
                format!(
                    "\n{}",
                    frame.replace('@', &format!("fn long() {{\n{}}}", body(lines)))
                )
            };
            assert!(
                long_functions(&source("a.rs", &of(70)))
                    .iter()
                    .all(|breach| !breach.contains("fn long"))
            );
            let found = long_functions(&source("a.rs", &of(71)));
            assert!(
                found.contains(&"a.rs:2: fn long has 71 lines, the limit is 70".to_owned()),
                "{found:?}"
            );
        }
    }

    #[test]
    fn a_file_of_401_lines_is_found_and_its_tests_are_not_counted() {
        let lines = "type A = ();\n".repeat(400);
        let tests = "#[cfg(test)]\nmod tests {\n}\n";
        assert!(long_file(&source("a.rs", &format!("{lines}{tests}"))).is_empty());
        for more in ["type B = ();", "#[cfg(unix)] mod tests {}"] {
            let found = long_file(&source("a.rs", &format!("{lines}{more}\n{tests}")));
            assert_eq!(found, ["a.rs:1: 401 lines without tests, the limit is 400"]);
        }
        assert!(long_file(&source("decode/tests.rs", &lines.repeat(2))).is_empty());
    }

    #[test]
    fn printing_is_found_even_inside_a_macro_and_allowed_to_printers_and_tests() {
        let innocent = "fn f() { eprintln!(); command.stdout(pipe); child.stdout.take(); }";
        for guilty in [
            "println!()",
            "print!()",
            "select! { _ => { println!() } }",
            "io::stdout()",
        ] {
            let text = format!(
                "{innocent}\nfn g() {{ {guilty}; }}\n#[cfg(test)]\nmod tests {{ fn h() {{ {guilty}; }} }}"
            );
            for quiet in [
                "loadgen/src/run.rs",
                "loadgen/src/main.rs",
                "server/src/body.rs",
                "sse/src/lib.rs",
            ] {
                let found = prints(&source(quiet, &text));
                assert_eq!(found.len(), 1, "{quiet}: {found:?}");
                assert!(
                    found[0].starts_with(&format!("{quiet}:2: prints")),
                    "{found:?}"
                );
            }
            for free in [
                "loadgen/src/output/text.rs",
                "server/src/main.rs",
                "loadgen/tests/run.rs",
            ] {
                assert!(prints(&source(free, &text)).is_empty());
            }
        }
    }

    #[test]
    fn a_dependency_against_the_direction_is_found_in_every_section() {
        for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let text = format!(
                "[package]\nname = \"weir-server\"\n[{section}]\nweir-sse = \"1\"\nserde = \"1\"\nweir = \"1\"\n"
            );
            let found = foreign_dependencies(&manifest(&text));
            assert_eq!(
                found,
                ["member/Cargo.toml:6: weir-server must not depend on weir"]
            );
        }
        let found = foreign_dependencies(&manifest("[package]\nname = \"weir-new\""));
        assert_eq!(
            found,
            ["member/Cargo.toml:2: MAY_USE does not list weir-new"]
        );
    }

    #[test]
    fn unsafe_that_is_only_denied_or_a_member_without_the_lints_is_found() {
        let forbids = "[workspace.lints.rust]\nunsafe_code = \"forbid\"";
        assert!(unsafe_not_forbidden(&manifest(forbids)).is_empty());
        for weak in [forbids.replace("forbid", "deny"), String::new()] {
            assert_eq!(unsafe_not_forbidden(&manifest(&weak)).len(), 1);
        }
        assert!(lints_not_inherited(&manifest("[lints]\nworkspace = true")).is_empty());
        for weak in ["[lints]\nworkspace = false", "[package]"] {
            assert_eq!(lints_not_inherited(&manifest(weak)).len(), 1);
        }
    }
}
