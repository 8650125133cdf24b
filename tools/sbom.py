"""Writes what is in each image as CycloneDX, from the lock: ``python -m tools.sbom [--into FOLDER]``.

Every package has the licence that its own metadata says; one that says none, or none that is allowed here, fails it.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from license_expression import AND, OR, ExpressionError, LicenseSymbol, get_spdx_licensing

from tools.generated import REPOSITORY
from tools.service_images import IMAGES, LOCK, folder_of

ALLOWED = frozenset(
    {
        "Apache-2.0",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "EPL-2.0",
        "ISC",
        "MIT",
        "MIT-0",
        "MPL-2.0",
        "OFL-1.1",
        "PSF-2.0",
    }
)
"""What may be in an image: what may be handed on with software under Apache-2.0 where it is left as it is."""

_WRITTEN = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache 2": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "ISC License": "ISC",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
}
"""How packages write licences that have an identifier of SPDX."""

_LONGEST = 60
"""A longer text in a package's licence is the licence itself."""

_SPDX = get_spdx_licensing()


class NotAllowed(Exception):
    """A package's licence is not known, or is none that may be in an image."""


def bom_of(service: str) -> dict[str, Any]:
    """Return what is in a service's image, as CycloneDX 1.6. Raises `NotAllowed`."""
    command = [
        Path(sys.executable).with_name("cyclonedx-py"), "requirements", LOCK, "--pyproject",
        folder_of(service) / "pyproject.toml", "--output-reproducible", "--of", "JSON", "-o", "-",
    ]  # fmt: skip
    made = subprocess.run(command, capture_output=True, text=True, check=True)
    bom = json.loads(made.stdout)
    wrong = list[str]()
    for component in bom["components"]:
        component.pop("description", None)  # the requirement's line, with its hashes
        try:
            licence = licence_of(distribution(component["name"]))
        except PackageNotFoundError:
            continue  # for another platform: no image has it
        if not is_allowed(licence):
            wrong.append(f"{component['name']} {component['version']}: {licence or 'says none'}")
        component["licenses"] = [{"expression": licence}]
    if wrong:
        raise NotAllowed("\n".join(wrong))
    return bom


def licence_of(package: Distribution) -> str:
    """Return a package's licence as its metadata says it, as an expression of SPDX; empty where it says none."""
    said: Any = package.metadata
    classified = [
        each.rpartition(" :: ")[2] for each in said.get_all("Classifier") or [] if "License ::" in each
    ]
    texts: list[str | None] = [said.get("License-Expression"), said.get("License"), *classified]
    for text in texts:
        if text and len(text) <= _LONGEST:
            return _WRITTEN.get(text) or text
    return ""


def is_allowed(licence: str) -> bool:
    """Return whether what is under a licence may be in an image: of several to choose from one is enough."""
    try:
        parsed = _SPDX.parse(licence, validate=True)
    except ExpressionError:
        return False
    return parsed is not None and _holds(parsed)


def _holds(parsed: Any) -> bool:
    if isinstance(parsed, OR):
        return any(map(_holds, parsed.args))
    if isinstance(parsed, AND):
        return all(map(_holds, parsed.args))
    return isinstance(parsed, LicenseSymbol) and parsed.key in ALLOWED


def main() -> None:
    """Write a file for each image."""
    parser = argparse.ArgumentParser(prog="python -m tools.sbom", description=__doc__)
    parser.add_argument("--into", type=Path, default=REPOSITORY / ".local" / "sbom")
    into: Path = parser.parse_args().into
    into.mkdir(parents=True, exist_ok=True)
    for service in IMAGES:
        try:
            bom = bom_of(service)
        except NotAllowed as error:
            sys.exit(f"sbom: licences that are not allowed in an image (tools/sbom.py):\n{error}")
        (into / f"{service}.cdx.json").write_text(json.dumps(bom, indent=2) + "\n")
        print(f"sbom: {len(bom['components'])} packages in {into / f'{service}.cdx.json'}")


if __name__ == "__main__":
    main()
