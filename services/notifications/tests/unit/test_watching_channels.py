"""Channels are tried as anybody would, and shut where that says so (OPS-3, NOT-2)."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import date, datetime, timedelta

import httpx2
import pytest

from bulkhead.kernel.calendar import local
from bulkhead.kernel.errors import Retryable
from bulkhead.persistence.ports import Cause, UnitOfWork, UnitOfWorkFactory
from notifications.adapters.doors import http
from notifications.adapters.doors.http import CARRIERS, HUB, PAYMENT, SELECTION, Asked, OnlineDoor, trial_of
from notifications.adapters.metrics import MEASURES
from notifications.application.facts import MaintenanceEnded, MaintenanceScheduled, MaintenanceWithdrawn
from notifications.application.ports import Door as PortOfDoors
from notifications.application.set_channel import list_channels, set_channel
from notifications.application.watch_channels import (
    MOST_KEPT,
    ChannelPoller,
    end_untried,
    list_outages,
    note_trial,
)
from notifications.domain.announced import AnnouncedMaintenance
from notifications.domain.channels import CHANNELS, ChannelName, ChannelState, ToldState
from notifications.domain.events import ChannelUp
from notifications.domain.outages import (
    NEAR,
    ChannelStanding,
    ListedOutage,
    Outage,
    SeenWindow,
    Trial,
    TrialResult,
    Tried,
    kept_in_mind,
)
from services.notifications.tests.builders import activated, contact, invoice, selected
from services.notifications.tests.office import Office

NOW = local(date(2016, 6, 26), 1)
OPEN = Trial(result="open", evidence="ok")
SHUT = Trial(result="shut", evidence="no connection")


SEEN: dict[TrialResult, str] = {"open": "ok", "shut": "no connection", "not-open-yet": "not-open"}


LONG_SHUT: list[TrialResult] = ["shut"] * 500
FLAPPING: list[TrialResult] = ["shut", "open"] * 800


class Door:
    """Ends as the test says next, the last for ever."""

    def __init__(self, *results: TrialResult) -> None:
        self.results = list(results)
        self.tries = 0

    async def try_it(self) -> Trial:
        self.tries += 1
        result = self.results.pop(0) if len(self.results) > 1 else self.results[0]
        return Trial(result=result, evidence=SEEN[result])


class Watched:
    """A poller that tries one door, which it is let do every ten seconds."""

    def __init__(
        self,
        *results: TrialResult,
        office: Office | None = None,
        more: Mapping[ChannelName, PortOfDoors] | None = None,
    ) -> None:
        self.office = office or Office(now=NOW)
        self.door = Door(*results)
        self.seconds = 0.0
        doors: dict[ChannelName, PortOfDoors] = {"payments-online": self.door, **(more or {})}
        self.poller = ChannelPoller(
            self.office.uows,
            doors=doors,
            alarms=self.office.alarms,
            pace=lambda: self.seconds,
            wall_seconds=lambda: self.seconds,
        )

    async def watch(self, tries: int) -> list[int]:
        """Let so many tries be made, ten seconds apart; return what each said it did."""
        done: list[int] = []
        for _ in range(tries):
            done.append(await self.poller.turn(NOW + timedelta(seconds=self.seconds)))
            self.seconds += 10
        return done

    async def standing(self) -> ChannelStanding:
        """Return how the channel stands."""
        async with self.office.uows.begin(now=NOW) as uow:
            return (await list_channels(uow))[0]

    async def tell(self, state: ToldState) -> ChannelStanding:
        """Have an operator say how the channel is."""
        async with self.office.uows.begin(now=NOW) as uow:
            return await set_channel(uow, channel="payments-online", state=state)


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


async def test_OPS_3_two_tries_in_a_row_that_fail_are_an_outage_since_the_first() -> None:
    watched = Watched("open", "shut", "shut", "shut")
    assert await watched.watch(4) == [0, 0, 1, 0]
    outage = Outage(
        number=1,
        channel="payments-online",
        began_at=after(10),
        noticed_at=after(20),
        ended_at=None,
        evidence="no connection",
    )
    standing = await watched.standing()
    listed = ListedOutage(outage=outage, announced_until=None)
    assert (standing.state, standing.since, standing.outage) == ("down", after(10), listed)
    assert watched.office.alarms.outages == [outage]


async def test_OPS_3_it_ends_with_the_first_of_two_tries_in_a_row_that_do_not_fail() -> None:
    watched = Watched("shut", "shut", "open", "shut", "open", "open")
    assert await watched.watch(6) == [0, 1, 0, 0, 0, 1]
    (outage,) = watched.office.database.rows(Outage)
    assert (outage.began_at, outage.noticed_at, outage.ended_at) == (after(0), after(10), after(40))
    standing = await watched.standing()
    assert (standing.state, standing.since, standing.outage) == ("up", None, None)
    assert [each.ended_at for each in watched.office.alarms.outages] == [None, after(40)]


async def test_OPS_3_a_door_that_flaps_is_announced_once() -> None:
    watched = Watched("shut", "open", "shut", "open", "shut", "open")
    assert sum(await watched.watch(6)) == 0
    assert watched.office.database.rows(Outage) == []


async def test_OPS_3_the_tries_of_two_processes_count_together() -> None:
    first = Watched("shut")
    second = Watched("shut", office=first.office)
    second.seconds = 3
    assert (await first.watch(1), await second.watch(1)) == ([0], [1])


@pytest.mark.parametrize(("apart", "known"), [(50, [1]), (51, [0, 1])])
async def test_OPS_3_tries_that_are_far_apart_are_not_in_a_row(apart: int, known: list[int]) -> None:
    """All tries stood still between: nobody knows what was then. The tries are ten seconds apart by themselves."""
    watched = Watched("shut")
    await watched.watch(1)
    watched.seconds += apart
    assert await watched.watch(len(known)) == known
    (outage,) = watched.office.database.rows(Outage)
    assert outage.began_at == after(0 if known == [1] else 10 + apart)


async def test_OPS_3_one_try_that_does_not_fail_ends_nothing_however_much_later_the_next_is() -> None:
    watched = Watched("shut", "shut", "open")
    await watched.watch(3)
    watched.seconds += 3600
    assert await watched.watch(2) == [0, 1]
    (outage,) = watched.office.database.rows(Outage)
    assert outage.ended_at == after(3630)


async def test_OPS_3_tries_are_near_by_the_walls_clock_while_the_exchanges_leaps() -> None:
    watched = Watched("shut")
    await watched.watch(1)
    assert await watched.poller.turn(NOW + timedelta(days=1)) == 1
    (outage,) = watched.office.database.rows(Outage)
    assert outage.began_at == after(0)


async def away(_operation: str) -> None:
    raise Retryable("the database is away")


async def watch_in_vain(watched: Watched, tries: int) -> None:
    """Let so many tries be made while the database is away."""
    watched.office.database.interrupt = away
    for _ in range(tries):
        with pytest.raises(Retryable):
            await watched.watch(1)
        watched.seconds += 10
    watched.office.database.interrupt = None


async def test_OPS_4_an_outage_that_was_over_before_it_could_be_written_down_is_known_afterwards() -> None:
    watched = Watched("open", *LONG_SHUT, "open")
    await watched.watch(1)
    await watch_in_vain(watched, 502)
    assert await watched.watch(1) == [2]
    (outage,) = watched.office.database.rows(Outage)
    assert (outage.began_at, outage.noticed_at, outage.ended_at) == (after(10), after(20), after(5010))
    assert watched.office.said(ChannelUp) == [
        ChannelUp(channel="payments-online", since=after(10), until=after(5010))
    ]


async def test_OPS_4_one_that_lasts_as_the_database_is_back_began_with_the_first_try_that_failed() -> None:
    watched = Watched("open", "shut")
    await watched.watch(1)
    await watch_in_vain(watched, 7)
    assert await watched.watch(1) == [1]
    (outage,) = watched.office.database.rows(Outage)
    assert (outage.began_at, outage.noticed_at, outage.ended_at) == (after(10), after(20), None)


async def test_OPS_4_a_door_that_flaps_for_days_is_not_kept_in_mind_without_end() -> None:
    kept: list[Tried] = []
    for number in range(1600):
        trial = (SHUT, OPEN)[number % 2]
        tried = Tried(channel="payments-online", trial=trial, at=after(number), wall_at=after(number))
        kept = kept_in_mind(kept, tried, most=MOST_KEPT)
    assert (len(kept), kept[0].at, kept[-1].at) == (MOST_KEPT, after(600), after(1599))
    watched = Watched(*FLAPPING, "shut")
    await watch_in_vain(watched, 1600)
    assert await watched.watch(3) == [0, 1, 0]


def kept_of(channels: Sequence[ChannelName], results: Sequence[Trial]) -> dict[ChannelName, list[Tried]]:
    """Return what is kept in mind of channels that are tried side by side, each of them ending so."""
    kept: list[Tried] = []
    for number, trial in enumerate(results):
        for channel in channels:
            tried = Tried(channel=channel, trial=trial, at=after(number), wall_at=after(number))
            kept = kept_in_mind(kept, tried, most=100)
    assert [each.at for each in kept] == sorted(each.at for each in kept)
    return {channel: [each for each in kept if each.channel == channel] for channel in channels}


@pytest.mark.parametrize("channels", [CHANNELS[:1], CHANNELS[:2], CHANNELS[:4]], ids=["1", "2", "4"])
def test_OPS_4_so_many_tries_are_kept_in_mind_of_each_channel_however_many_there_are(
    channels: Sequence[ChannelName],
) -> None:
    for own in kept_of(channels, [SHUT] * 500).values():
        assert [each.at for each in own] == [after(0), after(1), after(499)]
    for own in kept_of(channels, [SHUT, OPEN] * 80).values():
        assert [each.at for each in own] == [after(number) for number in range(60, 160)]


class Broken:
    """A door that cannot even be tried, for a fault of ours."""

    async def try_it(self) -> Trial:
        raise ZeroDivisionError


async def test_I9_a_channel_with_which_trying_fails_keeps_no_other_from_being_watched() -> None:
    watched = Watched("shut", more={"hub": Broken()})
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            await watched.watch(1)
        watched.seconds += 10
    (outage,) = watched.office.database.rows(Outage)
    assert (outage.channel, outage.began_at, outage.noticed_at) == ("payments-online", after(0), after(10))


class Picky:
    """Units of work that fail where the channel of payments is locked, for a fault of ours."""

    def __init__(self, uows: UnitOfWorkFactory) -> None:
        self.uows = uows

    def begin(
        self, *, now: datetime, households: Iterable[str] = (), cause: Cause | None = None
    ) -> AbstractAsyncContextManager[UnitOfWork]:
        locked = list(households)
        if locked == ["channel:payments-online"]:
            raise ZeroDivisionError
        return self.uows.begin(now=now, households=locked, cause=cause)

    def begin_shared(
        self, *, now: datetime, households: Iterable[str], cause: Cause | None = None
    ) -> AbstractAsyncContextManager[UnitOfWork]:
        return self.uows.begin_shared(now=now, households=households, cause=cause)


async def test_I9_a_try_that_cannot_be_noted_keeps_those_of_no_other_channel_from_it() -> None:
    office = Office(now=NOW)
    office.uows = Picky(office.uows)
    watched = Watched("shut", office=office, more={"hub": Door("shut")})
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            await watched.watch(1)
        watched.seconds += 10
    (outage,) = office.database.rows(Outage)
    assert (outage.channel, outage.noticed_at) == ("hub", after(10))


async def test_OPS_4_what_another_process_wrote_down_meanwhile_is_not_noted_twice() -> None:
    first = Watched("shut", "shut", "open", "open", "open")
    await watch_in_vain(first, 4)
    second = Watched("shut", "shut", "open", "open", office=first.office)
    second.seconds = 1
    assert await second.watch(4) == [0, 1, 0, 1]
    assert await first.watch(1) == [0]
    (outage,) = first.office.database.rows(Outage)
    assert (outage.began_at, outage.ended_at) == (after(1), after(21))


async def test_OPS_3_of_a_door_that_is_open_nothing_is_written() -> None:
    watched = Watched("open")
    await watched.watch(5)
    assert (watched.door.tries, watched.office.database.changes) == (5, 0)


async def test_OPS_3_it_is_tried_every_seven_seconds_however_often_there_is_a_turn() -> None:
    watched = Watched("open")
    for seconds in (0.0, 1.0, 6.9, 7.0, 8.0):
        watched.seconds = seconds
        await watched.poller.turn(NOW)
    assert (watched.door.tries, await watched.poller.pending(NOW)) == (2, 0)


async def test_OPS_4_a_door_that_has_not_been_opened_yet_is_no_outage() -> None:
    watched = Watched("not-open-yet")
    await watched.watch(4)
    assert watched.office.database.rows(Outage) == []
    assert watched.office.alarms.outages == []
    standing = await watched.standing()
    assert (standing.state, standing.since, standing.unannounced_since) == ("not-open-yet", after(0), None)
    assert watched.office.database.changes == 1


async def test_OPS_4_a_door_is_not_open_yet_until_a_try_finds_it_open() -> None:
    watched = Watched("not-open-yet", "shut", "not-open-yet", "shut", "shut", "not-open-yet", "open")
    found: list[tuple[str, datetime | None]] = []
    for _ in range(7):
        await watched.watch(1)
        standing = await watched.standing()
        found.append((standing.state, standing.since))
    # One that is shut besides is so from the first of two tries on; what opens it is a try that takes something.
    not_open = ("not-open-yet", after(0))
    assert found == [*[not_open] * 4, ("down", after(30)), ("down", after(30)), ("up", None)]


@pytest.mark.parametrize("ends", [("not-open-yet", "not-open-yet"), ("open", "not-open-yet")])
async def test_OPS_4_a_door_that_is_not_open_by_the_pack_any_more_is_in_no_outage(
    ends: tuple[TrialResult, TrialResult],
) -> None:
    watched = Watched("shut", "shut", *ends)
    assert await watched.watch(4) == [0, 1, 0, 1]
    (outage,) = watched.office.database.rows(Outage)
    assert (outage.ended_at, outage.end_evidence) == (after(20), "not-open")
    assert (await watched.standing()).state == "not-open-yet"


async def test_OPS_3_an_outage_ends_once_its_door_is_tried_no_more_and_what_is_told_counts_again() -> None:
    watched = Watched("shut")
    await watched.watch(2)
    # As after the setting was taken away, and every process has started again.
    poller = ChannelPoller(
        watched.office.uows,
        doors={},
        alarms=watched.office.alarms,
        pace=lambda: watched.seconds,
        wall_seconds=lambda: watched.seconds,
    )
    assert [await poller.turn(after(20)), await poller.turn(after(20))] == [1, 0]
    (outage,) = watched.office.database.rows(Outage)
    assert (outage.ended_at, outage.end_evidence) == (after(20), "not tried any more")
    assert watched.office.alarms.outages[-1] == outage
    assert watched.office.said(ChannelUp) == [
        ChannelUp(channel="payments-online", since=after(0), until=after(20))
    ]
    assert (await watched.standing()).state == "up"
    assert (await watched.tell("down")).state == "down"
    assert (await watched.tell("up")).state == "up"


async def test_OPS_4_that_a_door_is_not_open_yet_is_forgotten_once_it_is_tried_no_more() -> None:
    watched = Watched("not-open-yet")
    await watched.watch(1)
    await ChannelPoller(
        watched.office.uows,
        doors={},
        alarms=watched.office.alarms,
        pace=lambda: watched.seconds,
        wall_seconds=lambda: watched.seconds,
    ).turn(after(10))
    assert (await watched.standing()).state == "up"


async def test_OPS_3_a_try_of_before_does_not_count_once_its_door_is_tried_again() -> None:
    watched = Watched("shut")
    await watched.watch(1)
    await ChannelPoller(
        watched.office.uows,
        doors={},
        alarms=watched.office.alarms,
        pace=lambda: watched.seconds,
        wall_seconds=lambda: watched.seconds,
    ).turn(after(10))
    assert await watched.watch(2) == [0, 1]
    (outage,) = watched.office.database.rows(Outage)
    assert outage.began_at == after(10)


@pytest.mark.parametrize(
    ("told", "state", "since"),
    [("up", "down", 0), ("maintenance", "maintenance", None), ("down", "down", None)],
)
async def test_NOT_2_a_channel_that_is_shut_is_not_opened_by_saying_so(
    told: ToldState, state: ChannelState, since: int | None
) -> None:
    watched = Watched("shut")
    await watched.watch(2)
    standing = await watched.tell(told)
    assert standing.state == state
    assert standing.since == (NOW if since is None else after(since))


async def test_OPS_3_a_channel_that_is_shut_is_measured_so_also_while_the_exchanges_clock_stands() -> None:
    watched = Watched("shut")
    found: list[float] = []
    for tries, seconds in ((0, 0.0), (2, 0.0), (0, 90.0)):
        await watched.watch(tries)
        async with watched.office.uows.begin(now=after(seconds)) as uow:
            readings = await MEASURES[0].read(uow)
        found += [each.value for each in readings if each.labels == {"channel": "payments-online"}]
    assert found == [0, 1, 90]


async def test_NOT_2_no_notice_sends_anybody_to_a_page_that_trying_finds_shut() -> None:
    office = Office(now=NOW)
    watched = Watched("shut", "shut", "open", "open", office=office)
    await watched.watch(2)
    await office.hear(contact(), selected(), activated(), invoice())
    await office.send()
    notice = office.only(type="invoice")
    assert notice.doors == ("enrollment-online", "phone", "mail")
    assert "https://pay.exchange.example" not in (notice.says or "")


async def test_NOT_2_no_notice_sends_anybody_to_a_page_that_is_not_open_yet() -> None:
    office = Office(now=NOW)
    watched = Watched("not-open-yet", office=office)
    await watched.watch(1)
    await office.hear(contact(), selected(), activated(), invoice())
    await office.send()
    notice = office.only(type="invoice")
    assert notice.doors == ("enrollment-online", "phone", "mail")
    assert "https://pay.exchange.example" not in (notice.says or "")


ANSWERS = {
    "it takes payments": (200, {"takes_payments": True, "outcome": "ok"}, OPEN),
    "it is broken": (
        200,
        {"takes_payments": False, "outcome": "processor-away"},
        Trial(result="shut", evidence="answers, and takes no payment: processor-away"),
    ),
    "it is not open yet": (
        200,
        {"takes_payments": False, "outcome": "not-open"},
        Trial(result="not-open-yet", evidence="not-open"),
    ),
    "it says no reason": (
        200,
        {"takes_payments": "yes", "outcome": "x" * 41},
        Trial(result="shut", evidence="answers, and takes no payment: no reason"),
    ),
    "its database is away": (503, {"title": "away"}, Trial(result="shut", evidence="answered 503")),
    "it has moved": (302, {}, Trial(result="shut", evidence="answered 302")),
    "it is another page": (200, ["hello"], Trial(result="shut", evidence="answered 200")),
}


@pytest.mark.parametrize("answer", ANSWERS)
async def test_OPS_3_what_the_page_answers_says_whether_it_is_open(answer: str) -> None:
    status, body, trial = ANSWERS[answer]
    asked: list[str] = []

    def page(request: httpx2.Request) -> httpx2.Response:
        asked.append(f"{request.method} {request.url}")
        return httpx2.Response(status, json=body)

    door = OnlineDoor("http://payments.test", PAYMENT, transport=httpx2.MockTransport(page))
    assert await door.try_it() == trial
    assert asked == ["GET http://payments.test/v1/online-payment"]


def selections(**said: object) -> OnlineDoor:
    """Return enrollment's door, which says this."""
    page = httpx2.MockTransport(lambda _request: httpx2.Response(200, json=said))
    return OnlineDoor("http://enrollment.test", SELECTION, transport=page)


