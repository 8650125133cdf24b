"""How much of the processors the drill took itself, whatever else ran on the machine."""

from __future__ import annotations

import os
from collections import defaultdict
from pathlib import Path

from bulkhead_local.state import State

_TICKS = os.sysconf("SC_CLK_TCK")
_PARENT, _TIMES = 1, slice(11, 15)
"""Of a process's line in ``/proc``, counted after its name: its parent; user's and system's time, its own and that of
its children that have ended."""


def processor_seconds(state: State) -> float:
    """Return the processor seconds so far of this process, and of everything that a state folder's supervisor has
    started: services, sandboxes, Kafka and PostgreSQL, those that have ended too. 0 where there is no ``/proc``.
    """
    if not Path("/proc/self/stat").exists():
        return 0.0
    children, ticks = defaultdict[int, list[int]](list), dict[int, int]()
    for each in Path("/proc").iterdir():
        if each.name.isdigit() and (fields := _fields(each)):
            children[int(fields[_PARENT])].append(int(each.name))
            ticks[int(each.name)] = sum(map(int, fields[_TIMES]))
    supervisor = state.root / "supervisor" / "supervisord.pid"
    left, found = [int(supervisor.read_text())] if supervisor.exists() else [], set[int]()
    while left:
        pid = left.pop()
        found.add(pid)
        left += [each for each in children[pid] if each not in found]
    return sum(ticks.get(each, 0) for each in {*found, os.getpid()}) / _TICKS


def _fields(process: Path) -> list[str]:
    try:
        return (process / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []  # it ended meanwhile


def machine() -> str:
    """Return what this runs on, as its cores and their speed."""
    cores, info = os.cpu_count() or 1, Path("/proc/cpuinfo")
    speeds = [
        float(line.partition(":")[2])
        for line in (info.read_text().splitlines() if info.exists() else [])
        if line.startswith("cpu MHz")
    ]
    speed = f" of {max(speeds) / 1000:.1f} GHz" if speeds else ""
    return f"{cores} cores{speed}"
