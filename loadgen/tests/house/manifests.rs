//! Which crate depends on which, and that nothing is unsafe.

use crate::workspace::Manifest;

/// Every package of the workspace, and which others of them it may use, be it only in its tests.
pub(crate) const MAY_USE: [(&str, &[&str]); 6] = [
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

pub(crate) fn foreign_dependencies(manifest: &Manifest) -> Vec<String> {
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

pub(crate) fn unsafe_not_forbidden(root: &Manifest) -> Vec<String> {
    if lookup(&root.table, &["workspace", "lints", "rust", "unsafe_code"]) == Some(&"forbid".into())
    {
        return Vec::new();
    }
    vec![root.breach("unsafe_code", "unsafe_code is not \"forbid\"")]
}

pub(crate) fn lints_not_inherited(member: &Manifest) -> Vec<String> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(text: &str) -> Manifest {
        Manifest::new("member/Cargo.toml".to_owned(), text.to_owned())
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
