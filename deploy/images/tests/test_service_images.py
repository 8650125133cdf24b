"""What goes into an image: code that compiles, of a commit that it is."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from tools import service_images
from tools.service_images import LAYER, Source


def layer_of(path: str, text: bytes) -> subprocess.CompletedProcess[bytes]:
    """Return how the layer of one file was made."""
    given = io.BytesIO()
    with tarfile.open(fileobj=given, mode="w") as tar:
        head = tarfile.TarInfo(path)
        head.size = len(text)
        tar.addfile(head, io.BytesIO(text))
    told = os.environ | {"SOURCE_DATE_EPOCH": "0", "PYTHONHASHSEED": "0"}
    return subprocess.run(
        [sys.executable, LAYER], input=given.getvalue(), capture_output=True, env=told, check=False
    )


def names(layer: bytes) -> set[str]:
    """Return the files of a layer."""
    with tarfile.open(fileobj=io.BytesIO(layer)) as tar:
        return {Path(each.name).name for each in tar if each.isfile()}


def test_own_code_that_does_not_compile_makes_no_layer() -> None:
    assert layer_of("srv/code/payments/a.py", b"a = 1").returncode == 0
    done = layer_of("srv/code/payments/a.py", b"a = = 1")
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"a.py" in done.stderr


def test_a_package_may_have_a_file_of_another_python() -> None:
    done = layer_of("srv/packages/some/a.py", b"print 1")
    assert done.returncode == 0
    assert names(done.stdout) == {"a.py"}


def test_a_changed_tree_is_not_its_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def git(*command: str) -> str:
        who = ("-c", "user.name=somebody", "-c", "user.email=somebody@exchange.test")
        return subprocess.run(
            ["git", *who, *command], cwd=tmp_path, capture_output=True, text=True, check=True
        ).stdout.strip()

    monkeypatch.setattr(service_images, "REPOSITORY", tmp_path)
    assert Source.here().revision == "unknown"
    git("init", "--quiet")
    (tmp_path / "a").write_text("1")
    git("add", "a")
    git("commit", "--quiet", "--message", "One")
    commit = git("rev-parse", "HEAD")
    assert Source.here().revision == commit
    (tmp_path / "a").write_text("2")
    assert Source.here().revision == f"{commit}-dirty"
