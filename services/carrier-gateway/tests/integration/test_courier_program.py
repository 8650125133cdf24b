"""The courier as it runs, before a real database: killed and started again, two at once, at OpenSSH's own server."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import sys
from collections.abc import AsyncGenerator
from dataclasses import replace
from functools import partial
from pathlib import Path

import asyncssh
import pytest
from carrier_hosts import CarrierServer, Round
from gateway_builders import CARRIER, FILE_KEYS, KEYS, Gateway, profile

from bulkhead.files import LocalFiles
from bulkhead.persistence.connections import Connections
from bulkhead.persistence.postgres import PostgresDatabase
from bulkhead_testing.backing import Databases
from bulkhead_testing.contact_keys import CONTACT_KEYS_TEXT
from bulkhead_testing.waiting import until
from carrier_gateway.adapters.postgres.tables import TABLES, GatewayTable
from carrier_gateway.domain.records import Delivery, InboundFile

pytestmark = pytest.mark.postgres

POLICY = Path(__file__).parents[4] / "policy"
SFTP_SERVER = shutil.which(
    "sftp-server", path="/usr/lib/openssh:/usr/libexec/openssh:/usr/lib/ssh:/usr/libexec"
)


class Program:
    """A gateway on a real database, and its couriers."""

    def __init__(self, folder: Path, url: str) -> None:
        self.round = Round(folder)
        self.database = PostgresDatabase(
            connections=Connections(url=url, name="gateway-test"),
            tables=TABLES,
            outbound=Gateway().service.outbound,
            keys=KEYS,
        )
        self.gateway = Gateway(files=LocalFiles(self.round.boxes), store=self.database)
        self.environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(sys.path),
            "BULKHEAD_DATABASE_URL": url,
            "BULKHEAD_CONTACT_KEYS": CONTACT_KEYS_TEXT,
            "BULKHEAD_POLICY_DIR": str(POLICY),
            "BULKHEAD_JWKS": str(folder / "jwks.json"),
            "BULKHEAD_JWT_ISSUER": "nobody",
            "BULKHEAD_JWT_AUDIENCE": "nobody",
            "CARRIER_GATEWAY_DROPBOX_DIR": str(self.round.boxes),
            "CARRIER_GATEWAY_FILE_KEYS": FILE_KEYS,
            "CARRIER_GATEWAY_COURIER_KEYS": str(folder / "keys"),
            "CARRIER_GATEWAY_COURIER_SECONDS": "1",
        }
        self.running: list[asyncio.subprocess.Process] = []

    async def start(self) -> asyncio.subprocess.Process:
        started = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "carrier_gateway", "courier"),
            env=self.environment,
            stdout=asyncio.subprocess.PIPE,
        )
        self.running.append(started)
        assert started.stdout is not None
        said = json.loads(await asyncio.wait_for(started.stdout.readline(), 60))
        assert (said["event"], said["role"]) == ("started", "courier")
        return started

    async def end(self, program: asyncio.subprocess.Process, number: signal.Signals = signal.SIGTERM) -> int:
        program.send_signal(number)
        self.running.remove(program)
        await asyncio.wait_for(program.communicate(), 30)
        return program.returncode or 0

    async def deliveries(self) -> dict[str, str]:
        """Return how far each file is, by name."""
        async with self.database.begin(now=self.gateway.now) as uow:
            return {each.file: each.state for each in await uow.records(Delivery).select()}


class _Login(asyncssh.SSHServer):
    """A login behind which OpenSSH's own program serves SFTP."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def session_requested(self) -> asyncssh.SSHServerSession[bytes]:
        return _Stock(self._root)


