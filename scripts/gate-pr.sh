#!/usr/bin/env bash
# Gates a change: builds what it started from and what it leads to, runs the two servers turn about, and exits with the answer
# of weir compare: 0 pass, 10 regression, 11 inconclusive, 12 invalid; 1 if a side does not build or run, 2 if what was asked
# makes no sense.
#
#   scripts/gate-pr.sh                            weir-server itself: what HEAD changed since origin/main
#   BASE=v1.0 HEAD=v1.1 scripts/gate-pr.sh        the same, of other revisions
#   BUILD='make' SERVE='exec ./server --port 8080' URL=http://127.0.0.1:8080/events scripts/gate-pr.sh -c 50 -d 10s
#
# Run it anywhere inside the repository that is gated. What stands behind it goes to weir compare: the load (-c 50 -d 5s if
# nothing is said), what is gated (--metric, --margin), and when to stop (--max-runs, --max-time).
#
# BASE, HEAD  revisions; HEAD is held against its merge base with BASE (default: origin/main and HEAD)
# BUILD       builds a server, in the top directory of a worktree of its own (default: cargo build, of weir-server)
# SERVE       starts it, there; it must stay in the foreground, as exec does (default: weir-server at 127.0.0.1:18080)
# URL         what is measured of it (default: its /sse at 100 events a second)
# OUT         a directory for compare.md, compare.json, runs.html, runs.xml and runs/, the report of each run (default: gate)
# WEIR        the weir to measure with (default: target/release/weir beside this script, else the one in PATH)
#
# Both sides are measured by that one weir, and CARGO_TARGET_DIR is not passed on: sides that share a directory for what they
# build would both be the one that was built last.
set -euo pipefail
root="$(cd "$(dirname "$0")/.." && pwd)"

die() {
    printf 'gate-pr: %s\n' "$2" >&2
    exit "$1"
}

case "${1:-}" in
-h | --help)
    sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "$0"
    exit 0
    ;;
esac

# A server at URL is needed by who says how to build or start one.
if [ -n "${BUILD:-}${SERVE:-}${URL:-}" ]; then
    for name in BUILD SERVE URL; do
        [ -n "${!name:-}" ] || die 2 "$name is not set: BUILD, SERVE and URL describe one server (--help says how)"
    done
fi
build="${BUILD:-cargo build --release --locked -p weir-server --bins}"
serve="${SERVE:-exec target/release/weir-server --listen 127.0.0.1:18080}"
url="${URL:-http://127.0.0.1:18080/sse?rate=100}"
[ $# -gt 0 ] || set -- -c 50 -d 5s

own="${CARGO_TARGET_DIR:-$root/target}/release/weir"
[ -x "$own" ] || own="$(command -v weir || true)"
weir="${WEIR:-$own}"
[ -n "$weir" ] || die 2 "there is no weir: cargo build --release -p weir, or say where it is by WEIR"
command -v "$weir" >/dev/null || die 2 "WEIR=$weir cannot be run"

# commit REVISION
commit() {
    git rev-parse --quiet --verify --end-of-options "$1^{commit}" || die 2 "there is no revision $1 (in a shallow clone: fetch it first)"
}

git rev-parse --git-dir >/dev/null || die 2 "gates revisions of a git repository: run it inside one"
head="$(commit "${HEAD:-HEAD}")"
base="$(commit "${BASE:-origin/main}")"
base="$(git merge-base "$base" "$head")" || die 2 "${BASE:-origin/main} and ${HEAD:-HEAD} have no commit in common (in a shallow clone: fetch all of it)"
[ "$base" != "$head" ] || die 2 "${HEAD:-HEAD} changes nothing: it is in ${BASE:-origin/main}"

mkdir -p "${OUT:-gate}"
out="$(cd "${OUT:-gate}" && pwd)"
[ ! -e "$out/runs" ] || die 2 "$out/runs is there already, of another comparison: remove it, or name another directory by OUT"

work="$(mktemp -d)"
cleanup() {
    for side in base head; do
        [ ! -e "$work/$side" ] || git worktree remove --force "$work/$side" || true
    done
    rm -rf "$work"
}
trap cleanup EXIT

# build_side NAME COMMIT
build_side() {
    printf 'gate-pr: building %s, %s\n' "$1" "$(git log -1 --format='%h %s' "$2")" >&2
    git worktree add --quiet --detach "$work/$1" "$2"
    (cd "$work/$1" && env -u CARGO_TARGET_DIR bash -c "$build" >&2) || die 1 "$1 does not build: $build"
}
build_side base "$base"
build_side head "$head"

code=0
"$weir" compare --run "$url" --base-cmd "cd '$work/base' && $serve" --head-cmd "cd '$work/head' && $serve" \
    --save "$out/runs" --json "$out/compare.json" --markdown "$out/compare.md" "$@" || code=$?

shopt -s nullglob
runs=("$out"/runs/base-*.json "$out"/runs/head-*.json)
if [ ${#runs[@]} -gt 0 ]; then
    shown=0
    "$weir" show "${runs[@]}" --html "$out/runs.html" --junit "$out/runs.xml" >/dev/null || shown=$?
    # It exits as the worst of the runs would; what else goes wrong with the page changes nothing about the answer.
    case $shown in
    0 | 10 | 11 | 12) ;;
    *) printf 'gate-pr: the runs cannot be shown\n' >&2 ;;
    esac
fi
exit "$code"
