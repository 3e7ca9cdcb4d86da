# What several scripts install, each where it is missing (Debian 12, as root). To be sourced at the repository's root.

# usage: install_debian PACKAGE...
install_debian() {
  local package missing=()
  for package in "$@"; do
    dpkg-query --show --showformat='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  [[ ${#missing[@]} -eq 0 ]] && return
  forbid_service_starts
  apt_get update
  DEBIAN_FRONTEND=noninteractive apt_get install --yes --no-install-recommends "${missing[@]}"
}

# Debian starts a service as soon as it is installed: an nginx on port 80, for instance.
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

# usage: install_npm DIRECTORY        of a package.json and its lock
install_npm() {
  [[ $1/node_modules/.package-lock.json -nt $1/package-lock.json ]] && return
  timeout 300 npm ci --prefix "$1"
}

# usage: install_python VENV REQUIREMENTS
install_python() {
  local venv=$1 wanted=$2
  cmp --quiet "$wanted" "$venv/requirements.txt" && return
  python3 -m venv --clear "$venv"
  timeout 300 "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$wanted"
  cp "$wanted" "$venv/requirements.txt"
}
