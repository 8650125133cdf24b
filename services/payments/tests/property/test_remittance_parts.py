"""However long a remittance is, and wherever its telling is cut, each line is told in one part, once (PAY-6)."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import pytest
from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from bulkhead.duties.tables import DutyRecord
from bulkhead.kernel.errors import Impossible
from bulkhead.messaging.said_before import SaidBefore
from bulkhead.service import Received
from payments.application import issue_remittances
from payments.application.take_in_again import NAMES
from payments.domain.events import RemittanceIssued
from payments.domain.remittances import CarrierBalance, Remittance, RemittanceLine, RemittanceToTell
from payments.domain.settlements import Settlement, WaitingShare
from services.payments.tests.builders import Crash, World, at, settled

KINDS = (Remittance, RemittanceLine, RemittanceToTell, CarrierBalance, Settlement, WaitingShare)

LINES = st.integers(0, 30)
HOUSEHOLDS = st.integers(1, 6)
SIZES = st.integers(1, 12)
AT_ONCE = st.integers(1, 3)


@contextlib.contextmanager
def chosen(*, at_once: int) -> Iterator[pytest.MonkeyPatch]:
    """So many parts at once, and two households a page; what is yielded lets `size` choose the parts'."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(issue_remittances, "PARTS_AT_ONCE", at_once)
        patch.setattr(issue_remittances, "HOUSEHOLDS_A_PAGE", 2)
        yield patch


def size(patch: pytest.MonkeyPatch, lines: int) -> None:
    """Be a version that tells so many lines a part."""
    patch.setattr(issue_remittances, "LINES_PER_EVENT", lines)


async def on_its_day(lines: int, *, households: int) -> World:
    """Return January 6 at four, so many premiums of a cent of these households cleared, and nothing remitted."""
    world = await World(start=at("2016-01-04T10:00")).opened()
    payments = [
        await world.pay(f"h{number}", cents=len(range(number, lines, households)))
        for number in range(min(households, lines))
    ]
    await world.hear(
        *(
            settled(payments[each % households], settlement=f"s{each:02d}", cents=1, on="2016-01-04")
            for each in range(lines)
        )
    )
    await world.advance("2016-01-06T15:59")
    world.set("2016-01-06T16:00")
    return world


def in_one_order(lines: int, *, households: int) -> list[str]:
    """Return the settlements in the order they are told in."""
    return [f"s{each:02d}" for each in sorted(range(lines), key=lambda each: (each % households, each))]


@settings(max_examples=60, deadline=None)
@given(LINES, HOUSEHOLDS, st.lists(SIZES, min_size=1, max_size=6), AT_ONCE)
@example(lines=30, households=4, sizes=[3, 12], at_once=2)
@example(lines=30, households=4, sizes=[3, 2], at_once=2)
@example(lines=12, households=1, sizes=[3], at_once=2)
def test_PAY_6_a_version_that_chooses_another_size_tells_on_as_it_was_begun(
    lines: int, households: int, sizes: list[int], at_once: int
) -> None:
    async def play(patch: pytest.MonkeyPatch) -> None:
        size(patch, sizes[0])
        world = await on_its_day(lines, households=households)
        await world.runner.turn(world.now)
        for following in (*sizes[1:], sizes[0]):
            size(patch, following)
            world.restart()
            await world.pollers["remittance-parts"].turn(world.now)
        await world.settle_down()
        told, parts = in_one_order(lines, households=households), math.ceil(lines / sizes[0])
        assert [
            (each.part, each.parts, [line.settlement for line in each.lines])
            for each in world.said(RemittanceIssued)
        ] == [(part, parts, told[(part - 1) * sizes[0] : part * sizes[0]]) for part in range(1, parts + 1)]
        assert world.rows(RemittanceToTell) == []

    with chosen(at_once=at_once) as patch:
        asyncio.run(play(patch))


@dataclass(frozen=True, kw_only=True)
class Lost:
    """A database that is lost: its backup is of after so many changes of that hour, it died so many ``later``, and so
    many of the last parts it had told were never published.
    """

    backup: int
    later: int
    unpublished: int


async def dies_after(world: World, changes: int) -> None:
    """Work at this time, die after so many transactions that changed something, and begin anew."""
    last = world.database.changes + changes

    async def interrupt(_operation: str) -> None:
        if world.database.changes >= last:
            raise Crash

    world.database.interrupt = interrupt
    with contextlib.suppress(Crash):
        await world.settle_down()
    world.database.interrupt = None
    world.restart()


