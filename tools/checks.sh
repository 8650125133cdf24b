#!/usr/bin/env bash
# Runs the given make targets one after the other, each under its heading, and says how long each took. What of
# PostgreSQL and Kafka did not run before does not run afterwards.
set -euo pipefail
cd "$(dirname "$0")/.."

local_exchange() { PYTHONPATH=deploy/local .venv/bin/python -m bulkhead_local "$@"; }

ran_before=yes
local_exchange status >/dev/null 2>&1 || ran_before=no
finish() {
    if [ "$ran_before" = no ]; then
        local_exchange down >/dev/null 2>&1 || true
    fi
}
trap finish EXIT

began=$SECONDS
summary=()
for target in "$@"; do
    printf '\n===== %s =====\n' "$target"
    from=$SECONDS
    if ! make --no-print-directory "$target"; then
        printf '\n%s failed after %s s.\n  What to do: mend what is said above, then `make %s`, and at last `make test`.\n\n' \
            "$target" "$((SECONDS - from))" "$target" >&2
        exit 1
    fi
    summary+=("$(printf '  %-14s %4s s' "$target" "$((SECONDS - from))")")
done
printf '\nEverything holds:\n'
printf '%s\n' "${summary[@]}"
printf '  %-14s %4s s\n' "in all" "$((SECONDS - began))"
