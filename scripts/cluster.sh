#!/usr/bin/env bash
# Runs a cluster on this machine: Redis, a server that speaks MongoDB's protocol, instances of Farebus, and nginx in
# front of them with deploy/nginx.conf. Ctrl-C ends it all. MONGODB_URI and REDIS_URL name servers to use instead.
#
#   scripts/cluster.sh                                   runs, and says what to try
#   scripts/cluster.sh --load 30                         books and cancels for 30 s, and checks what was promised
#   scripts/cluster.sh --load 60 --kill-every 5          with a kill -9 each 5 s
#   scripts/cluster.sh --load 60 --rolling-restart
#   scripts/cluster.sh --help                            everything else
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
for tool in python3 openssl setpriv; do
    command -v "$tool" >/dev/null || { echo "cluster.sh: $tool is not installed (make setup-tests)" >&2; exit 1; }
done
if [ -z "${REDIS_URL:-}" ] && ! command -v redis-server >/dev/null; then
    echo "cluster.sh: redis-server is not installed (make setup-tests)" >&2
    exit 1
fi
exec python3 -B "$here/cluster/main.py" "$@"
