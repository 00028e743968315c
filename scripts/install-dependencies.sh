#!/usr/bin/env bash
# Installs the system packages that Farebus needs and this machine lacks, and checks the Swift toolchain.
# It asks nobody anything, changes nothing where nothing is missing, and starts no service.
#
#   scripts/install-dependencies.sh               what is needed to build and run
#   scripts/install-dependencies.sh --for-tests   also the servers that tests start for themselves
set -euo pipefail

packages=(
    # libraries that the server is built on
    libsqlite3-dev libssl-dev libargon2-dev libzip-dev zlib1g-dev libmongoc-dev libhiredis-dev libqrencode-dev
    libzxcvbn-dev
    # time zones
    tzdata
    # tools of the tests, the scripts and the README's examples
    curl jq python3 sqlite3 zip
)
test_packages=(
    # what the tests of many instances and scripts/cluster.sh start, each on a port of its own
    redis-server nginx openssl
    # what reads a QR code as a phone does, and shows the codes of an authenticator app
    librsvg2-bin zbar-tools oathtool
)
# what those packages would start by themselves, now and with each boot
services=(redis-server nginx)
oldest_swift=6.3

case "${1:-}" in
    "") ;;
    --for-tests) packages+=("${test_packages[@]}") ;;
    *)
        sed -n '2,/^set /s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
        exit 2
        ;;
esac

say() { printf '%s\n' "$*" >&2; }

check_swift() {
    if ! command -v swift >/dev/null; then
        say "Swift is not installed, or not on the PATH. Farebus needs Swift $oldest_swift or newer: https://www.swift.org/install"
        exit 1
    fi
    local version
    version=$(swift --version 2>/dev/null | sed -nE 's/.*Swift version ([0-9]+\.[0-9]+).*/\1/p' | head -n 1)
    if [ "$(printf '%s\n%s\n' "$oldest_swift" "${version:-0}" | sort -V | head -n 1)" != "$oldest_swift" ]; then
        say "Farebus needs Swift $oldest_swift or newer; this machine has ${version:-an unknown version}: https://www.swift.org/install"
        exit 1
    fi
}

missing_packages() {
    local package
    for package in "${packages[@]}"; do
        if [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)" != installed ]; then
            printf '%s\n' "$package"
        fi
    done
}

# without_services COMMAND...: runs it while Debian's maintainer scripts may start nothing, and keeps what it has newly
# installed from being started with the next boot. A policy that this machine has already is left alone.
without_services() {
    local policy=/usr/sbin/policy-rc.d ours='' before=() service status=0
    for service in "${services[@]}"; do
        if [ "$(dpkg-query -W -f '${db:Status-Status}' "$service" 2>/dev/null || true)" = installed ]; then
            before+=("$service")
        fi
    done
    if [ ! -e "$policy" ]; then
        ours=yes
        # 101 is "forbidden": see invoke-rc.d(8).
        printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" install -m 755 /dev/stdin "$policy"
        trap '"${as_root[@]}" rm -f /usr/sbin/policy-rc.d' EXIT
    fi
    "$@" || status=$?
    if [ -n "$ours" ]; then
        "${as_root[@]}" rm -f "$policy"
        trap - EXIT
    fi
    for service in "${services[@]}"; do
        if [[ " ${before[*]} " != *" $service "* ]] && command -v systemctl >/dev/null; then
            "${as_root[@]}" systemctl disable --quiet "$service" 2>/dev/null || true
        fi
    done
    return "$status"
}

install_missing() {
    if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
        say "This machine has no apt-get, so nothing is installed. What is needed, by Debian's names: ${packages[*]}"
        return
    fi
    local missing
    mapfile -t missing < <(missing_packages)
    if [ ${#missing[@]} -eq 0 ]; then
        return
    fi
    say "Installing: ${missing[*]}"
    as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        if ! command -v sudo >/dev/null; then
            say "This needs root: run 'apt-get install ${missing[*]}' as root, and then this again."
            exit 1
        fi
        as_root=(sudo)
    fi
    local options=(-q -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3)
    "${as_root[@]}" apt-get "${options[@]}" update
    without_services "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get "${options[@]}" install -y --no-install-recommends "${missing[@]}"
}

install_missing
check_swift
