"""A file that cannot be dealt with delays itself alone (CAR-4, CAR-5)."""

from __future__ import annotations

from typing import Any

import pytest
from carriers_desk import effectuation_of
from gateway_builders import (
    CARRIER,
    PACK,
    Gateway,
    OneUnreadable,
    activated,
    contact,
    paid,
    profile,
    selected,
)

from bulkhead.policy import PackParameters
from bulkhead.retries.retries import Retry
from bulkhead_testing.files import MemoryFiles
from carrier_gateway.adapters.dropbox.inbound import InboundPoller
from carrier_gateway.adapters.x12.acknowledging import AcknowledgerX12
from carrier_gateway.adapters.x12.inbound import Reader834
from carrier_gateway.application.inbound_files import MOST_BYTES
from carrier_gateway.domain.carriers import CarrierProfile
from carrier_gateway.domain.events import CoverageEffectuated
from carrier_gateway.domain.parameters import GatewayParameters
from carrier_gateway.domain.records import InboundFile
from carrier_gateway.domain.said import FileSaid

PARAMETERS = PackParameters(PACK, "carrier-gateway", GatewayParameters)
BAD = f"{CARRIER}/inbound/a-bad.834"


class FaultyReader(Reader834):
    """Has a bug that one file brings out."""

    mended = False

    def read(self, data: bytes, *, profile: CarrierProfile) -> FileSaid:
        if data.startswith(b"bug") and not self.mended:
            raise ZeroDivisionError
        return super().read(data, profile=profile)


async def gateway_on(files: MemoryFiles, reader: Any = None) -> Gateway:
    gateway = Gateway(files=files)
    gateway.boxes = files
    if reader is not None:
        inbound = InboundPoller(
            uows=gateway.uows,
            files=files,
            reader=reader,
            acknowledger=AcknowledgerX12(),
            parameters=PARAMETERS,
        )
        gateway.pollers = (*gateway.pollers[:2], inbound)
    await gateway.open(CARRIER, "MVP")
    await gateway.tell(contact(), selected(), paid(), activated())
    return gateway


async def test_CAR_4_a_file_that_cannot_be_read_delays_neither_its_carriers_others_nor_other_carriers() -> (
    None
):
    files = OneUnreadable(BAD)
    gateway = await gateway_on(files)
    await gateway.drop("a-bad.834", b"x")
    await gateway.drop("b-good.834", effectuation_of(gateway.sets()[0]))
    await gateway.drop("c.834", b"noise", carrier="MVP")
    await gateway.work()
    assert len(gateway.said(CoverageEffectuated)) == 1
    assert {each.carrier for each in gateway.rows(InboundFile)} == {CARRIER, "MVP"}
    (stuck,) = gateway.rows(Retry)
    assert (stuck.kind, stuck.item, stuck.failures) == ("inbound-files", f"{CARRIER}/a-bad.834", 1)
    assert stuck.reason == "files cannot be reached: PermissionError"
    assert (await gateway.pending())["inbound-files"] == 0


async def test_it_is_tried_again_and_forgotten_once_it_can_be_read() -> None:
    files = OneUnreadable(BAD)
    gateway = await gateway_on(files)
    await gateway.drop("a-bad.834", effectuation_of(gateway.sets()[0]))
    await gateway.work()
    await gateway.later(minutes=1).work()
    (stuck,) = gateway.rows(Retry)
    assert (stuck.failures, stuck.since < gateway.now) == (2, True)
    files.unreadable = ""
    await gateway.later(hours=1).work()
    assert gateway.rows(Retry) == []
    assert len(gateway.said(CoverageEffectuated)) == 1


async def test_a_bad_file_that_its_carrier_takes_away_is_forgotten() -> None:
    files = OneUnreadable(BAD)
    gateway = await gateway_on(files)
    await gateway.drop("a-bad.834", b"x")
    await gateway.work()
    del files.content[BAD]
    await gateway.later(hours=1).work()
    assert gateway.rows(Retry) == []


async def test_a_bug_that_one_file_brings_out_holds_no_other_back_and_the_file_is_judged_once_mended() -> (
    None
):
    reader = FaultyReader()
    gateway = await gateway_on(MemoryFiles(), reader)
    await gateway.drop("a-bug.834", b"bug")
    await gateway.drop("b-good.834", effectuation_of(gateway.sets()[0]))
    await gateway.work()
    assert len(gateway.said(CoverageEffectuated)) == 1
    (stuck,) = gateway.rows(Retry)
    assert stuck.reason == "ZeroDivisionError"
    assert {each.name: each.state for each in gateway.rows(InboundFile)} == {
        "a-bug.834": "stored",
        "b-good.834": "processed",
    }
    reader.mended = True
    await gateway.later(hours=1).work()
    assert gateway.rows(Retry) == []
    assert sorted(each.state for each in gateway.rows(InboundFile)) == ["processed", "refused"]


async def test_a_name_that_is_no_text_is_kept_as_it_can_be_shown() -> None:
    gateway = await gateway_on(MemoryFiles())
    await gateway.drop("answer-\udcff.834", effectuation_of(gateway.sets()[0]))
    await gateway.work()
    (file,) = gateway.rows(InboundFile)
    assert (file.name, file.state) == ("answer-\\udcff.834", "processed")


async def test_two_different_files_of_one_very_long_name_are_both_kept() -> None:
    gateway = await gateway_on(MemoryFiles())
    name = "n" * 251 + ".834"
    for number in (1, 2):
        await gateway.drop(
            name,
            effectuation_of(gateway.sets()[0], number=number, replacing=[("HD*021**HLT", "HD*024**HLT")]),
        )
        await gateway.work()
    kept = [path for path in gateway.boxes.content if "/inbound/refused/" in path]
    assert len(kept) == 2
    assert max(len(path.rpartition("/")[2]) for path in kept) == 255


@pytest.mark.parametrize("carrier", ["../elsewhere", "/root"])
async def test_CAR_4_a_carrier_whose_name_no_folder_can_have_delays_itself_alone(carrier: str) -> None:
    gateway = await gateway_on(MemoryFiles())
    await gateway.profile(profile(carrier, receiver_id="XYZ01"))
    await gateway.drop("answer.834", effectuation_of(gateway.sets()[0]))
    await gateway.work()
    assert len(gateway.said(CoverageEffectuated)) == 1
    assert {each.item for each in gateway.rows(Retry)} == {f"inbound/{carrier}"}


async def test_a_file_that_is_too_long_is_never_read_and_waits_with_why() -> None:
    gateway = await gateway_on(MemoryFiles())
    await gateway.drop("a-bad.834", b"x" * (MOST_BYTES + 1))
    await gateway.drop("b-good.834", effectuation_of(gateway.sets()[0]))
    await gateway.work()
    assert [each.name for each in gateway.rows(InboundFile)] == ["b-good.834"]
    (waiting,) = [each for each in gateway.rows(Retry) if each.kind == "inbound-files"]
    assert "6291457 bytes: it must be of 6291456 at most" in waiting.reason
    assert BAD in gateway.boxes.content
    await gateway.drop("a-bad.834", effectuation_of(gateway.sets()[0], number=2))
    await gateway.later(minutes=31).work()
    assert sorted(each.name for each in gateway.rows(InboundFile)) == ["a-bad.834", "b-good.834"]
