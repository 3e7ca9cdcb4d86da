//! Who imports whom: the architecture of both programs and of the benches, one row a folder.

mod program;
mod reading;

use std::collections::{BTreeMap, BTreeSet};

use program::{Import, Program};

use crate::workspace::Source;

/// A program, from the top down: each folder or file right below `src/`, and all of the others that it imports, tests aside. It
/// may import only what stands below it, so that no circle is possible; what a row allows must be needed.
pub(crate) struct Architecture {
    /// With a slash at its end.
    src: &'static str,
    /// As its own binary names the library.
    crate_name: &'static str,
    /// Each begins with the folder or file; what it may import follows.
    rows: &'static str,
}

/// What measures knows no transport, no stream and no plan, a plan no analysis, and neither campaigns nor printers know the others.
pub(crate) const LOADGEN: Architecture = Architecture {
    src: "loadgen/src/",
    crate_name: "weir",
    rows: "
        main       cli campaign exit
        cli        output campaign run preflight analysis exit report plan load
        output     run analysis exit report verdict plan load measure
        campaign   run preflight analysis report plan load measure
        run        preflight worker transport analysis report verdict plan load measure
        preflight  transport plan measure
        worker     stream transport plan load measure
        stream     transport plan load measure
        transport  plan measure
        analysis   exit report verdict plan load measure seconds
        exit       report verdict
        report     verdict plan measure
        verdict    measure
        plan       load measure seconds
        load       measure seconds
        measure
        seconds
    ",
};

pub(crate) const SERVER: Architecture = Architecture {
    src: "server/src/",
    crate_name: "weir_server",
    rows: "
        main        args server config
        args        log config scenario hub fault connection core tape
        log
        server      config router scenario hub fault stream connection core schedule
        config      scenario hub fault connection core tape
        router      metrics page scenario request fault connection core
        metrics     request core
        page        request connection
        scenario    hub request stream connection core tape schedule number
        hub         stream connection core tape schedule
        request     fault stream connection core number
        fault       connection core schedule number
        stream      connection core tape schedule
        connection  core
        core
        tape        cache
        schedule    cache
        cache
        number
    ",
};

/// The searches and the ceiling know nothing of each other; what is bare knows nothing at all.
pub(crate) const BENCHES: Architecture = Architecture {
    src: "benches/src/",
    crate_name: "weir_benches",
    rows: "
        bin      ceiling search gate
        ceiling  bare record
        search   record share
        gate     record share
        bare
        record
        share
    ",
};

impl Architecture {
    fn nodes(&self) -> impl Iterator<Item = &'static str> {
        let rows = self.rows.lines();
        rows.filter_map(|row| row.split_whitespace().next())
    }

    /// Pairs of which the first may import the second.
    fn allowed(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.rows.lines().flat_map(|row| {
            let mut names = row.split_whitespace();
            let node = names.next().unwrap_or_default();
            names.map(move |import| (node, import))
        })
    }
}

/// What of a program's imports is not as its architecture says.
pub(crate) fn against_the_architecture(sources: &[Source], of: &Architecture) -> Vec<String> {
    let program = Program::read(sources, of.src, of.crate_name);
    [
        upward_rows(of),
        unlisted_nodes(&program, of),
        unlisted_imports(&program, of),
        unneeded_rows(&program, of),
        circles(&program),
    ]
    .concat()
}

/// Rows that allow what does not stand below them.
fn upward_rows(of: &Architecture) -> Vec<String> {
    let stands_at = |name: &str| of.nodes().position(|node| node == name);
    of.allowed()
        .filter(|(node, import)| stands_at(import) <= stands_at(node))
        .map(|(node, import)| format!("{}: {import} does not stand below {node}", of.src))
        .collect()
}

fn unlisted_nodes(program: &Program<'_>, of: &Architecture) -> Vec<String> {
    let listed: BTreeSet<&str> = of.nodes().collect();
    let nodes = program.nodes().iter().map(String::as_str).collect();
    let unlisted = listed.symmetric_difference(&nodes);
    unlisted
        .map(|node| format!("{}: {node} is not both a row and a folder or file", of.src))
        .collect()
}

