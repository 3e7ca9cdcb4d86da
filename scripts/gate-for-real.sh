#!/usr/bin/env bash
# The gate on real runs of the release binaries: weir-server against itself must not be called a regression, with a delay
# injected it must be, and so must events that every run of head loses. What a busy machine makes invalid is tried again.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=${CARGO_TARGET_DIR:-target}/release
work=$(mktemp -d)
server=
trap 'if [ -n "$server" ]; then kill "$server" 2>/dev/null || true; fi; rm -rf "$work"' EXIT

# Streams of 20 events in half a second, one after the other in 50 places: some 100 first events and 2,000 gaps a second, a small
# part of what a core can do. What is held back for 20 ms is out before the next event is due 25 ms later: in a burst a reader on a
# busy machine would be late, too, and the run invalid.
query='rate=40&events=20'
load=(-c 50 -d 2s --warmup 500ms)

# check EXPRESSION: over the comparison `r` of $work/gate.json, its exit code `code`, and its gated metrics and losses by name.
check() {
    python3 - "$work/gate.json" "$code" "$1" <<'PY'
import json, sys
r = json.load(open(sys.argv[1]))
code = int(sys.argv[2])
metrics = {m["gated"]: m for m in r["metrics"]}
losses = {l["what"]: l for l in r["losses"]}
if not eval(sys.argv[3]):
    sys.exit(f"gate-for-real: not so: {sys.argv[3]}\nexit code {code}\n{json.dumps(r, indent=1)}")
PY
}

# compare ARGUMENTS: sets $code, and leaves its JSON in $work/gate.json and the reports of its own runs in $work/runs. Three times
# invalid it stays so.
compare() {
    local try
    for try in 1 2 3; do
        rm -rf "$work/runs" "$work/gate.json"
        code=0
        "$bin/weir" compare "$@" --json "$work/gate.json" >"$work/gate.txt" 2>"$work/gate.log" || code=$?
        if [ "$code" -eq 1 ] || [ "$code" -eq 2 ]; then
            cat "$work/gate.txt" "$work/gate.log" >&2
            exit 1
        fi
        [ "$code" -eq 12 ] || break
        [ "$try" -eq 3 ] || echo "  invalid: once more"
    done
    head -1 "$work/gate.txt"
}

# free_port: where nobody listens now.
free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# start_server [FLAGS]: sets $server (its process) and $url.
start_server() {
    # What the one before it said is not this one's, which may take a while to begin.
    : >"$work/out"
    "$bin/weir-server" --listen 127.0.0.1:0 "$@" >"$work/out" 2>"$work/log" &
    server=$!
    for _ in $(seq 100); do
        url=$(sed -n 's/^listening on //p' "$work/out")
        [ -n "$url" ] && return
        sleep 0.05
    done
    echo "gate-for-real: weir-server did not start: $(cat "$work/log")" >&2
    exit 1
}

stop_server() {
    kill -TERM "$server"
    wait "$server" || true
    server=
}

# Two URLs of one server, and not two servers: nothing but chance is different.
echo "weir-server against itself is no regression"
start_server
compare --run "$url/sse?$query" --to "$url/sse?$query" --max-runs 4 "${load[@]}"
stop_server
check 'code != 10 and r["answer"] == {0: "pass", 11: "inconclusive", 12: "invalid"}[code]'
check 'code == 12 or r["runs"] == {"base": 4, "head": 4} and {"ttfe.p50", "gap.p99"} < set(metrics)'

echo "20 ms more before the first event and in the middle of each stream are one, by commands"
port=$(free_port)
serve="exec '$bin/weir-server' --listen 127.0.0.1:$port"
compare --run "http://127.0.0.1:$port/sse?$query" --base-cmd "$serve" --head-cmd "$serve --fault first-delay:20,stall:10:20" \
    --max-runs 6 --save "$work/runs" --markdown "$work/gate.md" "${load[@]}"
# What else a machine does while it is measured may hide 20 ms behind a tail; behind a median it may not.
check 'code == 10 and r["answer"] == metrics["ttfe.p50"]["answer"] == "regression"'
check 'metrics["ttfe.p50"]["head"]["median_ns"] > 20e6 and metrics["gap.p99"]["head"]["median_ns"] > 40e6'
grep -q '^## weir compare: regression' "$work/gate.md"
if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
    echo "gate-for-real: the server of the last run still listens" >&2
    exit 1
fi

echo "the same of the reports that were kept; turned round it is an improvement"
mv "$work/runs" "$work/kept"
compare "$work"/kept/base-*.json --to "$work"/kept/head-*.json
check 'code == 10 and metrics["ttfe.p50"]["answer"] == "regression"'
compare "$work"/kept/head-*.json --to "$work"/kept/base-*.json
check 'code != 10 and metrics["ttfe.p50"]["answer"] == "pass" and metrics["ttfe.p50"]["ratio_high"] < 1'

echo "one run a side never passes"
compare "$work/kept/base-01.json" --to "$work/kept/base-02.json"
check 'code == 11 and all(m["answer"] == "inconclusive" for m in metrics.values())'

echo "events that head loses and base does not are a regression, whatever the latencies say"
for number in 1 2 3 4 5; do
    start_server
    "$bin/weir" run "$url/sse?$query" "${load[@]}" --quiet --json "$work/whole-$number.json" >/dev/null || [ $? -eq 12 ]
    stop_server
    start_server --fault drop:7
    "$bin/weir" run "$url/sse?$query" "${load[@]}" --quiet --json "$work/lossy-$number.json" >/dev/null || [ $? -eq 12 ]
    stop_server
done
compare "$work"/whole-*.json --to "$work"/lossy-*.json
check 'losses["lost"]["answer"] == "regression" and losses["lost"]["base_count"] == 0 < losses["lost"]["head_count"]'
check 'code == 10 or code == 12 and r["answer"] == "invalid"'

echo "a run counts once"
code=0
"$bin/weir" compare "$work/whole-1.json" --to "$work/whole-1.json" 2>"$work/gate.log" || code=$?
[ "$code" -eq 2 ] && grep -q 'the same run' "$work/gate.log"
