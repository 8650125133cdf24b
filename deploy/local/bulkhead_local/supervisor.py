"""The one parent of all local processes: supervisord, its configuration, its control over a unix socket."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
import xmlrpc.client
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from supervisor.xmlrpc import Faults, SupervisorTransport

from bulkhead_local.errors import DidNotStart, LocalError
from bulkhead_local.services import python_environment, untold_environment
from bulkhead_local.state import State, write_whole

_SUPERVISORD = "bulkhead_local.supervisord"
_WITHOUT_WAITING = (False,)
_SECONDS_TO_START = 60.0
_SECONDS_TO_END = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One process as supervisor is to run it.

    ``priority`` orders starting and, backwards, stopping. ``user`` is another user to run it as, where we are
    root. ``again`` says whether it is started again when it crashes.
    """

    name: str
    command: Sequence[str]
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    folder: Path | None = None
    user: str | None = None
    priority: int = 500
    stop_signal: str = "TERM"
    stop_seconds: int = 20
    again: bool = False

    def section(self) -> str:
        """Return the program's section of a supervisor configuration."""
        lines = [
            f"[program:{self.name}]",
            f"command={_quoted_command(_dying_with_its_parent(self.command, self.stop_signal))}",
            "autostart=false",
            f"autorestart={'unexpected' if self.again else 'false'}",
            "startsecs=0" if not self.again else "startsecs=1",
            "startretries=5",
            f"stopsignal={self.stop_signal}",
            f"stopwaitsecs={self.stop_seconds}",
            f"priority={self.priority}",
            f"stdout_logfile={_escaped(str(self.log))}",
            "redirect_stderr=true",
            "stdout_logfile_maxbytes=20MB",
            "stdout_logfile_backups=1",
            "environment=" + ",".join(f'{key}="{_escaped(text)}"' for key, text in self.environment.items()),
        ]
        if self.folder is not None:
            lines.append(f"directory={_escaped(str(self.folder))}")
        if self.user is not None:
            lines.append(f"user={self.user}")
        return "\n".join(lines) + "\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A process as supervisor sees it."""

    group: str
    name: str
    state: str
    pid: int
    seconds: int

    @property
    def runs(self) -> bool:
        """Whether there is a process."""
        return self.state in {"STARTING", "RUNNING", "STOPPING"}


