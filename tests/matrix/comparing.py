"""Whether two exchanges ended in the same facts, but that what waited for an outage to end was done later."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, cast

DONE_ON = frozenset(
    {
        "dated", "due", "on_time_until", "received_on", "known_at", "clears_on", "cleared_on", "issued_on",
        "business_date",
    }
)  # fmt: skip
"""The days on which something was done, or that are counted from it: what waited may have later ones."""


def differences(calm: Mapping[str, Any], found: Mapping[str, Any], *, most_days_late: int) -> list[str]:
    """Return where facts differ, in words; none where they are the same.

    A day in `DONE_ON` may be later than in the calm, by so many days at most, and never earlier.
    """
    return list(_differ(dict(calm), dict(found), "", timedelta(days=most_days_late)))


def _differ(calm: Any, found: Any, where: str, late: timedelta) -> Sequence[str]:
    if isinstance(calm, dict) and isinstance(found, dict):
        return _differ_in_fields(cast("dict[str, Any]", calm), cast("dict[str, Any]", found), where, late)
    if isinstance(calm, list) and isinstance(found, list):
        return _differ_in_items(cast("list[Any]", calm), cast("list[Any]", found), where, late)
    name = where.rpartition(".")[2]
    if calm == found or (name in DONE_ON and _is_later(calm, found, late)):
        return []
    return [f"{where}: {calm!r} in the calm, found {found!r}"]


def _differ_in_fields(
    calm: dict[str, Any], found: dict[str, Any], where: str, late: timedelta
) -> Sequence[str]:
    names = sorted(calm.keys() | found.keys())
    return [
        each
        for name in names
        for each in _differ(calm.get(name), found.get(name), f"{where}.{name}".lstrip("."), late)
    ]


def _differ_in_items(calm: list[Any], found: list[Any], where: str, late: timedelta) -> Sequence[str]:
    """Compare as bags: what is the same but for its days is paired in the order of the days."""
    calm_bag, found_bag = Counter(map(_masked, calm)), Counter(map(_masked, found))
    if calm_bag != found_bag:
        lost = [f"{where}: only in the calm {each}" for each in (calm_bag - found_bag).elements()]
        return [*lost, *(f"{where}: not in the calm {each}" for each in (found_bag - calm_bag).elements())]
    pairs = zip(sorted(calm, key=_with_days), sorted(found, key=_with_days), strict=True)
    return [each for one, other in pairs for each in _differ(one, other, where, late)]


def _masked(item: Any) -> str:
    return json.dumps(_without_days(item), sort_keys=True, default=str)


def _with_days(item: Any) -> tuple[str, str]:
    return _masked(item), json.dumps(item, sort_keys=True, default=str)


def _without_days(item: Any) -> Any:
    if isinstance(item, dict):
        fields = cast("dict[str, Any]", item)
        return {name: _without_days(value) for name, value in fields.items() if name not in DONE_ON}
    if isinstance(item, list):
        return [_without_days(each) for each in cast("list[Any]", item)]
    return item


def _is_later(calm: Any, found: Any, late: timedelta) -> bool:
    if not isinstance(calm, str) or not isinstance(found, str):
        return False
    was, now = date.fromisoformat(calm[:10]), date.fromisoformat(found[:10])
    return timedelta(0) <= now - was <= late
