"""In quiet hours nobody is mailed what is not urgent (NOT-1)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import httpx2
import pytest

from bulkhead.kernel.calendar import local
from notifications.application.quiet_hours import end_of_quiet_hours
from notifications.domain.parameters import NotificationsParameters
from notifications.domain.quiet_hours import QuietHours
from services.notifications.tests.builders import PARAMETERS, activated, contact, invoice, paid, selected
from services.notifications.tests.office import Office
from services.notifications.tests.unit.test_stopping import resume, stop

QUIET = QuietHours(
    begins=time(21), ends=time(8), types=("receipt", "autopay-begun", "coverage-begun", "renewal")
)


class WithQuietHours:
    """The parameters of Vermont with quiet hours, from 21:00 to 8:00."""

    def as_of(self, day: date) -> NotificationsParameters:
        """Return the parameters in force on a date."""
        return replace(PARAMETERS.as_of(day), quiet_hours=QUIET)


SATURDAY, SUNDAY = date(2016, 6, 4), date(2016, 6, 5)


def at_night(hour: int = 22) -> Office:
    return Office(now=local(SATURDAY, hour), parameters=WithQuietHours())


def types(office: Office) -> list[str]:
    return [kind for _, kind in office.mailed()]


async def test_NOT_1_what_is_not_urgent_waits_for_the_morning_and_what_is_does_not() -> None:
    office = at_night()
    await office.hear(contact(), selected(), paid(), invoice())
    assert await office.send() == 1
    assert types(office) == ["invoice"]
    assert office.only(type="receipt").state == "queued"
    assert await office.mail.pending(office.now) == 0
    for hour, there in ((7, 1), (8, 2)):
        office.now = local(SUNDAY, hour)
        await office.send()
        assert len(office.mailed()) == there
    assert office.only(type="receipt").sent_on == SUNDAY


@pytest.mark.parametrize(
    ("at", "quiet"),
    [
        (local(SATURDAY, 20, 59), False),
        (local(SATURDAY, 21), True),
        (local(SUNDAY), True),
        (local(SUNDAY, 7, 59), True),
        (local(SUNDAY, 8), False),
    ],
)
async def test_NOT_1_quiet_hours_begin_and_end_to_the_minute(at: datetime, quiet: bool) -> None:
    office = Office(now=at, parameters=WithQuietHours())
    await office.hear(contact(), selected(), paid())
    assert await office.send() == (0 if quiet else 1)


async def test_NOT_1_a_letter_on_paper_is_printed_at_night_too() -> None:
    office = at_night()
    await office.hear(contact(email=None), selected(), paid())
    assert await office.send() == 1


async def test_NOT_1_what_is_held_is_written_as_things_are_in_the_morning() -> None:
    office = at_night()
    await office.hear(contact(), selected(), activated())
    await office.send()
    await office.hear(contact(version=2, language="es"))
    office.now = local(SUNDAY, 8)
    await office.send()
    assert office.only(type="coverage-begun").language == "es"


async def test_NOT_3_what_is_stopped_stays_so_in_the_morning(
    office: Office, client: httpx2.AsyncClient
) -> None:
    night = Office(now=office.now, parameters=WithQuietHours())
    night.database, night.uows = office.database, office.uows
    night.start()
    await night.hear(contact(), selected(), paid())
    stopped = (await stop(client, type="receipt")).json()["stop"]
    night.now = local(SUNDAY, 9)
    assert await night.send() == 0
    await resume(client, stopped)
    assert await night.send() == 1


async def test_I9_many_that_are_held_keep_none_waiting_that_is_urgent() -> None:
    office = at_night()
    for number in range(60):
        household = f"h{number:03d}"
        await office.hear(contact(household), selected(household), paid(household))
    await office.hear(contact("zoe"), selected("zoe"), invoice("zoe"))
    assert await office.mail.turn(office.now) == 1
    assert office.mailed() == [("zoe", "invoice")]


def quiet_hours(begins: time, ends: time) -> QuietHours:
    return QuietHours(begins=begins, ends=ends, types=("receipt",))


def quiet_minutes(hours: QuietHours, day: date) -> int:
    """Return for how many minutes it is quiet from noon of a day to noon of the next, minute by minute as they pass."""
    return sum(bool(hours.held_at(at)) for at in _minutes(local(day, 12), local(day + timedelta(days=1), 12)))


def _minutes(begins: datetime, ends: datetime) -> Iterator[datetime]:
    at = begins.astimezone(UTC)
    while at < ends.astimezone(UTC):
        yield at
        at += timedelta(minutes=1)


@pytest.mark.parametrize(
    ("day", "minutes"),
    [(date(2016, 6, 4), 660), (date(2016, 3, 12), 600), (date(2016, 11, 5), 720)],
    ids=["a night", "a night in spring that has an hour less", "a night in autumn that has one more"],
)
def test_NOT_1_they_are_by_the_exchanges_clock_in_the_nights_in_which_it_is_set_too(
    day: date, minutes: int
) -> None:
    assert quiet_minutes(quiet_hours(time(21), time(8)), day) == minutes


def test_NOT_1_quiet_hours_that_end_in_an_hour_that_comes_twice_or_never_are_over_once() -> None:
    ends_early = quiet_hours(time(21), time(1, 30))
    assert quiet_minutes(ends_early, date(2016, 11, 5)) == 270  # to the first 1:30
    assert (
        quiet_minutes(quiet_hours(time(21), time(2, 30)), date(2016, 3, 12)) == 330
    )  # there is no 2:30: it is 3:30
    assert quiet_minutes(quiet_hours(time(1, 30), time(8)), date(2016, 11, 5)) == 450


def test_NOT_1_they_need_not_be_over_midnight() -> None:
    noon = quiet_hours(time(12), time(13))
    assert quiet_minutes(noon, SATURDAY) == 60
    assert noon.held_at(local(SATURDAY, 12, 59)) == {"receipt"}
    assert noon.held_at(local(SATURDAY, 13)) == frozenset()


def test_NOT_1_hours_that_are_all_day_or_never_are_no_parameter() -> None:
    whole = replace(PARAMETERS.as_of(SUNDAY), quiet_hours=quiet_hours(time(8), time(8)))
    assert [(each.parameter, each.key) for each in whole.faults()] == [("quiet_hours", "ends")]


async def test_NOT_1_a_simulated_clock_stops_at_their_end_while_something_waits_for_it() -> None:
    office, duty = at_night(), end_of_quiet_hours(QUIET.ends, types=QUIET.types)
    assert (duty.name, duty.at) == ("quiet-hours-end-0800", time(8))
    assert duty.next_work is not None
    for fact, found in ((invoice(), None), (paid(), SUNDAY)):
        await office.hear(contact(), selected(), fact)
        async with office.uows.begin(now=office.now) as uow:
            assert await duty.next_work(uow, SUNDAY) == (found if fact else None)
            await duty.run(uow, SUNDAY, [])
    office.now = local(SUNDAY, 8)
    await office.send()
    async with office.uows.begin(now=office.now) as uow:
        assert await duty.next_work(uow, SUNDAY + timedelta(days=1)) is None
