"""The companion guide in `docs/carriers`: its examples can be read, and its commands do a carrier's whole day."""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import re
import shutil
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import asyncssh
import pytest
import uvicorn
from gateway_builders import FAMILY, Gateway, activated, closed, contact, listed, paid, selected, terms
from pyx12.params import params
from pyx12.x12n_document import x12n_document
from remittance_builders import read820

from bulkhead.files import LocalFiles
from bulkhead_testing.auth import TestIssuer
from bulkhead_testing.clock import FixedClock
from bulkhead_testing.waiting import until
from bulkhead_testing.web import app_of
from carrier_gateway.adapters.sftp.box import Limits
from carrier_gateway.adapters.sftp.door import SftpDoor, SftpPlace
from carrier_gateway.adapters.x12.inbound import Reader834
from carrier_gateway.domain.carriers import CarrierProfile
from carrier_gateway.domain.events import CoverageEffectuated
from carrier_gateway.domain.records import Transmission
from carrier_gateway.entrypoints.api.profile_files import read_profile_file
from carrier_sim.adapters.lists import shipped_checklist
from carrier_sim.domain.files import answers_in, faults_of, kind_of

ROOT = Path(__file__).parents[4]
PAGES = ROOT / "docs" / "carriers"
PROFILES = ROOT / "services" / "carrier-gateway" / "profiles"
CARRIER = "GMH"
BROUGHT = ["999-000000002.999", "confirmation-000000003.834", "ta1-000000001.ta1"]
EXAMPLES = [
    pytest.param(page.stem, text, id=f"{page.stem}-{number}")
    for page in sorted(PAGES.glob("*.md"))
    for number, text in enumerate(re.findall(r"```x12\n(.*?)```", page.read_text("utf-8"), re.DOTALL))
]


def test_every_carrier_has_a_page_with_what_it_is_sent_and_what_it_answers() -> None:
    counted = {carrier: sum(each.values[0] == carrier for each in EXAMPLES) for carrier in ("LCH", "MVD")}
    # The set, its end, the TA1 where one is asked for, the 999, the confirmation.
    assert counted == {"LCH": 5, "MVD": 4}
    assert {path.stem for path in PROFILES.iterdir()} < {path.stem for path in PAGES.iterdir()}


@pytest.mark.parametrize(("page", "text"), EXAMPLES)
def test_CAR_2_an_example_is_read_without_a_fault_by_us_by_the_bench_and_by_the_referee(
    page: str, text: str, tmp_path: Path
) -> None:
    profile = CarrierProfile(carrier="ours", name="Ours", receiver_id="OURS", qhp_id="OURS")
    if (PROFILES / f"{page}.yaml").exists():
        profile = read_profile_file(PROFILES / f"{page}.yaml").profile
    kind = kind_of(text)
    if kind == "820":  # the referee and the bench have no map of it
        _, _, problems = read820([text.encode()])
        assert problems == []
        return
    said = Reader834().read(text.encode(), profile=profile)
    (interchange,) = said.interchanges
    found = [*said.findings, *(each for one in interchange.sets for each in one.findings)]
    found += [each for one in interchange.sets for member in one.members for each in member.findings]
    found += [each for one in interchange.acknowledgements for each in one.findings]
    assert found == []
    if kind == "834":
        assert faults_of(text, names=profile.category_names) == []
    else:
        assert [each.kind for each in answers_in(text)] == [kind]
    path = tmp_path / "example"
    path.write_text(text, encoding="ascii")
    assert x12n_document(param=params(), src_file=str(path), fd_997=io.StringIO(), fd_html=None, fd_json=None)


def commands(way: str) -> list[str]:
    """Return the guide's blocks of commands of a way, in order."""
    return re.findall(rf"```sh {way}\n(.*?)```", (PAGES / "README.md").read_text("utf-8"), re.DOTALL)


