#!/usr/bin/env bash
# Runs the Autobahn test suite (cases 1 to 7 and 10) against the WebSocket channel of Farebus, in the echo server.
#
#   scripts/autobahn.sh            all of them; fails unless every case is OK or INFORMATIONAL
#   CASES='"6.*"' scripts/autobahn.sh
#
# The suite is written for Python 2.7: PYTHON27 names one, else it is looked for. It is installed once, below
# .build/autobahn. The report with every byte of every case is .build/autobahn/reports.
set -euo pipefail
cd "$(dirname "$0")/.."

home=$PWD/.build/autobahn
cases=${CASES:-'"1.*", "2.*", "3.*", "4.*", "5.*", "6.*", "7.*", "10.*"'}

find_python() {
    local candidate
    for candidate in "${PYTHON27:-}" "$HOME"/.pyenv/versions/2.7.*/bin/python2.7 "$(command -v python2.7 || true)"; do
        if [ -n "$candidate" ] && "$candidate" -c 'import sys; assert sys.version_info[:2] == (2, 7)' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    echo "autobahn.sh: the suite needs Python 2.7 (pyenv install 2.7.18, or set PYTHON27)" >&2
    return 1
}

if [ ! -x "$home/venv/bin/wstest" ] || [ ! -f "$home/installed" ]; then
    python=$(find_python)
    mkdir -p "$home"
    "$python" -m pip install -q --target "$home/virtualenv" 'virtualenv==20.15.1' 2>&1 | grep -v DEPRECATION || true
    PYTHONPATH=$home/virtualenv "$python" -m virtualenv -q "$home/venv"
    "$home/venv/bin/pip" install -q 'autobahntestsuite==25.10.1' 2>&1 | grep -v DEPRECATION || true
    "$home/venv/bin/wstest" --help >/dev/null
    touch "$home/installed"
fi

swift build --product farebus-echo
binary=$(swift build --show-bin-path)/farebus-echo

log=$home/echo.log
"$binary" --port 0 >"$log" 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true' EXIT

port=
for _ in $(seq 100); do
    port=$(sed -n 's/^listening on \([0-9]*\)$/\1/p' "$log")
    [ -n "$port" ] && break
    kill -0 "$server" 2>/dev/null || { cat "$log" >&2; exit 1; }
    sleep 0.1
done
[ -n "$port" ] || { echo "autobahn.sh: the echo server did not start" >&2; exit 1; }

rm -rf "$home/reports"
cat >"$home/spec.json" <<JSON
{
    "outdir": "$home/reports",
    "servers": [{"agent": "farebus", "url": "ws://127.0.0.1:$port"}],
    "cases": [$cases],
    "exclude-cases": [],
    "exclude-agent-cases": {}
}
JSON
(cd "$home" && venv/bin/wstest -m fuzzingclient -s spec.json >"$home/wstest.log" 2>&1) || {
    tail -20 "$home/wstest.log" >&2
    exit 1
}

"$home/venv/bin/python" - "$home/reports/index.json" <<'PYTHON'
import json, sys

results = json.load(open(sys.argv[1]))["farebus"]
counts, failed = {}, []
for case in sorted(results, key=lambda name: [int(part) for part in name.split(".")]):
    outcome, close = results[case]["behavior"], results[case]["behaviorClose"]
    counts[outcome] = counts.get(outcome, 0) + 1
    if not {outcome, close} <= {"OK", "INFORMATIONAL"}:
        failed.append((case, outcome, close))
for row in [("case", "behaviour", "close")] + failed if failed else []:
    print("%-10s %-14s %s" % row)
print("%d cases: %s" % (len(results), ", ".join("%d %s" % (counts[name], name) for name in sorted(counts))))
sys.exit(1 if failed or not results else 0)
PYTHON
