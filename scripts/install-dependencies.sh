#!/usr/bin/env bash
# Installs the system packages that Farebus needs and this machine lacks, and checks the Swift toolchain.
# It asks nobody anything, and changes nothing where nothing is missing.
set -euo pipefail

packages=(
    # libraries that the server is built on
    libsqlite3-dev libssl-dev libargon2-dev libzip-dev zlib1g-dev libmongoc-dev libhiredis-dev
    # time zones
    tzdata
    # tools of the tests, the scripts and the README's examples
    curl jq python3 sqlite3 zip
)
oldest_swift=6.3

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
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        if ! command -v sudo >/dev/null; then
            say "This needs root: run 'apt-get install ${missing[*]}' as root, and then this again."
            exit 1
        fi
        as_root=(sudo)
    fi
    local options=(-q -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3)
    "${as_root[@]}" apt-get "${options[@]}" update
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get "${options[@]}" install -y --no-install-recommends "${missing[@]}"
}

install_missing
check_swift
