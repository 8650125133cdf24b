"""What counts of a policy on each of its days: its versions, each since a day and until the next one's (ENR-13)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from itertools import takewhile

from carrier_gateway.domain.records import VersionTerms


def with_versions(known: Sequence[VersionTerms], changed: Sequence[VersionTerms]) -> tuple[VersionTerms, ...]:
    """Return a policy's versions where those that changed count from the first one's day on."""
    kept = [each for each in known if not changed or each.since < changed[0].since]
    found: list[VersionTerms] = []
    for version in (*kept, *changed):
        if not found or not _same(found[-1], version):
            found.append(version)
    return tuple(found)


def version_on(versions: Sequence[VersionTerms], day: date) -> VersionTerms:
    """Return the version that counts on a day; before the first one's it is the first."""
    # A book asks this of each person many times, and most policies have one version.
    return next((each for each in reversed(versions) if each.since <= day), versions[0])


def until(versions: Sequence[VersionTerms], day: date) -> tuple[VersionTerms, ...]:
    """Return the versions that count on a day and on those before it: what is known of it, and nothing after it."""
    return tuple(each for each in versions if each.since <= day)


def first_untold_day(
    told: Sequence[VersionTerms], true: Sequence[VersionTerms], *, last: date, anew_after: date | None
) -> date | None:
    """Return the first day, of those that were told and up to a last one, from which something counts that was not.

    After ``anew_after`` every version is to be told, whether it was told once or not.
    """
    days = sorted({each.since for each in (*told, *true) if told[0].since <= each.since <= last})
    for day in days:
        if (anew_after is not None and day > anew_after) or not _same(
            version_on(told, day), version_on(true, day)
        ):
            return day
    return None


def after(versions: Sequence[VersionTerms], day: date) -> tuple[VersionTerms, ...]:
    """Return the versions that begin to count after a day."""
    return tuple(each for each in versions if each.since > day)


def covered_since(versions: Sequence[VersionTerms], member: str, *, on: date) -> date:
    """Return the first day since which somebody who is covered on a day is, without a gap."""
    backwards = reversed(until(versions, on))
    return min(each.since for each in takewhile(lambda each: member in each.members, backwards))


def subscriber_on(versions: Sequence[VersionTerms], day: date) -> str:
    """Return who is the subscriber on a day (ENR-13)."""
    return version_on(versions, day).members[0]


def next_subscriber_since(versions: Sequence[VersionTerms], day: date) -> date | None:
    """Return the first day after this one on which another is the subscriber; None where nobody ever is."""
    subscriber = subscriber_on(versions, day)
    return next((each.since for each in after(versions, day) if each.members[0] != subscriber), None)


def people_ever(*versions: VersionTerms) -> tuple[str, ...]:
    """Return everybody whom one of these covers, the first ones first."""
    return tuple(dict.fromkeys(member for each in versions for member in each.members))


def _same(one: VersionTerms, other: VersionTerms) -> bool:
    return replace(one, since=other.since) == other
