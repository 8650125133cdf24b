"""Makes images of services and status page: ``python -m tools.service_images [--base IMAGE] [--tag TAG] [NAME ...]``.

What goes in is put together here and handed to the engine as one stream: the packages of requirements.lock, by their
hashes, for the Python of the base image; the chassis's and the service's code; migrations and policy packs. The build
reaches nothing else, with the legacy builder as with BuildKit (``DOCKER_BUILDKIT=0``, ``1``). Two builds of one commit
on one base have the same layers: order, owners and times of files are given (``SOURCE_DATE_EPOCH``, else the commit's).
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

from tools.event_index import SERVICES
from tools.generated import REPOSITORY

DOCKERFILE = REPOSITORY / "deploy" / "images" / "Dockerfile"
LAYER = REPOSITORY / "deploy" / "images" / "layer.py"
LOCK = REPOSITORY / "requirements.lock"
BASE = "python:3.11-slim"

STATUS = "status"
IMAGES = (*SERVICES, STATUS)
"""The five services, and the status page beside them, which has no migrations."""

_LONG_AGO = 315_532_800
"""The second that packages have, whatever the commit: their layer is another only where the lock is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """A base image, and what its Python is: ``3.11`` on ``x86_64``."""

    image: str
    python: str
    machine: str

    @classmethod
    def probed(cls, image: str) -> Base:
        """Return what the image says of itself; it is pulled where it is not here. Ends the process where it fails."""
        ask = "import platform, sys; print('%d.%d' % sys.version_info[:2], platform.machine())"
        told = _run("docker", "run", "--rm", "--network=none", image, "python", "-c", ask)
        python, machine = told.split()
        return cls(image=image, python=python, machine=machine)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A state of the tree: which commit, `-dirty` where the tree is not that, and the second that all files have."""

    revision: str
    epoch: int

    @classmethod
    def here(cls) -> Source:
        """Return this tree's; where it is no git repository, one that names no commit and the beginning of time."""

        def git(*asked: str) -> str:
            command = ["git", *asked]
            return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False).stdout

        revision, committed = git("log", "-1", "--format=%H %ct").split() or ("unknown", "0")
        if git("status", "--porcelain"):
            revision += "-dirty"
        return cls(revision=revision, epoch=int(os.environ.get("SOURCE_DATE_EPOCH", committed)))


def folder_of(service: str) -> Path:
    """Return the folder of a service, or of the status page."""
    return REPOSITORY / ("apps" if service == STATUS else "services") / service


def package_of(service: str) -> str:
    """Return the name that its program is imported by."""
    return "status_page" if service == STATUS else service.replace("-", "_")


def project(service: str) -> dict[str, str]:
    """Return the ``project`` table of a service's pyproject.toml."""
    return tomllib.loads((folder_of(service) / "pyproject.toml").read_text())["project"]


def packages(base: Base) -> Path:
    """Return the layer of what the lock says, for the base's Python; made where it is not there."""
    made_of = f"{base.python} {base.machine}\n{LOCK.read_text()}{LAYER.read_text()}"
    mark = hashlib.sha256(made_of.encode()).hexdigest()[:16]
    layer = REPOSITORY / ".local" / "images" / f"packages-{mark}.tar"
    if not layer.exists():
        layer.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=layer.parent) as folder:
            _run(
                *(Path(sys.executable).with_name("uv"), "pip", "install", "--quiet", "--target", folder),
                *("--python-version", base.python, "--python-platform", f"{base.machine}-manylinux_2_28"),
                *("--no-deps", "--only-binary", ":all:", "--link-mode", "copy"),
                *("--require-hashes", "-r", LOCK),
            )
            shutil.rmtree(Path(folder) / "bin")  # programs, by the path of a Python that is not in the image
            _make_layer(layer, {"srv/packages": Path(folder)}, base=base, epoch=_LONG_AGO)
    return layer