WINDOW = {
    "maintenance": "m-2",
    "begins_at": "2015-12-03T10:00:00-05:00",
    "ends_at": "2015-12-03T12:00:00-05:00",
}
MAINTAINED = "answers, and takes no selection: maintenance"


async def test_OPS_3_enrollment_is_asked_whether_plans_can_be_selected() -> None:
    assert await selections(takes_selections=True, outcome="ok").try_it() == Trial(
        result="open", evidence="ok"
    )
    assert (await selections(takes_payments=True, outcome="ok").try_it()).result == "shut"
    assert (await selections(takes_selections=False, outcome="not-open").try_it()).result == "not-open-yet"


@pytest.mark.parametrize(
    ("asked", "field", "outcome", "evidence"),
    [
        (CARRIERS, "delivers", "no-carrier-reached", "answers, and takes no file: no-carrier-reached"),
        (HUB, "answers", "hub-rests", "answers, and takes no question: hub-rests"),
    ],
)
async def test_OPS_3_the_gateway_is_asked_for_carriers_and_enrollment_for_the_hub(
    asked: Asked, field: str, outcome: str, evidence: str
) -> None:
    assert trial_of(asked, 200, {field: True, "outcome": "ok"}) == OPEN
    assert trial_of(asked, 200, {field: False, "outcome": outcome}) == Trial(result="shut", evidence=evidence)


