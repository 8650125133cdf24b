"""The program as it is started: its settings, its clock, and that it ends when it is told to."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest

from bulkhead.kernel.calendar import local
from bulkhead_local.services import python_environment
from bulkhead_local.state import REPOSITORY
from status_page.adapters.clock import Followed, Simulated, wall
from status_page.adapters.http import ANSWER_SECONDS
from status_page.domain.doings import SERVICES
from tests.architecture.test_starts import LOADED

NOWHERE = {f"STATUS_{each.upper().replace('-', '_')}_URL": "http://127.0.0.1:1" for each in SERVICES}
NEVER = {"sqlalchemy", "sqlmodel", "asyncpg", "aiokafka", *(each.replace("-", "_") for each in SERVICES)}


@contextmanager
def program(*told: str, **settings: str) -> Iterator[subprocess.Popen[str]]:
    """The program, which is gone afterwards."""
    policy = {"BULKHEAD_POLICY_DIR": str(REPOSITORY / "policy")}
    with subprocess.Popen(
        [sys.executable, *told, "-m", "status_page"],
        env={**os.environ, **python_environment(), **policy, **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def test_a_setting_that_is_missing_or_no_address_is_named() -> None:
    told = {**NOWHERE, "STATUS_PAYMENTS_URL": "nowhere"}
    del told["STATUS_INVOICING_URL"]
    with program(**told) as process:
        said, _ = process.communicate(timeout=30)
    assert process.returncode == 2
    assert "STATUS_INVOICING_URL: Field required" in said
    assert "STATUS_PAYMENTS_URL: must be an address" in said
    assert "STATUS_ENROLLMENT_URL" not in said


def test_a_pack_that_is_not_there_ends_it() -> None:
    with program(**NOWHERE, BULKHEAD_POLICY_PACK="nobodys") as process:
        said, _ = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "status: there is no policy pack nobodys" in said


def test_OPS_3_alone_on_the_machine_it_serves_its_page_with_no_database_no_kafka_and_no_service(
    unused_tcp_port: int,
) -> None:
    with program("-X", "importtime", **NOWHERE, BULKHEAD_HTTP_PORT=str(unused_tcp_port)) as process:
        assert process.stdout is not None
        loaded = set[str]()
        for line in process.stdout:
            if match := LOADED.match(line):
                loaded.add(match[1].partition(".")[0])
            if '"event": "started"' in line:
                break
        assert "fastapi" in loaded and loaded & NEVER == set()
        page = f"http://127.0.0.1:{unused_tcp_port}"
        until = time.monotonic() + 3 * ANSWER_SECONDS
        while time.monotonic() < until:
            try:
                with urllib.request.urlopen(f"{page}/readyz", timeout=5):
                    break
            except OSError:
                time.sleep(0.1)
        with urllib.request.urlopen(f"{page}/?lang=en", timeout=5) as answer:
            assert (answer.status, answer.read().decode().count("Does not work since")) == (200, 5)
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=30)
    assert (process.returncode, '"event": "ended"' in said) == (0, True)


def test_a_simulated_clock_shows_what_its_file_tells_and_midnight_before(tmp_path: Path) -> None:
    file = tmp_path / "clock"
    clock = Simulated(date(2015, 12, 1), file)
    assert clock() == local(date(2015, 12, 1))
    file.write_text("2016-01-05T12:00:00-05:00")
    assert clock() == local(date(2016, 1, 5), 12)
    for nonsense in ("", "soon", "2016-01-05T12:00:00"):
        file.write_text(nonsense)
        assert clock() == local(date(2015, 12, 1))
    assert wall().utcoffset() is not None


def test_a_simulated_clock_that_no_file_tells_of_shows_the_latest_instant_that_was_heard() -> None:
    clock = Followed(date(2015, 12, 1))
    assert clock() == local(date(2015, 12, 1))
    clock.hear(local(date(2016, 1, 5), 12))
    clock.hear(local(date(2016, 1, 4), 12))
    assert clock() == local(date(2016, 1, 5), 12)


@pytest.fixture
def unused_tcp_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
