"""Kafka's jars are exactly those of the lock."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from jgo.maven import _core as maven

from bulkhead_local import jars
from bulkhead_local.errors import LocalError
from bulkhead_local.state import State

JAR = b"what a jar holds"
CHECKSUM = hashlib.sha256(JAR).hexdigest()


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and keeps no log."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A Maven repository of one jar, in place of the central one."""
    jar = tmp_path / "repository" / "org" / "example" / "one" / "1.0" / "one-1.0.jar"
    jar.parent.mkdir(parents=True)
    jar.write_bytes(JAR)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path / "repository")))
    threading.Thread(target=server.serve_forever).start()
    monkeypatch.setitem(maven.DEFAULT_REMOTE_REPOS, "central", f"http://127.0.0.1:{server.server_port}")
    yield jar
    server.shutdown()
    server.server_close()


def locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    """Let the lock say this."""
    monkeypatch.setattr(jars, "LOCK", tmp_path / "jars.lock")
    jars.LOCK.write_text("".join(f"{line}\n" for line in lines))


def test_what_is_wanted_is_in_the_lock() -> None:
    coordinates = {jar.coordinates for jar in jars.locked()}
    assert set(jars.wanted()) <= coordinates
    assert len(coordinates) == 46


def test_a_locked_jar_is_fetched_once(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked(tmp_path, monkeypatch, f"org.example:one:1.0 {CHECKSUM}")
    folder = jars.fetched(State(tmp_path))
    assert {path.name: path.read_bytes() for path in folder.glob("*.jar")} == {"one-1.0.jar": JAR}
    repository.unlink()
    assert jars.fetched(State(tmp_path)) == folder


def test_another_lock_leaves_no_jar_of_the_one_before(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked(tmp_path, monkeypatch, f"org.example:one:1.0 {CHECKSUM}")
    jars.fetched(State(tmp_path))
    later = repository.parents[1] / "2.0" / "one-2.0.jar"
    later.parent.mkdir()
    later.write_bytes(JAR)
    locked(tmp_path, monkeypatch, f"org.example:one:2.0 {CHECKSUM}")
    assert [path.name for path in jars.fetched(State(tmp_path)).glob("*.jar")] == ["one-2.0.jar"]


def test_a_jar_that_is_not_the_locked_one_is_not_taken(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked(tmp_path, monkeypatch, f"org.example:one:1.0 {CHECKSUM}")
    repository.write_bytes(b"something else")
    with pytest.raises(
        LocalError, match=r"(?s)org.example:one:1.0 is not the jar that jars.lock says.*try again"
    ):
        jars.fetched(State(tmp_path))
    assert list((State(tmp_path).kafka / "jars").glob("**/*.jar")) == []


def test_a_jar_that_cannot_be_fetched_is_named_with_what_to_do(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jars, "SECONDS_BETWEEN_TRIES", 0)
    locked(tmp_path, monkeypatch, f"org.example:two:1.0 {CHECKSUM}")
    with pytest.raises(
        LocalError, match=r"(?s)org.example:two:1.0 could not be fetched.*Maven's central repository"
    ):
        jars.fetched(State(tmp_path))
    assert repository.exists()
