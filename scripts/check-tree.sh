#!/usr/bin/env bash
# Looks for what may never be in the tree: paths of one machine, secrets, and code that is not finished.
set -euo pipefail
cd "$(dirname "$0")/.."

found=0

# report MESSAGE PATTERN [PATHSPEC...]: names each line that the pattern finds in what is, or would be, committed.
report() {
    local message=$1 pattern=$2
    shift 2
    local hits
    if hits=$(git grep --untracked -nIE -e "$pattern" -- "$@"); then
        printf '%s:\n%s\n' "$message" "$hits" >&2
        found=1
    fi
}

# The brackets keep these lines from finding themselves.
report 'A path of one machine' '(^|[^A-Za-z0-9_.])/(wor[k]|roo[t]|hom[e]/[a-z]+|User[s]/[a-z]+)(/|[^A-Za-z]|$)' .
report 'A private key' '-----BEGIN [A-Z ]*PRIVATE KE[Y]-----' .
report 'A key of a cloud' '(AKI[A][0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{36}|xox[baprs]-[A-Za-z0-9-]{20})' .
report 'Work that is not done' '\b(TOD[O]|FIXM[E]|XX[X])\b' Sources Tests Benchmarks scripts docs '*.md' Makefile
report 'A crash that a caller cannot handle' '(\btry[!]|\bas[!] |\bfatalErro[r]\()' Sources Benchmarks
report 'A comment for the linter instead of a repair' 'swift-format-ignor[e]' Sources Tests Benchmarks

# Every promise that the compiler can't check says why it holds, on the line before or on the same line.
unexplained=$(
    find Sources Tests Benchmarks -name '*.swift' -print0 |
        xargs -0r awk '
            FNR == 1 { before = "" }
            /@unchecked Sendable/ && $0 !~ /\/\// && before !~ /\/\// { print FILENAME ":" FNR ": " $0 }
            { before = $0 }
        '
)
if [ -n "$unexplained" ]; then
    printf '@unchecked Sendable without its reason in a comment:\n%s\n' "$unexplained" >&2
    found=1
fi

exit "$found"
