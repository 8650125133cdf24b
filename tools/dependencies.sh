#!/usr/bin/env bash
# Every package declares what it imports, and imports what it declares (deptry).
set -euo pipefail
cd "$(dirname "$0")/.."
deptry="$PWD/.venv/bin/deptry"
ours=(bulkhead bulkhead_testing enrollment invoicing payments carrier_gateway notifications status_page carrier_sim)
firsts=("${ours[@]/#/--known-first-party=}")
# Needed at run time by what is imported, and imported by nobody: drivers, extras, data, fonts.
unseen="asyncpg|greenlet|tzdata|uvicorn|bulkhead-common|pytest-asyncio"
unseen="$unseen|fontpkg-noto-sans-arabic|fontpkg-noto-sans-devanagari|fontpkg-noto-sans-telugu|fontpkg-noto-sans-thai|noto-cjk-sans-otc"

for folder in libs/* services/* apps/*; do
    [ -f "$folder/pyproject.toml" ] || continue
    (
        cd "$folder"
        "$deptry" src "${firsts[@]}" --per-rule-ignores "DEP002=$unseen" --no-ansi 2>&1
    ) >"/tmp/deptry.$$" || {
        echo "dependencies of $folder:"
        grep -v '^Scanning\|^$' "/tmp/deptry.$$"
        rm -f "/tmp/deptry.$$"
        printf '  What to do: correct the dependencies of %s/pyproject.toml\n' "$folder"
        exit 1
    }
    rm -f "/tmp/deptry.$$"
done