def contents(service: str) -> dict[str, Path]:
    """Return what a service's image has besides the packages: where each folder goes, and where it is from."""
    package, own = package_of(service), folder_of(service)
    migrations = {} if service == STATUS else {"srv/migrations": own / "migrations"}
    return {
        "srv/code/bulkhead": REPOSITORY / "libs" / "common" / "src" / "bulkhead",
        f"srv/code/{package}": own / "src" / package,
        **migrations,
        "srv/policy": REPOSITORY / "policy",
    }


def _make_layer(to: Path, folders: Mapping[str, Path], *, base: Base, epoch: int) -> None:
    """Write the layer of these folders, compiled by the base's Python."""
    unfinished = to.with_suffix(".unfinished")
    told = ["--env", f"SOURCE_DATE_EPOCH={epoch}", "--env", "PYTHONHASHSEED=0"]
    compiler = ["python", "-c", LAYER.read_text()]
    command = ["docker", "run", "--rm", "--interactive", "--network=none", *told, base.image, *compiler]
    with unfinished.open("wb") as layer:
        if handed(folders, to=command, output=layer):
            _fail(f"{to.name} cannot be made", "read the message above")
    unfinished.replace(to)


def handed(contents: Mapping[str, Path], *, to: Sequence[str], output: IO[bytes] | None = None) -> int:
    """Hand a tar of files and folders to a command, without what Python keeps beside them; return its exit code."""
    with subprocess.Popen(to, stdin=subprocess.PIPE, stdout=output or subprocess.DEVNULL) as process:
        # An engine knows a context by its first bytes: not of every format of tar.
        with tarfile.open(fileobj=process.stdin, mode="w|", format=tarfile.GNU_FORMAT) as tar:
            for name, path in contents.items():
                tar.add(path, name, filter=lambda entry: None if "__pycache__" in entry.name else entry)
        process.communicate()
    return process.returncode


def build(service: str, *, base: Base, source: Source, tag: str) -> str:
    """Make a service's image and return its name. Ends the process where the engine fails."""
    about = project(service)
    image = f"bulkhead/{service}:{tag or about['version']}"
    arguments = {
        "PYTHON_IMAGE": base.image,
        "SERVICE": service,
        "PACKAGE": package_of(service),
        "DESCRIPTION": about["description"],
        "VERSION": about["version"],
        "REVISION": source.revision,
        "CREATED": datetime.fromtimestamp(source.epoch, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    given = [part for name, value in arguments.items() for part in ("--build-arg", f"{name}={value}")]
    command = ["docker", "build", "--quiet", "--network=none", *given, "--tag", image, "-"]
    with TemporaryDirectory() as folder:
        layer = Path(folder) / "service.tar"
        _make_layer(layer, contents(service), base=base, epoch=source.epoch)
        context = {"Dockerfile": DOCKERFILE, "packages.tar": packages(base), "service.tar": layer}
        if handed(context, to=command):
            _fail(f"{image} cannot be made", "read the message above")
    return image


def _run(*command: str | Path) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        _fail(
            f"{Path(command[0]).name}: {done.stderr.strip()}",
            "see that a Docker engine runs and that the base image is there",
        )
    return done.stdout


def _fail(what: str, do: str) -> None:
    sys.exit(f"\nimages: {what}\n  What to do: {do}\n")


def main() -> None:
    """Make the images that the arguments name, or all."""
    parser = argparse.ArgumentParser(prog="python -m tools.service_images")
    parser.add_argument("--base", default=BASE, help="an image with a Python of 3.11 or later and glibc")
    parser.add_argument("--tag", default="", help="the version if left out")
    parser.add_argument("services", nargs="*", metavar="NAME", default=IMAGES)
    options = parser.parse_args()
    if unknown := set(options.services) - set(IMAGES):
        _fail(f"there is no {', '.join(sorted(unknown))}", f"name some of {', '.join(IMAGES)}")
    base, source = Base.probed(options.base), Source.here()
    for service in options.services:
        print(f"images: {build(service, base=base, source=source, tag=options.tag)}", flush=True)


if __name__ == "__main__":
    main()
