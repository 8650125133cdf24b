"""A book compared with itself is empty; a difference that is planted is found, once, and nothing besides (CAR-6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from gateway_builders import JANUARY, profile, since
from hypothesis import given
from hypothesis import strategies as st

from bulkhead.kernel.personal import Masked
from carrier_gateway.domain.audits import stands_on
from carrier_gateway.domain.books import BookRow
from carrier_gateway.domain.discrepancies import DifferenceKind, OurBook, compare
from carrier_gateway.domain.records import ContactMember, Policy

YEAR_ENDS = date(2016, 12, 31)
PEOPLE = ("1", "2", "3")
NAMES = {"1": "June Q. Example", "2": "Robin Example-Smith", "3": "Kit O'Example"}

DAYS = st.dates(JANUARY, YEAR_ENDS)


@st.composite
def policies(draw: st.DrawFn, number: int) -> Policy:
    """Return a policy of somebody whose people and amounts change by day, and that may have ended."""
    days = sorted(draw(st.sets(st.dates(JANUARY + timedelta(days=1), YEAR_ENDS), max_size=3)))
    ids = tuple(f"p{number}-{each}" for each in PEOPLE)
    versions = tuple(
        since(
            day,
            members=(ids[0], *draw(st.permutations(ids[1:]).map(lambda each: tuple(each[:1])))),
            gross_cents=draw(st.integers(0, 99_999)),
            aptc_cents=0,
        )
        for day in (JANUARY, *days)
    )
    through = draw(st.none() | DAYS)
    return Policy(
        policy=f"p{number}",
        household=f"h{number}",
        selection="selection",
        plan=draw(st.sampled_from(["SILVER", "GOLD-1"])),
        carrier="BCBSVT",
        kind="medical",
        effective=JANUARY,
        coverage_ends=YEAR_ENDS,
        versions=versions,
        months=(),
        contact_version=1,
        released_on=JANUARY,
        lifecycle="active" if through is None else "terminated",
        through=through,
        told="covered",
        told_versions=versions[:1],
        effectuated_on=draw(st.none() | st.just(JANUARY)),
    )


def our_book(found: list[Policy]) -> OurBook:
    """Return these policies with everybody on them."""
    people = {
        (policy.policy, f"{policy.policy}-{each}"): ContactMember(
            household=policy.household,
            contact_version=1,
            member=f"{policy.policy}-{each}",
            number=number,
            relation="self" if number == 1 else "child",
            name=Masked(NAMES[each]),
            latin_name=Masked(NAMES[each]),
            born=Masked(f"19{number}0-03-02"),
            ssn=None,
        )
        for policy in found
        for number, each in enumerate(PEOPLE, start=1)
    }
    return OurBook(policies={each.policy: each for each in found}, people=people, profile=profile())


def book_of(found: list[Policy], on: date) -> list[BookRow]:
    """Return our own book of a day as a carrier would write it, day by day and apart from how it is compared."""
    rows: list[BookRow] = []
    for policy in found:
        if not stands_on(policy, on):
            continue
        last = policy.through or YEAR_ENDS
        on_day = {
            day: max((each for each in policy.versions if each.since <= day), key=lambda each: each.since)
            for day in (JANUARY + timedelta(days=each) for each in range((last - JANUARY).days + 1))
        }
        terms = on_day[on]
        for member in terms.members:
            begin = end = on
            while begin - timedelta(days=1) in on_day and member in on_day[begin - timedelta(days=1)].members:
                begin -= timedelta(days=1)
            while end + timedelta(days=1) in on_day and member in on_day[end + timedelta(days=1)].members:
                end += timedelta(days=1)
            number, own = member.rpartition("-")[2], member == terms.members[0]
            first, *_, name = NAMES[number].split()
            rows.append(
                BookRow(
                    file="file",
                    line=len(rows) + 3,
                    policy=policy.policy,
                    subscriber=terms.members[0],
                    member=member,
                    is_subscriber=own,
                    plan=policy.plan,
                    begin=begin,
                    end=end,
                    premium_cents=terms.gross_cents if own else None,
                    aptc_cents=terms.aptc_cents if own else None,
                    is_effectuated=policy.effectuated_on is not None if own else None,
                    last_name=Masked(name.upper()),
                    first_name=Masked(first),
                    born=date(1900 + 10 * int(number), 3, 2),
                    is_faulty=False,
                )
            )
    return rows


ONE_DAY = timedelta(days=1)
PLANTED: Final[Mapping[DifferenceKind, Callable[[BookRow], BookRow]]] = {
    "begin": lambda row: replace(row, begin=(row.begin or JANUARY) - ONE_DAY),
    "end": lambda row: replace(row, end=(row.end or YEAR_ENDS) + ONE_DAY),
    "plan": lambda row: replace(row, plan="BRONZE"),
    "subscriber": lambda row: replace(row, subscriber="somebody"),
    "name": lambda row: replace(row, last_name=Masked("Other")),
    "born": lambda row: replace(row, born=date(1999, 9, 9)),
    "premium": lambda row: replace(row, premium_cents=(row.premium_cents or 0) + 1),
    "aptc": lambda row: replace(row, aptc_cents=(row.aptc_cents or 0) + 1),
    "effectuated": lambda row: replace(row, is_effectuated=not row.is_effectuated),
    "missing-here": lambda row: replace(row, policy=f"{row.policy}x"),
}
OF_SUBSCRIBERS = ("premium", "aptc", "effectuated")

BOOKS = (
    st.integers(1, 4).flatmap(lambda count: st.tuples(*(policies(each) for each in range(count)))).map(list)
)


@given(found=BOOKS, on=DAYS)
def test_CAR_6_a_book_compared_with_itself_is_empty(found: list[Policy], on: date) -> None:
    rows = book_of(found, on)
    compared = list(compare(our_book(found), rows, as_of=on))
    assert [each.line for each in compared] == [each.line for each in rows]
    assert [difference.kind for each in compared for difference in each.differences] == []


@given(found=BOOKS, on=DAYS, kind=st.sampled_from(sorted(PLANTED)), which=st.integers(0, 100))
def test_CAR_6_a_difference_that_is_planted_is_found_once(
    found: list[Policy], on: date, kind: DifferenceKind, which: int
) -> None:
    rows = book_of(found, on)
    may = [each for each in rows if each.is_subscriber or kind not in OF_SUBSCRIBERS]
    if not may:
        return
    row = may[which % len(may)]
    planted = [PLANTED[kind](each) if each is row else each for each in rows]
    differences = [
        (each.policy, each.member, difference.kind)
        for each in compare(our_book(found), planted, as_of=on)
        for difference in each.differences
    ]
    if kind == "missing-here":
        assert differences == [
            (f"{row.policy}x", row.member, "missing-here"),
            (row.policy, row.member, "missing-there"),
        ]
    else:
        assert differences == [(row.policy, row.member, kind)]


@given(found=BOOKS, on=DAYS, which=st.integers(0, 100))
def test_CAR_6_who_is_left_out_is_missing_there_once(found: list[Policy], on: date, which: int) -> None:
    rows = book_of(found, on)
    if not rows:
        return
    row = rows[which % len(rows)]
    differences = [
        (each.policy, each.member, difference.kind)
        for each in compare(our_book(found), [each for each in rows if each is not row], as_of=on)
        for difference in each.differences
    ]
    assert differences == [(row.policy, row.member, "missing-there")]
