"""Kafka's jars, as the Python packages are kept: what is wanted in jars.in, exactly what that makes in jars.lock."""

from __future__ import annotations

import hashlib
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bulkhead_local.errors import LocalError
from bulkhead_local.progress import step
from bulkhead_local.state import REPOSITORY, State

FOLDER = REPOSITORY / "deploy" / "local" / "kafka"
WANTED = FOLDER / "jars.in"
LOCK = FOLDER / "jars.lock"

SECONDS_BETWEEN_TRIES = 2.0

_AT_ONCE = 8
_TRIES = 3


@dataclass(frozen=True, slots=True, order=True)
class Jar:
    """A jar of the lock: its coordinates in a Maven repository, ``group:artifact:version``, and its checksum."""

    coordinates: str
    sha256: str

    @property
    def file_name(self) -> str:
        """What the jar is called in a folder."""
        _, artifact, version = self.coordinates.split(":")
        return f"{artifact}-{version}.jar"


def wanted() -> list[str]:
    """Return the coordinates of what is wanted for itself."""
    lines = WANTED.read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def locked() -> list[Jar]:
    """Return all jars of the lock."""
    return _locked(LOCK)


def _locked(lock: Path) -> list[Jar]:
    return [Jar(*line.split()) for line in lock.read_text().splitlines()]


def fetched(state: State) -> Path:
    """Return the folder of the locked jars, fetched at first use and whenever the lock changes.

    Raises `LocalError` where one cannot be fetched, or is not what the lock says.
    """
    return fetched_by(LOCK, state, state.kafka / "jars", what="kafka: fetching its jars (44 MB, once)")


def fetched_by(lock: Path, state: State, into: Path, *, what: str) -> Path:
    """Return the folder of the jars of a lock, fetched at first use and whenever the lock changes, telling ``what``.

    Raises `LocalError` where one cannot be fetched, or is not what the lock says.
    """
    return state.fetched(into, by=lock, fetch=lambda folder: _fetch(lock, folder, what))


def _fetch(lock: Path, folder: Path, what: str) -> None:
    jars = _locked(lock)

    def far() -> str:
        return f"{sum(1 for _ in folder.glob('*.jar'))} of {len(jars)} jars"

    with (
        step(what, how_far=far),
        ThreadPoolExecutor(_AT_ONCE) as pool,
    ):
        for done in [pool.submit(_fetch_one, jar, folder, lock) for jar in jars]:
            done.result()


def _fetch_one(jar: Jar, folder: Path, lock: Path) -> None:
    import requests
    from jgo.maven import MavenContext

    group, artifact, version = jar.coordinates.split(":")
    for attempt in range(1, _TRIES + 1):
        with TemporaryDirectory(dir=folder) as repository:
            context = MavenContext(repo_cache=Path(repository))
            try:
                got = context.project(group, artifact).at_version(version).artifact().resolve()
            except (requests.RequestException, RuntimeError, OSError) as error:
                if attempt == _TRIES:
                    raise LocalError(
                        f"{jar.coordinates} could not be fetched: {type(error).__name__}.\n"
                        "  What to do: see that this machine reaches Maven's central repository, and try again"
                    ) from error
                time.sleep(SECONDS_BETWEEN_TRIES * attempt)
                continue
            if sha256(got) != jar.sha256:
                raise LocalError(
                    f"{jar.coordinates} is not the jar that {lock.name} says: its checksum is {sha256(got)}.\n"
                    "  What to do: try again; where it stays so, find out who changed it before you use it"
                )
            got.replace(folder / jar.file_name)
            return


def sha256(file: Path) -> str:
    """Return a file's checksum."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