async def test_OPS_2_a_door_says_by_which_announced_window_it_is_shut() -> None:
    window = SeenWindow(
        maintenance="m-2",
        begins_at=datetime.fromisoformat("2015-12-03T10:00:00-05:00"),
        ends_at=datetime.fromisoformat("2015-12-03T12:00:00-05:00"),
    )
    trial = await selections(takes_selections=False, outcome="maintenance", maintenance=WINDOW).try_it()
    assert trial == Trial(result="shut", evidence=MAINTAINED, window=window)


@pytest.mark.parametrize(
    "said",
    [
        None,
        "tonight",
        {**WINDOW, "ends_at": "later"},
        {**WINDOW, "begins_at": "2015-12-03T10:00:00"},
        {**WINDOW, "begins_at": "2015-12-03T13:00:00-05:00"},
        {**WINDOW, "maintenance": "m" * 101},
        {"maintenance": "m-2"},
    ],
)
async def test_OPS_2_a_window_that_cannot_be_understood_is_none(said: object) -> None:
    trial = await selections(takes_selections=False, outcome="maintenance", maintenance=said).try_it()
    assert trial == Trial(result="shut", evidence=MAINTAINED)


@pytest.mark.parametrize(
    ("error", "evidence"),
    [
        (httpx2.ConnectError("refused"), "no connection"),
        (httpx2.ReadTimeout("late"), "no answer within 5 seconds"),
        (httpx2.RemoteProtocolError("odd"), "no connection"),
    ],
)
async def test_OPS_3_a_page_that_does_not_answer_is_shut(error: Exception, evidence: str) -> None:
    def page(_request: httpx2.Request) -> httpx2.Response:
        raise error

    door = OnlineDoor("http://payments.test", PAYMENT, transport=httpx2.MockTransport(page))
    assert await door.try_it() == Trial(result="shut", evidence=evidence)


