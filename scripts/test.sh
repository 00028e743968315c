#!/usr/bin/env bash
# Runs the tests that are built: all of them on the embedded store, and then once more, on MongoDB and Redis, those that
# work on a store.
#
#   scripts/test.sh [all | sqlite | mongodb] [further options of swift test, such as --filter BookingTests]
#
# MONGODB_URI names a MongoDB replica set to run on. Without it a server that stands in for MongoDB is started for the
# whole run, and ended after it. Each test takes a database of its own, and drops it.
#
# The runs are watched: afterwards scripts/check-secrets looks for every secret that they met in all that must hold none.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$here/.."
engines=${1:-all}
shift || true
# What is the same whatever the store is need not be run twice.
on_a_store='^(CommandBusTests|AuthTests|BookingTests|WalletTests|MailTests|GatewayTests|EndToEndTests)\.|^StorageTests\.RedisLeasesTests'
server=
folder=
watch=
keeps_watch=

say() { printf '==> %s\n' "$*"; }

clean_up() {
    if [ -n "$server" ]; then kill "$server" 2>/dev/null && wait "$server" 2>/dev/null || true; fi
    if [ -n "$folder" ]; then rm -rf "$folder"; fi
    if [ -n "$watch" ] && [ -z "$keeps_watch" ]; then rm -rf "$watch"; fi
}
trap clean_up EXIT
trap 'exit 130' INT TERM

start_mongo() {
    folder=$(mktemp -d)
    say "starting the server that stands in for MongoDB"
    # A server that a test kills leaves its transactions behind: they are not to hold the others up for long.
    "$here/mongo-test-server.sh" serve --port-file "$folder/port" --transaction-lifetime 10 >"$folder/log" 2>&1 &
    server=$!
    # The first start on a machine installs it.
    for _ in $(seq 1800); do
        [ -s "$folder/port" ] && break
        kill -0 "$server" 2>/dev/null || break
        sleep 0.1
    done
    if [ ! -s "$folder/port" ]; then
        cat "$folder/log" >&2
        say "it did not start"
        return 1
    fi
    export MONGODB_URI="mongodb://127.0.0.1:$(cat "$folder/port")/?directConnection=true"
}

# run ENGINE OPTIONS...: one after the other; with all of them at once, those that are about time wait for a core for
# longer than they test.
run() {
    local engine=$1 start=$SECONDS status=0
    shift
    FAREBUS_TEST_ENGINE=$engine FAREBUS_SECRET_WATCH=$watch swift test --skip-build --no-parallel -Xswiftc -warnings-as-errors "$@" || status=$?
    say "$engine: $([ $status -eq 0 ] && echo passed || echo FAILED) after $((SECONDS - start)) s"
    return $status
}

# Tells what the tests can't know: the password in the URI of MongoDB.
watch_uri() {
    local user=${1#*://}
    user=${user%%/*}
    case "$user" in *:*@*)
        user=${user%@*}
        printf 'connection\t%s\n' "${user#*:}" >"$watch/secrets.uri"
        ;;
    esac
}

# Some of the tests meet fewer secrets than all.
check_secrets() {
    local start=$SECONDS status=0
    say "looking for secrets where none may be"
    if [ "$engines" != mongodb ] && [ $# -eq 0 ]; then
        scripts/check-secrets "$watch" || status=$?
    else
        scripts/check-secrets "$watch" --partial || status=$?
    fi
    [ $status -eq 0 ] || keeps_watch=yes
    say "secrets: $([ $status -eq 0 ] && echo passed || echo "FAILED, see $watch") after $((SECONDS - start)) s"
    return $status
}

status=0
case "$engines" in
    all | sqlite | mongodb) ;;
    *)
        sed -n '2,/^set /s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
        exit 2
        ;;
esac
watch=$(mktemp -d)
if [ "$engines" != mongodb ]; then
    say "all tests, on the embedded store"
    run sqlite "$@" || status=1
fi
if [ "$engines" != sqlite ]; then
    [ -n "${MONGODB_URI:-}" ] || start_mongo
    watch_uri "$MONGODB_URI"
    say "the tests that work on a store, on MongoDB and Redis"
    if [ $# -gt 0 ]; then run mongodb "$@" || status=1; else run mongodb --filter "$on_a_store" || status=1; fi
fi
check_secrets "$@" || status=1
exit $status
