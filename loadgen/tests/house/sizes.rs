//! How large things are.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use syn::visit::{self, Visit};

use crate::workspace::{Source, test_modules};

/// From the line of `fn` to that of the closing brace.
const FUNCTION_LINES_MAX: usize = 70;

/// Without the lines of `#[cfg(test)]` modules.
const FILE_LINES_MAX: usize = 400;

/// Right in one folder below a `src/`, without `tests.rs`. What lies in a `tests/` or `benches/` has no limit, since each file there
/// is a program.
const FILES_MAX: usize = 15;

pub(crate) fn long_functions(source: &Source) -> Vec<String> {
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

pub(crate) fn long_file(source: &Source) -> Vec<String> {
    let tests: usize = test_modules(source).into_iter().map(Iterator::count).sum();
    let lines = source.text.lines().count() - tests;
    if lines <= FILE_LINES_MAX {
        return Vec::new();
    }
    let what = format!("{lines} lines without tests, the limit is {FILE_LINES_MAX}");
    vec![source.breach(1, &what)]
}

pub(crate) fn full_folders(sources: &[Source]) -> Vec<String> {
    let is_held = |folder: &str| format!("{folder}/").contains("/src/");
    let mut files: BTreeMap<&str, usize> = BTreeMap::new();
    for source in sources {
        match source.path.rsplit_once('/') {
            Some((folder, name)) if is_held(folder) && name != "tests.rs" => {
                *files.entry(folder).or_default() += 1;
            }
            _ => {}
        }
    }
    files
        .into_iter()
        .filter(|(_, files)| *files > FILES_MAX)
        .map(|(folder, files)| format!("{folder}: {files} files, the limit is {FILES_MAX}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::source;

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
    fn a_folder_of_16_files_is_found_and_its_tests_are_not_counted() {
        let files = |folder: &str, count: usize| -> Vec<Source> {
            let paths = (0..count).map(|number| format!("{folder}/f{number}.rs"));
            let more = ["tests.rs", "inner/g.rs"].map(|name| format!("{folder}/{name}"));
            paths.chain(more).map(|path| source(&path, "")).collect()
        };
        assert!(full_folders(&files("a/src/b", 15)).is_empty());
        assert!(full_folders(&files("a/tests", 16)).is_empty());
        for folder in ["a/src", "a/src/b"] {
            let found = full_folders(&files(folder, 16));
            assert_eq!(found, [format!("{folder}: 16 files, the limit is 15")]);
        }
    }
}