fn unlisted_imports(program: &Program<'_>, of: &Architecture) -> Vec<String> {
    let allowed: BTreeSet<_> = of.allowed().collect();
    across(program)
        .filter(|import| !allowed.contains(&import.nodes()))
        .map(|import| {
            let (from, to) = (&import.from, &import.to.node);
            format!(
                "{}:{}: {} must not import {to}",
                from.file, import.line, from.node
            )
        })
        .collect()
}

fn unneeded_rows(program: &Program<'_>, of: &Architecture) -> Vec<String> {
    let needed: BTreeSet<_> = across(program).map(Import::nodes).collect();
    of.allowed()
        .filter(|nodes| !needed.contains(nodes))
        .map(|(node, import)| format!("{}: {node} may import {import}, and does not", of.src))
        .collect()
}

/// What crosses a border between nodes. The library's root only names them.
fn across<'a>(program: &'a Program<'_>) -> impl Iterator<Item = &'a Import> {
    let imports = program.imports().iter();
    imports.filter(|import| import.from.node != import.to.node && import.from.node != "lib")
}

/// Files of one node that import each other, be it by way of others. A module's own file may put together what lies in its
/// folder, and hand it on: that does not count as its import.
fn circles(program: &Program<'_>) -> Vec<String> {
    let mut imports = Imports::new();
    for import in program.imports() {
        let (from, to) = (&import.from, &import.to);
        if from.node == to.node && from.file != to.file && !is_below(&to.file, &from.file) {
            imports.entry(&from.file).or_default().insert(&to.file);
        }
    }
    let all: BTreeSet<Vec<&str>> = (imports.keys())
        .map(|file| circle_of(file, &imports))
        .filter(|circle| circle.len() > 1)
        .collect();
    all.iter()
        .map(|circle| format!("import each other: {}", circle.join(", ")))
        .collect()
}

/// Whether a file lies in the folder of the module that another is.
fn is_below(file: &str, module: &str) -> bool {
    let folder = module.trim_end_matches(".rs").trim_end_matches("/mod");
    file.starts_with(&format!("{folder}/"))
}

type Imports<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

/// The files that are reached from `file` and from which it is reached, itself among them if there is any.
fn circle_of<'a>(file: &'a str, imports: &Imports<'a>) -> Vec<&'a str> {
    let there = reached_from(file, imports);
    there
        .into_iter()
        .filter(|other| reached_from(other, imports).contains(file))
        .collect()
}

