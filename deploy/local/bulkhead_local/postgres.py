"""PostgreSQL as one plain process, and how this machine talks to it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import asyncpg

from bulkhead_local import programs
from bulkhead_local.errors import LocalError, Missing
from bulkhead_local.progress import step
from bulkhead_local.state import State, write_whole
from bulkhead_local.supervisor import Program

T = TypeVar("T")

ADMINISTRATOR = "postgres"

_CONFIGURATION = """\
# Written by bulkhead_local. Everything on one machine: quick, and safe against a killed process.
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = ''
max_connections = 400
shared_buffers = 128MB
# Commits reach the operating system, so a killed server loses none; only a power cut could.
fsync = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
max_wal_size = 2GB
checkpoint_timeout = 30min
# A forgotten transaction holds back every relay of the server.
idle_in_transaction_session_timeout = 60s
password_encryption = scram-sha-256
log_destination = stderr
logging_collector = off
log_line_prefix = '%m [%p] %u@%d '
timezone = 'UTC'
"""


def server_user() -> str | None:
    """Return the user the server runs as where we are root, which PostgreSQL refuses to run as; else None."""
    if os.getuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    raise Missing(what="a user to run PostgreSQL as", how="`useradd --system postgres`: it refuses root")


def home(state: State) -> Path:
    """Return the folder PostgreSQL lives in: its data, and what it is run from where that has to be copied.

    It is in the state folder; where the server's user may not pass through a folder above that, it is in the system's
    temporary folder, and the state folder has a link there.
    """
    folder = state.root / "postgres"
    user = server_user()
    if user is not None and not folder.exists() and not _may_reach(state.root):
        folder.unlink(missing_ok=True)  # where it led to is gone
        elsewhere = Path(tempfile.mkdtemp(prefix="bulkhead-postgres-"))
        elsewhere.chmod(0o755)
        folder.symlink_to(elsewhere)
    return folder.resolve()


def _may_reach(folder: Path) -> bool:
    """Whether a user who owns nothing here may pass into a folder."""
    return all(each.stat().st_mode & 0o001 for each in (folder, *folder.parents))


def program(state: State) -> Program:
    """Return PostgreSQL as supervisor runs it, on a port that is free now, its data made if need be."""
    folder, user, port = home(state) / "data", server_user(), state.usable_port("postgres")
    binaries = binaries_for(state, user=user)
    if (folder / "PG_VERSION").exists():
        _require_version(folder, programs.major_version(binaries / "postgres", "--version"))
    else:
        with step("postgres: making its data folder"):
            _initialize(state, binaries=binaries, folder=folder, user=user)
    configuration = folder / "postgresql.auto.conf"
    write_whole(configuration, _CONFIGURATION.format(port=port))
    if user is not None:
        shutil.chown(configuration, user)
    return Program(
        name="postgres",
        command=[str(binaries / "postgres"), "-D", str(folder)],
        folder=folder,
        log=state.logs / "postgres.log",
        user=user,
        priority=10,
        stop_signal="INT",  # "fast": sessions end, data is written
        stop_seconds=30,
    )


def binaries_for(state: State, *, user: str | None) -> Path:
    """Return the folder of the programs, copied to where the server's user may reach them if need be."""
    found = programs.postgres()
    if user is None or _may_reach(found):
        return found
    installed = found.parents[2]
    copied = home(state) / "programs"
    if not copied.exists():
        unfinished = copied.with_name("programs.tmp")
        shutil.rmtree(unfinished, ignore_errors=True)
        for package in installed.glob(f"{programs.POSTGRES_PACKAGE}*"):
            shutil.copytree(
                package, unfinished / package.name, ignore=shutil.ignore_patterns("include", "pginstall18")
            )
        unfinished.rename(copied)
    return copied / found.relative_to(installed)


def _require_version(folder: Path, version: int) -> None:
    made_by = (folder / "PG_VERSION").read_text().strip()
    if made_by != str(version):
        raise LocalError(
            f"the data in {folder} is of PostgreSQL {made_by}, and its programs are of {version}.\n"
            "  What to do: `make clean` gives up all that was made here; then it is made anew"
        )


def _initialize(state: State, *, binaries: Path, folder: Path, user: str | None) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    if user is not None:
        shutil.chown(folder, user)
    with tempfile.NamedTemporaryFile("w", prefix="bulkhead-") as password:
        password.write(state.secret("postgres"))
        password.flush()
        if user is not None:
            shutil.chown(password.name, user)
        command = [
            str(binaries / "initdb"), "-D", str(folder), "-U", ADMINISTRATOR, "--pwfile", password.name,
            "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions",
        ]  # fmt: skip
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            user=user,
            cwd="/",
            env={"LC_ALL": "C", "PATH": "/bin:/usr/bin"},
        )
    if done.returncode:
        raise LocalError(
            f"PostgreSQL's data could not be made: {done.stderr.strip()[-500:]}\n"
            f"  What to do: see that the user {user or 'you are'} may write to {folder.parent}, and try again"
        )


def administrator_url(state: State) -> str:
    """Return the URL of the local server's administrator."""
    return (
        f"postgresql://{ADMINISTRATOR}:{state.secret('postgres')}@127.0.0.1:{state.port('postgres')}/postgres"
    )


def quoted(name: str) -> str:
    """Return a name as SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def run(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Return what an asynchronous piece of work returns; may be called where an event loop is running."""
    outcome: list[T] = []
    failure: list[BaseException] = []

    def in_its_own_loop() -> None:
        try:
            outcome.append(asyncio.run(work()))
        except BaseException as error:  # noqa: BLE001 - handed over to the calling thread
            failure.append(error)

    thread = threading.Thread(target=in_its_own_loop)
    thread.start()
    thread.join()
    if failure:
        raise failure[0]
    return outcome[0]


async def execute(url: str, *statements: str) -> None:
    """Execute statements one by one, each in its own transaction."""
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def answers(url: str) -> bool:
    """Whether the server takes connections."""
    try:
        connection = await asyncpg.connect(url, timeout=2)
    except (OSError, TimeoutError, asyncpg.PostgresError):
        return False
    await connection.close()
    return True
