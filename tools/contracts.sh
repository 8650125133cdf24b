#!/usr/bin/env bash
# Makes generated files anew: event schemas and AsyncAPI, each service's OpenAPI, the generated parts of the pages,
# what of the charts follows from the registry and the settings.
# With --check it only says what is out of date, and fails.
set -euo pipefail
cd "$(dirname "$0")/.."
python=.venv/bin/python
check=${1:-}

$python -m bulkhead.contracts.generate $check
for folder in services/*; do
    package=$(basename "$folder" | tr - _)
    # An OpenAPI document needs no settings of a running service, so it gets none.
    $python -m "$package" openapi >".openapi.$$"
    if [ -n "$check" ]; then
        cmp -s ".openapi.$$" "$folder/openapi.json" || {
            rm -f ".openapi.$$"
            printf '%s/openapi.json is out of date.\n  What to do: make contracts\n' "$folder"
            exit 1
        }
        rm -f ".openapi.$$"
    else
        mv ".openapi.$$" "$folder/openapi.json"
    fi
done
$python -m tools.event_index $check
$python -m tools.rules_index $check
$python -m tools.settings_index $check
$python -m tools.authority_index $check
$python -m tools.charts $check
$python -m tools.metrics_index $check
$python -m tools.dashboards $check
$python -m tools.carrier_guide $check
