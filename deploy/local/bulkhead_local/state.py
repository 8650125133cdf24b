"""Where everything of this machine's exchanges is kept: one folder, its ports, its secrets, its lock."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import secrets
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bulkhead_local.errors import LocalError

REPOSITORY = Path(__file__).resolve().parents[3]

# Below the range from which the system takes the ports of outgoing connections.
_FIRST_PORT, _LAST_PORT = 21_000, 29_999
# A unix socket's path may have about 100 bytes.
_LONGEST_SOCKET_PATH = 90


@dataclass(frozen=True, slots=True)
class State:
    """The state folder. `State.here` is the one of this machine and work tree."""

    root: Path

    @classmethod
    def here(cls) -> State:
        """Return the folder ``BULKHEAD_STATE`` names, else the repository's ``.local``; made if need be."""
        state = cls(Path(os.environ.get("BULKHEAD_STATE") or REPOSITORY / ".local").resolve())
        state.root.mkdir(parents=True, exist_ok=True)
        return state

    @property
    def logs(self) -> Path:
        """The folder of all processes' logs."""
        return self._folder("logs")

    @property
    def kafka(self) -> Path:
        """The folder of Kafka's configuration and log."""
        return self._folder("kafka")

    @property
    def programs(self) -> Path:
        """The folder of what supervisor runs, one file a group."""
        return self._folder("supervisor/programs")

    @property
    def exchanges(self) -> Path:
        """The folder that has one folder for each exchange instance."""
        return self._folder("exchanges")

    @property
    def keys(self) -> Path:
        """The folder of the keys that tokens are signed with."""
        return self._folder("keys")

    @property
    def supervisor_configuration(self) -> Path:
        """Supervisor's configuration file."""
        return self._folder("supervisor") / "supervisord.conf"

    @property
    def mark(self) -> str:
        """A short text that is this state folder's own."""
        return hashlib.sha256(str(self.root).encode()).hexdigest()[:12]

    @property
    def supervisor_socket(self) -> Path:
        """Supervisor's unix socket; outside the state folder where that has too long a path for one."""
        inside = self.root / "supervisor" / "supervisor.sock"
        if len(str(inside)) <= _LONGEST_SOCKET_PATH:
            return inside
        return Path(tempfile.gettempdir()) / f"bulkhead-{os.getuid()}-{self.mark}.sock"

    def _folder(self, name: str) -> Path:
        folder = self.root / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    @contextmanager
    def locked(self, name: str) -> Iterator[None]:
        """Hold one of the folder's locks: one process of this machine at a time."""
        path = self._folder("locks") / name
        with path.open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def fetched(self, folder: Path, *, by: Path, fetch: Callable[[Path], None]) -> Path:
        """Return a folder of what a lock names: made by ``fetch`` at first use, and anew whenever the lock changes."""
        mark = folder / ".fetched-by-lock"
        text = by.read_text()
        with self.locked(by.name):
            if not mark.exists() or mark.read_text() != text:
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir(parents=True)
                fetch(folder)
                write_whole(mark, text)
        return folder

    def port(self, name: str) -> int:
        """Return this name's port: that of ``BULKHEAD_PORT_<NAME>``, else the remembered, else a free one.

        A new port is free now, has no other name, and is remembered. Raises `LocalError` when none is free.
        """
        given = os.environ.get("BULKHEAD_PORT_" + name.upper().replace("-", "_").replace("/", "_"))
        if given:
            return int(given)
        with self.locked("ports"):
            ports = self._read_ports()
            if name not in ports:
                ports[name] = self._free_port(taken=set(ports.values()))
                self._write_ports(ports)
            return ports[name]

    def forget_ports(self, prefix: str) -> None:
        """Forget every port whose name begins so."""
        with self.locked("ports"):
            ports = self._read_ports()
            self._write_ports({name: port for name, port in ports.items() if not name.startswith(prefix)})

    def usable_port(self, name: str) -> int:
        """Return the port of this name for a process about to start; another one if somebody else sits on it.

        Raises `LocalError` when it is somebody else's and was given by ``BULKHEAD_PORT_<NAME>``.
        """
        port = self.port(name)
        if not is_free(port):
            self.forget_ports(name)
            another = self.port(name)
            if another == port:
                raise LocalError(
                    f"port {port}, given for {name}, is in use.\n  What to do: give another, or none"
                )
            return another
        return port

    def _read_ports(self) -> dict[str, int]:
        path = self.root / "ports.json"
        return json.loads(path.read_text()) if path.exists() else {}

    def _write_ports(self, ports: dict[str, int]) -> None:
        write_whole(self.root / "ports.json", json.dumps(ports, indent=2, sort_keys=True) + "\n")

    def _free_port(self, *, taken: set[int]) -> int:
        # Each state folder begins elsewhere, so that two that look at the same moment do not meet.
        span = _LAST_PORT - _FIRST_PORT
        begin = int(self.mark, 16) % span
        for offset in range(span):
            port = _FIRST_PORT + (begin + offset) % span
            if port not in taken and is_free(port):
                return port
        raise LocalError(
            f"no port from {_FIRST_PORT} to {_LAST_PORT} is free.\n"
            "  What to do: stop what listens there (`ss -ltnp`)"
        )

    def secret(self, name: str) -> str:
        """Return the secret of this name, made at first use and readable by its owner only."""
        path = self._folder("secrets") / name
        with self.locked("secrets"):
            if not path.exists():
                write_whole(path, secrets.token_hex(16), mode=0o600)
            return path.read_text()


def is_free(port: int) -> bool:
    """Whether nobody listens on this port of the loopback address."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def write_whole(path: Path, text: str, *, mode: int = 0o644) -> None:
    """Write a file so that a reader sees all of it or none."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    unfinished.touch(mode=mode)
    unfinished.write_text(text)
    unfinished.replace(path)
