"""supervisord, which loads once what all programs of an exchange load, and makes them of itself.

To load it is most of a program's start, and an exchange has eight. A program that is ``python -m MODULE`` is begun in
supervisord's child, which forks anyway, where it would run a new Python. What it sees is what it would see there:
arguments, environment, signals, standard streams, exit code, a process of its own. Only its command line, in ``ps``, is
supervisord's; its name is the module's.

``python -m bulkhead_local.supervisord -c CONFIGURATION``
"""

from __future__ import annotations

import atexit
import ctypes
import gc
import io
import os
import runpy
import signal
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

from supervisor import supervisord
from supervisor.options import ServerOptions

SHARED = ("bulkhead.runtime.cli", "bulkhead.runtime.process", "bulkhead.chassis_tables", "httpx2", "jinja2")
"""What all of them load, or several: of the chassis and of other people, nothing of a service's own."""

# As Python made them, before supervisord puts others in their place.
_STREAMS = tuple(
    (name, each.encoding, each.errors) for name, each in (("stdout", sys.stdout), ("stderr", sys.stderr))
)
_PR_SET_PDEATHSIG = 1
_PR_SET_NAME = 15


@dataclass(frozen=True, slots=True)
class ModuleRun:
    """A command that runs a module by this very Python; ``death_signal`` is what it is sent should we die, or 0."""

    module: str
    arguments: tuple[str, ...]
    death_signal: int

    @classmethod
    def of(cls, command: Sequence[str]) -> ModuleRun | None:
        """Return what a command is as one; None where it is something else."""
        death_signal = 0
        match command:
            case [setpriv, "--pdeathsig", name, "--", *rest] if Path(setpriv).name == "setpriv":
                death_signal = signal.Signals[f"SIG{name}"].value
            case _:
                rest = list(command)
        match rest:
            case [python, "-m", module, *arguments] if python == sys.executable:
                return cls(module, tuple(arguments), death_signal)
            case _:
                return None


class Shared:
    """What is loaded, once it is asked for, and whether it still is what lies on the disk."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self._files: dict[str, int] | None = None  # each file and when it was written; none where it failed

    def load(self) -> None:
        """Load it, the first time. What cannot be loaded is for the programs to say."""
        if self._files is not None:
            return
        gc.disable()  # it all stays
        try:
            for name in self._names:
                import_module(name)
        except Exception:  # noqa: BLE001 - whatever a module raises
            self._files = {}
            return
        finally:
            gc.freeze()
            gc.enable()
        paths = (getattr(each, "__file__", None) for each in list(sys.modules.values()))
        self._files = {path: _written_at(path) for path in paths if path}

    @property
    def holds(self) -> bool:
        """Whether all is loaded as it now is: a program started again is to run what has been written since."""
        return bool(self._files) and all(_written_at(path) == at for path, at in self._files.items())


def _written_at(path: str) -> int:
    try:
        return os.stat(path).st_mtime_ns  # noqa: PTH116 - of a thousand files
    except OSError:
        return -1


class Options(ServerOptions):
    """Supervisord's doings, with another way to begin some programs."""

    shared = Shared(SHARED)

    def check_execv_args(self, filename: str, argv: list[str], st: Any) -> None:
        """Check a command that is about to be run, in supervisord itself: what is loaded here, its child has too."""
        super().check_execv_args(filename, argv, st)
        if ModuleRun.of(argv) is not None:
            self.shared.load()

    def execve(self, filename: str, argv: list[str], env: Mapping[str, str]) -> NoReturn:
        """Become the program, in the child."""
        run = ModuleRun.of(argv)
        if run is not None and _same_python(env) and self.shared.holds:
            become(run, env)
        super().execve(filename, argv, env)


def _same_python(environment: Mapping[str, str]) -> bool:
    """Whether a new Python would begin as this one has."""

    def said(variables: Mapping[str, str]) -> dict[str, str]:
        return {name: text for name, text in variables.items() if name.startswith("PYTHON")}

    return said(environment) == said(os.environ)


def become(run: ModuleRun, environment: Mapping[str, str]) -> NoReturn:
    """Run a module in this process, a child that supervisord has just made, and end as a Python does."""
    for number in signal.valid_signals():
        if callable(signal.getsignal(number)):
            signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    _name(run)
    os.environ.clear()
    os.environ.update(environment)
    for number, (name, encoding, errors) in enumerate(_STREAMS, 1):
        raw = io.FileIO(number, "w", closefd=False)
        stream = io.TextIOWrapper(raw, encoding=encoding, errors=errors, write_through=True)
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    sys.argv = [run.module, *run.arguments]
    sys.path[0] = str(Path.cwd())
    code = 1
    try:
        runpy.run_module(run.module, run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as ended:
        code = _exit_code(ended)
    except BaseException as error:  # noqa: BLE001 - as Python itself does at the very end
        sys.excepthook(type(error), error, error.__traceback__)
    finally:
        _end(code)


def _name(run: ModuleRun) -> None:
    """Tell Linux the process's name, and what it is to be sent should its parent die."""
    prctl = ctypes.CDLL(None).prctl
    prctl(_PR_SET_NAME, run.module.encode(), 0, 0, 0)
    if run.death_signal:
        prctl(_PR_SET_PDEATHSIG, run.death_signal, 0, 0, 0)


def _exit_code(ended: SystemExit) -> int:
    match ended.code:
        case None:
            return 0
        case int(code):
            return code
        case said:
            sys.stderr.write(f"{said}\n")
            return 1


def _end(code: int) -> NoReturn:
    """End the process: its threads, what is to be done at exit, its streams. Nothing of supervisord's is undone."""
    try:
        threading._shutdown()  # pyright: ignore[reportAttributeAccessIssue]  # noqa: SLF001
        atexit._run_exitfuncs()  # noqa: SLF001
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()
    finally:
        os._exit(code & 0xFF)


def main() -> None:
    """Run until told to end."""
    if sys.platform == "linux":  # macOS forbids a child much of what it has not loaded itself
        supervisord.ServerOptions = Options  # it asks nobody which
    supervisord.main()


if __name__ == "__main__":
    main()
