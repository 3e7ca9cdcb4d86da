#!/usr/bin/env bash
# Has every format of a report read by a program nobody in the project wrote: a short run of weir on weir-server, written in all
# formats, has to be found in each as the JSON has it. Installs the readers where they are missing (Debian 12, as root), builds the
# binaries, and prints one line per format. Exit code 0 when every reader agreed.
#
# usage: scripts/formats.sh [FORMAT...]        e.g. scripts/formats.sh hlog junit
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/install.sh

target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
venv=$target/formats-venv
export no_proxy=127.0.0.1 NO_PROXY=127.0.0.1

main() {
  install_debian_packages
  install_npm scripts/formats
  install_python "$venv" scripts/formats/requirements.txt
  timeout 1200 cargo build --release --locked --bins -p weir -p weir-server
  PATH=$target/release:$venv/bin:$PATH timeout --kill-after=20 170 \
    python -B scripts/formats/run.py "$@" </dev/null
}

install_debian_packages() {
  local others=()
  python3 -c 'import ensurepip' 2>/dev/null || others+=(python3-venv)
  command -v java >/dev/null || others+=(default-jre-headless)
  install_debian libhdrhistogram-java libxml2-utils "${others[@]}"
}

main "$@"
