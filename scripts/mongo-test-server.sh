#!/usr/bin/env bash
# A server for tests that speaks MongoDB's wire protocol with transactions: mongoeco, a package of PyPI, in memory.
# Debian has no MongoDB. Tests use it where MONGODB_URI names no server.
#
#   scripts/mongo-test-server.sh setup                      installs it, if need be; prints the path of its Python
#   scripts/mongo-test-server.sh serve [--port N] [--port-file FILE] [--detached]
#                                                           runs it on 127.0.0.1, until SIGTERM or its parent's end
#
# It needs Python 3.13 or newer: PYTHON313 names one, else it is looked for, else uv or debootstrap bring one. All that
# is installed lies in FAREBUS_CACHE (else ~/.cache/farebus), and is made anew when the wanted versions change.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
requirements=$here/mongo-test-server/requirements.txt
cache=${FAREBUS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/farebus}
release=trixie
mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}

say() { printf 'mongo-test-server: %s\n' "$*" >&2; }

usage() {
    sed -n '2,/^set /s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
}

# is_new_enough PYTHON: whether it runs, and is one that mongoeco supports.
is_new_enough() {
    [ -n "$1" ] && "$1" -c 'import sys; sys.exit(not (3, 13) <= sys.version_info[:2] <= (3, 15))' 2>/dev/null
}

# can_make_venv PYTHON: Debian packs venv's ensurepip apart.
can_make_venv() {
    is_new_enough "$1" && "$1" -c 'import ensurepip, venv' 2>/dev/null
}

# Prints a Python that can make a venv.
find_python() {
    local candidate
    for candidate in "${PYTHON313:-}" "$(command -v python3.13 || true)" "$(command -v python3.14 || true)" \
        "$(command -v python3 || true)" "$HOME"/.pyenv/versions/3.1[345].*/bin/python3; do
        # What pyenv puts on the PATH are shims, which only some folders make work: the real one is asked for.
        if can_make_venv "$candidate"; then
            "$candidate" -c 'import sys; print(sys.executable)'
            return 0
        fi
    done
    return 1
}

# make_with_uv FOLDER: fails where uv is not installed or can bring no Python.
make_with_uv() {
    command -v uv >/dev/null || return 1
    say "making a Python environment with uv"
    uv venv --quiet --python 3.13 "$1" >&2 &&
        uv pip install --quiet --python "$1/bin/python" -r "$requirements" >&2
}

# install_packages PYTHON OPTION...
install_packages() {
    local python=$1
    shift
    "$python" -m pip install -q --root-user-action ignore --disable-pip-version-check --only-binary :all: \
        "$@" -r "$requirements" >&2
}

# make_with_venv FOLDER PYTHON
make_with_venv() {
    say "making a Python environment with $2"
    "$2" -m venv "$1" >&2
    say "installing mongoeco from PyPI"
    install_packages "$1/bin/python"
}

# as_root COMMAND...
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        say "this needs root: $*"
        return 1
    fi
}

# make_with_debootstrap FOLDER: takes Python from the next Debian, in a root of its own below FOLDER. It runs in this
# Debian through that root's own loader and libraries, without chroot and so without root.
make_with_debootstrap() {
    local folder=$1 root=$1/root loader libraries
    if ! command -v debootstrap >/dev/null && [ ! -x /usr/sbin/debootstrap ]; then
        command -v apt-get >/dev/null || return 1
        say "installing debootstrap"
        as_root apt-get -q -o DPkg::Lock::Timeout=300 update >&2
        as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 \
            install -y --no-install-recommends debootstrap debian-archive-keyring >&2
    fi
    say "no Python 3.13 here: taking Debian $release's from $mirror (about 300 MB, a minute)"
    mkdir -p "$folder/bin"
    as_root env PATH="/usr/sbin:/sbin:$PATH" debootstrap --variant=minbase \
        --include=python3,python3-pip "$release" "$root" "$mirror" >"$folder/debootstrap.log" 2>&1 || {
        tail -n 5 "$folder/debootstrap.log" >&2
        return 1
    }
    as_root rm -rf "$root/var/cache/apt" "$root/var/lib/apt/lists"
    libraries=$(dirname "$(find "$root/usr/lib" -maxdepth 2 -name libc.so.6 | head -n 1)")
    loader=$(find "$root/usr/lib" "$root/usr/lib64" -maxdepth 2 -name 'ld-linux*.so.*' 2>/dev/null | head -n 1)
    cat >"$folder/bin/python" <<WRAPPER
#!/bin/sh
here=\$(CDPATH= cd "\$(dirname "\$0")/.." && pwd)
PYTHONHOME=\$here/root/usr PYTHONPATH=\$here/packages exec "\$here${loader#"$folder"}" \\
    --library-path "\$here${libraries#"$folder"}" --argv0 "\$here/bin/python" "\$here/root/usr/bin/python3" "\$@"
WRAPPER
    chmod +x "$folder/bin/python"
    say "installing mongoeco from PyPI"
    install_packages "$folder/bin/python" --target "$folder/packages"
}

# -P: Python is not to look for modules beside the script or in the current folder, where there may be a socket.py.
works() {
    "$1/bin/python" -P -c 'import mongoeco.wire.proxy, mongoeco.engines.memory' >&2
}

remove() {
    rm -rf "$1" 2>/dev/null || as_root rm -rf "$1"
}

# Installs what is missing, and prints the path of the Python that has mongoeco.
setup() {
    local wanted home part python
    wanted=$(sha256sum <"$requirements" | cut -c 1-16)
    home=$cache/mongo-test-server-$wanted
    if [ ! -f "$home/installed" ]; then
        mkdir -p "$cache"
        exec 9>"$cache/mongo-test-server.lock"
        if ! flock -n 9; then
            say "waiting for another setup"
            flock 9
        fi
        if [ ! -f "$home/installed" ]; then
            part=$home
            remove "$part"
            if python=$(find_python); then
                make_with_venv "$part" "$python"
            else
                make_with_uv "$part" || { remove "$part" && make_with_debootstrap "$part"; }
            fi
            works "$part" || { say "mongoeco was installed and does not work in $part"; return 1; }
            touch "$home/installed"
        fi
        exec 9>&-
    fi
    printf '%s\n' "$home/bin/python"
}

case "${1:-}" in
    setup)
        setup
        ;;
    serve)
        shift
        python=$(setup)
        # In place of this shell, so that a signal to it, or the end of its parent, reaches the server itself.
        exec "$python" -B -u "$here/mongo-test-server/main.py" --parent "$PPID" "$@"
        ;;
    -h | --help)
        usage
        ;;
    *)
        usage >&2
        exit 2
        ;;
esac