class _Stock(asyncssh.SSHServerSession[bytes]):
    def __init__(self, root: Path) -> None:
        self._root = root
        self._received: asyncio.Queue[bytes] = asyncio.Queue()

    def connection_made(self, chan: asyncssh.SSHServerChannel[bytes]) -> None:
        self._channel = chan

    def subsystem_requested(self, subsystem: str) -> bool:
        return subsystem == "sftp"

    def session_started(self) -> None:
        self._serving = asyncio.create_task(self._serve())

    def data_received(self, data: bytes, datatype: int | None) -> None:
        self._received.put_nowait(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._received.put_nowait(b"")

    async def _serve(self) -> None:
        stock = await asyncio.create_subprocess_exec(
            *(str(SFTP_SERVER), "-d", str(self._root)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        assert stock.stdin is not None
        assert stock.stdout is not None
        answering = asyncio.create_task(self._answer(stock.stdout))
        while data := await self._received.get():
            stock.stdin.write(data)
        stock.stdin.close()
        await answering
        await stock.wait()

    async def _answer(self, said: asyncio.StreamReader) -> None:
        while data := await said.read(65_536):
            self._channel.write(data)


@pytest.fixture
async def program(databases: Databases, tmp_path: Path) -> AsyncGenerator[Program]:
    made = Program(tmp_path, databases.fresh(GatewayTable.metadata))
    yield made
    for each in tuple(made.running):
        await made.end(each)
    await made.database.close()


@pytest.fixture
async def server(program: Program) -> AsyncGenerator[CarrierServer]:
    started = await program.round.server().start()
    await program.gateway.profile(profile(host=started.host()))
    yield started
    await started.stop()


@pytest.mark.parametrize("at", ["write", "lstat", "rename"])
async def test_CAR_4_killed_it_goes_on_where_it_was(program: Program, server: CarrierServer, at: str) -> None:
    for second, name in enumerate(("b.834", "a.834")):
        program.round.put(CARRIER, name, name.encode() * 20_000, second=second)
    first = await program.start()
    struck = asyncio.Event()

    async def kill(_number: int, name: str) -> None:
        if name == at and not struck.is_set():
            struck.set()
            await program.end(first, signal.SIGKILL)

    server.after = kill
    await asyncio.wait_for(struck.wait(), 60)
    await program.start()
    await until(partial(_is_empty, program))
    server.take()
    assert server.taken == [(name, name.encode() * 20_000) for name in ("b.834", "a.834")]
    assert server.names() == []
    assert await program.deliveries() == {"a.834": "delivered", "b.834": "delivered"}


async def test_CAR_4_of_two_programs_at_once_one_goes(program: Program, server: CarrierServer) -> None:
    names = [f"{9 - number}.834" for number in range(10)]
    for second, name in enumerate(names):
        program.round.put(CARRIER, name, b"x", second=second)
    (server.downloads / "theirs.834").write_bytes(b"what they say")
    started = await asyncio.gather(program.start(), program.start())
    await until(partial(_is_empty, program))
    await until(partial(_is_here, program, "theirs.834"))
    assert [await program.end(each) for each in started] == [0, 0]
    assert server.arrived == names
    await program.gateway.work()
    async with program.database.begin(now=program.gateway.now) as uow:
        (file,) = await uow.records(InboundFile).select()
    assert (file.name, file.copies) == ("theirs.834", 0)


@pytest.mark.skipif(SFTP_SERVER is None, reason="there is no OpenSSH server on this machine")
async def test_CAR_1_a_day_at_a_stock_server(program: Program, tmp_path: Path) -> None:
    server = program.round.server()

    acceptor = await asyncssh.create_server(
        partial(_Login, server.root),
        "127.0.0.1",
        0,
        server_host_keys=server.keys,
        authorized_client_keys=asyncssh.import_authorized_keys(
            program.round.key.export_public_key("openssh").decode()
        ),
        encoding=None,
    )
    server.port = acceptor.get_port()
    host = replace(server.host(), download_folder="to-exchange")
    await program.gateway.profile(profile(host=host))
    for second, name in enumerate(("b.834", "a.834")):
        program.round.put(CARRIER, name, name.encode() * 20_000, second=second)
    (server.downloads / "theirs.834").write_bytes(b"what they say")
    (server.downloads / "link.834").symlink_to(server.downloads / "theirs.834")
    courier = await program.start()
    await until(partial(_is_empty, program))
    await until(partial(_is_here, program, "theirs.834"))
    assert await program.end(courier) == 0
    acceptor.close()
    assert {each.name: each.read_bytes() for each in server.uploads.iterdir()} == {
        name: name.encode() * 20_000 for name in ("b.834", "a.834")
    }
    assert [each.name for each in server.downloads.iterdir()] == ["link.834"]


async def _is_empty(program: Program) -> bool:
    return program.round.lying(CARRIER) == []


async def _is_here(program: Program, name: str) -> bool:
    return name in program.round.lying(CARRIER, "inbound")
