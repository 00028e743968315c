#!/usr/bin/env bash
# Measures a release build: starts a demo of its own without rate limits, loads it, and ends it.
# The arguments are handed to farebus-bench, such as --seconds 10 or --json.
set -euo pipefail
cd "$(dirname "$0")/.."

swift build -c release --product farebus >&2
swift build -c release --product farebus-bench >&2
bin=$(swift build -c release --show-bin-path)

folder=$(mktemp -d "${TMPDIR:-/tmp}/farebus-bench.XXXXXX")
server=
finish() {
    if [ -n "$server" ]; then
        kill "$server" 2>/dev/null || true
        wait "$server" 2>/dev/null || true
    fi
    rm -rf "$folder"
}
trap finish EXIT
trap 'exit 130' INT TERM

# Sign-ins of one machine stand for those of many, and an address is asked for codes again and again.
export FAREBUS_HTTP_TRUSTED_PROXIES=127.0.0.1 FAREBUS_CODES_PAUSE_BETWEEN_MAILS=0 FAREBUS_CODES_MAILS_PER_HOUR=1000
FAREBUS_LIMITS_ENABLED=false "$bin/farebus" serve --demo --host 127.0.0.1 --port 0 --data "$folder/data" \
    --log-level warning >"$folder/output" 2>"$folder/errors" &
server=$!

port=
for _ in $(seq 600); do
    port=$(sed -nE 's|.*Listening on http://[^ ]*:([0-9]+).*|\1|p' "$folder/output" | head -n 1)
    if [ -n "$port" ]; then
        break
    fi
    if ! kill -0 "$server" 2>/dev/null; then
        break
    fi
    sleep 0.1
done
if [ -z "$port" ]; then
    echo "The server did not start:" >&2
    cat "$folder/output" "$folder/errors" >&2
    exit 1
fi

"$bin/farebus-bench" --host 127.0.0.1 --port "$port" --sessions "$folder/data/demo-sessions.json" "$@"