class Day:
    """A gateway with one carrier, and a folder in which that carrier follows the guide."""

    def __init__(self, root: Path) -> None:
        self.boxes, self.folder = root / "boxes", root / "carrier"
        self.boxes.mkdir()
        self.folder.mkdir()
        self.gateway = Gateway(files=LocalFiles(self.boxes))
        self.variables: dict[str, str] = {}

    async def open(self, *keys: str) -> Day:
        profile = read_profile_file(PROFILES / f"{CARRIER}.yaml").profile
        await self.gateway.profile(replace(profile, login_keys=keys))
        own = terms(carrier=CARRIER, members=("june-1", "june-2"))
        await self.gateway.tell(contact(*FAMILY), selected(own), paid(), activated())
        await self.gateway.tell(listed("june", carrier=CARRIER), closed(1, carrier=CARRIER))
        return self

    async def follow(self, blocks: list[str]) -> list[str]:
        """Do the guide's blocks one after the other, the first before each; between them the exchange does its part
        and the carrier's own system, for which the bench stands, answers what was fetched.
        """
        first, *others = blocks
        said: list[str] = []
        for block in others:
            said.append(await self.run(f"set -euo pipefail\n{first}\n{block}"))
            await self.gateway.work()
            if not list((self.folder / "inbound").iterdir()):
                await self.run(f"{sys.executable} -m carrier_sim --at . --notebook bench fetch")
                await self.run(f"{sys.executable} -m carrier_sim --at . --notebook bench answer")
        return said

    async def run(self, script: str, *, ends_well: bool = True) -> str:
        paths = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "apps" / "carrier-sim" / "src")}
        shell = await asyncio.create_subprocess_exec(
            *("bash", "-c", script),
            cwd=self.folder,
            env=paths | self.variables,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await asyncio.wait_for(shell.communicate(), 60)
        assert (shell.returncode == 0) == ends_well, said.decode()
        return said.decode()

    def fetched(self) -> list[str]:
        return sorted(path.name for path in (self.folder / "outbound").iterdir())

    def lying_there(self) -> list[str]:
        return sorted(path.name for path in (self.boxes / CARRIER / "outbound").iterdir())

    def done(self) -> None:
        """Check that the whole day was done: the set acknowledged and confirmed, and all answers at home."""
        (sent,) = self.gateway.rows(Transmission)
        assert (sent.answer, sent.file in self.fetched()) == ("accepted", True)
        assert len(self.gateway.said(CoverageEffectuated)) == 1
        assert "DELINQ_2016-06-01_1.csv" in self.fetched()
        answers = [name for name in self.fetched() if name.startswith(("TA1", "999"))]
        assert [name[:3] for name in answers] == ["999", "TA1"]
        assert [path.name for path in sorted((self.folder / "inbound").iterdir())] == BROUGHT


@asynccontextmanager
async def sftp_of(day: Day, root: Path) -> AsyncGenerator[None]:
    keys = root / "host-keys"
    keys.mkdir()
    host_key = asyncssh.generate_private_key("ssh-ed25519")
    host_key.write_private_key(keys / "ed25519")
    place = SftpPlace(
        host="127.0.0.1",
        port=0,
        host_keys=keys,
        boxes=day.boxes,
        limits=Limits(file_bytes=1_000_000, book_bytes=10_000_000, box_bytes=10_000_000),
    )
    door = SftpDoor(place, uows=day.gateway.uows, now=lambda: day.gateway.now)
    port = await door.open()
    public = host_key.export_public_key("openssh").decode()
    (day.folder / "known_hosts").write_text(f"[127.0.0.1]:{port} {public}")
    day.variables |= {"HOST": "127.0.0.1", "PORT": str(port), "CARRIER": CARRIER, "KEY": str(root / "key")}
    try:
        yield
    finally:
        await door.close()


async def visited_by_sftp(root: Path) -> Day:
    key = asyncssh.generate_private_key("ssh-ed25519")
    key.write_private_key(root / "key")
    (root / "key").chmod(0o600)
    return await Day(root).open(key.export_public_key("openssh").decode().strip())


@pytest.mark.skipif(shutil.which("sftp") is None, reason="there is no OpenSSH client on this machine")
async def test_CAR_1_a_stock_SFTP_client_does_a_carrier_s_day_by_the_guide_alone(tmp_path: Path) -> None:
    day = await visited_by_sftp(tmp_path)
    async with sftp_of(day, tmp_path):
        said = await day.follow(commands("sftp"))
    listed_there = [line for line in said[-1].splitlines() if line.startswith("inbound/")]
    assert listed_there == [f"inbound/processed/{name}" for name in BROUGHT]
    assert day.lying_there() == []
    day.done()


@pytest.mark.skipif(shutil.which("sftp") is None, reason="there is no OpenSSH client on this machine")
async def test_CAR_1_by_the_guide_what_does_not_come_whole_is_not_removed_at_the_exchange(
    tmp_path: Path,
) -> None:
    day = await visited_by_sftp(tmp_path)
    await day.gateway.work()
    lying = day.lying_there()
    assert [Path(name).suffix for name in lying] == [".P", ".csv"]
    first, fetch, *_ = commands("sftp")
    async with sftp_of(day, tmp_path):
        # A file of the carrier's may have 1,024 bytes, as on a disk that is full.
        await day.run(f"{first}\ntrap '' XFSZ\nulimit -f 1\n{fetch}", ends_well=False)
        assert (day.lying_there(), day.fetched()) == (lying, [])
        await day.run(f"{first}\n{fetch}")
    assert (day.lying_there(), day.fetched()) == ([], lying)


@pytest.mark.skipif(
    shutil.which("curl") is None or shutil.which("jq") is None, reason="curl or jq is not on this machine"
)
async def test_CAR_1_curl_does_a_carrier_s_day_by_the_guide_alone(tmp_path: Path) -> None:
    day = await Day(tmp_path).open()
    async with https_of(day):
        said = await day.follow(commands("https"))
    assert sorted(said[-1].splitlines()) == [f"{name} processed" for name in BROUGHT]
    day.done()


@pytest.mark.skipif(
    shutil.which("curl") is None or shutil.which("jq") is None, reason="curl or jq is not on this machine"
)
async def test_CAR_1_by_the_guide_every_page_is_asked_for_and_a_refusal_replaces_no_file(
    tmp_path: Path,
) -> None:
    day = await Day(tmp_path).open()
    async with https_of(day):
        said = await day.follow([each.replace("limit=500", "limit=1") for each in commands("https")])
        (day.folder / "outbound" / "good.834").write_text("ISA")
        lying = day.fetched()
        first, *_ = commands("https")
        refused = await day.run(f"{first}\nfetch <<< $'nothing.834\\ngood.834'", ends_well=False)
        refused_page = await day.run(f"{first}\npages '/v1/lists?limit=501'", ends_well=False)
    assert sorted(said[-1].splitlines()) == [f"{name} processed" for name in BROUGHT]
    assert "404" in refused
    assert '"status":422' in refused_page
    assert (day.fetched(), (day.folder / "outbound" / "good.834").read_text()) == (lying, "ISA")
    (day.folder / "outbound" / "good.834").unlink()
    day.done()


@asynccontextmanager
async def https_of(day: Day) -> AsyncGenerator[None]:
    issuer, clock = TestIssuer(), FixedClock(day.gateway.now)
    app = app_of(day.gateway.service, uows=day.gateway.uows, clock=clock, verifier=issuer.verifier())
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", lifespan="off"))
    running = asyncio.create_task(server.serve())

    async def started() -> bool:
        return server.started

    await until(started)
    port = server.servers[0].sockets[0].getsockname()[1]
    token = issuer.headers("carrier", carrier=CARRIER)["Authorization"].removeprefix("Bearer ")
    day.variables |= {"GATEWAY": f"http://127.0.0.1:{port}", "TOKEN": token}
    try:
        yield
    finally:
        server.should_exit = True
        await running


async def test_CAR_1_the_certification_in_the_guide_is_passed(tmp_path: Path) -> None:
    day = await visited_by_sftp(tmp_path)
    (command,) = commands("certify")
    async with sftp_of(day, tmp_path):
        turning = asyncio.create_task(turn(day.gateway))
        said = await day.run(f'carrier-sim() {{ {sys.executable} -m carrier_sim "$@"; }}\n{command}')
        turning.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await turning
    count = len(shipped_checklist())
    assert said.splitlines()[-1] == f"{count} steps, {count} passed, 0 failed"


async def turn(gateway: Gateway) -> None:
    """Let the pollers turn, as the worker does."""
    while True:
        await gateway.work()
        await asyncio.sleep(0.05)
