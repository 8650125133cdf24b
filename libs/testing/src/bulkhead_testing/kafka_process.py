"""A Kafka of one test's own, to stop, kill and start again."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol


class OwnKafka(Protocol):
    """A running broker that a test may stop, kill and start again."""

    bootstrap: str

    def start(self) -> object:
        """Start it; it answers at ``bootstrap`` some seconds later."""
        ...

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        ...

    def kill(self) -> None:
        """Kill it; what it wrote stays."""
        ...


class KafkaProcess:
    """One broker, known by its command. It listens at ``bootstrap`` some seconds after its start."""

    def __init__(self, *, bootstrap: str, command: Sequence[str], log: Path) -> None:
        self.bootstrap = bootstrap
        self._command = list(command)
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the process."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log)

    def signal(self, number: signal.Signals) -> None:
        """Send the process a signal."""
        assert self._process is not None
        os.kill(self._process.pid, number)

    def kill(self) -> None:
        """Kill the process."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()
