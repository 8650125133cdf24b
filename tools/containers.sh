#!/usr/bin/env bash
# Runs the integration tests against PostgreSQL and Kafka in containers: of the `official` images, or of `local` ones,
# made here where no registry is reached. What is given besides is for pytest.
set -euo pipefail
cd "$(dirname "$0")/.."
images=$1
shift

case $images in
official) ;;
local)
    tools/images.sh postgres kafka
    export BULKHEAD_TEST_POSTGRES_IMAGE=local/postgres BULKHEAD_TEST_KAFKA_IMAGE=local/kafka
    # Testcontainers' reaper, which ends what a killed test run left, is an image of a registry too.
    export TESTCONTAINERS_RYUK_DISABLED=true
    ;;
*)
    printf '\ncontainers: there are no %s images.\n  What to do: IMAGES=official or IMAGES=local\n\n' "$images" >&2
    exit 2
    ;;
esac

# The tests of deploy/local are about processes: they start theirs in any case.
BULKHEAD_TEST_CONTAINERS=1 exec .venv/bin/pytest -q libs/*/tests/integration services/*/tests/integration "$@"
