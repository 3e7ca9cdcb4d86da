#!/usr/bin/env bash
# Everything that must hold of a commit. Runs on a machine with Rust, Node, Python and apt-get; installs the rest itself.
set -euo pipefail
cd "$(dirname "$0")/.."
export CARGO_TERM_COLOR=never CARGO_INCREMENTAL=0

step() {
    printf '\n== %s (%d s so far)\n' "$1" "$SECONDS"
    shift
    "$@"
}

step "format" cargo fmt --all --check
step "tables" python3 scripts/results.py --check
step "lint" cargo clippy --workspace --all-targets --locked -- -D warnings
step "docs" env RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked
step "tests" cargo test --workspace --locked
step "release build" cargo build --release --locked --bins -p weir -p weir-server
step "end to end" bash scripts/e2e.sh
step "calibrate, smoke" "${CARGO_TARGET_DIR:-target}/release/weir" calibrate --smoke
step "every scenario, smoke" scripts/matrix.py --smoke
# On a machine too busy to measure anything there is nothing to plan with (10).
step "capacity plan, example" bash -c 'scripts/capacity-plan.sh --example || [ $? -eq 10 ]'
step "gate, for real" bash scripts/gate-for-real.sh
step "formats" bash scripts/formats.sh
step "many streams, smoke" scripts/many-streams.py --streams 400 --processes 2 --rate 5 --duration 2 --warmup 1
step "fuzz" bash scripts/fuzz.sh 20
step "benches, smoke" cargo bench -p weir-benches --locked --benches -- --test
step "ceiling, smoke" cargo run --release --locked -q -p weir-benches --bin ceiling -- --smoke
step "interop" bash scripts/interop.sh
step "page" bash scripts/browser.sh
printf '\nall green after %d s\n' "$SECONDS"
