"""An exchange instance: five services with databases, topics, files, mails and a clock of their own."""

from __future__ import annotations

import http.client
import json
import re
import shutil
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal, TypeAlias, cast

from bulkhead_local import databases, kafka_access, tokens, topics
from bulkhead_local.backing import Backing, BackingName
from bulkhead_local.errors import DidNotStart, LocalError, UnknownExchange
from bulkhead_local.postgres import run
from bulkhead_local.progress import step
from bulkhead_local.services import (
    HUB,
    PROCESSOR,
    SERVICES,
    SFTP,
    SMTP,
    STATUS,
    Place,
    environment,
    python,
    python_environment,
    status_environment,
    told_here,
)
from bulkhead_local.state import REPOSITORY, State, is_free, write_whole
from bulkhead_local.supervisor import Program, Supervisor, last_lines

AfterCrash: TypeAlias = Literal["stays-down", "starts-again"]

DEFAULT_PACK = "vermont-2016"
PARTITIONS = 8
HELPERS = (SMTP, PROCESSOR, HUB)
DOORS = (SFTP, STATUS)
"""What only people and programs of others use: it is started for them alone."""
_BACKING: tuple[BackingName, ...] = ("postgres", "kafka")
_NAME = re.compile(r"[a-z][a-z0-9-]{0,29}")
_SECONDS_TO_START = 180.0
_SECONDS_BETWEEN_LOOKS = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One instance, by name. `Exchange.create` makes a new one, `Exchange.open` finds one made before.

    ``simulation_start`` is the local date at whose midnight its clock begins, and stands until it is moved;
    None follows the wall clock. ``told`` is what the environment said of `services.TOLD` when it was made.
    """

    backing: Backing
    name: str
    pack: str
    simulation_start: date | None
    partitions: int
    after_crash: AfterCrash
    told: Mapping[str, str]

    @classmethod
    def create(
        cls,
        name: str,
        *,
        pack: str = DEFAULT_PACK,
        simulation_start: date | None = None,
        partitions: int = PARTITIONS,
        after_crash: AfterCrash = "stays-down",
        backing: Backing | None = None,
    ) -> Exchange:
        """Make an exchange that is empty and not started yet; one of the same name is destroyed first.

        ``name`` is 1 to 30 lower-case letters, digits and dashes. Raises `LocalError` with what to do.
        """
        if _NAME.fullmatch(name) is None or name == "backing":
            raise LocalError(
                f"'{name}' cannot be a name.\n  What to do: use lower-case letters, digits, dashes"
            )
        packs = sorted(each.name for each in (REPOSITORY / "policy").iterdir() if each.is_dir())
        if pack not in packs:
            raise LocalError(
                f"there is no policy pack '{pack}'.\n  What to do: name one of {', '.join(packs)}"
            )
        exchange = cls(
            backing=backing or Backing.ensure(),
            name=name,
            pack=pack,
            simulation_start=simulation_start,
            partitions=partitions,
            after_crash=after_crash,
            told=told_here(),
        )
        exchange._clear_processes_and_files()
        for folder in (exchange.mail_dir.parent, *exchange._file_folders()):
            folder.mkdir(parents=True, exist_ok=True)
        settings = exchange._settings()
        with ThreadPoolExecutor() as pool:
            jobs = [
                pool.submit(databases.create, exchange.backing, exchange=name, settings=settings),
                pool.submit(exchange._begin_on_kafka),
            ]
            for job in jobs:
                job.result()
        exchange._remember()
        return exchange

    @classmethod
    def open(cls, name: str) -> Exchange:
        """Return the exchange of that name, started or not; raises `UnknownExchange`."""
        state = State.here()
        path = state.exchanges / name / "exchange.json"
        if not path.exists():
            raise UnknownExchange(name=name, known=cls.names())
        told = json.loads(path.read_text())
        start = told["simulation_start"]
        return cls(
            backing=Backing.ensure(),
            name=name,
            pack=told["pack"],
            simulation_start=None if start is None else date.fromisoformat(start),
            partitions=told["partitions"],
            after_crash=told["after_crash"],
            told=told.get("told", {}),  # not there in one that was made before this was kept
        )

    @classmethod
    def names(cls) -> list[str]:
        """Return the names of all exchanges of this state folder, in order."""
        return sorted(path.parent.name for path in State.here().exchanges.glob("*/exchange.json"))

    @property
    def state(self) -> State:
        """The state folder it lives in."""
        return self.backing.state

    @property
    def folder(self) -> Path:
        """The folder of everything it writes."""
        return self.state.exchanges / self.name

    @property
    def files_dir(self) -> Path:
        """The folder of those of lockbox, returns, statements, remittances, debits, carriers and print."""
        return self.folder / "files"

    @property
    def mail_dir(self) -> Path:
        """The maildir of all mails it sent."""
        return self.folder / "mail"

    @property
    def clock_file(self) -> Path:
        """Where whoever moves a simulated clock writes the time; a process that starts shows it at once."""
        return self._place().clock_file

    @property
    def urls(self) -> dict[str, str]:
        """The base URL of each of the five services."""
        return {name: f"http://127.0.0.1:{self._place().port(name)}" for name in SERVICES}

    @property
    def status_url(self) -> str:
        """The address of its status page, once that is started."""
        return f"http://127.0.0.1:{self._place().port(STATUS)}/"

    @property
    def sftp_port(self) -> int:
        """The port at which carriers reach their drop-boxes by SFTP, once that is started."""
        return self._place().port(SFTP)

    @property
    def hub_url(self) -> str:
        """The base URL of the federal hub's sandbox."""
        return f"http://127.0.0.1:{self._place().port(HUB)}"

    @property
    def webhook_secret(self) -> str:
        """What its card processor and its provider of e-mail sign webhooks with."""
        return self._place().webhook_secret

    @property
    def processor_url(self) -> str:
        """The base URL of the card processor's sandbox."""
        return f"http://127.0.0.1:{self._place().port(PROCESSOR)}"

    @property
    def topic_prefix(self) -> str:
        """What the names of its topics begin with."""
        return self._place().topic_prefix

    def database_url(self, service: str) -> str:
        """Return the URL of a service's database, with the service's own role."""
        return databases.database_url(self.backing, SERVICES[service], self.name)

    def environment(self, service: str) -> dict[str, str]:
        """Return the settings that one of its five services is started with."""
        return self._settings()[service]

    def log(self, process: str) -> Path:
        """Return the log file of one of its processes, or of ``kafka`` or ``postgres``."""
        name = process if process in _BACKING else f"{self.name}.{process}"
        return self.state.logs / f"{name}.log"

    def token(
        self,
        *,
        roles: Sequence[str],
        household: str | None = None,
        carrier: str | None = None,
        subject: str = "local",
    ) -> str:
        """Return a bearer token for its services."""
        return tokens.mint(
            self.state,
            exchange=self.name,
            roles=roles,
            household=household,
            carrier=carrier,
            subject=subject,
        )

    def start(self, *, also: Sequence[str] = ()) -> None:
        """Start what of it does not run, all at once, and wait until every service is ready; ``also`` its status page
        and its SFTP server, where somebody is to use those (`DOORS`).

        Raises `DidNotStart` with the end of the log of the first that is not.
        """
        self._say_who_may_do_what()  # also of one that was made before somebody asked
        with step(f"exchange {self.name}: starting its five services"):
            for last in (False, False, True):
                self._declare()
                try:
                    self._start_and_wait([*HELPERS, *SERVICES])
                except DidNotStart:
                    if last or not self._lost_a_port():
                        raise
                    self.stop()  # all: each was told of the port that another one could not have
                else:
                    break
            self._start_and_wait(also)  # it would tell of services that are not there yet

    def stop(self) -> None:
        """Stop all its processes in an orderly way; its data stays."""
        with ThreadPoolExecutor() as pool:
            for stopped in [pool.submit(self.stop_service, name) for name in (*SERVICES, *DOORS, *HELPERS)]:
                stopped.result()

    def start_service(self, name: str) -> None:
        """Start one process that is down and wait until it is ready.

        ``name`` is one of the five services, ``smtp``, ``processor``, ``hub``, ``status``, ``sftp``, or ``kafka`` or
        ``postgres``, which all exchanges share. Raises `DidNotStart`.
        """
        self.start_services([name])

    def start_services(self, names: Sequence[str]) -> None:
        """Start processes that are down, all at once, and wait until each is ready; the names are those of
        `start_service`. Raises `DidNotStart`.
        """
        own = [self._known(name) for name in names if name not in _BACKING]
        for name in names:
            if name in _BACKING:
                self.backing.start(cast(BackingName, name))
        if own:
            self._declare()
            self._start_and_wait(own)

    def stop_service(self, name: str) -> None:
        """Stop one process in an orderly way; wait until it is gone. It stays down until started."""
        if name in _BACKING:
            self.backing.stop(cast(BackingName, name))
        elif Supervisor(self.state).look_at(self.name, self._process(self._known(name))) is not None:
            Supervisor(self.state).stop(self.name, self._process(name))

    def kill_service(self, name: str) -> None:
        """Kill one process (SIGKILL) and wait until it is gone. It stays down until started."""
        if name in _BACKING:
            self.backing.kill(cast(BackingName, name))
        else:
            Supervisor(self.state).kill(self.name, self._process(name))
            if self.after_crash == "starts-again":
                Supervisor(self.state).hold_down(self.name, self._process(name))

    def destroy(self) -> None:
        """Stop it and remove its databases, roles, topics, files and mails."""
        self._clear_processes_and_files()
        databases.drop(self.backing, exchange=self.name)
        run(self._remove_topics)
        if self.backing.kafka_access is not None:
            kafka_access.close_for(self.backing.kafka_access, exchange=self.name, prefix=self.topic_prefix)
        self.state.forget_ports(f"{self.name}/")

    def _clear_processes_and_files(self) -> None:
        supervisor = Supervisor(self.state)
        if supervisor.is_up():
            supervisor.forget(self.name)
        shutil.rmtree(self.folder, ignore_errors=True)
        for log in self.state.logs.glob(f"{self.name}.*.log*"):
            log.unlink(missing_ok=True)

    def _file_folders(self) -> list[Path]:
        names = (
            "lockbox",
            "returns",
            "statements",
            "remittances",
            "debits",
            "carriers",
            "print",
            "returned-mail",
        )
        return [self.files_dir / name for name in names]

    def _begin_on_kafka(self) -> None:
        """Leave no topic of an exchange of the same name, and say who of this one may do what."""
        run(self._remove_topics)
        self._say_who_may_do_what()

    def _say_who_may_do_what(self) -> None:
        access = self.backing.kafka_access
        if access is not None:
            kafka_access.open_for(
                access, exchange=self.name, prefix=self.topic_prefix, partitions=self.partitions
            )

    async def _remove_topics(self) -> None:
        await topics.remove(self.backing.kafka_operator(), prefix=self.topic_prefix)

    def _remember(self) -> None:
        told = {
            "name": self.name,
            "pack": self.pack,
            "simulation_start": None if self.simulation_start is None else self.simulation_start.isoformat(),
            "partitions": self.partitions,
            "after_crash": self.after_crash,
            "told": dict(self.told),
        }
        text = json.dumps(told, indent=2) + "\n"
        write_whole(self.folder / "exchange.json", text, mode=0o600)  # a password may be in it

    def _place(self) -> Place:
        return Place(
            state=self.state,
            exchange=self.name,
            pack=self.pack,
            simulation_start=self.simulation_start,
            partitions=self.partitions,
            kafka_bootstrap=self.backing.kafka_bootstrap,
            kafka_access=self.backing.kafka_access,
            files=self.files_dir,
            told=self.told,
        )

    def _settings(self) -> dict[str, dict[str, str]]:
        place = self._place()
        return {
            kind.name: environment(kind, place, database_url=self.database_url(kind.name))
            for kind in SERVICES.values()
        }

    def _process(self, name: str) -> str:
        return f"{self.name}.{name}"

    def _known(self, name: str) -> str:
        if name not in (*SERVICES, *HELPERS, *DOORS):
            known = ", ".join([*SERVICES, *HELPERS, *DOORS, *_BACKING])
            raise LocalError(f"there is no process '{name}'.\n  What to do: name one of {known}")
        return name

    def _declare(self) -> None:
        supervisor = Supervisor(self.state)
        seen = supervisor.seen() if supervisor.is_up() else []
        running = {each.name for each in seen if each.group == self.name and each.runs}
        for name in (*SERVICES, *HELPERS, *DOORS):
            if self._process(name) not in running:
                self.state.usable_port(f"{self.name}/{name}")
        settings = self._settings()
        again = self.after_crash == "starts-again"
        programs = [
            Program(
                name=self._process(kind.name),
                command=python("-m", kind.package, "all"),
                environment=settings[kind.name],
                folder=kind.folder,
                log=self.log(kind.name),
                again=again,
            )
            for kind in SERVICES.values()
        ]
        page = Program(
            name=self._process(STATUS),
            command=python("-m", "status_page"),
            environment=status_environment(self._place()),
            folder=REPOSITORY,
            log=self.log(STATUS),
            again=again,
        )
        supervisor.ensure()
        door = Program(
            name=self._process(SFTP),
            command=python("-m", "carrier_gateway", "sftp"),
            environment=settings["carrier-gateway"],
            folder=SERVICES["carrier-gateway"].folder,
            log=self.log(SFTP),
            again=again,
        )
        supervisor.declare(self.name, [*self._helpers(), *programs, door, page])

    def _helpers(self) -> Iterable[Program]:
        place, environs = self._place(), python_environment()
        environs["SANDBOX_PROCESSOR_STATE"] = str(self.folder / "processor")
        speaks, door = place.processor_speaks, f"{self.urls['payments']}/v1/processor-events"
        environs["SANDBOX_PROCESSOR_SPEAKS"] = speaks
        environs["SANDBOX_PROCESSOR_CALLS_BACK"] = door if speaks == "charges" else f"{door}/{speaks}"
        environs["SANDBOX_PROCESSOR_WEBHOOK_SECRET"] = place.webhook_secret
        environs["SANDBOX_HUB_STATE"] = str(self.folder / "hub")
        commands = {
            SMTP: python("-m", "bulkhead_local.smtp_sink", str(place.port(SMTP)), str(self.mail_dir)),
            **{
                name: python(
                    "-m", "uvicorn", f"sandbox_{name}:app",
                    "--host", "127.0.0.1", "--port", str(place.port(name)), "--log-level", "warning",
                )
                for name in (PROCESSOR, HUB)
            },
        }  # fmt: skip
        for name, command in commands.items():
            yield Program(
                name=self._process(name),
                command=command,
                environment=environs,
                folder=REPOSITORY,
                log=self.log(name),
                priority=400,
                again=self.after_crash == "starts-again",
            )

    def _start_and_wait(self, names: Sequence[str]) -> None:
        supervisor = Supervisor(self.state)
        for name in names:
            supervisor.start(self.name, self._process(name))
        began = time.monotonic()
        waiting = list(names)
        while waiting:
            waiting = [name for name in waiting if not self.is_ready(name)]
            if not waiting:
                return
            seen = {each.name: each for each in supervisor.seen() if each.group == self.name}
            for name in waiting:
                process = seen.get(self._process(name))
                if process is None or not (process.runs or process.state == "BACKOFF"):
                    self._complain(name, "it ended")
            if time.monotonic() - began > _SECONDS_TO_START:
                self._complain(waiting[0], f"it is not ready after {_SECONDS_TO_START:.0f} s")
            time.sleep(_SECONDS_BETWEEN_LOOKS)

    def is_ready(self, name: str) -> bool:
        """Whether a process can take work now."""
        port = self._place().port(name)
        if name in (*HELPERS, SFTP):
            return not is_free(port)
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _lost_a_port(self) -> bool:
        """Whether somebody took a port after it was found free and before the process that it was for did."""
        seen = {each.name: each for each in Supervisor(self.state).seen() if each.group == self.name}
        ended = [name for name in (*HELPERS, *SERVICES) if not seen[self._process(name)].runs]
        return any(not is_free(self._place().port(name)) for name in ended)

    def _complain(self, name: str, why: str) -> None:
        log = self.log(name)
        raise DidNotStart(what=f"{name} of exchange {self.name}", why=why, log=log, lines=last_lines(log))
