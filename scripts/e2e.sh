#!/usr/bin/env bash
# The release binaries as a user runs them: the first command anyone types, and 5,000 streams against a server of its own
# process, whose count of what it sent must be what was received.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=${CARGO_TARGET_DIR:-target}/release
work=$(mktemp -d)
server=
trap 'if [ -n "$server" ]; then kill "$server" 2>/dev/null || true; fi; rm -rf "$work"' EXIT

# check REPORT EXPRESSION: the expression over the report `r` and its counters `c` must be true.
check() {
    python3 - "$1" "$2" <<'PY'
import json, sys
r = json.load(open(sys.argv[1]))
c = r["counters"]
if not eval(sys.argv[2]):
    sys.exit(f"e2e: not so: {sys.argv[2]}\ncounters {c}\nerrors {r['errors']}\nverdict {r['verdict']}")
PY
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
    echo "e2e: weir-server did not start: $(cat "$work/log")" >&2
    exit 1
}

# stop_server: drains it; sets $sent to the events it says it sent.
stop_server() {
    kill -TERM "$server"
    wait "$server"
    server=
    sent=$(sed -n 's/.*drained streams=[0-9]* events=\([0-9]*\).*/\1/p' "$work/log")
}

# weir ARGUMENTS: a run may be invalid (12) on a busy machine, where its own delays spoil latencies; counts are counts.
weir() {
    "$bin/weir" "$@" || [ $? -eq 12 ]
}

clean='not r["errors"] and c["streams_failed"] == c["lost"] == c["duplicated"] == c["reordered"] == 0'

echo "1,000 streams, embedded server"
weir run -d 3s --json "$work/embedded.json"
check "$work/embedded.json" "$clean"
check "$work/embedded.json" 'r["rx"] == "kernel" and c["streams_open_peak"] == 1000 and c["events"] == r["server"]["events"]'
check "$work/embedded.json" 'set(r["latency"]) >= {"connect", "headers", "ttfe", "ttfe_sent", "gap", "delivery", "server_lag", "wire", "client_lag", "silence", "start_lag"}'

echo "5,000 streams of 50 events each: everything sent is received"
start_server
weir run "$url/sse?rate=10&events=50" -c 5000 -n 5000 --quiet --json "$work/finite.json"
stop_server
check "$work/finite.json" "$clean"
check "$work/finite.json" "c['streams_completed'] == 5000 and c['events'] == 5000 * 50 == $sent"

echo "5,000 streams held open for ten seconds: again everything sent is received"
start_server
weir run "$url/sse" -c 5000 -d 10s --quiet --json - >"$work/held.json"
stop_server
check "$work/held.json" "$clean"
check "$work/held.json" 'c["streams_open_peak"] == c["streams_established"] == c["streams_cut"] == 5000'
check "$work/held.json" "0 < c['events'] == $sent"

echo "arrivals at a rate of their own: as many as planned, and everything sent is received"
start_server
weir run "$url/sse?rate=50&events=10" -r 100 --arrivals uniform -d 3s --warmup 1s --quiet --json "$work/open.json"
stop_server
check "$work/open.json" "$clean"
check "$work/open.json" "c['streams_started'] + c['streams_unstarted'] == 400 and c['events'] == $sent"
check "$work/open.json" 'r["throughput"]["offered_streams_per_s"] == 100'

# A busy machine may spoil trials, and then nothing may be said but "at least".
echo "the capacity of a server that takes 150 streams is 150, or at least something below"
start_server --max-streams 150
"$bin/weir" capacity "$url/sse" --slo 'streams_failed==0' --from 20 --to 1k --trial 1s --max-time 60s --quiet --json "$work/capacity.json" ||
    [[ $? =~ ^(11|12)$ ]]
stop_server
python3 - "$work/capacity.json" <<'PY'
import json, sys
answer = json.load(open(sys.argv[1]))["levels"][0]["answer"]
low, high = answer.get("holds", 0), answer.get("does_not", 151)
if not low <= 150 or not (high > 150 or answer["by_generator"]):
    sys.exit(f"e2e: not so: 150 streams are the limit: {answer}")
PY