async def test_OPS_3_a_door_that_hangs_makes_no_other_be_tried_later() -> None:
    office = Office(now=NOW)
    tried: list[str] = []

    class Door:
        def __init__(self, name: str) -> None:
            self.name = name

        async def try_it(self) -> Trial:
            tried.append(f"{self.name} begins")
            await asyncio.sleep(0)
            tried.append(f"{self.name} ends")
            return Trial(result="open", evidence="ok")

    poller = ChannelPoller(
        office.uows,
        doors={"payments-online": Door("payments"), "enrollment-online": Door("enrollment")},
        alarms=office.alarms,
        pace=lambda: 0.0,
        wall_seconds=lambda: 0.0,
    )
    await poller.turn(NOW)
    assert tried == ["payments begins", "enrollment begins", "payments ends", "enrollment ends"]


async def drip(_request: httpx2.Request) -> httpx2.Response:
    async def parts() -> AsyncGenerator[bytes]:
        while True:
            yield b" "
            await asyncio.sleep(0.01)

    return httpx2.Response(200, content=parts())


async def never(_request: httpx2.Request) -> httpx2.Response:
    await asyncio.Event().wait()
    return httpx2.Response(200)


@pytest.mark.parametrize("page", [drip, never])
async def test_OPS_3_a_page_that_goes_on_answering_is_shut_once_its_time_is_over(
    page: Callable[[httpx2.Request], Coroutine[None, None, httpx2.Response]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "ANSWER_SECONDS", 0.05)
    door = OnlineDoor("http://payments.test", PAYMENT, transport=httpx2.MockTransport(page))
    async with asyncio.timeout(5):
        assert (await door.try_it()).result == "shut"


async def test_OPS_3_no_more_is_read_of_an_answer_than_it_can_be_long() -> None:
    read: list[int] = []

    async def parts() -> AsyncGenerator[bytes]:
        while True:
            read.append(4096)
            yield b" " * 4096

    transport = httpx2.MockTransport(lambda _request: httpx2.Response(200, content=parts()))
    trial = await OnlineDoor("http://payments.test", PAYMENT, transport=transport).try_it()
    assert trial == Trial(result="shut", evidence="an answer that is longer than 10000 bytes")
    assert sum(read) == 3 * 4096


async def test_OPS_3_a_packed_answer_is_not_unpacked() -> None:
    packed = httpx2.MockTransport(
        lambda _request: httpx2.Response(
            200, headers={"Content-Encoding": "gzip"}, content=gzip.compress(b'{"takes_payments": true}')
        )
    )
    trial = await OnlineDoor("http://payments.test", PAYMENT, transport=packed).try_it()
    assert trial == Trial(result="shut", evidence="an answer that is packed")


async def test_OPS_3_an_answer_that_is_no_json_is_a_shut_door() -> None:
    transport = httpx2.MockTransport(lambda _request: httpx2.Response(200, text="<h1>Welcome</h1>"))
    trial = await OnlineDoor("http://payments.test", PAYMENT, transport=transport).try_it()
    assert trial == Trial(result="shut", evidence="an answer that is no JSON")


ENDS = NOW + timedelta(hours=4)


async def announced(office: Office) -> None:
    await office.hear(MaintenanceScheduled(maintenance="m-1", begins_at=NOW, ends_at=ENDS))


async def stands(office: Office, at: datetime) -> ChannelStanding:
    async with office.uows.begin(now=at) as uow:
        return (await list_channels(uow))[0]


async def test_OPS_2_a_channel_is_closed_in_the_window_by_the_clock_without_anybody_saying_so() -> None:
    office = Office(now=NOW)
    await announced(office)
    await announced(office)  # heard twice
    states = [
        (await stands(office, at)).state
        for at in (NOW - timedelta(seconds=1), NOW, ENDS - timedelta(seconds=1))
    ]
    assert states == ["up", "maintenance", "maintenance"]
    closed = await stands(office, NOW)
    assert (closed.since, closed.until) == (NOW, ENDS)
    over = await stands(office, ENDS)
    assert (over.state, over.since, over.until) == ("up", None, None)


async def test_OPS_2_a_window_that_was_withdrawn_or_ended_early_closes_nothing_from_then_on() -> None:
    withdrawn, ended = Office(now=NOW), Office(now=NOW)
    for office in (withdrawn, ended):
        await announced(office)
    await withdrawn.hear(MaintenanceWithdrawn(maintenance="m-1"))
    await ended.hear(MaintenanceEnded(maintenance="m-1", begins_at=NOW, ended_at=NOW + timedelta(hours=1)))
    at = (NOW + timedelta(minutes=59), NOW + timedelta(hours=1))
    assert [(await stands(withdrawn, each)).state for each in at] == ["up", "up"]
    assert [(await stands(ended, each)).state for each in at] == ["maintenance", "up"]
    # of a window nobody heard of, nothing is known
    await ended.hear(MaintenanceEnded(maintenance="m-2", begins_at=NOW, ended_at=NOW))
    assert len(ended.database.rows(AnnouncedMaintenance)) == 1


async def test_OPS_2_OPS_4_announced_maintenance_is_an_outage_since_it_began_and_no_alarm() -> None:
    office = Office(now=NOW)
    await announced(office)
    watched = Watched("shut", office=office)
    watched.seconds = 1800.0
    await watched.watch(2)
    (outage,) = office.database.rows(Outage)
    assert (outage.began_at, outage.noticed_at) == (NOW, after(1810))
    assert (office.alarms.outages, office.alarms.closed) == ([], ["m-1"])
    assert (await stands(office, after(1900))).unannounced_since is None


async def test_OPS_2_OPS_3_a_door_that_comes_back_shut_is_an_alarm_from_the_end_of_the_window_on() -> None:
    office = Office(now=NOW)
    await announced(office)
    watched = Watched("shut", office=office)
    await watched.watch(2)
    broken = await stands(office, ENDS + timedelta(minutes=5))
    assert (broken.state, broken.unannounced_since) == ("down", ENDS)


async def test_OPS_2_an_outage_says_until_when_it_was_announced() -> None:
    office = Office(now=NOW)
    await announced(office)
    watched = Watched("shut", office=office)
    await watched.watch(2)
    async with office.uows.begin(now=ENDS + timedelta(minutes=5)) as uow:
        (listed,) = await list_outages(uow, after=0, limit=9)
    assert (listed.outage.began_at, listed.announced_until) == (NOW, ENDS)
    standing = await stands(office, ENDS + timedelta(minutes=5))
    assert standing.outage == listed


async def test_OPS_3_a_door_that_was_shut_before_a_window_is_an_outage_since_then() -> None:
    office = Office(now=NOW)
    watched = Watched("shut", office=office)
    watched.seconds = -20.0
    await announced(office)
    await watched.watch(4)
    (outage,) = office.database.rows(Outage)
    assert (outage.began_at, office.alarms.outages[0].began_at) == (after(-20), after(-20))
    listed = (await stands(office, NOW)).outage
    assert listed is not None and listed.announced_until is None


async def seen(office: Office, at: datetime, trial: Trial) -> ChannelStanding:
    """Return how selecting online stands after a try of it at an instant."""
    async with office.uows.begin(now=at, households=["channel:enrollment-online"]) as uow:
        tried = Tried(channel="enrollment-online", trial=trial, at=at, wall_at=at)
        await note_trial(uow, tried, in_a_row=1, near=NEAR)
    async with office.uows.begin(now=at) as uow:
        standing = (await list_channels(uow))[1]
    assert standing.told.channel == "enrollment-online"
    return standing


async def test_OPS_2_selecting_online_is_closed_by_the_window_its_door_names_until_its_end() -> None:
    office = Office(now=NOW)
    window = SeenWindow(maintenance="m-2", begins_at=NOW, ends_at=ENDS)
    shut = Trial(result="shut", evidence=MAINTAINED, window=window)
    for seconds in (10, 20):  # told twice it is one
        standing = await seen(office, after(seconds), shut)
    assert (standing.state, standing.since, standing.until) == ("maintenance", NOW, ENDS)
    assert standing.unannounced_since is None
    broken = await seen(office, ENDS + timedelta(minutes=5), Trial(result="shut", evidence="no connection"))
    assert (broken.state, broken.unannounced_since) == ("down", ENDS)
    assert len(office.database.rows(AnnouncedMaintenance)) == 1


async def test_OPS_2_a_window_that_ended_early_closes_no_door_that_is_open() -> None:
    office = Office(now=NOW)
    await announced(office)  # payments says of itself when a window has ended
    window = SeenWindow(maintenance="m-2", begins_at=NOW, ends_at=ENDS)
    await seen(office, after(10), Trial(result="shut", evidence=MAINTAINED, window=window))
    standing = await seen(office, after(60), Trial(result="open", evidence="ok"))
    assert (standing.state, standing.until) == ("up", None)
    assert (await stands(office, after(60))).state == "maintenance"
    again = await seen(office, after(70), Trial(result="shut", evidence=MAINTAINED, window=window))
    assert (again.state, again.until) == ("maintenance", ENDS)


async def test_OPS_2_windows_of_two_services_that_bear_one_name_are_two() -> None:
    office = Office(now=NOW)
    await announced(office)
    window = SeenWindow(maintenance="m-1", begins_at=NOW, ends_at=NOW + timedelta(hours=1))
    await seen(office, after(10), Trial(result="shut", evidence=MAINTAINED, window=window))
    assert (await stands(office, after(20))).until == ENDS
    await office.hear(MaintenanceEnded(maintenance="m-1", begins_at=NOW, ended_at=after(30)))
    assert (await stands(office, after(40))).state == "up"
    async with office.uows.begin(now=after(40)) as uow:
        assert [each.state for each in await list_channels(uow)] == ["up", "maintenance", *["up"] * 4]


LEARNED = Trial(
    result="shut",
    evidence=MAINTAINED,
    window=SeenWindow(maintenance="m-2", begins_at=NOW, ends_at=ENDS),
)


async def test_OPS_2_a_try_from_before_a_window_that_is_told_late_ends_it_not() -> None:
    office = Office(now=NOW)
    await seen(office, after(10), LEARNED)
    await seen(office, NOW - timedelta(seconds=5), Trial(result="open", evidence="ok"))
    async with office.uows.begin(now=after(20)) as uow:
        assert [each.state for each in await list_channels(uow)] == ["up", "maintenance", *["up"] * 4]


async def test_OPS_2_a_window_is_over_too_where_its_door_is_not_open_yet_or_nobody_tries_it_any_more() -> (
    None
):
    not_open, untried = Office(now=NOW), Office(now=NOW)
    for office in (not_open, untried):
        await seen(office, after(10), LEARNED)
    standing = await seen(not_open, after(20), Trial(result="not-open-yet", evidence="not-open"))
    assert (standing.state, standing.until) == ("not-open-yet", None)
    async with untried.uows.begin(now=after(20), households=["channel:enrollment-online"]) as uow:
        await end_untried(uow, "enrollment-online")
    async with untried.uows.begin(now=after(21)) as uow:
        assert [each.state for each in await list_channels(uow)] == ["up"] * 6