fn reached_from<'a>(file: &'a str, imports: &Imports<'a>) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut next = vec![file];
    while let Some(file) = next.pop() {
        let new = imports.get(file).into_iter().flatten();
        next.extend(new.filter(|file| reached.insert(**file)));
    }
    reached
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::source;

    const ROWS: &str = "top middle low\nmiddle low\nlow";

    /// What is found in a program of these files below `src/` whose rows are [`ROWS`], beside what keeps those.
    fn found(files: &[(&str, &str)]) -> Vec<String> {
        found_by(ROWS, files)
    }

    fn found_by(rows: &'static str, files: &[(&str, &str)]) -> Vec<String> {
        let kept = [
            ("lib.rs", "mod low;\npub mod middle;\npub use low::Low;"),
            ("low/inner.rs", "pub struct Inner;"),
            (
                "low/mod.rs",
                "mod inner;\npub use inner::Inner;\npub struct Low;",
            ),
            ("middle.rs", "use crate::low::Low;"),
            ("top.rs", "use crate::low;\nuse crate::middle;"),
        ];
        let others = kept
            .iter()
            .filter(|(path, _)| !files.iter().any(|(own, _)| own == path));
        let sources: Vec<Source> = (files.iter().chain(others))
            .map(|(path, text)| source(&format!("src/{path}"), text))
            .collect();
        let architecture = Architecture {
            src: "src/",
            crate_name: "itself",
            rows,
        };
        against_the_architecture(&sources, &architecture)
    }

    #[test]
    fn what_keeps_its_rows_passes() {
        assert_eq!(found(&[]), [""; 0]);
    }

    #[test]
    fn an_unlisted_import_is_found_however_it_is_written() {
        for text in [
            "use crate::top::Top;",
            "use crate::{low::Low, top::Top};",
            "use super::top::{self, Top as Other};",
            "use itself::top;",
            "use crate::top::*;",
            "fn f() -> crate::top::Top { todo!() }",
            "fn f() { assert!(x, \"{}\", [super::top::NAME]); }",
            "mod inline { use super::super::top::Top; }",
            "impl T { fn f() { crate::top::f::<u8>(); } }",
        ] {
            let found = found(&[("middle.rs", &format!("use crate::low::Low;\n{text}"))]);
            assert_eq!(
                found.first().map(String::as_str),
                Some("src/middle.rs:2: middle must not import top"),
                "{text}"
            );
        }
    }

    #[test]
    fn what_the_root_hands_on_is_imported_from_where_it_lies() {
        let found = found(&[
            ("lib.rs", "pub use top::Top;"),
            ("low/inner.rs", "use crate::Top;"),
        ]);
        assert_eq!(found, ["src/low/inner.rs:1: low must not import top"]);
    }

    #[test]
    fn tests_may_import_what_they_like() {
        let test = "use crate::top::Top;";
        let files = [
            ("low/tests.rs", test),
            ("low/known.rs", test),
            (
                "low/mod.rs",
                "#[cfg(test)]\nmod known;\n#[cfg(test)]\nuse crate::top::Top;\n#[cfg(test)]\nmod tests { use crate::top; }",
            ),
            (
                "low/other.rs",
                "impl T { #[cfg(test)] fn f() { crate::top::f() } }\n#[cfg(test)] fn f() { crate::top::f() }",
            ),
        ];
        assert_eq!(found(&files), [""; 0]);
    }

    #[test]
    fn other_crates_and_local_names_are_no_imports() {
        let text =
            "use std::top::Top;\npub(in crate::top) struct A;\nfn f() { Self::top(); top::f(); }";
        assert_eq!(found(&[("low/inner.rs", text)]), [""; 0]);
    }

    #[test]
    fn a_row_that_allows_too_much_or_points_upward_or_is_missing_is_found() {
        let needless = found_by(ROWS, &[("middle.rs", "")]);
        assert_eq!(needless, ["src/: middle may import low, and does not"]);
        let upward = found_by("middle low\ntop middle low\nlow", &[]);
        assert_eq!(upward, ["src/: middle does not stand below top"]);
        let missing = found_by("top middle low\nmiddle low\nlow\ngone", &[("new.rs", "")]);
        assert_eq!(
            missing,
            [
                "src/: gone is not both a row and a folder or file",
                "src/: new is not both a row and a folder or file"
            ]
        );
    }

    #[test]
    fn a_circle_of_files_is_found_through_what_their_module_hands_on() {
        let module =
            "mod a;\nmod b;\nmod c;\npub use a::A;\npub(crate) use b::B;\npub use c::C as Sea;";
        let [a, b, c] = [
            "use super::B;",
            "use super::super::low::Sea;",
            "use crate::low::A;",
        ];
        let files = |c| {
            [
                ("low/mod.rs", module),
                ("low/a.rs", a),
                ("low/b.rs", b),
                ("low/c.rs", c),
            ]
        };
        let circle = "import each other: src/low/a.rs, src/low/b.rs, src/low/c.rs";
        assert!(found(&files(c)).contains(&circle.to_owned()));
        assert!(
            found(&files(""))
                .iter()
                .all(|breach| !breach.contains("each other"))
        );
    }

    #[test]
    fn what_lies_in_a_folder_may_use_what_its_own_file_has() {
        let inner = ("low/inner.rs", "use super::Low;\npub struct Inner(Low);");
        let module = (
            "low/mod.rs",
            "mod inner;\nuse inner::Inner;\npub struct Low;\nfn f(_: Inner) {}",
        );
        assert_eq!(found(&[inner, module]), [""; 0]);
    }
}