def received(facts: Sequence[object]) -> list[Received]:
    """Return events as they stand on their topic."""
    now = at("2016-01-06T16:00")
    return [
        Received(event_id=str(number), household=None, occurred_at=now, fact=fact, partition=0)
        for number, fact in enumerate(facts)
    ]


async def rejoin(world: World, facts: Sequence[object]) -> None:
    """Take in again what was said, twice: done again, it changes nothing. Raises `Impossible`."""
    taking_in = world.service.taking_in
    assert taking_in is not None
    said = received(facts)
    for _ in range(2):
        uows = SaidBefore(world.uows, names=NAMES, facts=said)
        await taking_in.before(uows, said, world.now)
        await taking_in.after(uows, said, world.now)
        assert (uows.said_before, uows.otherwise) == (0, 0)


@settings(max_examples=120, deadline=None)
@given(
    st.integers(5, 30),
    HOUSEHOLDS,
    st.tuples(st.integers(1, 4), SIZES),
    AT_ONCE,
    st.builds(Lost, backup=st.integers(0, 7), later=st.integers(1, 12), unpublished=st.integers(0, 3)),
)
@example(lines=12, households=3, sizes=(3, 3), at_once=2, lost=Lost(backup=4, later=99, unpublished=0))
def test_PAY_6_a_database_restored_to_any_moment_tells_what_was_not_told_and_nothing_again(
    lines: int, households: int, sizes: tuple[int, int], at_once: int, lost: Lost
) -> None:
    async def play(patch: pytest.MonkeyPatch) -> None:
        size(patch, sizes[0])
        live, backup = [await on_its_day(lines, households=households) for _ in range(2)]
        await dies_after(live, lost.backup + lost.later)
        await dies_after(backup, lost.backup)
        before, known = live.database.events, len(backup.database.events)
        assert backup.database.events == before[:known]
        said = before[known : max(known, len(before) - lost.unpublished)]
        await live.settle_down()

        size(patch, sizes[1])
        here = [each for each in backup.rows(DutyRecord) if each.duty == "remit" and each.state == "done"]
        remit_done = any(each.on_date == backup.now.date() for each in here)
        issued = bool(backup.rows(Remittance))
        half = bool(said) and len(said) < math.ceil(lines / sizes[0])
        event(f"issued: {issued}, remit done: {remit_done}, said: {bool(said)}, half: {half}")
        if not issued and not remit_done and half:
            with pytest.raises(Impossible, match="restore to a moment when `remit` of 2016-01-06 was done"):
                await rejoin(backup, said)
            return
        await rejoin(backup, said)
        assert len(backup.database.events) == known
        await backup.settle_down()
        told = [*backup.database.events[:known], *said, *backup.database.events[known:]]
        remittances = [each for each in told if isinstance(each, RemittanceIssued)]
        if known < len(told) and not issued and not said:  # issued by the other version, if by any
            assert {each.parts for each in remittances} == {math.ceil(lines / sizes[1])}
        else:
            assert told == live.database.events
        assert [each.part for each in remittances] == list(range(1, remittances[0].parts + 1))
        in_order = in_one_order(lines, households=households)
        assert [line.settlement for each in remittances for line in each.lines] == in_order
        for kind in KINDS:
            assert backup.rows(kind) == live.rows(kind), kind.__name__
        assert backup.remittances.content == live.remittances.content
        assert (await backup.books()).balanced

    with chosen(at_once=at_once) as patch:
        asyncio.run(play(patch))


async def leave_out(world: World, facts: Sequence[object]) -> list[str]:
    """Take nothing in, twice: done again, it changes nothing. Return what is left to people."""
    taking_in = world.service.taking_in
    assert taking_in is not None and taking_in.leave_out is not None
    left = await taking_in.leave_out(world.uows, received(facts), world.now)
    await taking_in.leave_out(world.uows, received(facts), world.now)
    return left


