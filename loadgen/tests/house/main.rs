//! The rules of the house that a reviewer would otherwise hold by eye: how large things are, who prints, who imports
//! whom, and that nothing is unsafe. CONTRIBUTING.md says why each of them stands.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

mod imports;
mod manifests;
mod prints;
mod sizes;
mod workspace;

use imports::{BENCHES, LOADGEN, SERVER, against_the_architecture};
use manifests::{MAY_USE, foreign_dependencies, lints_not_inherited, unsafe_not_forbidden};
use prints::prints;
use sizes::{full_folders, long_file, long_functions};
use workspace::Workspace;

#[test]
fn sources_keep_the_rules() {
    let workspace = Workspace::open();
    let sources = workspace.sources();
    assert!(!sources.is_empty(), "no source found: nothing was checked");
    let checks = [long_functions, long_file, prints];
    assert_none(
        sources
            .iter()
            .flat_map(|source| checks.iter().flat_map(move |check| check(source)))
            .chain(full_folders(&sources)),
    );
}

#[test]
fn imports_keep_the_architecture() {
    let sources = Workspace::open().sources();
    assert_none(
        [LOADGEN, SERVER, BENCHES]
            .iter()
            .flat_map(|of| against_the_architecture(&sources, of)),
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
