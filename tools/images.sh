#!/usr/bin/env bash
# Makes images where no registry is reached, from Debian's packages and Kafka's jars: the given ones, or those that
# tests need. As far as we ask, each does what the official one does:
#   local/postgres   postgres:17
#   local/kafka      apache/kafka, of the version in deploy/local/kafka/jars.in
#   local/python     python:3.11-slim; for services: make images PYTHON_IMAGE=local/python
set -euo pipefail
cd "$(dirname "$0")/.."
recipes=deploy/local/docker

fail() {
    printf '\nimages: %s\n  What to do: %s\n\n' "$1" "$2" >&2
    exit 1
}

# The least of a release of Debian.
make_base() {
    local image="local/debian:$1" folder
    if docker image inspect "$image" >/dev/null 2>&1; then return; fi
    command -v debootstrap >/dev/null || fail "there is no debootstrap" "install it, e.g. apt-get install debootstrap"
    echo "images: making $image"
    folder=$(mktemp -d)
    debootstrap --variant=minbase "$1" "$folder" >"$folder.log" ||
        fail "Debian $1 cannot be fetched" "read $folder.log; debootstrap must run as root"
    rm -rf "$folder"/var/lib/apt/lists "$folder"/var/cache/apt
    tar -C "$folder" -c . | docker import - "$image" >/dev/null
    rm -rf "$folder" "$folder.log"
}

# Makes an image on a release of Debian; standard input is a tar of its Dockerfile and what that copies.
make_image() {
    echo "images: making $1"
    docker build --quiet --network=host --build-arg BASE="local/debian:$2" --tag "$1" - >/dev/null ||
        fail "$1 cannot be made" "read the message above; its Dockerfile is in $recipes"
}

docker info >/dev/null 2>&1 || fail "no Docker engine answers" "install one and start it, e.g. apt-get install docker.io; dockerd"

[ $# -gt 0 ] || set -- postgres kafka
for name in "$@"; do
    case $name in
    postgres)
        make_base trixie
        tar -C $recipes/postgres -c . | make_image local/postgres trixie
        ;;
    kafka)
        make_base trixie
        jars=$(PYTHONPATH=deploy/local .venv/bin/python -m bulkhead_local jars)
        tar -C $recipes/kafka -c . -C "$PWD/deploy/local/kafka" log4j2.properties -C "$jars/.." jars |
            make_image local/kafka trixie
        ;;
    python)
        make_base bookworm # whose Python is 3.11
        tar -C $recipes/python -c . | make_image local/python bookworm
        ;;
    *) fail "nobody knows how to make $name" "name some of: postgres kafka python" ;;
    esac
done
