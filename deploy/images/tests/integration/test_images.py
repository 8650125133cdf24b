"""What is in the images that `make images` made, and what is not: looked at from inside, without a network."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from bulkhead_local.state import REPOSITORY
from deploy.images.tests.shipped import DOUBLES_AND_TOOLS
from tools.service_images import IMAGES, STATUS, package_of, project

MOST_BYTES = 300_000_000
"""What a service may add to its base, with all that it runs on."""

COMPILERS = ("gcc", "cc", "g++", "make", "ld")

ASKED = os.environ.get("BULKHEAD_IMAGES", "").split() or list(IMAGES)


def image_of(service: str) -> str:
    """Return the name of a service's image."""
    return f"bulkhead/{service}:{os.environ.get('BULKHEAD_IMAGES_TAG') or project(service)['version']}"


def docker(*arguments: str) -> str:
    return subprocess.run(["docker", *arguments], capture_output=True, text=True, check=True).stdout


def described(image: str) -> dict[str, Any]:
    """Return what the engine says of an image."""
    (found,) = json.loads(docker("image", "inspect", image))
    return found


def inside(service: str, program: str) -> str:
    """Return what a program of Python says inside, where nothing can be reached and nothing written."""
    shut = ["--rm", "--network=none", "--read-only", "--cap-drop=ALL"]
    return docker("run", *shut, "--entrypoint", "python", image_of(service), "-c", program)


@pytest.mark.parametrize("service", ASKED)
def test_it_says_what_it_is_and_is_nobody(service: str) -> None:
    config = described(image_of(service))["Config"]
    assert config["User"] == "10001:10001"
    labels = {
        name.removeprefix("org.opencontainers.image."): value for name, value in config["Labels"].items()
    }
    assert labels["title"] == f"bulkhead {service}"
    assert {"description", "version", "revision", "created", "licenses", "base.name"} <= labels.keys()


@pytest.mark.parametrize("service", ASKED)
def test_it_adds_little_to_its_base(service: str) -> None:
    image = described(image_of(service))
    base = described(image["Config"]["Labels"]["org.opencontainers.image.base.name"])
    assert image["Size"] - base["Size"] < MOST_BYTES


@pytest.mark.parametrize("service", ASKED)
def test_no_test_double_no_tool_and_no_other_service_is_in_it(service: str) -> None:
    others = [package_of(each) for each in IMAGES if each != service]
    names = (*DOUBLES_AND_TOOLS, *others)
    found = inside(service, f"import importlib.util as u; print([n for n in {names!r} if u.find_spec(n)])")
    assert found == "[]\n"
    assert inside(service, f"import shutil; print([c for c in {COMPILERS!r} if shutil.which(c)])") == "[]\n"


@pytest.mark.parametrize("service", ASKED)
def test_it_starts_as_nobody_on_a_root_that_it_cannot_write_to(service: str) -> None:
    shut = ["--rm", "--network=none", "--read-only", "--cap-drop=ALL", "--tmpfs", "/tmp"]
    if service != STATUS:
        assert '"openapi"' in docker("run", *shut, image_of(service), "openapi")
    needed = "STATUS_PAYMENTS_URL" if service == STATUS else "BULKHEAD_DATABASE_URL"
    api = ["docker", "run", *shut, image_of(service), "api"]
    wrong = subprocess.run(api, capture_output=True, text=True, check=False)
    assert (wrong.returncode, f"{needed}: Field required" in wrong.stderr) == (2, True)


@pytest.mark.parametrize("service", ASKED)
def test_all_of_it_is_compiled_and_of_one_time(service: str) -> None:
    program = (
        "import pathlib; root = pathlib.Path('/srv/code');"
        "print(sum(1 for p in root.rglob('*.py') if not list((p.parent / '__pycache__').glob(p.stem + '.*.pyc'))),"
        " len({p.stat().st_mtime for p in root.rglob('*')}))"
    )
    assert inside(service, program) == "0 1\n"


def test_all_stand_on_the_same_layer_of_packages() -> None:
    layers = {tuple(described(image_of(service))["RootFS"]["Layers"][:-1]) for service in ASKED}
    assert len(layers) == 1


def test_made_again_it_has_the_same_layers() -> None:
    service = ASKED[0]
    image = described(image_of(service))
    base = image["Config"]["Labels"]["org.opencontainers.image.base.name"]
    again = [sys.executable, "-m", "tools.service_images", "--base", base, "--tag", "again", service]
    subprocess.run(again, cwd=REPOSITORY, check=True)
    try:
        assert described(f"bulkhead/{service}:again")["RootFS"] == image["RootFS"]
    finally:
        docker("image", "rm", f"bulkhead/{service}:again")
