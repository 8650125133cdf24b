#!/usr/bin/env bash
# Plays the given scenarios on real processes and says where to look afterwards. What it started goes on running.
set -euo pipefail
cd "$(dirname "$0")/.."
export PYTHONPATH=deploy/local:tests
python=.venv/bin/python
began=$SECONDS

$python -m bulkhead_local backing >/dev/null
$python -m stories play --stage live "$@"
printf '\nBoth stories hold, after %s s. Everything is still running; look around:\n' "$((SECONDS - began))"
for scenario in "$@"; do
    $python -m bulkhead_local show "$(basename "$scenario" .yaml)"
done
printf '\n  A token for the APIs:  PYTHONPATH=deploy/local .venv/bin/python -m bulkhead_local token --role operator\n'
printf '  To stop it all:        make down\n\n'
