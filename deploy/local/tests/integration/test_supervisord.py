"""A module that supervisord runs in a child of its own sees and does what it would in a new Python."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bulkhead_local.state import State
from bulkhead_local.supervisor import Program, Supervisor

_SECONDS = 30.0
LOOKS = """
import asyncio, json, os, signal, sys, threading, uuid
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD, signal.SIGUSR2, signal.SIGPIPE)
print(json.dumps({
    "name": __name__, "file": __file__, "arguments": sys.argv, "path": sys.path, "folder": os.getcwd(),
    "environment": {name: text for name, text in os.environ.items() if name != "PYTHONHASHSEED"},
    "signals": [str(signal.getsignal(each)) for each in SIGNALS],
    "mask": sorted(signal.pthread_sigmask(signal.SIG_BLOCK, [])),
    "streams": [(each.encoding, each.errors, each.fileno(), each.write_through) for each in (sys.stdout, sys.stderr)],
    "open": [fd for fd in range(64) if os.path.exists(f"/proc/self/fd/{fd}")],
    "group": os.getpgid(0) == os.getpid(),
    "threads": threading.active_count(),
    "main": sys.modules["__main__"].__dict__ is globals(),
    "new": "bulkhead.runtime.process" not in sys.modules,
}))
"""
WAITS = "import signal; print('ready', flush=True); signal.pause()"


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    running = Supervisor(State(tmp_path))
    running.ensure()
    yield running
    running.end()


def program(supervisor: Supervisor, source: str, name: str, **environment: str) -> Program:
    """Return a program that runs a module of this source."""
    folder = supervisor.state.root / "modules"
    folder.mkdir(exist_ok=True)
    (folder / f"probe_{name}.py").write_text(source)
    return Program(
        name=name,
        command=[sys.executable, "-m", f"probe_{name}", "one", '100% "so"'],
        folder=folder,
        environment=environment,
        log=supervisor.state.logs / f"{name}.log",
    )


def said(supervisor: Supervisor, *programs: Program) -> list[str]:
    """Run programs to their end; return what each said."""
    supervisor.declare("group", programs)
    for each in programs:
        supervisor.start("group", each.name)
    began = time.monotonic()
    while any(each.state != "EXITED" for each in supervisor.seen()):
        assert time.monotonic() - began < _SECONDS
        time.sleep(0.02)
    return [each.log.read_text() for each in programs]


def exit_codes(supervisor: Supervisor) -> dict[str, int]:
    """Return the exit code of each program that has ended, as supervisord heard it."""
    lines = (supervisor.state.logs / "supervisord.log").read_text().splitlines()
    ended = [line.partition("exited: ")[2].split() for line in lines if "exited: " in line]
    return {words[0]: int(words[3].rstrip(";")) for words in ended}


def test_it_sees_what_it_would_see_in_a_new_python(supervisor: Supervisor) -> None:
    own = program(supervisor, LOOKS, "one", SAID="50% <of it>")
    new = program(supervisor, LOOKS, "two", SAID="50% <of it>", PYTHONHASHSEED="7")
    seen: list[dict[str, Any]] = [
        json.loads(each.replace("two", "one")) for each in said(supervisor, own, new)
    ]
    assert [each.pop("new") for each in seen] == [False, True]
    assert seen[0] == seen[1]
    assert seen[0]["environment"]["SAID"] == "50% <of it>"
    assert seen[0]["arguments"][1:] == ["one", '100% "so"']


def test_it_ends_as_a_new_python_does(supervisor: Supervisor) -> None:
    at_exit = "import atexit, threading, time; atexit.register(print, 'at exit');"
    sources = (
        f"{at_exit} threading.Thread(target=lambda: (time.sleep(0.2), print('thread'))).start()",
        "raise SystemExit(7)",
        "raise SystemExit('it is said')",
        "raise KeyError('a bug')",
    )
    own = [program(supervisor, source, f"own{number}") for number, source in enumerate(sources)]
    new = [
        program(supervisor, source, f"new{number}", PYTHONHASHSEED="7")
        for number, source in enumerate(sources)
    ]
    texts = said(supervisor, *own, *new)
    assert texts[:3] == texts[4:7] == ["thread\nat exit\n", "", "it is said\n"]
    assert [each.splitlines()[-1] for each in (texts[3], texts[7])] == ["KeyError: 'a bug'"] * 2
    codes = exit_codes(supervisor)
    assert [codes[each.name] for each in (*own, *new)] == [0, 7, 1, 1] * 2


def test_it_is_told_to_stop_when_supervisord_is_killed(supervisor: Supervisor) -> None:
    waits = program(supervisor, WAITS, "waits")
    supervisor.declare("group", [waits])
    supervisor.start("group", "waits")
    began = time.monotonic()
    while not (waits.log.exists() and waits.log.read_text() == "ready\n"):
        assert time.monotonic() - began < _SECONDS
        time.sleep(0.02)
    seen = supervisor.look_at("group", "waits")
    assert seen is not None
    assert "bulkhead_local.supervisord" in Path(f"/proc/{seen.pid}/cmdline").read_text()
    os.kill(int((supervisor.state.root / "supervisor" / "supervisord.pid").read_text()), signal.SIGKILL)
    while Path(f"/proc/{seen.pid}").exists() and "\nState:\tZ" not in _status(seen.pid):
        assert time.monotonic() - began < _SECONDS
        time.sleep(0.02)


def _status(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return "\nState:\tZ"
