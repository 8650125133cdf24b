"""A household that has a plan rated by age, in Delaware by use of tobacco too (ENR-17): drawn with dice of its own, beside
the others; and what such a plan costs, by arithmetic of its own.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from functools import lru_cache
from random import Random
from typing import Any, Final

from bulkhead.kernel.calendar import EXCHANGE_ZONE, CoverageMonth, local
from bulkhead.kernel.money import parse_cents
from carrier_gateway.domain.records import TransmissionContent
from enrollment.domain.corrections import Correction
from enrollment.domain.households import Household as Stored
from enrollment.domain.households import Member
from enrollment.domain.months import PolicyVersion
from enrollment.domain.policies import Policy
from simulation.next_year import Agenda
from simulation.sight import Sight
from stories.edi import Enrollment834, members_of, read_interchange
from stories.language import Deed, Household, Person, Plan

HOUSEHOLD: Final = "aged"
PLAN: Final = "AGED"
_OFTEN = 0.4
"""How many years have such a household."""

_ADDRESSES: Final = {
    "massachusetts-2015": ("10 Main Street, Worcester MA 01608", "1 Beacon Street, Boston MA 02108"),
    "delaware-2018": ("10 Main Street, Dover DE 19901", "1 Market Street, Wilmington DE 19801"),
}
_AREAS: Final = {"016": 2, "021": 5, "199": 1, "198": 1}
_CHILDREN_THAT_COUNT, _CHILD_UNTIL = 3, 21
_YOUNGEST: Final = date(2014, 11, 9)
_BASE_CENTS: Final = 240_00
_OF_MASSACHUSETTS: Final = (
    "0:751 21:1183 27:1220 28:1250 29:1275 30:1287 31:1305 32:1323 33:1334 34:1346 35:1352 36:1358 37:1363 "
    "38:1369 39:1381 40:1393 41:1410 42:1427 43:1450 44:1478 45:1511 46:1550 47:1593 48:1641 49:1688 50:1741 "
    "51:1792 52:1847 53:1902 54:1961 55:2019 56:2080 57:2142 58:2206 59:2280 60:2365"
)
_OF_HHS: Final = (
    "0:765 15:833 16:859 17:885 18:913 19:941 20:970 "
    "21:1000 25:1004 26:1024 27:1048 28:1087 29:1119 30:1135 31:1159 32:1183 33:1198 34:1214 35:1222 36:1230 "
    "37:1238 38:1246 39:1262 40:1278 41:1302 42:1325 43:1357 44:1397 45:1444 46:1500 47:1563 48:1635 49:1706 "
    "50:1786 51:1865 52:1952 53:2040 54:2135 55:2230 56:2333 57:2437 58:2548 59:2603 60:2714 61:2810 62:2873 "
    "63:2952 64:3000"
)
_CURVES: Final = {
    year: {int(age): int(each) for age, each in (of.split(":") for of in factors.split())}
    for year, factors in {
        **dict.fromkeys((2015, 2016), _OF_MASSACHUSETTS),
        **dict.fromkeys((2018, 2019), _OF_HHS),
    }.items()
}
"""How many thousandths of the base rate each age costs, from that age on, by plan year (45 CFR 147.102(e))."""
_OLD_ENOUGH: Final = 18
"""Who is younger pays nothing for tobacco (45 CFR 147.102(a)(1)(iv))."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """Somebody on a policy: when they were born, whether they are a child, since when they are there, and whether they
    use tobacco.
    """

    born: date
    child: bool
    came: date | None = None
    smokes: bool = False


def plans(pack: str, *, year: int) -> tuple[Plan, ...]:
    """Return the plan that is rated by age, where a pack has such plans: dearer in Boston, in the year after, and for
    who uses tobacco in Delaware.
    """
    if pack not in _ADDRESSES:
        return ()
    if pack.startswith("massachusetts"):
        percents = {year: {2: 100, 5: 117}, year + 1: {2: 108, 5: 121}}
        return (_plan(percents, {}),)
    return (_plan({year: {1: 130}, year + 1: {1: 141}}, {year: {1: 169}, year + 1: {1: 200}}),)


def _plan(percents: Mapping[int, Mapping[int, int]], of_tobacco: Mapping[int, Mapping[int, int]]) -> Plan:
    ages, tobacco = (
        {
            year: {
                area: _stated(_BASE_CENTS * percent // 100, year=year, alone=area == 5 or year == 2018)
                for area, percent in by_area.items()
            }
            for year, by_area in each.items()
        }
        for each in (percents, of_tobacco)
    )
    return Plan(plan=PLAN, carrier="HARVARD", kind="medical", monthly_cents={}, ages=ages, tobacco=tobacco)


def _stated(base: int, *, year: int, alone: bool) -> dict[int, int]:
    """Return the rates that are stated: by every age of the curve, or one alone, of which it makes the others."""
    return {age: _of_base(base, age, year=year) for age in ([50] if alone else _CURVES[year])}


def _of_base(base: Fraction | int, age: int, *, year: int) -> int:
    """Return what an age costs, in cents, half a cent up."""
    return int(Fraction(base) * _thousandths(age, year=year) / 1000 + Fraction(1, 2))


def _thousandths(age: int, *, year: int) -> int:
    return _CURVES[year][max(each for each in _CURVES[year] if each <= age)]


def household(pack: str, *, name: str) -> tuple[Household, ...]:
    """Return the household of a year, where there is one."""
    dice = Random(f"{name}/who is rated by age")
    if pack not in _ADDRESSES or dice.random() >= _OFTEN:
        return ()
    by_tobacco = pack == "delaware-2018"
    people = [("self", date(1955 + dice.randrange(38), 1 + dice.randrange(12), 1 + dice.randrange(28)))]
    if dice.random() < 0.5:
        people.append(("spouse", date(1955 + dice.randrange(38), 1 + dice.randrange(12), 17)))
    for _ in range(dice.choice([0, 1, 2, 4, 5])):
        # about the ages at which a band or the limit turns
        people.append(("child", date(dice.choice([1993, 1994, 1996, 2000, 2001, 2008, 2013]), 1, 1)))
    members = tuple(
        Person(
            name=f"AGED Member {number}",
            born=min(born + timedelta(days=number * dice.choice([0, 31, 200])), _YOUNGEST)
            if relation == "child"
            else born,
            relation=relation,
            latin_name=None,
            ssn=None,
            uses_tobacco=by_tobacco and dice.random() < 0.5,
        )
        for number, (relation, born) in enumerate(people, start=1)
    )
    return (
        Household(
            household=HOUSEHOLD,
            members=members,
            aptc_cents=dice.choice([0, 0, 150_00, 420_10]),
            subsidy_cents=0,
            income_cents=None,
            hub=None,
            language="en",
            email=f"{HOUSEHOLD}@example.test",
            address=dice.choice(_ADDRESSES[pack]),
            phone=None,
        ),
    )


class RatedByAge:
    """What that household does in a year: it selects, pays most of its invoices, moves, and people come and go."""

    def __init__(
        self, agenda: Agenda, dice: Random, *, household: Household, begins: date, ends: date
    ) -> None:
        self._agenda = agenda
        self._dice = dice
        self._household = household
        self._begins = begins
        self._ends = ends
        self._born = 0
        (self._addresses,) = (each for each in _ADDRESSES.values() if household.address in each)
        self._by_tobacco = household.address in _ADDRESSES["delaware-2018"]

    def begin(self, plan: Plan) -> None:
        """Plan its year."""
        dice, begins = self._dice, self._begins
        days = [0, 2, 7, 9, 14] if plan.tobacco else [0, 2, 15, 22, 30]
        selects = local(begins + timedelta(days=dice.choice(days)), 10)
        self._agenda.plan(selects, lambda: self._select(plan, on=selects.date()))
        if dice.random() < 0.8:
            self._agenda.plan(
                local(CoverageMonth.of(begins).plus(1).first_day, 12) + timedelta(days=4),
                lambda: Deed(word="pay-each-invoice", fields=self._payments(), line=0),
            )
        self._change_some_day(selects)
        crosswalk = {"year": begins.year + 2, "act": "run", "crosswalk": {PLAN: PLAN}}
        at = local(date(begins.year + 1, 10, 20) + timedelta(days=dice.randint(0, 30)), 11)
        self._agenda.plan(at, lambda: Deed(word="renew", fields=crosswalk, line=0))

    def _payments(self) -> dict[str, Any]:
        first = CoverageMonth.of(self._begins).plus(1)
        return {
            "household": HOUSEHOLD,
            "from": first,
            "until": max(first, CoverageMonth.of(self._ends).plus(-1)),
            "day": self._dice.choice([10, 20, 26]),
            "by": "bank",
        }

    def _select(self, plan: Plan, *, on: date) -> Deed:
        year = self._begins.year + 1
        people = [
            Covered(born=each.born, child=each.relation == "child", smokes=each.uses_tobacco)
            for each in self._household.members
        ]
        gross = cost(plan, people, area=area_of(self._household.address), issued=date(year, 1, 1))
        cents = max(gross - self._household.aptc_cents - self._dice.choice([0, 0, 0, 0, 1]), 0)
        fields: dict[str, Any] = {"household": HOUSEHOLD, "plans": (PLAN,)}
        if cents and (on.month, self._dice.random() < 0.9) == (12, True):
            fields["pays"] = {"amount": cents, "by": "card"}
        return Deed(word="select", fields=fields, line=0)

    def _change_some_day(self, after: datetime) -> None:
        dice = self._dice
        at = after + timedelta(days=dice.choice([40, 77, 130]), minutes=dice.choice([5, 301]))

        def change() -> Deed | None:
            self._change_some_day(at)
            fields: dict[str, Any] = {
                "household": HOUSEHOLD,
                "on": at.date() - timedelta(days=dice.randint(0, 40)),
            }
            what = dice.random()
            if what < 0.4:
                # told the same day by staff, of days gone by or to come
                since = at.date() + timedelta(days=dice.choice([-45, -9, 0, 20]))
                address = dice.choice(self._addresses)
                moves = {"household": HOUSEHOLD, "from": since, "address": address}
                return Deed(word="change", fields=moves, line=0)
            if self._by_tobacco and what < 0.8:
                person = dice.choice(self._household.members)
                since = at.date() + timedelta(days=dice.choice([-45, -9, 0, 20]))
                says = {"household": HOUSEHOLD, "name": person.name, "from": since}
                return Deed(word="tobacco", fields=says | {"uses": dice.random() < 0.5}, line=0)
            if what < 0.6:
                person = dice.choice(self._household.members[1:] or self._household.members)
                return Deed(word="member", fields=fields | {"name": person.name, "leaves": "death"}, line=0)
            self._born += 1
            name = f"AGED Newborn {self._born}"
            return Deed(word="member", fields=fields | {"name": name, "adds": "birth"}, line=0)

        self._agenda.plan(at, change)


def area_of(address: str | None) -> int | None:
    """Return the rating area of an address of these years."""
    return None if address is None else _AREAS.get(address[-5:-2])


def by_story(
    its: Sight, policy: Policy, plan: Plan, *, tier: str, version: PolicyVersion | None = None
) -> int:
    """Return what a version of a policy costs a month, the last one where none is named: by tier as the plan was offered
    at one time or another, or by the ages of whom it covers, in the area that it names.
    """
    if not plan.ages:
        said = policy.gross_cents if version is None else version.gross_cents
        cents = plan.monthly_cents_in(policy.effective.year)[tier]
        return said if said in _offered(its, policy, tier=tier) else cents
    last = max(_versions(its, policy), key=lambda each: each.number) if version is None else version
    people = _covered(its, policy, last, smoke=last.tobacco_users)
    return cost(plan, people, area=last.rating_area, issued=policy.effective)


def _covered(its: Sight, policy: Policy, version: PolicyVersion, *, smoke: Collection[str]) -> list[Covered]:
    return [
        Covered(
            born=_born(its, each, policy),
            child=each.relation == "child",
            came=each.joined,
            smokes=each.member in smoke,
        )
        for each in its.rows("enrollment", Member)
        if each.member in version.members
    ]


def _offered(its: Sight, policy: Policy, *, tier: str) -> set[int]:
    offers = its.offered.get(policy.plan, ())
    by_year = [
        {each["plan_year"]: each["monthly_cents"] for each in offer.get("years", ())} for offer in offers
    ]
    return {
        years.get(policy.effective.year, offer["monthly_cents"])[tier]
        for offer, years in zip(offers, by_year, strict=True)
    }


def _born(its: Sight, member: Member, policy: Policy) -> date:
    """Return the birth date by which a policy is rated: as was corrected last by the end of its plan year (ENR-17)."""
    corrected = sorted(
        (
            each
            for each in its.rows("enrollment", Correction)
            if each.member == member.member and each.born and each.state in ("applied", "reversed")
        ),
        key=lambda each: each.decided_at or each.asked_at,
    )
    born = corrected[0].born_before if corrected else member.born
    for each in corrected:
        if (each.decided_at or each.asked_at).astimezone(EXCHANGE_ZONE).year <= policy.coverage_ends.year:
            born = each.born
    return date.fromisoformat((born or member.born).reveal())


def superseded(its: Sight, policy: Policy, version: PolicyVersion) -> bool:
    """Whether a birth date was corrected, and a version counts for no day any more: by which one it was rated is past."""
    own = _versions(its, policy)
    later = [each for each in own if each.number > version.number and each.since <= version.since]
    return bool(later) and any(each.born is not None for each in its.rows("enrollment", Correction))


def areas(its: Sight) -> list[str]:
    """A policy that is rated by age is so where the household lives on each of its days, and as its people use tobacco then,
    both as was stated last (ENR-17).
    """
    plans = {each.plan: each for each in its.story.catalog}
    households = its.rows("enrollment", Stored)
    found: list[str] = []
    for policy in its.rows("enrollment", Policy) if households else ():
        versions = _versions(its, policy)
        if not plans[policy.plan].ages:
            continue
        moves = households[0].area_changes
        people = its.rows("enrollment", Member)
        stated = [use for each in people for use in each.tobacco_uses]
        days = {policy.effective} | {each.since for each in (*versions, *moves, *stated)}
        for day in sorted(each for each in days if policy.effective <= each <= policy.coverage_ends):
            if not any(each.belongs_on(day) for each in its.rows("enrollment", Member)):
                continue
            lives = [each.rating_area for each in moves if each.since <= day]
            area = lives[-1] if lives else area_of(its.registered.address)
            rated = max((each for each in versions if each.since <= day), key=lambda each: each.number)
            if rated.rating_area != area:
                found.append(
                    f"ENR-17: on {day} {its.household} lives in {area}, rated in {rated.rating_area}"
                )
                continue
            smoke = {each.member for each in people if _smokes(each, day)}
            as_stated, as_rated = (
                cost(
                    plans[policy.plan],
                    _covered(its, policy, rated, smoke=each),
                    area=area,
                    issued=policy.effective,
                )
                for each in (smoke, rated.tobacco_users)
            )
            if as_stated != as_rated:
                found.append(
                    f"ENR-17: on {day} {its.household} costs {as_stated} as it uses tobacco, not {as_rated}"
                )
    return found


def tobacco_told(sight: Sight) -> list[str]:
    """A set tells of adults whether they use tobacco where it begins coverage with a carrier of a plan whose rates may
    differ by it, as the very premium that it tells of them has it; no other set tells it of anybody (ENR-17, CAR-2).
    """
    by_tobacco = {each.plan: each for each in sight.story.catalog if each.tobacco}
    policies = {each.policy: each for each in sight.rows("enrollment", Policy)}
    found: list[str] = []
    for content in sight.rows("carrier-gateway", TransmissionContent):
        policy, text = policies[content.transmission.rpartition("-")[0]], content.content.reveal()
        plan = by_tobacco.get(policy.plan)
        if plan is None and "HLH*" not in text:
            continue
        for sent in _sets_in(text):
            for member in members_of(sent.segments):
                says, may_say = _element(member, "HLH", 1), {""}
                if plan is not None and _begins(sent):
                    may_say = _may_say(member, plan, issued=policy.effective)
                if says not in may_say:
                    found.append(
                        f"ENR-17: of {_element(member, 'REF', 2, of='17')} {policy.carrier} is told {says or 'nothing'} "
                        f"about tobacco by a set of kind {sent.kind}, not {sorted(may_say)}"
                    )
    return found


@lru_cache(maxsize=4096)
def _sets_in(text: str) -> list[Enrollment834]:
    return read_interchange(text.encode())


def _begins(sent: Enrollment834) -> bool:
    """Whether a set begins coverage with a carrier: a renewal does with another one than before."""
    return sent.kind == "initial" or any("NEW TO ISSUER" in each[-1] for each in sent.segments)


def _may_say(member: list[list[str]], plan: Plan, *, issued: date) -> set[str]:
    """Return what a record that begins coverage may say of tobacco: of an adult what the premium in it is for."""
    born = date.fromisoformat(_element(member, "DMG", 2))
    begins = date.fromisoformat(_element(member, "DTP", 3, of="348"))
    if _years(born, begins) < _OLD_ENOUGH:
        return {""}
    place = member.index(["N1", "75", "PRE AMT 1"])
    cents = parse_cents(member[place + 1][2])
    # One who comes is rated as of that day, one who takes up a subscriber's part as of the policy's first.
    costs = {
        (says, came): cost(
            plan, [Covered(born=born, child=False, came=came, smokes=says == "T")], area=1, issued=issued
        )
        for says in ("T", "N")
        for came in (None, begins)
    }
    # A child beyond those that count costs nothing.
    return {says for (says, _), its in costs.items() if its == cents} or {"T", "N"}


def _element(member: Sequence[Sequence[str]], name: str, place: int, *, of: str = "") -> str:
    return next((each[place] for each in member if each[0] == name and each[1].startswith(of)), "")


def _smokes(member: Member, day: date) -> bool:
    smokes = member.uses_tobacco
    for each in member.tobacco_uses:
        smokes = each.uses if each.since <= day else smokes
    return smokes


def _versions(its: Sight, policy: Policy) -> list[PolicyVersion]:
    return [each for each in its.rows("enrollment", PolicyVersion) if each.policy == policy.policy]


def cost(plan: Plan, people: Sequence[Covered], *, area: int | None, issued: date) -> int:
    """Return what people pay a month for a plan rated by age that is issued on a day, in cents."""
    year = issued.year
    rates, of_tobacco = plan.ages[year][area or 0], plan.tobacco.get(year, {}).get(area or 0, {})
    ages = {id(each): _years(each.born, max(issued, each.came or issued)) for each in people}
    children = [each for each in people if each.child and ages[id(each)] < _CHILD_UNTIL]
    others = [each for each in people if each not in children]
    counted = [*others, *sorted(children, key=lambda each: each.born)[:_CHILDREN_THAT_COUNT]]
    return sum(
        _rate(of_tobacco, age, year=year)
        if each.smokes and of_tobacco and age >= _OLD_ENOUGH
        else _rate(rates, age, year=year)
        for each in counted
        for age in (ages[id(each)],)
    )


def _rate(rates: Mapping[int, int], age: int, *, year: int) -> int:
    if len(rates) == 1:
        ((stated, cents),) = rates.items()
        return _of_base(Fraction(cents * 1000, _thousandths(stated, year=year)), age, year=year)
    # One band from 0 to 14, one from 64 on.
    age = min(max(age, 14), 64)
    return rates[max(each for each in rates if each <= age)]


def _years(born: date, day: date) -> int:
    return sum(1 for year in range(born.year + 1, day.year + 1) if _birthday(born, year) <= day)


def _birthday(born: date, year: int) -> date:
    try:
        return born.replace(year=year)
    except ValueError:
        return date(year, 3, 1)
