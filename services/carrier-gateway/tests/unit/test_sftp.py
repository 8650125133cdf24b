"""Carriers' programs at their own door: SFTP by key, one box each, whole files only (CAR-1)."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import asyncssh
import pytest
from carriers_desk import effectuation_of
from gateway_builders import CARRIER, Gateway, contact, paid, profile, selected, terms

from bulkhead.files import LocalFiles
from bulkhead.kernel.errors import InvalidValue
from bulkhead_testing.waiting import until
from carrier_gateway.adapters.sftp import door as doors
from carrier_gateway.adapters.sftp.box import LONGEST_READ_BYTES, MOST_OPEN, Box, Limits
from carrier_gateway.adapters.sftp.door import (
    MOST_OF_ONE_CARRIER,
    MOST_SESSIONS,
    SftpDoor,
    SftpPlace,
)
from carrier_gateway.adapters.sftp.keys import private_keys
from carrier_gateway.domain.records import InboundFile

LIMITS = Limits(file_bytes=100_000, book_bytes=150_000, box_bytes=150_000)


def _now() -> datetime:
    return datetime(2016, 1, 4, 15, tzinfo=UTC)


class Door:
    """A gateway, its boxes on disk, and the door to them."""

    def __init__(self, root: Path) -> None:
        self.boxes = root / "boxes"
        self.boxes.mkdir()
        keys = root / "host-keys"
        keys.mkdir()
        asyncssh.generate_private_key("ssh-ed25519").write_private_key(keys / "ed25519")
        self.gateway = Gateway(files=LocalFiles(self.boxes))
        self.place = SftpPlace(host="127.0.0.1", port=0, host_keys=keys, boxes=self.boxes, limits=LIMITS)
        self.door = SftpDoor(self.place, uows=self.gateway.uows, now=_now)
        self.port = 0
        self.keys: dict[str, asyncssh.SSHKey] = {}

    async def open(self) -> Door:
        for carrier in (CARRIER, "MVP"):
            await self.change_key(carrier)
        self.port = await self.door.open()
        return self

    async def change_key(self, carrier: str) -> None:
        key = self.keys[carrier] = asyncssh.generate_private_key("ssh-ed25519")
        public = key.export_public_key("openssh").decode().strip()
        await self.gateway.profile(profile(carrier, login_keys=(public,)))

    async def connect(
        self, carrier: str = CARRIER, key: asyncssh.SSHKey | None = None
    ) -> asyncssh.SSHClientConnection:
        return await asyncssh.connect(
            "127.0.0.1",
            self.port,
            username=carrier,
            client_keys=[key or self.keys[carrier]],
            known_hosts=None,
            config=None,
            agent_path=None,
        )

    def lying(self, folder: str, carrier: str = CARRIER) -> list[str]:
        return sorted(each.name for each in (self.boxes / carrier / folder).iterdir())


async def _nothing_lies(door: Door) -> bool:
    return door.lying("inbound") == []


async def _lets_in(door: Door, carrier: str) -> bool:
    try:
        (await door.connect(carrier)).close()
    except (asyncssh.Error, OSError):
        return False
    return True


@pytest.fixture
async def door(tmp_path: Path) -> AsyncGenerator[Door]:
    opened = await Door(tmp_path).open()
    yield opened
    await opened.door.close()


async def test_CAR_1_a_carriers_day_through_its_door(door: Door) -> None:
    gateway = door.gateway
    await gateway.tell(contact(), selected(terms()), paid("june-medical"))
    async with await door.connect() as connection, connection.start_sftp_client() as sftp:
        assert await sftp.listdir("/") == ["inbound", "outbound"]
        (name,) = await sftp.listdir("outbound")
        async with sftp.open(f"outbound/{name}", "rb") as file:
            sent = (await file.read()).decode()
        assert sent == (door.boxes / CARRIER / "outbound" / name).read_text()
        await sftp.remove(f"outbound/{name}")
        assert await sftp.listdir("outbound") == []
        async with sftp.open("inbound/confirmed.834", "wb") as file:
            await file.write(effectuation_of(sent).encode())
        await gateway.work()
        assert await sftp.listdir("/inbound") == ["processed", "refused"]
        assert await sftp.listdir("/inbound/processed") == ["confirmed.834"]
    (file,) = gateway.rows(InboundFile)
    assert (file.carrier, file.name, file.state) == (CARRIER, "confirmed.834", "processed")


async def test_only_the_keys_of_its_profile_let_a_carrier_in(door: Door) -> None:
    old = door.keys[CARRIER]
    for carrier, key in (
        (CARRIER, asyncssh.generate_private_key("ssh-ed25519")),
        (CARRIER, door.keys["MVP"]),
        ("nobody", old),
        ("../" + CARRIER, old),
    ):
        with pytest.raises(asyncssh.PermissionDenied):
            await door.connect(carrier, key)
    (await door.connect()).close()
    await door.change_key(CARRIER)
    with pytest.raises(asyncssh.PermissionDenied):
        await door.connect(CARRIER, old)
    (await door.connect()).close()


async def test_there_is_no_shell_no_command_and_no_tunnel(door: Door) -> None:
    async with await door.connect() as connection:
        with pytest.raises(asyncssh.ChannelOpenError):
            await connection.run("id", check=True)
        with pytest.raises(asyncssh.ChannelOpenError):
            await connection.open_connection("127.0.0.1", door.port)
        with pytest.raises(asyncssh.ChannelListenError):
            await connection.start_server(lambda *_: None, "127.0.0.1", 0)


async def test_a_carrier_sees_its_own_box_and_nothing_else(door: Door) -> None:
    (door.boxes / "secret").write_text("not theirs")
    (door.boxes / "MVP" / "inbound").mkdir(parents=True)
    (door.boxes / "MVP" / "inbound" / "theirs.834").write_text("theirs")
    box = door.boxes / CARRIER
    (box / "inbound").mkdir(parents=True, exist_ok=True)
    (box / "inbound" / "link").symlink_to(door.boxes / "MVP" / "inbound" / "theirs.834")
    (box / "outbound").mkdir(exist_ok=True)
    (box / "outbound" / "folder").symlink_to(door.boxes)
    os.mkfifo(box / "outbound" / "pipe")
    async with await door.connect() as connection, connection.start_sftp_client() as sftp:
        assert await sftp.listdir("inbound") == ["processed", "refused"]
        assert await sftp.listdir("outbound") == []
        assert await sftp.realpath("../../..") == "/"
        for path in (
            "../MVP/inbound/theirs.834",
            "/MVP/inbound/theirs.834",
            "inbound/link",
            "outbound/folder/secret",
            "outbound/pipe",
            "/etc/passwd",
            "outbound/../../secret",
            "inbound/a\0b",
        ):
            with pytest.raises(asyncssh.SFTPNoSuchFile):
                await sftp.open(path, "rb")
            with pytest.raises(asyncssh.SFTPNoSuchFile):
                await sftp.stat(path)


async def test_nothing_is_made_but_new_files_in_inbound(door: Door) -> None:
    outbound = door.boxes / CARRIER / "outbound"
    outbound.mkdir(parents=True)
    (outbound / "ours.834").write_text("ours")
    async with await door.connect() as connection, connection.start_sftp_client() as sftp:
        for path in ("x.834", "outbound/x.834", "inbound/processed/x.834", "/new/x.834", "outbound/ours.834"):
            with pytest.raises(asyncssh.SFTPPermissionDenied):
                await sftp.open(path, "wb")
        for refused in (
            sftp.mkdir("inbound/more"),
            sftp.rmdir("inbound"),
            sftp.symlink("/etc/passwd", "inbound/link"),
            sftp.link("outbound/ours.834", "inbound/mine.834"),
            sftp.readlink("outbound/ours.834"),
            sftp.rename("outbound/ours.834", "inbound/mine.834"),
            sftp.posix_rename("outbound/ours.834", "outbound/mine.834"),
            sftp.remove("inbound/processed/x.834"),
        ):
            with pytest.raises(asyncssh.SFTPPermissionDenied):
                await refused
        with pytest.raises(asyncssh.SFTPOpUnsupported):
            await sftp.open("inbound/x.834", "ab")
        for name in ("\x1b[2J", ".bulkhead-0123456789abcdef.tmp", "n" * 201):
            with pytest.raises(asyncssh.SFTPFailure):
                await sftp.open(f"inbound/{name}", "wb")
    assert (outbound / "ours.834").read_text() == "ours"
    assert door.lying("inbound") == []


async def test_a_file_is_there_once_it_is_whole(door: Door) -> None:
    async with await door.connect() as connection, connection.start_sftp_client() as sftp:
        file = await sftp.open("inbound/a.834", "wb")
        await file.write(b"half of ")
        await door.gateway.work()
        assert door.gateway.rows(InboundFile) == []
        await file.write(b"it")
        await file.close()
    assert (door.boxes / CARRIER / "inbound" / "a.834").read_bytes() == b"half of it"


async def test_of_a_connection_that_is_lost_nothing_stays(door: Door) -> None:
    connection = await door.connect()
    sftp = await connection.start_sftp_client()
    file = await sftp.open("inbound/a.834", "wb")
    await file.write(b"half of ")
    assert [each for each in door.lying("inbound") if not each.startswith(".bulkhead-")] == []
    connection.abort()
    await until(partial(_nothing_lies, door))
    (await door.connect()).close()


async def test_of_what_is_open_as_the_door_closes_nothing_stays(door: Door) -> None:
    connection = await door.connect()
    sftp = await connection.start_sftp_client()
    await (await sftp.open("inbound/a.834", "wb")).write(b"half of ")
    await door.door.close()
    await until(partial(_nothing_lies, door))


async def test_of_a_session_that_ends_without_closing_its_files_nothing_stays(door: Door) -> None:
    async with await door.connect() as connection:
        for _ in range(3 * MOST_OPEN // 10):
            sftp = await connection.start_sftp_client()
            for number in range(10):
                await (await sftp.open(f"inbound/{number}.834", "wb")).write(b"half of ")
            sftp.exit()
            await sftp.wait_closed()
            await until(partial(_nothing_lies, door))
        await door.gateway.work()
        assert door.gateway.rows(InboundFile) == []


async def test_a_connection_has_a_few_sessions_at_once(door: Door) -> None:
    async with await door.connect() as connection:
        held = [await connection.start_sftp_client() for _ in range(MOST_SESSIONS)]
        with pytest.raises(asyncssh.ChannelOpenError):
            await connection.start_sftp_client()
        held[0].exit()
        await held[0].wait_closed()
        async with connection.start_sftp_client() as sftp:
            assert await sftp.listdir("/") == ["inbound", "outbound"]


async def test_who_does_not_log_in_keeps_nobody_out_who_is_in(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doors, "MOST_UNKNOWN", 2)
    async with await door.connect() as connection, connection.start_sftp_client() as sftp:
        knocking = [await asyncio.open_connection("127.0.0.1", door.port) for _ in range(2)]
        assert [await reader.readline() for reader, _ in knocking] != [b"", b""]
        with pytest.raises((asyncssh.Error, OSError)):
            await door.connect("MVP")
        assert await sftp.listdir("/") == ["inbound", "outbound"]
        for _, writer in knocking:
            writer.close()
        await until(partial(_lets_in, door, "MVP"))


async def test_what_a_killed_door_left_goes_after_a_day(door: Door) -> None:
    inbound = door.boxes / CARRIER / "inbound"
    inbound.mkdir(parents=True)
    for name, age in (("0" * 16, 90_000), ("1" * 16, 60)):
        (inbound / f".bulkhead-{name}.tmp").write_text("half")
        then = time.time() - age
        os.utime(inbound / f".bulkhead-{name}.tmp", (then, then))
    async with await door.connect() as connection, connection.start_sftp_client() as sftp:
        assert await sftp.listdir("inbound") == ["processed", "refused"]
    assert door.lying("inbound") == [f".bulkhead-{'1' * 16}.tmp"]


async def test_a_reader_gets_a_bounded_piece_at_once(door: Door) -> None:
    (door.boxes / CARRIER / "outbound").mkdir(parents=True)
    (door.boxes / CARRIER / "outbound" / "long.820").write_bytes(b"x" * (LONGEST_READ_BYTES + 1))
    box = Box(door.boxes, CARRIER, limits=LIMITS)
    file = box.fetch(b"outbound/long.820")
    assert (len(file.read(0, 10**9)), len(file.read(LONGEST_READ_BYTES, 10**9))) == (LONGEST_READ_BYTES, 1)
    box.close(file, whole=True)
    async with await door.connect() as connection, connection.start_sftp_client() as sftp:
        fetched = await sftp.open("outbound/long.820", "rb")
        assert await fetched.read() == b"x" * (LONGEST_READ_BYTES + 1)


async def test_an_unfinished_name_is_left_alone_until_it_is_changed(door: Door) -> None:
    async with await door.connect() as connection, connection.start_sftp_client() as sftp:
        for unfinished in ("a.834.tmp", "a.834.filepart", "a.834.part", ".a.834"):
            async with sftp.open(f"inbound/{unfinished}", "wb") as file:
                await file.write(b"whole")
            await sftp.setstat(f"inbound/{unfinished}", asyncssh.SFTPAttrs(atime=0, mtime=0))
            await door.gateway.work()
            assert door.gateway.rows(InboundFile) == []
            await sftp.remove(f"inbound/{unfinished}")
        async with sftp.open("inbound/a.834.filepart", "wb") as file:
            await file.write(b"whole")
        await sftp.rename("inbound/a.834.filepart", "inbound/a.834")
        with pytest.raises(asyncssh.SFTPPermissionDenied):
            await sftp.rename("inbound/a.834", "inbound/b.834")
        with pytest.raises(asyncssh.SFTPNoSuchFile):
            await sftp.rename("inbound/none.tmp", "inbound/b.834")
    await door.gateway.work()
    assert [each.name for each in door.gateway.rows(InboundFile)] == ["a.834"]


async def test_nothing_that_lies_there_is_replaced(door: Door) -> None:
    async with await door.connect() as connection, connection.start_sftp_client() as sftp:
        second = await sftp.open("inbound/a.834", "wb")
        async with sftp.open("inbound/a.834", "wb") as file:
            await file.write(b"one")
        with pytest.raises(asyncssh.SFTPFailure, match="give another name"):
            await sftp.open("inbound/a.834", "wb")
        await second.write(b"two")
        with pytest.raises(asyncssh.SFTPFailure, match="give another name"):
            await second.close()
        async with sftp.open("inbound/b.tmp", "wb") as file:
            await file.write(b"three")
        with pytest.raises(asyncssh.SFTPFailure, match="give another name"):
            await sftp.rename("inbound/b.tmp", "inbound/a.834")
    assert (door.boxes / CARRIER / "inbound" / "a.834").read_bytes() == b"one"
    assert door.lying("inbound") == ["a.834", "b.tmp"]


async def test_no_more_is_brought_than_there_is_room_for(door: Door) -> None:
    async with await door.connect() as connection, connection.start_sftp_client(sftp_version=3) as sftp:
        file = await sftp.open("inbound/far.834", "wb")
        with pytest.raises(asyncssh.SFTPFailure, match="100000 bytes"):
            await file.write(b"x", offset=10**12)
        await file.write(b"x" * 100_000, offset=0)
        with pytest.raises(asyncssh.SFTPFailure, match="send all of it again"):
            await file.close()
        assert door.lying("inbound") == []
        file = await sftp.open("inbound/far.834", "wb")
        await file.write(b"x" * 100_000, offset=0)
        await file.close()
        file = await sftp.open("inbound/more.834", "wb")
        other = await sftp.open("inbound/other.834", "wb")
        await file.write(b"x" * 30_000, offset=0)
        with pytest.raises(asyncssh.SFTPFailure, match="150000 bytes"):
            await other.write(b"x" * 30_000, offset=0)
        with pytest.raises(asyncssh.SFTPFailure, match="send all of it again"):
            await other.close()
        other = await sftp.open("inbound/other.834", "wb")
        await other.write(b"x" * 20_000, offset=0)
        last = await sftp.open("inbound/last.834", "wb")
        await file.close()
        await other.close()
        with pytest.raises(asyncssh.SFTPFailure, match="150000 bytes"):
            await last.write(b"x", offset=0)
        with pytest.raises(asyncssh.SFTPFailure, match="send all of it again"):
            await last.close()
    assert door.lying("inbound") == ["far.834", "more.834", "other.834"]


async def test_a_carrier_has_some_connections_and_others_theirs(door: Door) -> None:
    held = [await door.connect() for _ in range(MOST_OF_ONE_CARRIER)]
    one_more = await door.connect()
    await asyncio.wait_for(one_more.wait_closed(), 10)
    async with await door.connect("MVP") as other, other.start_sftp_client() as sftp:
        assert await sftp.listdir("/") == ["inbound", "outbound"]
    for each in held:
        each.close()
        await each.wait_closed()
    (await door.connect()).close()


async def test_while_the_boxes_are_away_it_is_said(door: Door) -> None:
    door.boxes.rename(door.boxes.with_name("elsewhere"))
    async with await door.connect() as connection, connection.start_sftp_client(sftp_version=3) as sftp:
        with pytest.raises(asyncssh.SFTPFailure, match="try again later"):
            await sftp.open("inbound/a.834", "wb")
        with pytest.raises(asyncssh.SFTPFailure, match="try again later"):
            await sftp.listdir("inbound")


@pytest.mark.parametrize("content", [None, "no key"])
def test_without_a_host_key_it_does_not_open(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "key").write_text(content)
    with pytest.raises(InvalidValue, match="host keys"):
        private_keys(tmp_path, field="host keys")


async def test_CAR_6_a_carriers_book_may_be_longer_than_any_other_file(door: Door) -> None:
    async with await door.connect() as connection, connection.start_sftp_client() as sftp:
        async with sftp.open("inbound/RCNI_1.txt", "wb") as file:
            await file.write(b"x" * 120_000)
        assert (await sftp.stat("inbound/RCNI_1.txt")).size == 120_000
