"""A PostgreSQL of one test's own, that archives what it writes: to back up, and to restore to a moment."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path

_CONFIGURATION = """
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = ''
fsync = off
wal_level = replica
max_wal_senders = 2
archive_mode = on
archive_command = 'cp %p {archive}/%f'
"""

_RECOVERY = """
restore_command = 'cp {archive}/%f %p'
recovery_target_name = '{point}'
recovery_target_action = promote
"""


class PostgresProcess:
    """One server in ``folder``, run from the programs in ``binaries``, as ``user`` where we are root."""

    def __init__(self, folder: Path, *, binaries: Path, user: str | None) -> None:
        self._folder = folder
        self._binaries = binaries
        self._user = user
        self._data = folder / "data"
        self._base = folder / "base"
        self._archive = folder / "archive"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = int(free.getsockname()[1])
        self.url = f"postgresql://postgres@127.0.0.1:{self._port}/postgres"

    def make(self) -> None:
        """Make an empty server, and start it."""
        for each in (self._data, self._archive):
            each.mkdir(mode=0o700)
            if self._user is not None:
                shutil.chown(each, self._user)
        self._run(
            "initdb", "-D", self._data, "-U", "postgres", "--auth=trust", "--locale=C", "--encoding=UTF8"
        )
        self._configure(_CONFIGURATION.format(port=self._port, archive=self._archive))
        self.start()

    def start(self) -> None:
        """Start it; return when it takes connections."""
        self._run("pg_ctl", "start", "-w", "-s", "-D", self._data, "-l", self._data / "log")

    def stop(self) -> None:
        """Stop it: what it has not archived yet is archived before it ends."""
        self._run("pg_ctl", "stop", "-w", "-s", "-m", "fast", "-D", self._data)

    def back_up(self) -> None:
        """Make a base backup."""
        self._base.mkdir(mode=0o700)
        if self._user is not None:
            shutil.chown(self._base, self._user)
        self._run(
            "pg_basebackup", "-D", self._base, "-h", "127.0.0.1", "-p", self._port, "-U", "postgres",
            "-X", "none", "--no-sync", "-c", "fast",
        )  # fmt: skip

    def restore(self, *, point: str) -> None:
        """Give up what there is, and start from the base backup and the archive, as of a restore point."""
        self.stop()
        shutil.rmtree(self._data)
        self._base.rename(self._data)
        self._configure(_RECOVERY.format(archive=self._archive, point=point))
        (self._data / "recovery.signal").touch()
        if self._user is not None:
            shutil.chown(self._data / "recovery.signal", self._user)
        self.start()

    def _configure(self, lines: str) -> None:
        with (self._data / "postgresql.auto.conf").open("a") as configuration:
            configuration.write(lines)

    def _run(self, program: str, *arguments: object) -> None:
        environment: Mapping[str, str] = {"LC_ALL": "C", "PATH": os.environ.get("PATH", "/bin:/usr/bin")}
        done = subprocess.run(
            [str(self._binaries / program), *map(str, arguments)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            user=self._user,
            cwd="/",
            env=environment,
        )
        assert done.returncode == 0, f"{program}: {done.stderr[-500:]}"