@dataclass(frozen=True, slots=True)
class Supervisor:
    """Supervisord of one state folder. Every method but `ensure`, `is_up` and `end` needs it to be up."""

    state: State

    def is_up(self) -> bool:
        """Whether supervisord answers."""
        if not self.state.supervisor_socket.exists():
            return False
        try:
            return self._call("getState")["statename"] in {"RUNNING", "RESTARTING"}
        except (OSError, xmlrpc.client.Error):
            return False

    def ensure(self) -> None:
        """Start supervisord unless it is up. Raises `DidNotStart` when it does not come."""
        with self.state.locked("supervisor"):
            if self.is_up():
                return
            self._end_all(self._pids())  # one that is on its way out, or has lost its socket
            for stale in self.state.programs.glob("*.ini"):
                stale.unlink()
            self.state.supervisor_socket.unlink(missing_ok=True)
            write_whole(self.state.supervisor_configuration, self._configuration())
            log = self.state.logs / "supervisord.log"
            command = [sys.executable, "-m", _SUPERVISORD, "-c", str(self.state.supervisor_configuration)]
            environment = {**untold_environment(), **python_environment()}
            ended = subprocess.run(
                command, capture_output=True, text=True, check=False, cwd=self.state.root, env=environment
            )
            began = time.monotonic()
            while not self.is_up():
                if ended.returncode or time.monotonic() - began > _SECONDS_TO_START:
                    why = (ended.stderr or ended.stdout).strip() or "it does not answer"
                    raise DidNotStart(what="supervisord", why=why, log=log, lines=last_lines(log))
                time.sleep(0.02)

    def _configuration(self) -> str:
        root = os.getuid() == 0
        return "\n".join(
            [
                "[unix_http_server]",
                f"file={_escaped(str(self.state.supervisor_socket))}",
                "chmod=0700",
                "[supervisord]",
                f"logfile={_escaped(str(self.state.logs / 'supervisord.log'))}",
                "logfile_maxbytes=5MB",
                "logfile_backups=1",
                f"pidfile={_escaped(str(self.state.root / 'supervisor' / 'supervisord.pid'))}",
                f"childlogdir={_escaped(str(self.state.logs))}",
                "identifier=bulkhead",
                *(["user=root"] if root else []),
                "[rpcinterface:supervisor]",
                "supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface",
                "[include]",
                f"files = {_escaped(str(self.state.programs))}/*.ini",
                "",
            ]
        )

    def end(self) -> bool:
        """Stop every process and supervisord, and wait until all are gone; False when there was none."""
        pids = self._pids()
        if self.is_up():
            pids = pids or [int(self._call("getPID"))]
            groups = {seen.group for seen in self.seen()} - {"backing"}
            for (
                group
            ) in groups:  # all at once: supervisord's own shutdown waits for one group after the other
                self._call("stopProcessGroup", group, *_WITHOUT_WAITING)
        self._end_all(pids)
        return bool(pids)

    def _pids(self) -> list[int]:
        """Return the supervisord processes of this state folder, whether they answer or not (Linux)."""
        marks = {_SUPERVISORD.encode(), str(self.state.supervisor_configuration).encode()}
        return [
            int(folder.name)
            for folder in Path("/proc").glob("[0-9]*")
            if marks <= set(_arguments(folder)) and _leads_its_session(folder) and _is_alive(int(folder.name))
        ]

    def _end_all(self, pids: Sequence[int]) -> None:
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        began = time.monotonic()
        while left := [pid for pid in pids if _is_alive(pid)]:
            if time.monotonic() - began > _SECONDS_TO_END:
                raise LocalError(
                    f"supervisord (process {left[0]}) has not ended.\n  What to do: `kill -9 {left[0]}`, then look "
                    f"into {self.state.logs / 'supervisord.log'}"
                )
            time.sleep(0.05)

    def declare(self, group: str, programs: Sequence[Program]) -> None:
        """Make known the programs of a group, in place of those it had. A changed group is stopped first, and
        what ran of it is started again.
        """
        names = ",".join(program.name for program in programs)
        text = "".join(program.section() for program in programs) + f"[group:{group}]\nprograms={names}\n"
        with self.state.locked("supervisor"):
            path = self.state.programs / f"{group}.ini"
            if path.exists() and path.read_text() == text:
                return
            write_whole(path, text, mode=0o600)
            self._reload()

    def forget(self, group: str) -> None:
        """Kill a group's processes and forget them: for what is given up with all its data."""
        with self.state.locked("supervisor"):
            path = self.state.programs / f"{group}.ini"
            if path.exists():
                path.unlink()
                self._call(
                    "stopProcessGroup", group, *_WITHOUT_WAITING
                )  # or a killed one might be started again
                self._call("signalProcessGroup", group, "KILL")
                self._reload()

    def _reload(self) -> None:
        added, changed, removed = self._call("reloadConfig")[0]
        ran = [each for each in self.seen() if each.group in changed and each.runs]
        for group in [*changed, *removed]:
            self._call("stopProcessGroup", group)
            while any(each.runs for each in self.seen() if each.group == group):
                time.sleep(0.02)  # stopProcessGroup does not wait for those that were stopping already
            self._call("removeProcessGroup", group)
        for group in [*added, *changed]:
            self._call("addProcessGroup", group)
        known = {(each.group, each.name) for each in self.seen()}
        for each in ran:
            if (each.group, each.name) in known:
                self.start(each.group, each.name)

    def seen(self) -> list[Seen]:
        """Return every process, running or not."""
        return [
            Seen(
                group=row["group"],
                name=row["name"],
                state=row["statename"],
                pid=row["pid"],
                seconds=max(0, row["now"] - row["start"]) if row["pid"] else 0,
            )
            for row in self._call("getAllProcessInfo")
        ]

    def look_at(self, group: str, name: str) -> Seen | None:
        """Return one process, or None when supervisor has not heard of it."""
        return next((each for each in self.seen() if (each.group, each.name) == (group, name)), None)

    def start(self, group: str, name: str) -> None:
        """Start a process unless it runs; returns at once. Raises `LocalError` where it cannot be started."""
        self._change("startProcess", group, name, already=Faults.ALREADY_STARTED)

    def stop(self, group: str, name: str) -> None:
        """Ask a process to stop and wait until it has; kill it when it takes too long."""
        self._change("stopProcess", group, name, already=Faults.NOT_RUNNING, wait=True)

    def kill(self, group: str, name: str) -> None:
        """Kill a process without warning (SIGKILL) and wait until it is gone."""
        seen = self.look_at(group, name)
        if seen is None or not seen.pid:
            return
        self._call("signalProcess", f"{group}:{name}", "KILL")
        while _is_alive(seen.pid):
            time.sleep(0.01)
        # Until supervisor has noticed too, it would take a start for one of a process that runs.
        while (noticed := self.look_at(group, name)) is not None and noticed.pid == seen.pid:
            time.sleep(0.01)

    def hold_down(self, group: str, name: str) -> None:
        """See to it that a killed process, which is started again after a crash, stays down."""
        while (seen := self.look_at(group, name)) is not None and seen.state != "STOPPED":
            self.stop(group, name)
            time.sleep(0.05)

    def _change(self, method: str, group: str, name: str, *, already: int, wait: bool = False) -> None:
        try:
            self._call(method, f"{group}:{name}", wait)
        except xmlrpc.client.Fault as fault:
            if fault.faultCode != already:
                raise LocalError(
                    f"{name} cannot be started or stopped: {fault.faultString}.\n"
                    f"  What to do: look into {self.state.logs / 'supervisord.log'}"
                ) from fault

    def _call(self, method: str, *arguments: object) -> Any:
        # One connection a call: supervisor's transport is not made for threads.
        transport = SupervisorTransport(None, None, f"unix://{self.state.supervisor_socket}")
        try:
            proxy = xmlrpc.client.ServerProxy("http://127.0.0.1", transport=cast(Any, transport))
            return getattr(proxy.supervisor, method)(*arguments)
        finally:
            transport.close()


