#!/usr/bin/env bash
# Looks at the status page and e-mails in a real browser: node's packages by their lock, Debian's chromium and node where they are not
# here and we may install them. Where they cannot be had, it says so and the tests are skipped; with CI_BROWSER=needed it fails.
set -euo pipefail
cd "$(dirname "$0")/.."

lacking=""
command -v node >/dev/null && command -v npm >/dev/null || lacking="nodejs npm"
[ -n "${CHROMIUM:-}" ] || command -v chromium >/dev/null || command -v google-chrome >/dev/null || lacking="$lacking chromium"
if [ -n "$lacking" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "browser: installing $lacking"
    apt-get -q update >/dev/null 2>&1 || true
    # shellcheck disable=SC2086 -- the list is one of words
    DEBIAN_FRONTEND=noninteractive apt-get -q -y install --no-install-recommends $lacking >/dev/null 2>&1 || true
fi
if command -v npm >/dev/null && [ ! -d tests/browser/node_modules/axe-core ]; then
    echo "browser: fetching the packages of tests/browser/package-lock.json"
    (cd tests/browser && npm ci --silent --no-progress) || echo "browser: they cannot be fetched"
fi
ended=0
mkdir -p .local
.venv/bin/pytest -q -rs tests/browser "$@" | tee .local/browser.log || ended=$?
if [ "${CI_BROWSER:-}" = needed ] && grep -q " skipped" .local/browser.log; then
    printf '\nbrowser: nothing was looked at.\n  What to do: install what is named above, or leave CI_BROWSER out\n\n' >&2
    exit 1
fi
exit "$ended"
