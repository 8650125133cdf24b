"""The SFTP program as it runs, before a real database, visited by OpenSSH's own client."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import sys
from collections.abc import AsyncGenerator
from pathlib import Path

import asyncssh
import pytest
from carriers_desk import effectuation_of
from gateway_builders import CARRIER, FILE_KEYS, KEYS, Gateway, contact, paid, profile, selected, terms

from bulkhead.files import LocalFiles
from bulkhead.persistence.connections import Connections
from bulkhead.persistence.postgres import PostgresDatabase
from bulkhead_testing.backing import Databases
from bulkhead_testing.contact_keys import CONTACT_KEYS_TEXT
from carrier_gateway.adapters.postgres.tables import TABLES, GatewayTable
from carrier_gateway.domain.records import InboundFile, Policy
from carrier_sim.adapters.lists import shipped_checklist

pytestmark = pytest.mark.postgres

POLICY = Path(__file__).parents[4] / "policy"


class Program:
    """A gateway on a real database, and its SFTP program."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.boxes = folder, folder / "boxes"
        self.boxes.mkdir()
        self.database = PostgresDatabase(
            connections=Connections(url=url, name="gateway-test"),
            tables=TABLES,
            outbound=Gateway().service.outbound,
            keys=KEYS,
        )
        self.gateway = Gateway(files=LocalFiles(self.boxes), store=self.database)
        (folder / "host-keys").mkdir()
        host_key = asyncssh.generate_private_key("ssh-ed25519")
        host_key.write_private_key(folder / "host-keys" / "ed25519")
        self.host_key = host_key.export_public_key("openssh").decode().strip()
        self.key = asyncssh.generate_private_key("ssh-ed25519")
        self.key.write_private_key(folder / "key")
        (folder / "key").chmod(0o600)
        self.environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(sys.path),
            "BULKHEAD_DATABASE_URL": url,
            "BULKHEAD_CONTACT_KEYS": CONTACT_KEYS_TEXT,
            "BULKHEAD_POLICY_DIR": str(POLICY),
            "BULKHEAD_JWKS": str(folder / "jwks.json"),
            "BULKHEAD_JWT_ISSUER": "nobody",
            "BULKHEAD_JWT_AUDIENCE": "nobody",
            "CARRIER_GATEWAY_DROPBOX_DIR": str(self.boxes),
            "CARRIER_GATEWAY_FILE_KEYS": FILE_KEYS,
            "CARRIER_GATEWAY_SFTP_PORT": "0",
            "CARRIER_GATEWAY_SFTP_HOST_KEYS": str(folder / "host-keys"),
        }
        self.running: asyncio.subprocess.Process | None = None
        self.port = 0

    async def start(self) -> None:
        self.running = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "carrier_gateway", "sftp"),
            env=self.environment,
            stdout=asyncio.subprocess.PIPE,
        )
        assert self.running.stdout is not None
        said = json.loads(await asyncio.wait_for(self.running.stdout.readline(), 60))
        assert said["event"] == "started"
        self.port = said["port"]

    async def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        assert self.running is not None
        self.running.send_signal(number)
        return await asyncio.wait_for(self.running.wait(), 30)

    async def sftp(self, *lines: str) -> str:
        """Return what OpenSSH's client says of a batch of its commands; the test fails where it does."""
        known = self.folder / "known-hosts"
        known.write_text(f"[127.0.0.1]:{self.port} {self.host_key}\n")
        client = await asyncio.create_subprocess_exec(
            *("sftp", "-q", "-F", "none", "-b", "-", "-P", str(self.port), "-i", str(self.folder / "key")),
            *("-o", "IdentitiesOnly=yes", "-o", f"UserKnownHostsFile={known}", f"{CARRIER}@127.0.0.1"),
            cwd=self.folder,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await asyncio.wait_for(client.communicate("\n".join(lines).encode()), 30)
        assert client.returncode == 0, said.decode()
        return said.decode()


@pytest.fixture
async def program(databases: Databases, tmp_path: Path) -> AsyncGenerator[Program]:
    made = Program(tmp_path, databases.fresh(GatewayTable.metadata))
    public = made.key.export_public_key("openssh").decode().strip()
    await made.gateway.profile(profile(login_keys=(public,)))
    await made.start()
    yield made
    if made.running is not None and made.running.returncode is None:
        await made.end()
    await made.database.close()


@pytest.mark.skipif(shutil.which("sftp") is None, reason="there is no OpenSSH client on this machine")
async def test_CAR_1_a_stock_client_does_a_carriers_day(program: Program) -> None:
    gateway = program.gateway
    await gateway.tell(contact(), selected(terms()), paid("june-medical"))
    await program.sftp("cd outbound", "get -p *.834", "rm *.834")
    (fetched,) = program.folder.glob("*.834")
    assert list((program.boxes / CARRIER / "outbound").iterdir()) == []
    (program.folder / "confirmed.txt").write_text(effectuation_of(fetched.read_text()))
    await program.sftp("put -p confirmed.txt inbound/confirmed.834")
    await gateway.work()
    assert "confirmed.834" in await program.sftp("ls -l inbound/processed")
    async with program.database.begin(now=gateway.now) as uow:
        (file,) = await uow.records(InboundFile).select()
    assert (file.name, file.state) == ("confirmed.834", "processed")
    assert await program.end() == 0


@pytest.mark.slow
async def test_CAR_5_the_test_bench_certifies_the_program_and_its_database(program: Program) -> None:
    gateway = program.gateway
    await gateway.tell(contact(), selected(terms()), paid("june-medical"))
    known = program.folder / "known-hosts"
    known.write_text(f"[127.0.0.1]:{program.port} {program.host_key}\n")
    bench = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "carrier_sim", "--at", f"sftp://{CARRIER}@127.0.0.1:{program.port}"),
        *("--key", str(program.folder / "key"), "--known-hosts", str(known), "certify"),
        cwd=program.folder,
        env=program.environment,
        stdout=asyncio.subprocess.PIPE,
    )
    said = asyncio.create_task(bench.communicate())
    while not said.done():
        await gateway.work()
        await asyncio.wait([said], timeout=0.05)
    report = said.result()[0].decode().splitlines()
    count = len(shipped_checklist())
    assert (bench.returncode, report[-1]) == (0, f"{count} steps, {count} passed, 0 failed"), report
    async with program.database.begin(now=gateway.now) as uow:
        (policy,) = await uow.records(Policy).select()
    assert (policy.confirmed, policy.issuer_policy) == (("june-1",), "SIM-june-medical")


async def test_killed_while_a_file_is_brought_it_leaves_nothing_that_is_taken_in(program: Program) -> None:
    connection = await asyncssh.connect(
        "127.0.0.1",
        program.port,
        username=CARRIER,
        client_keys=[program.key],
        known_hosts=None,
        config=None,
        agent_path=None,
    )
    sftp = await connection.start_sftp_client()
    await (await sftp.open("inbound/half.834", "wb")).write(b"half of it")
    await program.end(signal.SIGKILL)
    await program.gateway.work()
    async with program.database.begin(now=program.gateway.now) as uow:
        assert await uow.records(InboundFile).select() == []
    await program.start()
    async with (
        asyncssh.connect(
            "127.0.0.1",
            program.port,
            username=CARRIER,
            client_keys=[program.key],
            known_hosts=None,
            config=None,
            agent_path=None,
        ) as again,
        again.start_sftp_client() as sftp,
        sftp.open("inbound/half.834", "wb") as file,
    ):
        await file.write(b"all of it")
    assert (program.boxes / CARRIER / "inbound" / "half.834").read_bytes() == b"all of it"
