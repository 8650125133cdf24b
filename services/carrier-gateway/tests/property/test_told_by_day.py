"""Whatever happens to a policy, and whenever its carrier is told: once all is told, it knows what is so on each day."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import pytest
from gateway_builders import JANUARY, since
from hypothesis import given, settings
from hypothesis import strategies as st

from bulkhead.kernel.personal import Masked
from carrier_gateway.domain.people import Listed, listed_people, people_named
from carrier_gateway.domain.policies import activate, cancel, change, reinstate, terminate
from carrier_gateway.domain.records import ContactMember, Policy, VersionTerms
from carrier_gateway.domain.telling import Step, as_told_of, speaks_of, steps, told
from carrier_gateway.domain.versions import version_on

YEAR_ENDS = date(2016, 12, 31)
PEOPLE = ("june-1", "june-2", "june-3")
EVERYBODY = people_named(
    members=PEOPLE,
    contact=[
        ContactMember(
            household="june",
            contact_version=1,
            member=each,
            number=number,
            relation="self" if number == 1 else "child",
            name=Masked("June Example"),
            latin_name=Masked("June Example"),
            born=Masked("1980-03-02"),
            ssn=None,
        )
        for number, each in enumerate(PEOPLE, start=1)
    ],
)
SELECTED = Policy(
    policy="june-medical",
    household="june",
    selection="june-selection",
    plan="SILVER",
    carrier="BCBSVT",
    kind="medical",
    effective=JANUARY,
    coverage_ends=YEAR_ENDS,
    versions=(since(JANUARY, members=PEOPLE[:2]),),
    months=(),
    contact_version=1,
)


@dataclass(slots=True)
class Carrier:
    """What a carrier makes of its sets. One ``forgets``, at a change, what it was told of later days; one does not.

    Neither concludes anything from somebody's absence.
    """

    forgets: bool
    stands: bool = False
    through: date | None = None
    credit: dict[date, int] = field(default_factory=lambda: dict[date, int]())
    covered: dict[str, list[tuple[date, date | None]]] = field(
        default_factory=lambda: dict[str, list[tuple[date, date | None]]]()
    )

    def take(self, step: Step, listed: tuple[Listed, ...], terms: VersionTerms) -> None:
        """Read one set."""
        match step.kind:
            case "cancel":
                self.stands, self.through, self.credit, self.covered = False, None, {}, {}
            case "termination":
                self.through = step.effective
            case "initial" | "reinstatement":
                self._drop_after(self.through or YEAR_ENDS)
                self.stands, self.through = True, None
                self._take_all(listed)
                self.credit[max(step.effective, terms.since)] = terms.aptc_cents
            case "change":
                if self.forgets:
                    self._drop_after(step.effective)
                self._take_all(listed)
                self.credit[step.effective] = terms.aptc_cents

    def _drop_after(self, day: date) -> None:
        """Know nothing of the days after one, but that all goes on as it was then."""
        self.credit = {each: cents for each, cents in self.credit.items() if each <= day}
        for member, spans in self.covered.items():
            self.covered[member] = [
                (begin, end if end is not None and end < day else None)
                for begin, end in spans
                if begin <= day
            ]

    def _take_all(self, listed: tuple[Listed, ...]) -> None:
        for each in listed:
            spans = self.covered.get(each.who.person.member, [])
            if each.part == "ends":
                spans = [(begin, _ended(begin, end, last=each.end)) for begin, end in spans]
            elif each.part == "never":
                spans = [span for span in spans if span[0] != each.begin]
            elif each.part != "stays" or each.begin not in [begin for begin, _ in spans]:
                spans = [span for span in spans if span[1] is not None and span[1] < each.begin]
                spans.append((each.begin, None))
            self.covered[each.who.person.member] = spans

    def says(self, day: date) -> tuple[set[str], int]:
        """Return whom it knows as covered on a day, and the tax credit."""
        people = {
            member
            for member, spans in self.covered.items()
            if any(begin <= day and (end is None or day <= end) for begin, end in spans)
        }
        return people, self.credit[max(each for each in self.credit if each <= day)]


def _ended(begin: date, end: date | None, *, last: date | None) -> date | None:
    assert last is not None
    return last if begin <= last and (end is None or end > last) else end


def tell(policy: Policy, carriers: Sequence[Carrier | CarrierOfSubscribers]) -> Policy:
    """Tell the carriers all that is to be told."""
    for step in steps(policy):
        known = as_told_of(policy, step)
        listed = listed_people(known, step, everybody=EVERYBODY)
        terms = version_on(known.versions, speaks_of(known, step))
        for carrier in carriers:
            carrier.take(step, listed, terms)
        policy = told(policy, step)
    return policy


DAYS = st.integers(0, 11).map(lambda month: date(2016, month + 1, 1)) | st.dates(JANUARY, YEAR_ENDS)
TERMS = st.builds(
    lambda days, people, cents: tuple(
        since(day, members=("june-1", *sorted(others)), aptc_cents=aptc)
        for day, others, aptc in zip(sorted(set(days)), people, cents, strict=False)
    ),
    st.lists(DAYS, min_size=1, max_size=3),
    st.lists(st.sets(st.sampled_from(PEOPLE[1:])), min_size=3, max_size=3),
    st.lists(st.sampled_from((0, 10000, 20000)), min_size=3, max_size=3),
)


def _reinstated(policy: Policy) -> Policy:
    if policy.lifecycle not in ("terminated", "canceled"):
        return policy
    return reinstate(policy, coverage_ends=YEAR_ENDS, ground="paid", on=JANUARY, contact_version=1)


Act = Callable[[Policy], Policy]
LIVES: st.SearchStrategy[Act | None] = st.one_of(
    DAYS.map(
        lambda day: (
            lambda policy: (
                policy
                if policy.lifecycle == "canceled"
                else terminate(policy, through=day, reason="requested", asked="asked", contact_version=1)
            )
        )
    ),
    st.just(_reinstated),
    st.just(lambda policy: cancel(policy, reason="requested", contact_version=1)),
    st.none(),  # the sets that wait are built
)
ACTS = LIVES | TERMS.map(
    lambda terms: lambda policy: change(policy, versions=terms, months=(), contact_version=1)
)


@given(before=st.lists(ACTS, max_size=3), after=st.lists(ACTS, max_size=9))
@settings(max_examples=400, deadline=None)
def test_CAR_2_once_all_is_told_a_carrier_knows_who_is_covered_and_the_tax_credit_of_each_day(
    before: list[Act | None], after: list[Act | None]
) -> None:
    carriers = [Carrier(forgets=False), Carrier(forgets=True)]
    policy = SELECTED
    for act in before:
        policy = policy if act is None else act(policy)
    assert steps(policy) == () or policy.released_on is not None
    policy = activate(policy, on=JANUARY, contact_version=1)
    for act in after:
        policy = tell(policy, carriers) if act is None else act(policy)
    policy = tell(policy, carriers)
    assert steps(policy) == ()
    for carrier in carriers:
        assert carrier.stands == (policy.lifecycle != "canceled")
        if carrier.stands:
            assert carrier.through == policy.through
            _agree(carrier, policy)


def _agree(carrier: Carrier, policy: Policy) -> None:
    day, last = policy.effective, policy.through or policy.coverage_ends
    while day <= last:
        counts = version_on(policy.versions, day)
        assert carrier.says(day) == (set(counts.members), counts.aptc_cents), day
        day += timedelta(days=1)


@dataclass(slots=True)
class CarrierOfSubscribers:
    """What a carrier makes of its sets where the subscriber may change: it reads each one's apart."""

    parts: dict[str, Carrier] = field(default_factory=lambda: dict[str, Carrier]())

    def take(self, step: Step, listed: tuple[Listed, ...], terms: VersionTerms) -> None:
        """Read one set."""
        subscriber = listed[0].who.person.member
        self.parts.setdefault(subscriber, Carrier(forgets=False)).take(step, listed, terms)

    def part_on(self, day: date) -> tuple[str, Carrier]:
        """Return the one subscriber whom it knows on a day."""
        (found,) = [
            (subscriber, part)
            for subscriber, part in self.parts.items()
            if part.stands and min(part.credit) <= day and (part.through is None or day <= part.through)
        ]
        return found


