#!/usr/bin/env bash
# Makes .venv with what requirements-dev.lock says, in exactly those versions, and the repository's own packages in place.
set -euo pipefail
cd "$(dirname "$0")/.."

python=${PYTHON:-python3}
packages=(libs/common libs/testing services/enrollment services/invoicing services/payments services/carrier-gateway services/notifications apps/status apps/carrier-sim)

fail() {
    printf '\nsetup: %s\n  What to do: %s\n\n' "$1" "$2" >&2
    exit 1
}

command -v "$python" >/dev/null || fail "there is no $python" "install Python 3.11 or later, or give another: make setup PYTHON=..."
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "$("$python" --version) is too old" "give Python 3.11 or later: make setup PYTHON=python3.11"

began=$SECONDS
if [ ! -x .venv/bin/python ]; then
    echo "setup: making .venv with $("$python" --version)"
    "$python" -m venv .venv || fail "the virtual environment cannot be made" "install Python's venv, e.g. apt-get install python3-venv"
fi
if [ "$(.venv/bin/uv --version 2>/dev/null | cut -d' ' -f2)" != "$(sed -n 's/^uv==\([^ ]*\).*/\1/p' requirements-uv.lock)" ]; then
    echo "setup: installing uv"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-uv.lock ||
        fail "uv cannot be installed" "see that this machine reaches a Python package index, and try again"
fi
echo "setup: installing $(grep -c '^[a-z]' requirements-dev.lock) locked packages"
export VIRTUAL_ENV="$PWD/.venv"
.venv/bin/uv pip install --compile-bytecode --require-hashes -r requirements-dev.lock 2>&1 | { grep -v '^ [-+~] ' || true; } ||
    fail "the locked packages cannot be installed" "see that this machine reaches a Python package index, and try again; where UnknownIssuer is said above, name the file of the certificates your proxy goes by: SSL_CERT_FILE=..."
echo "setup: putting the repository's own packages in place"
.venv/bin/uv pip install --quiet --no-build-isolation --no-deps "${packages[@]/#/--editable=}" ||
    fail "a package of the repository cannot be installed" "read the message above; it names the pyproject.toml"
echo "setup: done in $((SECONDS - began)) s"
