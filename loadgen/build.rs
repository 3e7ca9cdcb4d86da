//! Tells the program how and of what it was built.

use std::process::Command;

fn main() {
    println!(
        "cargo:rustc-env=WEIR_OPT_LEVEL={}",
        std::env::var("OPT_LEVEL").unwrap_or_default()
    );
    println!(
        "cargo:rustc-env=WEIR_REVISION={}",
        revision().unwrap_or_else(|| "unknown".to_owned())
    );
    println!("cargo:rerun-if-changed=../.git/HEAD");
    println!("cargo:rerun-if-changed=../.git/refs/heads");
}

/// The short hash of the commit, with a mark when the tree differs from it.
fn revision() -> Option<String> {
    let output = Command::new("git")
        .args(["describe", "--always", "--dirty", "--abbrev=12"])
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    (output.status.success() && !text.trim().is_empty()).then(|| text.trim().to_owned())
}
