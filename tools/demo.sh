#!/usr/bin/env bash
# Plays the given scenarios on real processes and says where to look afterwards. What it started goes on running.
set -euo pipefail
cd "$(dirname "$0")/.."
export PYTHONPATH=deploy/local:tests
python=.venv/bin/python
began=$SECONDS

$python -m bulkhead_local backing >/dev/null
for scenario in "$@"; do
    printf '\n===== %s: %s (most of a simulated year: a minute or two) =====\n' \
        "$(basename "$scenario" .yaml)" "$(sed -n 's/^title: *//p' "$scenario")"
    $python -m stories play --stage live --keep "$scenario" || {
        printf '\n%s does not hold.\n  What to do: read what was expected and found above; the services'\'' logs are in .local/logs\n\n' "$scenario"
        exit 1
    }
done
printf '\nEvery story holds, after %s s in all. Their exchanges are still running; look around:\n' "$((SECONDS - began))"
for scenario in "$@"; do
    $python -m bulkhead_local show "$(basename "$scenario" .yaml)"
done
printf '\n  A token for the APIs:  make token ROLE=operator\n'
printf '  To stop it all:        make down\n\n'
