#!/usr/bin/env bash
# Tries weir and weir-server on software nobody in the project wrote: `weir run` on foreign servers, foreign clients
# on weir-server. Installs that software where it is missing (Debian 12, as root), builds the binaries, and prints one
# line per peer. Exit code 0 when every peer passed.
#
# usage: scripts/interop.sh [PEER...]        e.g. scripts/interop.sh express chromium
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/install.sh

target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
venv=$target/interop-venv
# A proxy for the registries must not come between peers on loopback.
export no_proxy=127.0.0.1 NO_PROXY=127.0.0.1

main() {
  install_debian_packages
  install_npm scripts/interop
  install_python "$venv" scripts/interop/requirements.txt
  timeout 1200 cargo build --release --workspace --bins
  # All peers together take about 20 s on two cores.
  PATH=$target/release:$venv/bin:$PATH timeout --kill-after=20 170 \
    python -B scripts/interop/run.py "$@" </dev/null
}

install_debian_packages() {
  local venv_module=()
  python3 -c 'import ensurepip' 2>/dev/null || venv_module=(python3-venv)
  install_debian chromium curl libnginx-mod-nchan nginx "${venv_module[@]}"
}

main "$@"