def _died(member: str, day: date, policy: Policy) -> Policy:
    """Return the policy without somebody after a day, as long as somebody is left on each."""
    after = day + timedelta(days=1)
    days = sorted(
        {max(after, policy.effective), *(each.since for each in policy.versions if each.since > after)}
    )
    counting = [replace(version_on(policy.versions, each), since=each) for each in days if each <= YEAR_ENDS]
    left = [tuple(each for each in version.members if each != member) for version in counting]
    if not left or not all(left):
        return policy
    terms = [replace(version, members=members) for version, members in zip(counting, left, strict=True)]
    return change(policy, versions=terms, months=(), contact_version=1)


DEATHS = st.builds(
    lambda member, day: lambda policy: _died(member, day, policy),
    st.sampled_from(PEOPLE),
    DAYS | st.just(date(2015, 12, 30)),
)


@given(acts=st.lists(DEATHS | LIVES, max_size=9))
@settings(max_examples=300, deadline=None)
def test_ENR_13_once_all_is_told_a_carrier_knows_the_subscriber_of_each_day(acts: list[Act | None]) -> None:
    carrier = CarrierOfSubscribers()
    policy = replace(SELECTED, versions=(since(JANUARY, members=PEOPLE),))
    policy = activate(policy, on=JANUARY, contact_version=1)
    for act in [*acts, None]:
        policy = tell(policy, [carrier]) if act is None else act(policy)
    assert steps(policy) == ()
    if policy.lifecycle == "canceled":
        assert not any(each.stands for each in carrier.parts.values())
        return
    day, last = policy.effective, policy.through or policy.coverage_ends
    latest = carrier.part_on(last)[1]
    while day <= last:
        counts = version_on(policy.versions, day)
        subscriber, part = carrier.part_on(day)
        assert subscriber == counts.members[0], day
        if part is latest:
            assert part.says(day)[0] == set(counts.members), day
        day += timedelta(days=1)


