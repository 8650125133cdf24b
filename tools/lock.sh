#!/usr/bin/env bash
# Resolves requirements-dev.in (which holds requirements.in) for every platform into requirements.lock, with hashes
# and without a word of where they came from.
set -euo pipefail
cd "$(dirname "$0")/.."
uv=.venv/bin/uv
[ -x "$uv" ] || { echo "lock: there is no .venv yet. What to do: make setup" >&2; exit 1; }
"$uv" pip compile --universal --python-version 3.11 --generate-hashes --no-header --annotation-style line \
    --no-emit-index-url --no-emit-find-links --quiet "$@" requirements-dev.in -o requirements.lock
echo "lock: $(grep -c '^[a-z]' requirements.lock) packages in requirements.lock"
