"""Files for carriers that host their own server: each arrives once, in order, and each comes in once (CAR-1, CAR-4)."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Literal, TypeAlias

import asyncssh
import pytest
from carrier_hosts import LIMITS, CarrierServer, Round, nothing, visit
from gateway_builders import CARRIER, contact, paid, profile, selected, terms

from bulkhead.kernel.errors import InvalidValue, Retryable
from bulkhead.retries.retries import Retry
from carrier_gateway.adapters.sftp.courier import Courier
from carrier_gateway.adapters.sftp.host import Patience
from carrier_gateway.application.carriers import carriers_standing
from carrier_gateway.application.look_at_exchange import look_at_exchange
from carrier_gateway.domain.records import Delivery, InboundFile

OTHER = "MVP"
How: TypeAlias = Literal["killed", "cut off"]


class Exchange:
    """A round, and a server for each carrier that has one."""

    def __init__(self, tmp_path: Path) -> None:
        self.round = Round(tmp_path)
        self.servers: dict[str, CarrierServer] = {}

    async def carrier(self, carrier: str = CARRIER, *keys: asyncssh.SSHKey) -> CarrierServer:
        server = self.servers[carrier] = await self.round.server(carrier).start()
        await self.round.gateway.profile(profile(carrier, host=server.host(*keys)))
        return server

    async def unreachable(self, carrier: str = CARRIER) -> dict[str, tuple[int, str]]:
        """Return the sides of a carrier that fail, with how often they did in a row and why."""
        async with self.round.uows.begin(now=self.round.gateway.now) as uow:
            standing = {each.carrier: each for each in await carriers_standing(uow)}[carrier]
        return {side: (retry.failures, retry.reason) for side, retry in standing.unreachable}


@pytest.fixture
async def exchange(tmp_path: Path) -> AsyncGenerator[Exchange]:
    made = Exchange(tmp_path)
    yield made
    for server in made.servers.values():
        await server.stop()


async def test_CAR_1_a_day_at_a_carriers_own_host(exchange: Exchange) -> None:
    gateway, server = exchange.round.gateway, await exchange.carrier()
    await gateway.tell(contact(), selected(terms()), paid("june-medical"))
    (name,) = exchange.round.lying(CARRIER)
    content = (exchange.round.boxes / CARRIER / "outbound" / name).read_bytes()
    (server.downloads / "theirs.834").write_bytes(b"what they say")
    courier = exchange.round.courier()
    await visit(courier, 2)
    assert server.names() == [name]
    assert (server.uploads / name).read_bytes() == content
    assert exchange.round.lying(CARRIER) == []
    assert exchange.round.lying(CARRIER, "inbound") == ["theirs.834"]
    assert list(server.downloads.iterdir()) == []
    await gateway.work()
    (file,) = gateway.rows(InboundFile)
    assert (file.carrier, file.name, file.size_bytes) == (CARRIER, "theirs.834", 13)
    assert await exchange.unreachable() == {}


async def test_CAR_4_files_arrive_in_the_order_they_were_put_there(exchange: Exchange) -> None:
    server = await exchange.carrier()
    for second, name in enumerate(("c.834", "a.834", "b.820")):
        exchange.round.put(CARRIER, name, name.encode(), second=second)
    await visit(exchange.round.courier())
    assert server.arrived == ["c.834", "a.834", "b.820"]


async def test_CAR_4_one_that_fails_holds_back_those_behind_it_and_no_other_carrier(
    exchange: Exchange,
) -> None:
    server, other = await exchange.carrier(), await exchange.carrier(OTHER)
    for second, name in enumerate(("a.834", "b.834", "c.834")):
        exchange.round.put(CARRIER, name, name.encode(), second=second)
        exchange.round.put(OTHER, name, name.encode(), second=second)
    (server.uploads / "b.834").write_bytes(b"theirs, another")
    (server.downloads / "theirs.834").write_bytes(b"what they say")
    courier = exchange.round.courier()
    await visit(courier, 2)
    assert (server.arrived, other.arrived) == (["a.834"], ["a.834", "b.834", "c.834"])
    assert (server.uploads / "b.834").read_bytes() == b"theirs, another"
    assert exchange.round.lying(CARRIER) == ["b.834", "c.834"]
    assert await exchange.unreachable() == {
        "host-outbound": (
            1,
            "another file of that name lies there: its carrier has to take it away",
        )
    }
    assert await exchange.unreachable(OTHER) == {}
    assert exchange.round.lying(CARRIER, "inbound") == ["theirs.834"]
    (server.uploads / "b.834").unlink()
    exchange.round.gateway.later(seconds=29)
    await visit(courier)
    assert server.arrived == ["a.834"]
    exchange.round.gateway.later(seconds=2)
    await visit(courier)
    assert server.arrived == ["a.834", "b.834", "c.834"]
    assert await exchange.unreachable() == {}


class Killed(BaseException):
    """The process ended at once."""


class Mortal:
    """Units of work that are counted, at one of which the process is killed: before it, or once it is committed."""

    def __init__(self, uows: Any, strike: Strike) -> None:
        self._uows = uows
        self._strike = strike

    @asynccontextmanager
    async def begin(self, **given: Any) -> AsyncIterator[Any]:
        self._strike.at_database()
        async with self._uows.begin(**given) as uow:
            yield uow
        self._strike.at_database()


class Strike:
    """Counts steps, and strikes at one of them."""

    def __init__(self, at: int, how: How) -> None:
        self.steps = 0
        self.at = at
        self.how = how
        self.struck = False
        self._dying: list[asyncio.Task[None]] = []

    def is_now(self) -> bool:
        self.steps += 1
        self.struck = self.struck or self.steps == self.at
        return self.steps == self.at

    def at_database(self) -> None:
        """Take a step there."""
        if self.is_now():
            raise Killed if self.how == "killed" else Retryable("the database is away")

    def at_server(self, server: CarrierServer, courier: Courier) -> None:
        """Count what a server is asked, before and after it does it."""

        async def step(_number: int, _name: str) -> None:
            if self.is_now():
                if self.how == "killed":
                    self._dying.append(asyncio.create_task(courier.close()))
                server.cut()

        server.before = server.after = step


async def _struck(folder: Path, *, at: int, how: How, takes: bool) -> int:
    """Have a courier struck at a step while it delivers and fetches, and another one go on. Return how many steps there
    were, and check that each file arrived once, in order, and came in.
    """
    world = Round(folder)
    gateway = world.gateway
    server = await world.server().start()
    await gateway.profile(profile(host=server.host()))
    files = [("b.834", b"first"), ("a.820", b"second" * 6_000)]
    for second, (name, data) in enumerate(files):
        world.put(CARRIER, name, data, second=second)
    (server.downloads / "theirs.834").write_bytes(b"what they say")
    strike, sound = Strike(at, how), world.uows
    world.uows = Mortal(sound, strike)
    courier = world.courier()
    strike.at_server(server, courier)
    for _ in range(2):
        if not (strike.struck and how == "killed"):
            with suppress(Killed):
                await visit(courier)
            gateway.later(hours=1)
    if takes:
        server.take()
    world.uows = sound
    server.before = server.after = nothing
    courier = world.courier()
    await visit(courier, 2)
    server.take()
    await gateway.work()
    gateway.later(hours=1)
    await visit(courier)
    await gateway.work()
    await server.stop()
    assert server.taken == files
    assert (server.names(), world.lying(CARRIER), world.lying(CARRIER, "inbound")) == ([], [], [])
    assert list(server.downloads.iterdir()) == []
    assert [(each.name, each.size_bytes) for each in gateway.rows(InboundFile)] == [("theirs.834", 13)]
    assert {each.state for each in gateway.rows(Delivery)} == {"delivered"}
    assert gateway.rows(Retry) == []
    return strike.steps


@pytest.mark.parametrize("how", ["killed", "cut off"])
@pytest.mark.parametrize("takes", [True, False], ids=["taken away", "left lying"])
async def test_CAR_4_struck_at_any_step_it_neither_loses_nor_doubles_a_file(
    tmp_path: Path, how: How, takes: bool
) -> None:
    steps = await _struck(tmp_path / "sound", at=0, how=how, takes=takes)
    assert steps > 50
    for at in range(1, steps + 1):
        await _struck(tmp_path / str(at), at=at, how=how, takes=takes)


async def test_what_was_delivered_and_is_put_there_again_goes_no_second_time(exchange: Exchange) -> None:
    server = await exchange.carrier()
    courier = exchange.round.courier()
    for second in (1, 2):
        exchange.round.put(CARRIER, "a.834", b"one", second=second)
        await visit(courier)
        server.take()
    assert server.taken == [("a.834", b"one")]
    assert exchange.round.lying(CARRIER) == []


async def test_a_host_without_fsync_is_read_back(exchange: Exchange) -> None:
    server = await exchange.carrier()

    async def lies(_number: int, name: str) -> None:
        if name == "fsync":
            (server.uploads / "a.834.tmp").write_bytes(b"other")
            raise asyncssh.SFTPOpUnsupported("not here")

    server.after = lies
    exchange.round.put(CARRIER, "a.834", b"ours!", second=1)
    courier = exchange.round.courier()
    await visit(courier)
    assert (server.arrived, exchange.round.lying(CARRIER)) == ([], ["a.834"])
    assert await exchange.unreachable() == {"host-outbound": (1, "the host did not keep a file as it was")}
    server.after = nothing
    exchange.round.gateway.later(minutes=1)
    await visit(courier)
    assert (server.uploads / "a.834").read_bytes() == b"ours!"


async def test_what_was_begun_at_a_host_goes_to_the_one_that_takes_its_place(exchange: Exchange) -> None:
    old = await exchange.carrier()

    async def cut(_number: int, name: str) -> None:
        if name == "rename":
            old.cut()

    old.before = cut
    exchange.round.put(CARRIER, "a.834", b"one", second=1)
    courier = exchange.round.courier()
    await visit(courier)
    assert [each.state for each in exchange.round.gateway.rows(Delivery)] == ["going"]
    await old.stop()
    new = exchange.servers["new"] = await exchange.round.server("new").start()
    await exchange.round.gateway.profile(profile(host=new.host()))
    await visit(courier)
    assert (new.uploads / "a.834").read_bytes() == b"one"
    assert exchange.round.lying(CARRIER) == []


async def test_a_name_that_the_host_gave_without_taking_the_other_is_known(exchange: Exchange) -> None:
    server = await exchange.carrier()

    async def half(_number: int, name: str) -> None:
        if name == "rename":
            os.link(server.uploads / "a.834.tmp", server.uploads / "a.834")
            raise asyncssh.SFTPFailure("linked, and not unlinked")

    server.before = half
    exchange.round.put(CARRIER, "a.834", b"one", second=1)
    courier = exchange.round.courier()
    await visit(courier)
    assert server.names() == ["a.834", "a.834.tmp"]
    server.before = nothing
    exchange.round.gateway.later(minutes=1)
    await visit(courier)
    assert (server.names(), exchange.round.lying(CARRIER)) == (["a.834"], [])
    assert await exchange.unreachable() == {}


async def test_what_a_host_would_not_name_is_brought_again_where_the_host_cleans_up(
    exchange: Exchange,
) -> None:
    server = await exchange.carrier()

    async def refuse(_number: int, name: str) -> None:
        if name == "rename":
            raise asyncssh.SFTPPermissionDenied("no")

    server.before = refuse
    exchange.round.put(CARRIER, "a.834", b"one", second=1)
    courier = exchange.round.courier()
    await visit(courier)
    assert await exchange.unreachable() == {
        "host-outbound": (1, "the host refuses to rename: SFTPPermissionDenied")
    }
    (server.uploads / "a.834.tmp").unlink()
    server.before = nothing
    exchange.round.gateway.later(minutes=1)
    await visit(courier)
    assert (server.uploads / "a.834").read_bytes() == b"one"


async def test_CAR_1_only_a_host_that_proves_itself_gets_a_file(exchange: Exchange) -> None:
    server = await exchange.carrier(CARRIER, asyncssh.generate_private_key("ssh-ed25519"))
    exchange.round.put(CARRIER, "a.834", b"one", second=1)
    courier = exchange.round.courier()
    await visit(courier)
    says = (1, "the host shows another key than its carrier named")
    assert await exchange.unreachable() == {"host-outbound": says, "host-inbound": says}
    assert (server.asked, exchange.round.lying(CARRIER)) == ([], ["a.834"])
    # The second key of the server; and a new profile is tried at once.
    await exchange.round.gateway.profile(profile(host=server.host(server.keys[1])))
    await visit(courier)
    assert (server.arrived, await exchange.unreachable()) == (["a.834"], {})


async def test_a_host_that_lets_us_in_no_more_is_said_and_shown(exchange: Exchange) -> None:
    server = exchange.servers[CARRIER] = await CarrierServer(
        exchange.round.root / "theirs", client=asyncssh.generate_private_key("ssh-ed25519")
    ).start()
    gateway = exchange.round.gateway
    await gateway.profile(profile(host=server.host()))
    await visit(exchange.round.courier())
    assert (await exchange.unreachable())["host-outbound"] == (1, "the host does not let us in")
    async with gateway.uows.begin(now=gateway.now) as uow:
        assert (await look_at_exchange(uow)).outcome == "no-carrier-reached"
    await gateway.profile(profile())
    await visit(exchange.round.courier())
    assert await exchange.unreachable() == {}


@pytest.mark.parametrize("at", ["open", "write", "lstat", "rename", "scandir"])
async def test_CAR_4_a_host_that_never_answers_delays_its_carrier_alone(exchange: Exchange, at: str) -> None:
    exchange.round.patience = Patience(login=0.5, call=0.5)
    server, other = await exchange.carrier(), await exchange.carrier(OTHER)
    for carrier in (CARRIER, OTHER):
        exchange.round.put(carrier, "a.834", b"one", second=1)
    going_on = asyncio.Event()

    async def hang(_number: int, name: str) -> None:
        if name == at:
            await going_on.wait()

    server.before = hang
    courier = exchange.round.courier()
    await visit(courier)
    going_on.set()
    assert (await exchange.unreachable())["host-inbound"] == (1, "the host does not answer any more")
    assert (other.arrived, await exchange.unreachable(OTHER)) == (["a.834"], {})
    server.before = nothing
    exchange.round.gateway.later(minutes=1)
    await visit(courier)
    server.take()
    assert (server.taken, await exchange.unreachable()) == ([("a.834", b"one")], {})


async def test_a_full_disk_there_is_waited_out(exchange: Exchange) -> None:
    server = await exchange.carrier()

    async def full(_number: int, name: str) -> None:
        if name == "write":
            raise asyncssh.SFTPFailure("no space left on device")

    server.before = full
    exchange.round.put(CARRIER, "a.834", b"one", second=1)
    courier = exchange.round.courier()
    await visit(courier)
    assert await exchange.unreachable() == {"host-outbound": (1, "the host refuses to write: SFTPFailure")}
    assert (server.arrived, exchange.round.lying(CARRIER)) == ([], ["a.834"])
    server.before = nothing
    exchange.round.gateway.later(minutes=1)
    await visit(courier)
    assert (server.names(), await exchange.unreachable()) == (["a.834"], {})


async def test_no_more_is_fetched_than_there_is_room_for(exchange: Exchange) -> None:
    server = await exchange.carrier()
    for name in ("a", "b"):
        (server.downloads / f"{name}.834").write_bytes(b"x" * 90_000)
    courier = exchange.round.courier()
    await visit(courier, 2)
    assert exchange.round.lying(CARRIER, "inbound") == ["a.834"]
    assert [each.name for each in server.downloads.iterdir()] == ["b.834"]
    assert await exchange.unreachable() == {
        "host-inbound": (1, f"what lies in inbound may have {LIMITS.box_bytes} bytes, not more")
    }
    await exchange.round.gateway.work()
    exchange.round.gateway.later(minutes=1)
    await visit(courier)
    assert exchange.round.lying(CARRIER, "inbound") == ["b.834"]
    assert await exchange.unreachable() == {}


async def test_CAR_4_a_carrier_away_for_a_week_gets_all_of_it_in_order(exchange: Exchange) -> None:
    gateway, server = exchange.round.gateway, await exchange.carrier()
    await server.stop()
    courier = exchange.round.courier()
    put: list[str] = []
    for day in range(7):
        for number in range(3):
            put.append(f"{9 - day}{2 - number}.834")
            exchange.round.put(CARRIER, put[-1], b"x", second=day * 86_400 + number)
        gateway.later(days=1)
        await visit(courier)
    assert (await exchange.unreachable())["host-outbound"][0] == 7
    (retry,) = [each for each in gateway.rows(Retry) if each.item == f"host-outbound/{CARRIER}"]
    assert (retry.retry_at - gateway.now).total_seconds() == 1800
    await server.start()
    gateway.later(minutes=30)
    await visit(courier)
    assert (server.arrived, exchange.round.lying(CARRIER)) == (put, [])
    assert await exchange.unreachable() == {}


async def test_only_finished_plain_files_of_a_fitting_size_and_name_are_fetched(exchange: Exchange) -> None:
    server = await exchange.carrier()
    there = server.downloads
    (exchange.round.root / "secret").write_bytes(b"ours")
    (there / "link.834").symlink_to(exchange.round.root / "secret")
    (there / "folder").mkdir()
    os.mkfifo(there / "pipe")
    for name in ("a.834.tmp", "b.834.filepart", "c.part", ".hidden", "d.834"):
        (there / name).write_bytes(b"x")
    (there / "long.834").write_bytes(b"x" * (LIMITS.file_bytes + 1))
    (there / "with\x1b[2J.834").write_bytes(b"x")
    (there / os.fsdecode(b"caf\xe9.834")).write_bytes(b"x")
    await visit(exchange.round.courier(), 1)
    assert exchange.round.lying(CARRIER, "inbound") == []
    courier = exchange.round.courier()
    await visit(courier, 2)
    assert exchange.round.lying(CARRIER, "inbound") == ["d.834"]
    assert await exchange.unreachable() == {
        "host-inbound": (
            1,
            "3 files for us have more than 100000 bytes, or names that cannot be taken",
        )
    }
    assert "read" in server.asked
    assert sorted(each.name for each in there.iterdir()) == sorted(
        [
            *("a.834.tmp", "b.834.filepart", "c.part", ".hidden", "long.834", "with\x1b[2J.834", "folder"),
            *("link.834", "pipe", os.fsdecode(b"caf\xe9.834")),
        ]
    )


async def test_CAR_4_an_unfit_file_delays_only_itself(exchange: Exchange) -> None:
    gateway, server = exchange.round.gateway, await exchange.carrier()
    unfit = server.downloads / "a-long.834"
    unfit.write_bytes(b"x" * (LIMITS.file_bytes + 1))
    (server.downloads / "processed").write_bytes(b"a folder has that name here")
    courier = exchange.round.courier()
    says = "2 files for us have more than 100000 bytes, or names that cannot be taken"
    for number, failures in enumerate((1, 2, 2, 3, 3)):  # of their own back-off: 30, 60, 120 seconds
        (server.downloads / f"{number}.834").write_bytes(b"theirs")
        await visit(courier, 2)
        assert exchange.round.lying(CARRIER, "inbound") == [f"{each}.834" for each in range(number + 1)]
        assert await exchange.unreachable() == {"host-inbound": (failures, says)}
        gateway.later(seconds=30)
    unfit.unlink()
    (server.downloads / "processed").unlink()
    await visit(courier)
    assert (await exchange.unreachable(), gateway.rows(Retry)) == ({}, [])


@pytest.mark.parametrize("what", ["read", "remove"])
async def test_CAR_4_a_file_that_its_host_refuses_to_give_delays_only_itself(
    exchange: Exchange, what: str
) -> None:
    gateway, server = exchange.round.gateway, await exchange.carrier()
    for name in ("a", "b"):
        (server.downloads / f"{name}.834").write_bytes(b"theirs")
    refused = list[int]()

    async def refuse_the_first(number: int, name: str) -> None:
        if name == what and not refused:
            refused.append(number)
            raise asyncssh.SFTPPermissionDenied("no")

    server.before = refuse_the_first
    courier = exchange.round.courier()
    await visit(courier, 3)
    assert [each.name for each in server.downloads.iterdir()] == ["a.834"]
    lying = ["b.834"] if what == "read" else ["a.834", "b.834"]
    assert exchange.round.lying(CARRIER, "inbound") == lying
    says = f"the host refuses to {what}: SFTPPermissionDenied"
    assert await exchange.unreachable() == {"host-inbound": (1, says)}
    gateway.later(seconds=30)
    await visit(courier)
    assert list(server.downloads.iterdir()) == []
    assert exchange.round.lying(CARRIER, "inbound") == ["a.834", "b.834"]
    assert (await exchange.unreachable(), gateway.rows(Retry)) == ({}, [])


async def test_what_is_left_at_a_host_waits_for_nothing_once_its_carrier_has_none(exchange: Exchange) -> None:
    server = await exchange.carrier()
    (server.downloads / "a-long.834").write_bytes(b"x" * (LIMITS.file_bytes + 1))
    courier = exchange.round.courier()
    await visit(courier, 2)
    assert len(exchange.round.gateway.rows(Retry)) == 1
    await exchange.round.gateway.profile(profile())
    await visit(courier)
    assert exchange.round.gateway.rows(Retry) == []


async def test_a_file_that_is_still_written_under_its_name_is_left_until_it_is_not(
    exchange: Exchange,
) -> None:
    server = await exchange.carrier()
    theirs = server.downloads / "theirs.834"
    courier = exchange.round.courier()
    for size in (1, 2, 3):
        theirs.write_bytes(b"x" * size)
        await visit(courier)
        assert exchange.round.lying(CARRIER, "inbound") == []

    async def grow(_number: int, name: str) -> None:
        if name == "read":
            theirs.write_bytes(b"x" * 5)

    server.after = grow
    await visit(courier)
    assert exchange.round.lying(CARRIER, "inbound") == []
    assert await exchange.unreachable() == {"host-inbound": (1, "a file for us changed as it was read")}
    server.after = nothing
    exchange.round.gateway.later(minutes=1)
    await visit(courier, 2)
    assert (exchange.round.boxes / CARRIER / "inbound" / "theirs.834").read_bytes() == b"xxxxx"


async def test_CAR_5_what_is_fetched_and_cannot_be_removed_comes_once_and_a_copy_is_known(
    exchange: Exchange,
) -> None:
    gateway, server = exchange.round.gateway, await exchange.carrier()
    (server.downloads / "theirs.834").write_bytes(b"what they say")

    async def keep(_number: int, name: str) -> None:
        if name == "remove":
            raise asyncssh.SFTPPermissionDenied("no")

    server.before = keep
    courier = exchange.round.courier()
    for _ in range(4):
        await visit(courier)
        await gateway.work()
        gateway.later(hours=1)
    assert [(each.name, each.copies) for each in gateway.rows(InboundFile)] == [("theirs.834", 0)]
    assert await exchange.unreachable() == {
        "host-inbound": (3, "the host refuses to remove: SFTPPermissionDenied")
    }
    server.before = nothing
    await visit(exchange.round.courier(), 2)
    await gateway.work()
    assert [(each.name, each.copies) for each in gateway.rows(InboundFile)] == [("theirs.834", 1)]
    assert list(server.downloads.iterdir()) == []


async def test_of_two_couriers_one_goes(exchange: Exchange) -> None:
    server = await exchange.carrier()
    for second in range(3):
        exchange.round.put(CARRIER, f"{second}.834", b"x", second=second)
    couriers = [exchange.round.courier() for _ in range(2)]
    for each in couriers:
        await each.look()
    for each in couriers:
        await each.rest()
    assert server.arrived == ["0.834", "1.834", "2.834"]
    assert len(server.connections) == 1


async def test_no_link_in_a_box_is_followed(exchange: Exchange) -> None:
    server = await exchange.carrier()
    (exchange.round.root / "secret").write_bytes(b"ours")
    exchange.round.put(CARRIER, "a.834", b"one", second=1)
    (exchange.round.boxes / CARRIER / "outbound" / "link.834").symlink_to(exchange.round.root / "secret")
    await visit(exchange.round.courier())
    assert server.names() == ["a.834"]
    lock = exchange.round.boxes / CARRIER / ".bulkhead-courier.lock"
    lock.unlink()
    lock.symlink_to(exchange.round.root / "secret")
    await visit(exchange.round.courier())
    assert (await exchange.unreachable())["host-outbound"] == (1, "the drop-box cannot be reached: OSError")


async def test_without_keys_of_ours_nobody_goes(tmp_path: Path) -> None:
    made = Round(tmp_path)
    (tmp_path / "keys" / "ed25519").unlink()
    with pytest.raises(InvalidValue, match="courier keys must be a folder with a private key"):
        made.courier()