@settings(max_examples=80, deadline=None)
@given(
    st.integers(5, 30),
    HOUSEHOLDS,
    st.tuples(st.integers(1, 4), SIZES),
    AT_ONCE,
    st.builds(Lost, backup=st.integers(0, 7), later=st.integers(1, 12), unpublished=st.integers(0, 3)),
)
@example(lines=12, households=3, sizes=(3, 3), at_once=2, lost=Lost(backup=4, later=1, unpublished=0))
@example(lines=12, households=3, sizes=(3, 3), at_once=2, lost=Lost(backup=4, later=99, unpublished=0))
def test_PAY_6_where_what_was_said_is_left_out_nothing_is_told_twice_of_a_remittance_whose_lines_are_known(
    lines: int, households: int, sizes: tuple[int, int], at_once: int, lost: Lost
) -> None:
    async def play(patch: pytest.MonkeyPatch) -> None:
        size(patch, sizes[0])
        live, backup = [await on_its_day(lines, households=households) for _ in range(2)]
        await dies_after(live, lost.backup + lost.later)
        await dies_after(backup, lost.backup)
        before, known = live.database.events, len(backup.database.events)
        said = before[known : max(known, len(before) - lost.unpublished)]
        await live.settle_down()

        size(patch, sizes[1])
        here = [each for each in backup.rows(DutyRecord) if each.duty == "remit" and each.state == "done"]
        lines_known = any(each.on_date == backup.now.date() for each in here)
        event(f"issued: {bool(backup.rows(Remittance))}, lines known: {lines_known}, said: {bool(said)}")
        assert await leave_out(backup, said) == []
        assert len(backup.database.events) == known
        await backup.settle_down()
        told = [*backup.database.events[:known], *said, *backup.database.events[known:]]
        remittances = [each for each in told if isinstance(each, RemittanceIssued)]
        if said and not lines_known:  # it is done, and told, anew
            remittances = remittances[len(said) :]
        assert [each.part for each in remittances] == list(range(1, remittances[0].parts + 1))
        in_order = in_one_order(lines, households=households)
        assert [line.settlement for each in remittances for line in each.lines] == in_order
        for kind in KINDS:
            assert backup.rows(kind) == live.rows(kind), kind.__name__
        assert backup.remittances.content == live.remittances.content

    with chosen(at_once=at_once) as patch:
        asyncio.run(play(patch))


def test_PAY_6_what_was_told_otherwise_and_is_left_out_is_told_no_further() -> None:
    async def play(patch: pytest.MonkeyPatch) -> None:
        size(patch, 3)
        live, restored = [await on_its_day(12, households=3) for _ in range(2)]
        await dies_after(live, 5)
        await dies_after(restored, 4)
        known = len(restored.database.events)
        said = live.database.events[known:]
        [changed] = [each for each in restored.rows(RemittanceLine) if each.settlement == "s10"]
        async with restored.uows.begin(now=restored.now) as uow:
            await uow.records(RemittanceLine).put([replace(changed, policy="p2")])
        assert len(restored.rows(RemittanceToTell)) == 1
        [says] = await leave_out(restored, said)
        assert says.endswith(": BCBSVT, 2016-01-06, part 3: it is told no further")
        assert restored.rows(RemittanceToTell) == []
        await restored.settle_down()
        assert len(restored.database.events) == known

    with chosen(at_once=2) as patch:
        asyncio.run(play(patch))


@pytest.mark.parametrize(("backup", "line", "part"), [(2, "s00", 1), (4, "s10", 3)])
def test_PAY_6_what_was_told_otherwise_than_the_database_has_it_is_refused(
    backup: int, line: str, part: int
) -> None:
    async def play(patch: pytest.MonkeyPatch) -> None:
        size(patch, 3)
        live, restored = [await on_its_day(12, households=3) for _ in range(2)]
        await dies_after(live, backup + 1)
        await dies_after(restored, backup)
        said = live.database.events[len(restored.database.events) :]
        [changed] = [each for each in restored.rows(RemittanceLine) if each.settlement == line]
        async with restored.uows.begin(now=restored.now) as uow:
            await uow.records(RemittanceLine).put([replace(changed, policy="p2")])
        says = "told otherwise than this database would have told it: BCBSVT, 2016-01-06, part "
        before = restored.rows(Remittance), restored.rows(RemittanceToTell)
        with pytest.raises(Impossible, match=f"{says}{part}"):
            await rejoin(restored, said)
        assert (restored.rows(Remittance), restored.rows(RemittanceToTell)) == before

    with chosen(at_once=2) as patch:
        asyncio.run(play(patch))
