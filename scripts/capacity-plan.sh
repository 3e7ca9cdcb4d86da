#!/usr/bin/env bash
# From a service level and a forecast to the machines needed, as a Markdown table.
#
#   cargo build --release -p weir -p weir-server --bins
#   scripts/capacity-plan.sh --example                              a short search against a weir-server that takes 1,500 streams
#   scripts/capacity-plan.sh --streams 40000 --growth 15 --quarters 8 --headroom 30 --url http://host/sse -- --slo 'delivery.p99<20ms'
#   scripts/capacity-plan.sh --streams 40000 --growth 15 --quarters 8 --capacity found.json
#
# --streams N     peak of streams open at one time, today          --growth PERCENT   more of them each quarter (default 10)
# --quarters N    how far to look ahead (default 4)                --headroom PERCENT what of each machine stays free (default 30)
# --spare N       machines beyond those needed, to lose (default 1)
# --url URL       where to search; what stands behind -- goes to weir capacity
# --capacity FILE what `weir capacity --json FILE` wrote, instead of a search
set -euo pipefail
root="$(cd "$(dirname "$0")/.." && pwd)"
bin="${CARGO_TARGET_DIR:-$root/target}/release"

die() {
    printf 'capacity-plan: %s\n' "$1" >&2
    exit 2
}

streams='' growth=10 quarters=4 headroom=30 spare=1 url='' capacity='' example=''
while [ $# -gt 0 ]; do
    case "$1" in
    --streams | --growth | --quarters | --headroom | --spare | --url | --capacity)
        [ $# -ge 2 ] || die "$1 needs a value"
        declare "${1#--}=$2"
        shift 2
        ;;
    --example)
        example=1
        shift
        ;;
    --)
        shift
        break
        ;;
    -h | --help)
        sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "$0"
        exit 0
        ;;
    *) die "no such flag: $1 (--help says which there are)" ;;
    esac
done

work="$(mktemp -d)"
server=''
cleanup() {
    [ -z "$server" ] || kill "$server" 2>/dev/null || true
    rm -rf "$work"
}
trap cleanup EXIT

search() {
    [ -x "$bin/weir" ] || die "there is no $bin/weir: cargo build --release -p weir -p weir-server --bins"
    code=0
    "$bin/weir" capacity "$url" "$@" --json "$work/capacity.json" >&2 || code=$?
    # Breached, inconclusive and invalid answers are answers, too: the table says what they are worth.
    case $code in
    0 | 10 | 11 | 12) ;;
    *) exit "$code" ;;
    esac
    capacity="$work/capacity.json"
}

if [ -n "$example" ]; then
    [ -x "$bin/weir-server" ] || die "there is no $bin/weir-server: cargo build --release -p weir -p weir-server --bins"
    "$bin/weir-server" --listen 127.0.0.1:0 --max-streams 1500 >"$work/server.out" 2>"$work/server.log" &
    server=$!
    for _ in $(seq 100); do
        grep -q listening "$work/server.out" && break
        sleep 0.05
    done
    url="$(sed -n 's/^listening on //p' "$work/server.out")/sse?rate=10"
    streams="${streams:-20000}"
    search --slo 'delivery.p99<20ms' --slo 'failed_rate<0.1%' --from 200 --to 4k --width 10% --trial 1s --max-time 60s "$@"
elif [ -z "$capacity" ]; then
    [ -n "$url" ] || die "--url or --capacity says what is known of a machine, --example shows how it goes"
    search "$@"
fi
[ -n "$streams" ] || die "--streams says how many streams are open at the peak"

python3 - "$capacity" "$streams" "$growth" "$quarters" "$headroom" "$spare" <<'PYTHON'
import json
import math
import sys
from fractions import Fraction


def number(name, text, least, below=math.inf):
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not least <= value < below:
        sys.exit(f"capacity-plan: --{name} {text}: must be a number from {least:g}" + (f" to below {below:g}" if below < math.inf else ""))
    return value


path, *typed = sys.argv[1:]
names = [("streams", 1), ("growth", -99), ("quarters", 0), ("headroom", 0, 100), ("spare", 0)]
streams, growth, quarters, headroom, spare = (number(name, text, *range_) for (name, *range_), text in zip(names, typed))
try:
    found = json.load(open(path))
except (OSError, ValueError) as error:
    sys.exit(f"capacity-plan: {path}: {error}")
if found.get("schema") != "weir.capacity/1":
    sys.exit(f"capacity-plan: {path} is not of weir capacity: its schema is {found.get('schema')!r}, not 'weir.capacity/1'")
if found["vary"] != "streams":
    sys.exit(f"capacity-plan: {path} varied {found['vary']}: a forecast of streams needs --vary streams")

levels = " and ".join(f"`{level['expression']}`" for level in found["levels"])
holds = found.get("holds")
print(f"# Machines for {levels}\n")
if holds is None:
    print(f"No load was found that holds {levels}: nothing to plan with.")
    sys.exit(10)
limits = {level["answer"]["limit"] for level in found["levels"] if level["answer"].get("holds") == holds}
sure = limits == {"target"}
machine = found["machine"]
print(f"One machine ({machine.get('cpu', 'unknown processor')}, {machine['cores']} cores) holds "
      f"{'' if sure else 'at least '}{holds:,.0f} streams: {found['url']}, {found['started_at'][:10]}.")
if not sure:
    print("That was not the target's limit, but the generator's, the highest load to be tried or the end of the search: fewer machines may do.")
# As decimals are typed: with binary fractions 90 less 30 % is below 63, and what 63 are enough for takes two.
typed = dict(zip((name for name, *_ in names), map(Fraction, typed)))
each = Fraction(str(holds)) * (1 - typed["headroom"] / 100)
each = Fraction(math.floor(each)) if each >= 1 else each
print(f"Each is given up to {float(each):,g} of them, {headroom:g} % less, and {spare:g} may fail.\n")
memory = found.get("cost", {}).get("bytes_per_stream")
print("| quarter | peak streams | machines | streams a machine |" + (" memory a machine |" if memory else ""))
print("| ---: | ---: | ---: | ---: |" + (" ---: |" if memory else ""))
for quarter in range(int(quarters) + 1):
    peak = typed["streams"] * (1 + typed["growth"] / 100) ** quarter
    needed = math.ceil(peak / each)
    share = math.ceil(peak / needed)
    peak = float(peak)
    row = f"| {'today' if quarter == 0 else f'+{quarter}'} | {peak:,.0f} | {needed + int(spare):,} | {share:,.0f} |"
    print(row + (f" {share * memory / 2**20:,.0f} MiB |" if memory else ""))
PYTHON
