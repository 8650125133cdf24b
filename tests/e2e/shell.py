"""A shell, as of somebody at work on this machine."""

from __future__ import annotations

import os
import signal
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from subprocess import PIPE, STDOUT, Popen
from threading import Timer

from bulkhead_local import Exchange as Instance
from bulkhead_local import programs
from runbooks import REPOSITORY

MOST_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Shell:
    """A shell: what it was told once it knows later."""

    process: Popen[str]
    said: dict[str, str] = field(default_factory=dict[str, str])
    """What each command printed when it was typed last."""

    def end(self) -> None:
        """End it, with what it runs."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def type(self, command: str) -> int:
        """Return a command's exit code. One that does not end in time ends the shell."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        end = f"end-{uuid.uuid4()}"
        self.process.stdin.write(f"{command}\nprintf '\\n%s %s\\n' {end} $?\n")
        self.process.stdin.flush()
        lines: list[str] = []
        late = Timer(MOST_SECONDS, self.end)
        late.start()
        try:
            for line in self.process.stdout:
                if line.startswith(end):
                    self.said[command] = "".join(lines).strip()
                    return int(line.split()[1])
                lines.append(line)
        finally:
            late.cancel()
        raise AssertionError(f"the shell ended at: {command}\n{''.join(lines)}")


@contextmanager
def opened(instance: Instance) -> Iterator[Shell]:
    """Yield a shell in the repository's folder that finds psql and knows the exchange's name."""
    path = f"{os.environ['PATH']}:{programs.postgres()}"
    environment = {**os.environ, "PATH": path, "EXCHANGE": instance.name}
    with Popen(
        ["bash"],
        stdin=PIPE,
        stdout=PIPE,
        stderr=STDOUT,
        text=True,
        cwd=REPOSITORY,
        env=environment,
        start_new_session=True,
    ) as process:
        made = Shell(process)
        yield made
        made.end()
