#!/usr/bin/env bash
# Plays the given scenarios side by side on real processes and says where to look afterwards. What it started goes on
# running.
set -euo pipefail
cd "$(dirname "$0")/.."
export PYTHONPATH=deploy/local:tests
python=.venv/bin/python
began=$SECONDS

names=()
printf '\nPlaying most of a simulated year, side by side, on an exchange each (a minute or so):\n'
for scenario in "$@"; do
    names+=("$(basename "$scenario" .yaml)")
    printf '  %s  %s\n' "${names[-1]}" "$(sed -n 's/^title: *//p' "$scenario")"
done
printf '\n'
$python -m stories play --stage live --keep --together "$@" || {
    printf '\nNot every story holds.\n  What to do: read what was expected and found above; the services'\'' logs are in .local/logs\n\n'
    exit 1
}
printf '\nEvery story holds, after %s s in all. Their exchanges are still running; look around:\n' "$((SECONDS - began))"
for name in "${names[@]}"; do $python -m bulkhead_local start "$name" status >/dev/null; done
$python -m bulkhead_local show "${names[@]}"
printf '\n  A token for the APIs:  make token ROLE=operator\n'
printf '  To stop it all:        make down\n\n'
