"""What of the gateway's work may have to wait: a drop-box, a file, a list or a carrier, each by itself (CAR-4)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from datetime import timedelta
from typing import Final, Literal, TypeAlias, TypeVar

from bulkhead.persistence.ports import UnitOfWork
from bulkhead.retries.retries import Retry, RetryKind
from carrier_gateway.domain.records import InboundFile, Transmission

Waiting = TypeVar("Waiting")
Side: TypeAlias = Literal["outbound", "inbound", "host-outbound", "host-inbound"]
"""Of a drop-box, or of the carrier's own host: what goes to the carrier, and what comes from it."""
BoxPart: TypeAlias = Side | Literal["host-inbound-files"]
"""What waits by itself: a side, and those files at the carrier's own host that are left there while others come."""
HOST_FILES: Final = "host-inbound-files"
HOST_SIDES: Final[tuple[Side, ...]] = ("host-outbound", "host-inbound")

FIRST_WAIT: Final = timedelta(seconds=30)
LONGEST_WAIT: Final = timedelta(minutes=30)


def _retries(kind: str, *, log_items: bool = True) -> RetryKind:
    return RetryKind(kind, first_wait=FIRST_WAIT, longest_wait=LONGEST_WAIT, log_items=log_items)


DROP_BOXES: Final = _retries("drop-boxes")
TRANSMISSIONS: Final = _retries("transmissions")
DELINQUENCY_LISTS: Final = _retries("delinquency-lists")
INBOUND_FILES: Final = _retries("inbound-files", log_items=False)
ACKNOWLEDGEMENTS: Final = _retries("acknowledgements")
REMITTANCES: Final = _retries("remittances")
AUDITS: Final = _retries("audits")
BOOKS: Final = _retries("books")

RETRIES: Final = (
    DROP_BOXES,
    TRANSMISSIONS,
    DELINQUENCY_LISTS,
    INBOUND_FILES,
    ACKNOWLEDGEMENTS,
    REMITTANCES,
    AUDITS,
    BOOKS,
)


def carrier_lock(carrier: str) -> str:
    """Return the name under which a carrier's numbers and lists are locked: no household's id has a colon."""
    return f"carrier:{carrier}"


def building(carrier: str, household: str) -> str:
    """Return the name under which the composing of a household's sets for a carrier waits."""
    return f"build/{carrier}/{household}"


def sending(carrier: str, household: str) -> str:
    """Return the name under which the sending of a household's sets to a carrier waits: in order, one by one."""
    return f"send/{carrier}/{household}"


async def longest_waiting(
    read: Callable[[int], Awaitable[list[Waiting]]], *, limit: int, wanted: Callable[[Waiting], bool]
) -> list[Waiting]:
    """Return the first ``limit`` of what waits that are wanted. ``read`` returns so many of those that wait longest; as
    many more are read as it takes: what rests hides nobody, however much of it there is.
    """
    size = limit
    while True:
        page = await read(size)
        found = [each for each in page if wanted(each)]
        if len(found) >= limit or len(page) < size:
            return found[:limit]
        size *= 2


def households_in(items: Collection[str], carrier: str, name: Callable[[str, str], str]) -> set[str]:
    """Return the households of which a carrier's sets wait under this name."""
    before = name(carrier, "")
    return {item.removeprefix(before) for item in items if item.startswith(before)}


async def forget_done(uow: UnitOfWork, failed: Collection[str]) -> None:
    """Forget those of the sets that failed which wait for nothing any more, such as what was withdrawn."""
    if not failed:
        return
    households = sorted({item.rpartition("/")[2] for item in failed})
    left = await uow.records(Transmission).select(household=households, state=["waiting", "built"])
    names = {"waiting": building, "built": sending}
    still = {names[each.state](each.carrier, each.household) for each in left}
    await TRANSMISSIONS.forget(uow, set(failed).difference(still))


def drop_box(carrier: str, part: BoxPart) -> str:
    """Return the name under which one part of a carrier's drop-box waits."""
    return f"{part}/{carrier}"


def carriers_of(boxes: Collection[str], part: BoxPart) -> set[str]:
    """Return the carriers of which this part of the drop-box is among those."""
    return {box.removeprefix(f"{part}/") for box in boxes if box.startswith(f"{part}/")}


def file_in_box(carrier: str, name: str) -> str:
    """Return the name under which a file in a drop-box waits; no file's name has a slash."""
    return f"{carrier}/{name}"


async def boxes_away(uow: UnitOfWork, carrier: str) -> list[tuple[Side, Retry]]:
    """Return the sides of a carrier's drop-box, and of its own host, that could not be reached the last time, or where
    files are left.
    """
    found: list[tuple[Side, Retry]] = []
    sides: tuple[Side, ...] = ("inbound", "outbound", *HOST_SIDES)
    parts: list[tuple[Side, BoxPart]] = [*((side, side) for side in sides), ("host-inbound", HOST_FILES)]
    for side, part in parts:
        retry = await uow.records(Retry).get(kind=DROP_BOXES.kind, item=drop_box(carrier, part))
        if retry is not None:
            found.append((side, retry))
    return found


async def forget_gone(uow: UnitOfWork, *, carrier: str, lying: Collection[str]) -> None:
    """Forget those of a carrier's files that lie in its drop-box no more and wait for nothing here."""
    failed = {each for each in await INBOUND_FILES.waiting(uow) if each.rpartition("/")[0] == carrier}
    if not failed:
        return
    stored = await uow.records(InboundFile).distinct("name", carrier=carrier, state="stored")
    still = {file_in_box(carrier, name) for name in {*lying, *stored}}
    await INBOUND_FILES.forget(uow, failed - still)
