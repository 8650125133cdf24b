#!/usr/bin/env bash
# Runs the given make targets one after the other, each under its heading, and says how long each took. Those joined
# by `+` run side by side: the first one has the processors when it wants them, the others what it leaves. What of
# PostgreSQL and Kafka did not run before does not run afterwards.
set -euo pipefail
cd "$(dirname "$0")/.."

local_exchange() { PYTHONPATH=deploy/local .venv/bin/python -m bulkhead_local "$@"; }

logs=$(mktemp -d)
ran_before=yes
local_exchange status --exit-code >/dev/null 2>&1 || ran_before=no
finish() {
    kill $(jobs -p) 2>/dev/null || true
    rm -rf "$logs"
    if [ "$ran_before" = no ]; then
        local_exchange down >/dev/null 2>&1 || true
    fi
}
trap finish EXIT

failed() {
    printf '\n%s failed after %s s.\n  What to do: mend what is said above, then `make %s`, and at last `make test`.\n\n' \
        "$1" "$2" "$1" >&2
    exit 1
}

heading() { printf '\n===== %s =====\n' "$1"; }

took() { summary+=("$(printf '  %-16s %4s s' "$1" "$2")"); }

one() {
    local from=$SECONDS
    heading "$1"
    make --no-print-directory "$1" || failed "$1" "$((SECONDS - from))"
    took "$1" "$((SECONDS - from))"
}

side_by_side() {
    local from=$SECONDS running=() ended target behind=0
    for target in "$@"; do
        nice -n "$behind" make --no-print-directory "$target" >"$logs/$target" 2>&1 &
        running+=($!)
        behind=10
    done
    for target in "$@"; do
        ended=0
        wait "${running[0]}" || ended=$?
        running=("${running[@]:1}")
        heading "$target"
        cat "$logs/$target"
        [ "$ended" = 0 ] || failed "$target" "$((SECONDS - from))"
        took "$target" "$((SECONDS - from))"
    done
}

began=$SECONDS
summary=()
for group in "$@"; do
    case "$group" in
        *+*) side_by_side ${group//+/ } ;;
        *) one "$group" ;;
    esac
done
printf '\nEverything holds:\n'
printf '%s\n' "${summary[@]}"
printf '  %-16s %4s s\n' "in all" "$((SECONDS - began))"
