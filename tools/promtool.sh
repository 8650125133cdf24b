#!/usr/bin/env bash
# Runs promtool: the machine's, else the one in Debian's package, which is unpacked into .local and not installed.
set -euo pipefail
cd "$(dirname "$0")/.."
if command -v promtool >/dev/null; then
    exec promtool "$@"
fi
here=.local/promtool
if [ ! -x "$here/usr/bin/promtool" ]; then
    command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || {
        printf 'promtool is not here.\n  What to do: install Prometheus, which has it\n' >&2
        exit 1
    }
    mkdir -p "$here"
    (cd "$here" && { apt-get -q download prometheus || { apt-get -q update && apt-get -q download prometheus; }; }) >"$here/log" 2>&1 || {
        cat "$here/log" >&2
        printf "promtool cannot be fetched.\n  What to do: see that this machine reaches Debian's packages, or install Prometheus\n" >&2
        exit 1
    }
    dpkg-deb -x "$here"/prometheus_*.deb "$here"
fi
exec "$here/usr/bin/promtool" "$@"
