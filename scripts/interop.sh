#!/usr/bin/env bash
# Tries weir and weir-server on software nobody in the project wrote: `weir run` on foreign servers, foreign clients
# on weir-server. Installs that software where it is missing (Debian 12, as root), builds the binaries, and prints one
# line per peer. Exit code 0 when every peer passed.
#
# usage: scripts/interop.sh [PEER...]        e.g. scripts/interop.sh express chromium
set -euo pipefail
cd "$(dirname "$0")/.."

target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
venv=$target/interop-venv
# A proxy for the registries must not come between peers on loopback.
export no_proxy=127.0.0.1 NO_PROXY=127.0.0.1

main() {
  install_debian_packages
  install_npm_packages
  install_python_packages
  timeout 1200 cargo build --release --workspace --bins
  # All peers together take about 20 s on two cores.
  PATH=$target/release:$venv/bin:$PATH timeout --kill-after=20 170 \
    python -B scripts/interop/run.py "$@" </dev/null
}

install_debian_packages() {
  local package missing=()
  for package in chromium curl libnginx-mod-nchan nginx; do
    dpkg-query --show --showformat='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  python3 -c 'import ensurepip' 2>/dev/null || missing+=(python3-venv)
  [[ ${#missing[@]} -eq 0 ]] && return
  forbid_service_starts
  apt_get update
  DEBIAN_FRONTEND=noninteractive apt_get install --yes --no-install-recommends "${missing[@]}"
}

# Debian starts a service as soon as it is installed: an nginx on port 80, here.
forbid_service_starts() {
  local policy=/usr/sbin/policy-rc.d
  [[ -e $policy ]] && return
  printf '#!/bin/sh\nexit 101\n' >$policy
  chmod +x $policy
  trap 'rm -f /usr/sbin/policy-rc.d' EXIT
}

apt_get() {
  timeout 600 apt-get -qq -o Dpkg::Use-Pty=0 -o Acquire::Retries=3 -o DPkg::Lock::Timeout=120 "$@" </dev/null
}

install_npm_packages() {
  local lock=scripts/interop/package-lock.json
  [[ scripts/interop/node_modules/.package-lock.json -nt $lock ]] && return
  timeout 300 npm ci --prefix scripts/interop
}

install_python_packages() {
  local wanted=scripts/interop/requirements.txt
  cmp --quiet $wanted "$venv/requirements.txt" && return
  python3 -m venv --clear "$venv"
  timeout 300 "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement $wanted
  cp $wanted "$venv/requirements.txt"
}

main "$@"
