"""What runs inside the cluster for those outside: files dropped and read, in a zip that Python imports from."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from cluster.outside import claims, contents, packed


@pytest.fixture
def zipped(tmp_path: Path) -> Path:
    path = tmp_path / "inside.zip"
    path.write_bytes(packed())
    return path


def inside(zipped: Path, *command: str, given: bytes = b"") -> bytes:
    python = [sys.executable, "-m", "inside", *command]
    environment = {"PYTHONPATH": str(zipped)}
    return subprocess.run(
        python, input=given, capture_output=True, check=True, env=environment, cwd="/"
    ).stdout


def test_a_file_that_is_dropped_is_read_as_it_was(tmp_path: Path, zipped: Path) -> None:
    folder = tmp_path / "lockbox"
    inside(zipped, "drop", str(folder / "B.csv"), given=b"second\0")
    inside(zipped, "drop", str(folder / "below" / "A.csv"), given=b"")
    assert dict(contents(inside(zipped, "files", str(folder), ".csv"))) == {
        "B.csv": b"second\0",
        "below/A.csv": b"",
    }


def test_unfinished_files_and_others_are_left_out(tmp_path: Path, zipped: Path) -> None:
    for name in (".A.csv.tmp", "B.csv.tmp", ".C.csv", "D.txt"):
        (tmp_path / name).touch()
    assert contents(inside(zipped, "files", str(tmp_path), ".csv")) == []


def test_it_has_the_mail_sink_and_the_reader_of_topics_with_it(zipped: Path) -> None:
    code = "import aiosmtpd, attr, public, smtp_sink; print(*{each.__loader__.archive for each in (attr, smtp_sink)})"
    alone = [sys.executable, "-S", "-c", code]  # without what is installed here
    said = subprocess.run(alone, capture_output=True, text=True, check=True, env={"PYTHONPATH": str(zipped)})
    assert said.stdout.strip() == str(zipped)


def test_each_service_with_files_has_a_claim() -> None:
    made = claims(access_mode="ReadWriteMany", storage_class="shared")
    assert [each["metadata"]["name"] for each in made] == [
        "payments-files",
        "carrier-gateway-files",
        "notifications-files",
    ]
    assert {each["spec"]["storageClassName"] for each in made} == {"shared"}