@pytest.mark.parametrize("forgets", [False, True])
def test_CAR_2_a_group_is_reinstated_whole_before_somebody_leaves_it_on_the_day_after_its_end(
    forgets: bool,
) -> None:
    carrier = Carrier(forgets=forgets)
    ended = terminate(
        activate(SELECTED, on=JANUARY, contact_version=1),
        through=date(2016, 3, 31),
        reason="requested",
        asked="asked",
        contact_version=1,
    )
    alone = since(date(2016, 4, 1), members=PEOPLE[:1])
    policy = change(_reinstated(tell(ended, [carrier])), versions=(alone,), months=(), contact_version=1)
    assert [(each.kind, each.effective) for each in steps(policy)] == [
        ("reinstatement", JANUARY),
        ("change", date(2016, 4, 1)),
    ]
    _agree(carrier, tell(policy, [carrier]))


@pytest.mark.parametrize("forgets", [False, True])
def test_CAR_2_what_was_told_ahead_is_told_again_after_an_earlier_change(forgets: bool) -> None:
    carrier = Carrier(forgets=forgets)
    policy = tell(replace(activate(SELECTED, on=JANUARY, contact_version=1)), [carrier])
    later, earlier = since(date(2016, 9, 1)), since(date(2016, 4, 1), members=PEOPLE, aptc_cents=0)
    policy = tell(change(policy, versions=(later,), months=(), contact_version=1), [carrier])
    policy = tell(change(policy, versions=(earlier, later), months=(), contact_version=1), [carrier])
    _agree(carrier, policy)


@pytest.mark.parametrize("forgets", [False, True])
def test_CAR_2_a_day_it_was_told_of_stays_known_where_nothing_changes_on_it_any_more(forgets: bool) -> None:
    carrier = Carrier(forgets=forgets)
    policy = tell(activate(SELECTED, on=JANUARY, contact_version=1), [carrier])
    for terms in (
        since(date(2016, 2, 1), aptc_cents=0),
        since(JANUARY, aptc_cents=0),
        since(JANUARY, aptc_cents=10000),
    ):
        policy = tell(change(policy, versions=(terms,), months=(), contact_version=1), [carrier])
        _agree(carrier, policy)
