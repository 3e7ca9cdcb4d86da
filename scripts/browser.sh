#!/usr/bin/env bash
# Tries the page at / as people use it, in headless Chromium on weir-server, and the pages that weir makes of its reports.
# Installs Chromium and Playwright where they are missing (Debian 12, as root), builds both programs, and prints one line per
# check. Exit code 0 when every one passed.
#
# usage: scripts/browser.sh [PART OF A NAME...]        e.g. scripts/browser.sh typewriter 'two tabs'
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/install.sh

target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
# A proxy for the registries must not come between peers on loopback.
export no_proxy=127.0.0.1 NO_PROXY=127.0.0.1

install_debian chromium
install_npm scripts/interop
timeout 1200 cargo build --release -p weir-server -p weir --bins
# All checks together take about 60 s on two cores. Asked to end, run.mjs ends its servers and its browser.
WEIR_SERVER=$target/release/weir-server WEIR=$target/release/weir timeout --kill-after=20 300 node scripts/browser/run.mjs "$@" </dev/null
