"""Supervisor starts, stops, kills and forgets, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bulkhead_local.errors import LocalError
from bulkhead_local.state import State
from bulkhead_local.supervisor import Program, Supervisor

WAIT = "import signal; print('ready', flush=True); signal.pause()"
_SECONDS = 10.0


def until(holds: Callable[[], bool]) -> None:
    """Wait until it holds; fail after ten seconds."""
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < _SECONDS
        os.sched_yield()


def alive(pid: int) -> bool:
    """Whether there is a process of this id that has not ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    running = Supervisor(State(tmp_path))
    running.ensure()
    yield running
    running.end()


def program(supervisor: Supervisor, name: str = "sleeper") -> Program:
    return Program(name=name, command=[sys.executable, "-c", WAIT], log=supervisor.state.logs / f"{name}.log")


def supervisor_pid(supervisor: Supervisor) -> int:
    return int((supervisor.state.root / "supervisor" / "supervisord.pid").read_text())


def pid_of(supervisor: Supervisor, group: str = "group", name: str = "sleeper") -> int:
    seen = supervisor.look_at(group, name)
    return seen.pid if seen is not None and seen.runs else 0


def test_a_declared_program_runs_once_started(supervisor: Supervisor) -> None:
    supervisor.declare("group", [program(supervisor)])
    assert pid_of(supervisor) == 0
    supervisor.start("group", "sleeper")
    assert alive(pid_of(supervisor))


def test_what_ran_of_a_changed_group_runs_again_and_what_did_not_stays_down(supervisor: Supervisor) -> None:
    programs = [program(supervisor, name) for name in ("runs", "rests", "gone")]
    supervisor.declare("group", programs)
    for name in ("runs", "gone"):
        supervisor.start("group", name)
    pid = pid_of(supervisor, name="runs")
    supervisor.declare("group", [replace(each, environment={"SAID": "else"}) for each in programs[:2]])
    assert alive(pid_of(supervisor, name="runs")) and not alive(pid)
    assert [each.name for each in supervisor.seen() if each.runs] == ["runs"]


def test_starting_what_runs_and_stopping_what_does_not_is_already_so(supervisor: Supervisor) -> None:
    supervisor.declare("group", [program(supervisor)])
    supervisor.start("group", "sleeper")
    pid = pid_of(supervisor)
    supervisor.start("group", "sleeper")
    assert pid_of(supervisor) == pid
    supervisor.stop("group", "sleeper")
    supervisor.stop("group", "sleeper")
    assert not alive(pid)


def test_a_killed_program_stays_down_until_started(supervisor: Supervisor) -> None:
    supervisor.declare("group", [program(supervisor)])
    supervisor.start("group", "sleeper")
    pid = pid_of(supervisor)
    supervisor.kill("group", "sleeper")
    assert not alive(pid)
    assert pid_of(supervisor) == 0
    supervisor.start("group", "sleeper")
    assert alive(pid_of(supervisor))


def test_one_that_is_started_again_after_a_crash_can_be_held_down(
    supervisor: Supervisor,
) -> None:
    supervisor.declare("group", [replace(program(supervisor), again=True)])
    supervisor.start("group", "sleeper")
    pid = pid_of(supervisor)
    os.kill(pid, signal.SIGKILL)
    until(lambda: pid_of(supervisor) not in {0, pid})
    supervisor.kill("group", "sleeper")
    supervisor.hold_down("group", "sleeper")
    seen = supervisor.look_at("group", "sleeper")
    assert seen is not None
    assert seen.state == "STOPPED"


def test_one_that_is_started_again_after_a_crash_can_be_forgotten(supervisor: Supervisor) -> None:
    supervisor.declare("group", [replace(program(supervisor), again=True)])
    supervisor.start("group", "sleeper")
    supervisor.forget("group")
    assert supervisor.seen() == []


def test_what_a_program_is_given_reaches_it_unchanged(supervisor: Supervisor, tmp_path: Path) -> None:
    told = Program(
        name="teller",
        command=[sys.executable, "-c", "import os, sys; print(os.environ['SAID'], sys.argv[1])", '100% "so"'],
        environment={"SAID": "50% <of it>"},
        log=tmp_path / "told.log",
    )
    supervisor.declare("group", [told])
    supervisor.start("group", "teller")
    until(lambda: told.log.exists() and told.log.read_text() == '50% <of it> 100% "so"\n')


def test_a_group_declared_again_alike_keeps_running(supervisor: Supervisor) -> None:
    supervisor.declare("group", [program(supervisor)])
    supervisor.start("group", "sleeper")
    pid = pid_of(supervisor)
    supervisor.declare("group", [program(supervisor)])
    supervisor.declare("another", [program(supervisor, name="other")])
    assert pid_of(supervisor) == pid


def test_a_forgotten_group_is_stopped(supervisor: Supervisor) -> None:
    supervisor.declare("group", [program(supervisor)])
    supervisor.start("group", "sleeper")
    pid = pid_of(supervisor)
    supervisor.forget("group")
    assert not alive(pid)
    assert supervisor.look_at("group", "sleeper") is None


def test_ending_leaves_no_process(supervisor: Supervisor) -> None:
    supervisor.declare("group", [program(supervisor), program(supervisor, name="second")])
    supervisor.start("group", "sleeper")
    supervisor.start("group", "second")
    pids = [pid_of(supervisor), pid_of(supervisor, name="second")]
    assert supervisor.end()
    assert not any(alive(pid) for pid in pids)
    assert not supervisor.end()


def test_the_children_of_a_killed_supervisor_end_too(supervisor: Supervisor) -> None:
    sleeper = program(supervisor)
    supervisor.declare("group", [sleeper])
    supervisor.start("group", "sleeper")
    until(lambda: sleeper.log.exists() and sleeper.log.read_text() == "ready\n")
    pid = pid_of(supervisor)
    os.kill(supervisor_pid(supervisor), signal.SIGKILL)
    until(lambda: not alive(pid))
    assert not supervisor.is_up()


def test_one_that_lost_its_socket_is_ended_before_another_is_started(supervisor: Supervisor) -> None:
    sleeper = program(supervisor)
    supervisor.declare("group", [sleeper])
    supervisor.start("group", "sleeper")
    until(lambda: sleeper.log.exists() and sleeper.log.read_text() == "ready\n")
    pid = pid_of(supervisor)
    supervisor.state.supervisor_socket.unlink()
    supervisor.ensure()
    assert not alive(pid)
    assert supervisor.seen() == []


def test_one_that_is_on_its_way_out_is_waited_for(supervisor: Supervisor) -> None:
    first = supervisor_pid(supervisor)
    os.kill(first, signal.SIGTERM)
    supervisor.ensure()
    assert not alive(first)
    assert supervisor.is_up()


def test_an_unknown_program_is_an_error_that_says_so(supervisor: Supervisor) -> None:
    with pytest.raises(LocalError, match="nobody cannot be started or stopped: BAD_NAME"):
        supervisor.start("group", "nobody")
