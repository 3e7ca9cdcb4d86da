#!/usr/bin/env bash
# Fuzzes what reads bytes off the network (loadgen/fuzz), with the stable compiler and, for libFuzzer, one for C++.
# Exit code 0 when nothing was found; an input that fails is printed, and kept in target/fuzz/.
#
# usage: scripts/fuzz.sh [SECONDS]           20 unless told; target/fuzz/corpus is where the next run begins
#        target/fuzz/*/release/weir-fuzz FILE             tries an input again
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${1:-20}
CARGO_TARGET_DIR=$(realpath -m "${CARGO_TARGET_DIR:-target}")/fuzz
export CARGO_TARGET_DIR
host=$(rustc -vV | sed -n 's/^host: //p')

# libFuzzer is C++.
if ! command -v c++ >/dev/null; then
  timeout 600 apt-get -qq update </dev/null
  DEBIAN_FRONTEND=noninteractive timeout 600 apt-get -qq install --yes --no-install-recommends g++ </dev/null
fi

# What libFuzzer is guided by. Sanitizers are for the nightly compiler alone; they would look for what safe code has not.
RUSTFLAGS="-C passes=sancov-module"
for coverage in level=4 inline-8bit-counters pc-table trace-compares; do
  RUSTFLAGS+=" -C llvm-args=-sanitizer-coverage-$coverage"
done
export RUSTFLAGS

# A target is named so that build scripts and macros are built without those flags.
cargo build --release --locked --manifest-path loadgen/fuzz/Cargo.toml --target "$host"
mkdir -p "$CARGO_TARGET_DIR/corpus"
"$CARGO_TARGET_DIR/$host/release/weir-fuzz" -max_total_time="$seconds" -max_len=1024 -timeout=10 \
  -verbosity=0 -print_final_stats=1 -artifact_prefix="$CARGO_TARGET_DIR/" \
  "$CARGO_TARGET_DIR/corpus" loadgen/fuzz/seeds
