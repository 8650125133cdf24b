"""Which maintenance windows there may be, by arithmetic of its own, and that members were turned away in them (OPS-2)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from bulkhead.kernel.calendar import is_business_day, local
from bulkhead.kernel.maintenance import MaintenanceWindow
from invoicing.domain.records import Invoice, Selection
from notifications.domain.announced import AnnouncedMaintenance
from notifications.domain.notices import Notice
from payments.domain.attempts import Attempt
from payments.domain.autopay import Draw
from simulation.sight import Sight
from stories.vocabulary import SERVICES

_DAY = timedelta(days=1)
_NOTICE = timedelta(hours=48)
_CLEAR = timedelta(hours=12)
_WEDNESDAY = 2
_DUE = {"massachusetts-2015": 23}
"""The day on which monthly invoices are due, where it is not the 26th."""
_SELECTED_BY = {
    "vermont-2016": ("2015-12-15", "2016-01-15", "2016-01-31", "2016-12-15", "2017-01-15", "2017-01-31"),
    "massachusetts-2015": ("2014-12-23", "2015-01-23", "2015-02-15"),
    "delaware-2018": ("2017-12-15", "2018-12-15"),
    "vermont-2027": ("2026-12-31",),
}
"""The days by which plans are selected in open enrollment."""


def windows_are_guarded(sight: Sight) -> list[str]:
    """OPS-2: no window that one person scheduled touches a deadline, each was announced in time, and nobody paid online
    in it. Nobody is told that one is called off that is not.
    """
    found: list[str] = []
    for service in SERVICES:
        for each in sight.rows(service, MaintenanceWindow):
            if each.state in ("requested", "declined") or (each.by_two and each.decided_at is None):
                continue
            found += _wrong(sight, service, each)
    return found + _taken_meanwhile(sight) + _told_as_kept(sight) + _called_off_in_vain(sight)


def _wrong(sight: Sight, service: str, window: MaintenanceWindow) -> Iterator[str]:
    said = f"OPS-2: the window of {service} from {window.begins_at:%Y-%m-%d %H:%M}"
    announced = window.decided_at or window.asked_at
    if window.begins_at < announced + _NOTICE:
        yield f"{said} was announced at {announced:%Y-%m-%d %H:%M}"
    if window.by_two:
        if window.decided_by in (None, window.asked_by) or window.override is None:
            yield f"{said} touches a deadline, and takes two people and a reason"
        return
    day = window.begins_at.date()
    while local(day) - _CLEAR < window.ends_at:
        if window.begins_at < local(day + _DAY):
            yield from (f"{said} touches {day}: {what}" for what in _due_on(sight, service, day, window))
        day += _DAY


def _due_on(sight: Sight, service: str, day: date, window: MaintenanceWindow) -> Iterator[str]:
    if day.day == _DUE.get(sight.story.pack, 26):
        yield "monthly invoices are due"
    if (day + _DAY).day == 1:
        yield "the month ends"
    if day.day == 15 or day.isoformat() in _SELECTED_BY[sight.story.pack]:
        yield "who selects by then begins earlier"
    if day in {_next_open(day - n * _DAY) for n in range(7) if (day - n * _DAY).weekday() == _WEDNESDAY}:
        yield "carriers are paid"
    last = (day.replace(day=28) + 4 * _DAY).replace(day=1) - _DAY
    while not is_business_day(last):
        last -= _DAY
    if day == last:
        yield "carriers are paid at the end of the month"
    if service in ("payments", "invoicing") and any(
        _was_open(sight, each, window) for each in _lapsed(sight, day)
    ):
        yield "a first premium is due that was not paid"


def _next_open(day: date) -> date:
    while not is_business_day(day):
        day += _DAY
    return day


def _lapsed(sight: Sight, day: date) -> list[Selection]:
    return [each for each in sight.rows("invoicing", Selection) if each.state == "lapsed" and each.due == day]


def _was_open(sight: Sight, selection: Selection, window: MaintenanceWindow) -> bool:
    """Whether it was certain, as the window was asked for, that a binder was asked for and not paid: what was away for a
    while before is not told yet.
    """
    dated = [
        each.dated
        for each in sight.rows("invoicing", Invoice)
        if each.selection == selection.selection and each.voided_on is None
    ]
    known = min(dated, default=None)
    calm = sight.all_there and sight.troubled_at < window.asked_at - 2 * _DAY
    return calm and known is not None and local(known + 2 * _DAY) <= window.asked_at


def _taken_meanwhile(sight: Sight) -> list[str]:
    windows = [each for each in sight.rows("payments", MaintenanceWindow) if _stood(each)]
    draws = {each.payment for each in sight.rows("payments", Draw)}
    return [
        f"OPS-2: {each.household} began to pay online at {each.started_at:%Y-%m-%d %H:%M}, in a window"
        for each in sight.rows("payments", Attempt)
        if each.payment not in draws
        and any(window.begins_at <= each.started_at < _over(window) for window in windows)
    ]


def _told_as_kept(sight: Sight) -> list[str]:
    """Yield where notifications knows of other windows than payments keeps, once all have heard of all; and of windows
    of enrollment, which its door names while they last, that enrollment does not keep.
    """
    if not sight.all_there or sight.now < sight.troubled_at + timedelta(minutes=10):
        return []
    announced = [each for each in sight.rows("notifications", AnnouncedMaintenance) if not each.withdrawn]
    kept = {
        (each.maintenance, each.begins_at, _over(each))
        for each in sight.rows("payments", MaintenanceWindow)
        if _stood(each)
    }
    heard = {
        (each.maintenance, each.begins_at, each.ends_at)
        for each in announced
        if each.channel == "payments-online"
    }
    found = (
        [] if kept == heard else [f"OPS-2: payments is taken out by {kept}, and notifications heard {heard}"]
    )
    began = {(each.maintenance, each.begins_at) for each in sight.rows("enrollment", MaintenanceWindow)}
    return found + [
        f"OPS-2: enrollment is taken out by {each.maintenance}, says its door, and keeps no such window"
        for each in announced
        if each.channel == "enrollment-online" and (each.maintenance, each.begins_at) not in began
    ]


def _called_off_in_vain(sight: Sight) -> list[str]:
    """Yield where somebody is told that maintenance is called off that stands, or of which no letter told them."""
    off = {
        each.maintenance for each in sight.rows("payments", MaintenanceWindow) if each.state == "withdrawn"
    }
    told = [(each, each.facts.maintenance) for each in sight.rows("notifications", Notice)]
    found: list[str] = []
    for notice, fact in told:
        if fact is None or not fact.withdrawn:
            continue
        before = [
            each
            for each, of in told
            if of is not None
            and not of.withdrawn
            and (each.household, of.maintenance) == (notice.household, fact.maintenance)
            and each.number < notice.number
        ]
        if fact.maintenance not in off or not before:
            found.append(f"OPS-2: {notice.household} is told in vain that {fact.maintenance} is called off")
    return found


def _stood(window: MaintenanceWindow) -> bool:
    return window.state in ("scheduled", "ended")


def _over(window: MaintenanceWindow) -> datetime:
    return window.closed_at if window.state == "ended" and window.closed_at else window.ends_at