def last_lines(log: Path, count: int = 15) -> list[str]:
    """Return the last lines of a log; none when there is no log."""
    return log.read_text(errors="replace").splitlines()[-count:] if log.exists() else []


def _dying_with_its_parent(command: Sequence[str], stop_signal: str) -> list[str]:
    # Should supervisord be killed, its children are told to stop and none is left behind (Linux).
    setpriv = shutil.which("setpriv")
    return [*([setpriv, "--pdeathsig", stop_signal, "--"] if setpriv else []), *command]


def _quoted_command(command: Sequence[str]) -> str:
    return " ".join('"' + _escaped(part).replace('"', '\\"') + '"' for part in command)


def _escaped(text: str) -> str:
    return text.replace("%", "%%")


def _arguments(process: Path) -> list[bytes]:
    try:
        return (process / "cmdline").read_bytes().split(b"\0")
    except OSError:  # it ended while we looked
        return []


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return not _is_zombie(pid)


def _is_zombie(pid: int) -> bool:
    return _status(Path(f"/proc/{pid}"))[:1] == ["Z"]


def _leads_its_session(process: Path) -> bool:
    """Whether it is supervisord itself: programs that it makes of itself have its command line."""
    return _status(process)[3:4] == [process.name]


def _status(process: Path) -> list[str]:
    """Return the state of a process, its parent, its group, its session, and so on; nothing once it is gone."""
    try:
        return (process / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
