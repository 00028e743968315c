#!/usr/bin/env bash
# Makes the secrets of deploy/compose.yaml in deploy/secrets, once: what is there is left as it is.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

umask 077
mkdir -p secrets/tls
cd secrets

# once FILE COMMAND...: what the command writes becomes the file, unless there is one.
once() {
    local file=$1
    shift
    [ -s "$file" ] && return
    "$@" >"$file.new"
    mv "$file.new" "$file"
    echo "made secrets/$file"
}

once farebus.key openssl rand 32
once mongo.key openssl rand -base64 512
once mongo-root.password openssl rand -hex 24
once mongo-farebus.password openssl rand -hex 24
once redis.password openssl rand -hex 24
once redis.conf cat <<CONF
requirepass $(cat redis.password)
maxmemory 256mb
maxmemory-policy noeviction
appendonly no
save ""
CONF
once farebus.env cat <<ENV
MONGODB_URI=mongodb://farebus:$(cat mongo-farebus.password)@mongo:27017/farebus?replicaSet=rs0&authSource=farebus
REDIS_URL=redis://:$(cat redis.password)@redis:6379/0
ENV
if [ ! -s tls/tls.crt ]; then
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 365 -subj /CN=localhost \
        -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout tls/tls.key -out tls/tls.crt 2>/dev/null
    echo "made secrets/tls/tls.crt: only this machine believes it; put a real certificate in its place"
fi

# Docker hands a file on with its owner and mode, and in the containers nobody is you: the folder is what keeps others out.
chmod 644 farebus.key mongo.key mongo-root.password mongo-farebus.password redis.conf tls/tls.crt
