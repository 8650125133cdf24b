"""What goes into an image: code that compiles, of a commit that it is."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tarfile
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from deploy.images.tests.shipped import DOUBLES_AND_TOOLS
from tools import service_images
from tools.service_images import IMAGES, LAYER, LOCK, STATUS, Source, package_of


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


@cache
def service_layer(service: str) -> bytes:
    """Return the layer of a service's own code, compiled by this Python instead of an image's."""
    with TemporaryDirectory() as folder, (Path(folder) / "layer.tar").open("w+b") as layer:
        command = ["env", "SOURCE_DATE_EPOCH=1451606400", "PYTHONHASHSEED=0", sys.executable, str(LAYER)]
        assert service_images.handed(service_images.contents(service), to=command, output=layer) == 0
        layer.seek(0)
        return layer.read()


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


@pytest.mark.parametrize("service", IMAGES)
def test_a_services_layer_has_its_code_the_chassis_and_nobody_elses(service: str) -> None:
    with tarfile.open(fileobj=io.BytesIO(service_layer(service))) as layer:
        entries = {each.name: each for each in layer}
    package = package_of(service)
    code = {"/".join(each.split("/")[:3]) for each in entries if each.startswith("srv/code/")}
    assert code == {"srv/code/bulkhead", f"srv/code/{package}"}
    assert "srv/policy/vermont-2016" in entries
    assert ("srv/migrations/versions" in entries) is (service != STATUS)
    files = {Path(name) for name, entry in entries.items() if entry.isfile()}
    modules = {each for each in files if each.suffix == ".py"}
    compiled = {
        each.parent.parent / f"{each.name.split('.')[0]}.py" for each in files if each.suffix == ".pyc"
    }
    assert Path(f"srv/code/{package}/bootstrap.py") in modules
    assert compiled == modules
    assert {(each.mtime, each.uid, each.gid) for each in entries.values()} == {(1_451_606_400, 0, 0)}


def test_a_layer_made_again_is_the_same_byte_for_byte() -> None:
    first = service_layer("notifications")
    service_layer.cache_clear()
    assert service_layer("notifications") == first


def test_what_is_in_a_layer_runs_without_the_tree_it_was_made_from(tmp_path: Path) -> None:
    with tarfile.open(fileobj=io.BytesIO(service_layer("payments"))) as layer:
        layer.extractall(tmp_path, filter="data")
    # The packages of this environment stand in for the image's; those of the tree come after what is in the layer.
    told = {
        "PYTHONPATH": str(tmp_path / "srv" / "code"),
        "BULKHEAD_POLICY_DIR": str(tmp_path / "srv" / "policy"),
    }
    where = "import payments.bootstrap, bulkhead; print(payments.__path__[0], bulkhead.__path__[0])"
    code = tmp_path / "srv" / "code"
    for program, says in (
        (("-c", where), f"{code}/payments {code}/bulkhead"),
        (("-m", "payments", "openapi"), '"openapi"'),
    ):
        done = subprocess.run(
            [sys.executable, *program],
            cwd=tmp_path,
            env=os.environ | told,
            capture_output=True,
            text=True,
            check=True,
        )
        assert says in done.stdout


@pytest.mark.parametrize("name", DOUBLES_AND_TOOLS)
def test_no_test_double_and_no_tool_is_among_the_packages_of_an_image(name: str) -> None:
    locked = {line.split("==")[0] for line in LOCK.read_text().splitlines() if "==" in line}
    assert "fastapi" in locked
    assert name.replace("_", "-") not in locked
