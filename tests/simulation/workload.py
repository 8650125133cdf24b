"""What random households, staff, carriers and the bank do in a year: drawn as the year goes by, from what is so then.

Whatever is done is a step of the story language with its own words and figures, so that it can be played again
without a draw: a whole year is a story.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any, TypeVar

from bulkhead.kernel.calendar import EXCHANGE_ZONE, CoverageMonth, add_months, is_business_day, local
from enrollment.domain.households import Member
from invoicing.domain.records import Charge, Grace, Invoice, Policy, Position, Selection
from payments.domain.payments import Payment as Received
from payments.domain.return_files import ReturnItem
from payments.domain.suspense import SuspenseItem
from simulation import billed, merged, rated
from simulation.acknowledged import Acknowledged
from simulation.bounced import Bounced
from simulation.by_themselves import ByThemselves
from simulation.drawn_from import DrawnFrom
from simulation.misrecorded import Misrecorded
from simulation.mistakes import Mistakes
from simulation.mistold import Mistold
from simulation.next_year import NextYear
from simulation.rated import RatedByAge
from simulation.reconciled import Reconciled
from simulation.relief import Relief
from simulation.stopped import Stopped
from simulation.taken_out import TakenOut
from simulation.voided import Voided
from stories.language import Deed, Household, KnownToHub, Person, Plan, Step, Story
from stories.stages.simulation import World
from stories.vocabulary import SERVICES

R = TypeVar("R")

_BY_FILE = 0.7
"""How many of the returns of bank accounts' payments the bank says by a file, where else an operator reads them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Whose rules a year goes by, when it begins, the last day on which anybody may select without an event, the plan
    year that renewals are made for, and what percent of a premium is enough where less than all is (INV-15).
    """

    pack: str
    begins: date
    open_until: date
    renews: int = 2017
    enough_percent: int | None = None


VERMONT = Setting(pack="vermont-2016", begins=date(2015, 12, 1), open_until=date(2016, 1, 31))
MASSACHUSETTS = Setting(pack="massachusetts-2015", begins=date(2014, 12, 1), open_until=date(2015, 2, 15))
DELAWARE = Setting(pack="delaware-2018", begins=date(2017, 12, 1), open_until=date(2017, 12, 15), renews=2019)
TODAY = Setting(
    pack="vermont-2027",
    begins=date(2026, 12, 1),
    open_until=date(2026, 12, 31),
    renews=2028,
    enough_percent=95,
)
SETTINGS = {each.pack: each for each in (VERMONT, MASSACHUSETTS, DELAWARE, TODAY)}

PLANS = {
    "SILVER": ("MVP", "medical", 500_00),
    "GOLD": ("BCBSVT", "medical", 612_34),
    "BRONZE": ("MVP", "medical", 180_00),
    "DENTAL": ("DELTA", "dental", 41_00),
}
"""Plan, carrier, kind and what one person pays a month, in cents."""

_TIERS = {"single": 100, "couple": 200, "parent": 193, "family": 281}
_CHOICES = (
    ("SILVER",),
    ("SILVER", "DENTAL"),
    ("SILVER", "DENTAL"),
    ("GOLD",),
    ("GOLD", "DENTAL"),
    ("BRONZE",),
    ("BRONZE", "DENTAL"),
    ("DENTAL",),
)
MOST_HOUSEHOLDS = 3
"""So many households live at one exchange where nobody says how many: they meet there, and the year stays short."""

_MOST_DOWN = 2


def catalog(setting: Setting = VERMONT, *, dental_bills_from: int | None = None) -> tuple[Plan, ...]:
    """Return the plans of every year that is drawn: everything costs more in the one that renewals are made for. The
    carrier of dental plans may bill for them itself from a plan year on (CAR-1).
    """
    return tuple(
        Plan(
            plan=plan,
            carrier=carrier,
            kind=kind,
            monthly_cents=_monthly(cents),
            years={setting.renews: _monthly(cents * 108 // 100)},
            carrier_bills_from=dental_bills_from if kind == "dental" else None,
        )
        for plan, (carrier, kind, cents) in PLANS.items()
    ) + rated.plans(setting.pack, year=setting.begins.year + 1)


def _monthly(cents: int) -> dict[str, int]:
    return {tier: cents * percent // 100 for tier, percent in _TIERS.items()}


def drawn_story(
    random: Random, *, name: str, title: str, most_households: int, setting: Setting = VERMONT
) -> Story:
    """Return a story with its households, at most so many, and with what is settled before the year begins: who applies
    while the federal hub is away, and when that is back.
    """
    households = tuple(
        _grown(
            Random(f"{name}/who grows up/{number}"),
            _household(random, f"h{number + 1}"),
            begins=setting.begins,
        )
        for number in range(random.randint(1, most_households))
    )
    # The hub has dice of its own: whoever it knows, others do what they would have done.
    hub = Random(f"{name}/what the hub says")
    prisons = Random(f"{name}/whom the hub takes for imprisoned")
    households = tuple(
        replace(each, hub=_or_imprisoned(prisons, _known_to_hub(hub, each))) for each in households
    )
    households += rated.household(setting.pack, name=name)
    households += merged.registered_again(name, households)
    return Story(
        name=name,
        title=title,
        cites=(),
        pack=setting.pack,
        clock=setting.begins,
        catalog=catalog(
            setting,
            dental_bills_from=billed.since(name, first=setting.begins.year + 1, renews=setting.renews),
        ),
        households=households,
        steps=_applications(hub, households, setting=setting),
        file=name,
    )


def _known_to_hub(hub: Random, household: Household) -> KnownToHub | None:
    """Return what the hub says of a household: mostly just what it attests."""
    if hub.random() < 0.6:
        return None
    contradicts = hub.choice([(), ("income",), ("income",), ("medicaid",), ("income", "citizenship")])
    aptc = hub.choice([0, household.aptc_cents // 2, household.aptc_cents + 45_67])
    return KnownToHub(contradicts=contradicts, aptc_cents=aptc, subsidy_cents=hub.choice([None, None, 0]))


def _or_imprisoned(prisons: Random, known: KnownToHub | None) -> KnownToHub | None:
    """Return what the hub says of a household, at times also that it is in prison."""
    if prisons.random() < 0.9:
        return known
    before = () if known is None else known.contradicts
    return replace(known or KnownToHub(), contradicts=(*before, "incarceration"))


def _applications(hub: Random, households: Iterable[Household], *, setting: Setting) -> tuple[Step, ...]:
    """Return the steps by which some apply while the hub is away, in some years, for hours or for months."""
    if hub.random() < 0.6:
        return ()
    begins = local(setting.begins, 8)
    back = begins + timedelta(days=hub.choice([0, 2, 40, 88, 91, 130, 200]), minutes=hub.choice([90, 600]))
    steps = [(begins, Deed(word="down", fields={"service": "hub"}, line=0))]
    steps += [
        (begins + timedelta(minutes=1), Deed(word="apply", fields={"household": each.household}, line=0))
        for each in households
        if hub.random() < 0.8
    ]
    steps.append((back, Deed(word="up", fields={"service": "hub"}, line=0)))
    return tuple(Step(at=at, deed=deed, expectations=(), line=0) for at, deed in steps)


def _household(random: Random, name: str) -> Household:
    adults, children = random.choice([(1, 0), (1, 0), (1, 0), (2, 0), (1, 1), (1, 2), (2, 1), (2, 2)])
    people = [("self", 1950 + random.randrange(40))]
    people += [("spouse", 1950 + random.randrange(40))] * (adults - 1)
    people += [("child", 2000 + random.randrange(14)) for _ in range(children)]
    reached = random.random()
    return Household(
        household=name,
        members=tuple(
            Person(
                name=f"{name.upper()} Member {number}",
                born=date(year, 1 + random.randrange(12), 1 + random.randrange(28)),
                relation=relation,
                latin_name=None,
                ssn=None,
            )
            for number, (relation, year) in enumerate(people, start=1)
        ),
        aptc_cents=random.choice([0, 0, 100_00, 123_45, 320_00, 900_00]),
        subsidy_cents=random.choice([0, 0, 0, 25_50, 60_00]),
        income_cents=None,
        hub=None,
        language=random.choice(["en", "en", "es", "fr"]),
        email=f"{name}@example.test" if reached < 0.7 else None,
        address="1 Main Street, Montpelier VT 05602" if reached > 0.6 else None,
        phone=None,
    )


def _grown(dice: Random, household: Household, *, begins: date) -> Household:
    """Return some households with a child who turns 26 about the year's end or in its course, the parents older still."""
    children = [each for each in household.members if each.relation == "child"]
    if not children or dice.random() < 0.6:
        return household
    grown = dice.choice(children)
    turns = begins + timedelta(days=dice.choice([3, 29, 31, 62, 91, 140, 389, 395]) + dice.randrange(3))
    born = turns.replace(year=turns.year - 26, day=min(turns.day, 28))
    return replace(
        household,
        members=tuple(
            replace(each, born=born)
            if each is grown
            else replace(each, born=each.born.replace(year=each.born.year - 20))
            if each.relation != "child"
            else each
            for each in household.members
        ),
    )


@dataclass(order=True, slots=True)
class _Due:
    at: datetime
    order: int
    draw: Callable[[], Deed | None]


class Workload:
    """Everybody who does something to an exchange, drawn from one seed."""

    def __init__(self, random: Random, world: World, story: Story, *, months: int) -> None:
        self._setting = SETTINGS[story.pack]
        begins = self._setting.begins
        self.ends = local(CoverageMonth.of(begins).plus(months).first_day, 12)
        self._random = random
        # The bank's own dice: what goes back changes nothing of what everybody else would have done.
        self._bank = Random(f"{story.name}/what goes back")
        self._papers = Random(f"{story.name}/how a bank says what goes back")
        # So have those who pay nearly all where that may be enough.
        self._nearly = Random(f"{story.name}/what is nearly paid")
        # And what happens while a rest of that is owed.
        self._short = Random(f"{story.name}/what becomes of a rest")
        # So has what happens to people and their assistance.
        self._lives = Random(f"{story.name}/what changes")
        # And so has whoever makes renewals.
        self._season = Random(f"{story.name}/what goes on")
        # And who approves that credit is paid back.
        self._approving = Random(f"{story.name}/what refunds a second person approves")
        # And who asks that ended coverage stand again.
        self._asking = Random(f"{story.name}/who asks for it back")
        # And who pays just what an invoice asked, whatever has risen since.
        self._asked = Random(f"{story.name}/what is paid as asked")
        # And who comes over from a carrier: not every household ever does.
        self._coming = Random(f"{story.name}/who comes over")
        # And who dies, and after whom.
        self._deaths = Random(f"{story.name}/who dies")
        # And whoever records money for the wrong household, finds out and puts it right.
        self._mistakes = Mistakes(
            self,
            Random(f"{story.name}/what is recorded for another"),
            dates=Random(f"{story.name}/what is dated wrong"),
        )
        # And whoever tells of ends and deaths that are not so, finds out and puts it right.
        self._mistold = Mistold(self, Random(f"{story.name}/what is told wrong"))
        # And whoever records divorces, birth dates and prices that are not so.
        self._misrecorded = Misrecorded(self, Random(f"{story.name}/what is recorded wrong"))
        # And whose invoices turn out to be wrong.
        self._voided = Voided(self, Random(f"{story.name}/which invoices are void"))
        # And whose last days to pay move.
        self._relief = Relief(self, Random(f"{story.name}/whose last days move"))
        # And whose mail comes back.
        self._bounced = Bounced(self, Random(f"{story.name}/whose mail comes back"))
        # And which notices are stopped.
        self._stopped = Stopped(self, Random(f"{story.name}/which notices are stopped"))
        # And who agrees to autopay.
        self._drawn_from = DrawnFrom(
            self,
            Random(f"{story.name}/whose invoices are drawn"),
            accounts=Random(f"{story.name}/whose bank accounts are kept"),
        )
        # And who chooses for the year that renewals are made for.
        self._next_year = NextYear(
            self, Random(f"{story.name}/what is chosen for next year"), year=self._setting.renews
        )
        # And who is found eligible for Medicaid, and for how long.
        self._eligible = Random(f"{story.name}/who is eligible for Medicaid")
        # And of what the card processor says by itself.
        self._calls_back = Random(f"{story.name}/what the processor calls back about")
        # And who comes back from it into a plan that the others have, or into another one beside it.
        self._coming_back = Random(f"{story.name}/who comes back from Medicaid")
        # And what carriers acknowledge of what they are sent.
        self._acknowledged = Acknowledged(self, Random(f"{story.name}/what carriers acknowledge"))
        # And what carriers end and reinstate by themselves.
        self._by_themselves = ByThemselves(self, Random(f"{story.name}/what carriers do by themselves"))
        # And what books carriers bring.
        self._reconciled = Reconciled(
            self, Random(f"{story.name}/what books carriers bring"), carriers=story.carriers
        )
        # And whom carriers that bill find paid.
        self._billed = billed.BilledByCarriers(self, Random(f"{story.name}/who pays a carrier that bills"))
        # And who changes a plan in the course of the year.
        self._changing = Random(f"{story.name}/who changes plans")
        # And who attests another income.
        self._attesting = Random(f"{story.name}/who attests again")
        # And of whom the hub says something else from then on.
        self._hub_words = Random(f"{story.name}/what the hub says later")
        # And who sends documents that the hub's word makes necessary.
        self._documents = Random(f"{story.name}/who sends documents")
        self._world = world
        self._agenda: list[_Due] = []
        self._orders = 0
        self._keys = 0
        self._late_days: set[date] = set()
        self._awaits_check: list[date] = []
        for step in story.steps:
            self._at(step.at, lambda deed=step.deed: deed)
        for household in story.households:
            if merged.is_second(household.household):
                name = household.household
                dice = merged.dice_of(name, f"{story.name}/what becomes of who registered twice")
                into = merged.dice_of(name, f"{story.name}/into whom they are merged")
                others = merged.others_of(name, story.households)
                twice = merged.Merged(self, dice, household=name, others=others, into=into)
                twice.begin(local(begins, 9))
                agreed = merged.dice_of(name, f"{story.name}/whether who registered twice is drawn from")
                accounts = merged.dice_of(name, f"{story.name}/whose account who registered twice gives")
                DrawnFrom(self, agreed, accounts=accounts).begin(local(begins, 9), name)
                continue
            if household.household == rated.HOUSEHOLD:
                dice = Random(f"{story.name}/what is rated by age")
                by_age = RatedByAge(self, dice, household=household, begins=begins, ends=self.ends.date())
                by_age.begin(next(each for each in story.catalog if each.plan == rated.PLAN))
                self._misrecorded.begin(local(begins, 9), household.household)
                continue
            self._send_documents_some_day(local(begins, 9), household.household)
            self._attest_some_day(local(begins, 9), household.household)
            self._begin(household.household)
            self._return_some_day(local(begins, 9), household.household)
            self._change_some_day(local(begins, 9), household, born=0)
            self._ask_some_day(local(begins, 9), household.household)
            self._pay_as_asked_some_day(local(begins, 9), household.household)
            if self._coming.random() < 0.4:
                self._come_over_some_day(local(begins, 9), household.household)
            self._die_some_day(local(begins, 9), household)
            self._next_year.begin(household.household)
            self._drawn_from.begin(local(begins, 9), household.household)
            self._acknowledged.begin(local(begins, 9), household.household)
            self._by_themselves.begin(local(begins, 9), household.household)
            self._billed.begin(local(begins, 9), household.household)
            if self._changing.random() < 0.4:
                self._change_plan_some_day(local(begins, 9), household.household)
            if self._eligible.random() < 0.3:
                self._find_eligible_some_day(local(begins, 9), household)
            others = [
                each.household
                for each in story.households
                if each is not household and not merged.is_second(each.household)
            ]
            self._mistakes.begin(local(begins, 9), household.household, others)
            self._mistold.begin(local(begins, 9), household.household)
            self._misrecorded.begin(local(begins, 9), household.household)
            self._voided.begin(local(begins, 9), household.household)
            self._relief.begin(local(begins, 9), household.household)
            self._bounced.begin(local(begins, 9), household.household)
            if self._setting.enough_percent is not None:
                self._owe_a_rest_some_day(local(begins, 9), household)
        of_tiers = [
            each.household
            for each in story.households
            if each.household != rated.HOUSEHOLD and not merged.is_second(each.household)
        ]
        cents = {plan: cents for plan, (_, _, cents) in PLANS.items()}
        self._reconciled.begin(local(begins, 9), of_tiers)
        self._misrecorded.begin_prices(local(begins, 9), of_tiers, cents)
        self._stopped.begin(local(begins, 9))
        # And when services are taken out.
        TakenOut(self, Random(f"{story.name}/what is taken out"), households=of_tiers).begin(local(begins, 9))
        self._keep_doing(local(begins, 8), self._draw_trouble, days=(10, 45))
        self._make_renewals()

    def _begin(self, household: str) -> None:
        random = self._random
        after = timedelta(days=random.choice([0, 1, 2, 5, 9, 13, 14, 15, 20, 31, 45, 61]))
        first = local(self._setting.begins + after, 9)
        self._at(first + self._hours(), lambda: self._select(household, paying=True))
        habit = random.choice(["faithful", "faithful", "sloppy", "sloppy", "anything"])
        if habit == "faithful":
            self._at(first + timedelta(days=1, hours=3), lambda: self._pay_each_invoice(household))
            self._keep_doing(first, lambda: self._anything(household), days=(30, 120))
        elif habit == "sloppy":
            self._keep_doing(first, lambda: self._pay(household), days=(12, 40))
            self._keep_doing(first, lambda: self._anything(household), days=(40, 120))
        else:
            self._keep_doing(first, lambda: self._anything(household), days=(1, 24))

    @property
    def next_at(self) -> datetime | None:
        """When something is done next; None where nothing is any more."""
        return self._agenda[0].at if self._agenda and self._agenda[0].at < self.ends else None

    def next(self) -> Step:
        """Return the next step: at its time it follows from how things stand."""
        due = heapq.heappop(self._agenda)
        deed = due.draw() or Deed(word="advance", fields={"to": due.at}, line=0)
        return Step(at=due.at, deed=deed, expectations=(), line=0)

    def last(self) -> list[Step]:
        """Return what makes the year whole: everybody is back, no file is awaited any more."""
        deeds = [Deed(word="advance", fields={"to": self.ends}, line=0)]
        deeds += [Deed(word="up", fields={"service": name}, line=0) for name in sorted(self._world.down)]
        deeds += [_lockbox(day, "absent") for day in sorted(self._late_days)]
        deeds += [
            Deed(word="resume-notices", fields={"type": each}, line=0) for each in sorted(self._stopped.types)
        ]
        return [
            Step(at=self.ends + timedelta(minutes=number), deed=deed, expectations=(), line=0)
            for number, deed in enumerate(deeds)
        ]

    # when

    def _at(self, at: datetime, draw: Callable[[], Deed | None]) -> None:
        self._orders += 1
        at = at.replace(second=0, microsecond=0)
        heapq.heappush(self._agenda, _Due(at.astimezone(EXCHANGE_ZONE), self._orders, draw))

    def _hours(self) -> timedelta:
        """Return a time after 9 o'clock; at times late in the evening, where days end."""
        minutes = self._random.choice([0, 30, 95, 200, 333, 420, 7 * 60 + 1, 14 * 60 + 30, 14 * 60 + 59])
        return timedelta(minutes=minutes)

    def _keep_doing(self, after: datetime, draw: Callable[[], Deed | None], *, days: tuple[int, int]) -> None:
        day = after.date() + timedelta(days=self._random.randint(*days))
        at = datetime.combine(self._some_day(day), time(9), tzinfo=EXCHANGE_ZONE) + self._hours()

        def again() -> Deed | None:
            self._keep_doing(at, draw, days=days)
            return draw()

        self._at(max(at, after + timedelta(minutes=1)), again)

    def _some_day(self, day: date) -> date:
        """Return that day, or one near it on which the rules turn."""
        month = CoverageMonth.of(day)
        turns = [1, 2, 5, 6, 15, 16, 26, 27, month.last_day.day]
        return (
            day
            if self._random.random() < 0.5
            else min((month.first_day.replace(day=each) for each in turns if each >= day.day), default=day)
        )

    # what

    @property
    def _today(self) -> date:
        return self._world.now.date()

    def _anything(self, household: str) -> Deed | None:
        draws = (
            (8, lambda: self._pay(household)),
            (3, lambda: self._late_check(household)),
            (2, lambda: self._select(household, paying=self._random.random() < 0.6)),
            (2, lambda: self._end(household)),
            (1, lambda: self._reinstate(household)),
            (1, lambda: self._refund(household)),
            (1, lambda: self._assign(household)),
            (1, lambda: self._effectuate(household)),
        )
        return self._one_of(draws)()

    def _one_of(self, draws: tuple[tuple[int, Callable[[], Deed | None]], ...]) -> Callable[[], Deed | None]:
        weights, what = zip(*draws, strict=True)
        return self._random.choices(what, weights)[0]

    def _select(self, household: str, *, paying: bool) -> Deed | None:
        random = self._random
        fields: dict[str, Any] = {"household": household, "plans": random.choice(_CHOICES)}
        via = random.choice(["web", "web", "phone", "navigator", "paper"])
        fields["via"] = via
        if via == "paper":
            fields["received"] = self._today - timedelta(days=random.choice([0, 1, 3, 8]))
        if self._today > self._setting.open_until or random.random() < 0.15:
            kind = random.choice(["birth", "adoption", "marriage", "loss", "move", "income", "other"])
            fields["event"] = {
                "kind": kind,
                "on": self._today - timedelta(days=random.choice([0, 1, 10, 40, 59, 61])),
            }
        if paying and (cents := self._first_premium(household, fields["plans"])):
            amount = random.choice([cents, cents, cents, cents, cents - 1, cents // 2])
            by = random.choice(["card", "card", "bank", "phone", "cash", "check"])
            if amount > 0:
                fields["pays"] = {"amount": amount, "by": by}
        return Deed(word="select", fields=fields, line=0)

    def _first_premium(self, household: str, plans: tuple[str, ...]) -> int:
        """Return about what the plans cost this household a month: it need not be right."""
        known = [each for each in self._rows("invoicing", Policy) if each.household == household]
        months = [each.months[0].net_cents for each in known if each.plan in plans and each.months]
        return sum(months) or sum(PLANS[plan][2] for plan in plans)

    def _pay_each_invoice(self, household: str) -> Deed | None:
        random = self._random
        first = CoverageMonth.of(self._today).plus(1)
        last = first.plus(random.choice([1, 3, 5, 12, 12, 12]))
        return Deed(
            word="pay-each-invoice",
            fields={
                "household": household,
                "from": first,
                "until": min(last, CoverageMonth.of(self.ends.date()).plus(-1)),
                "day": random.choice([6, 10, 20, 26, 28, 31]),
                "by": random.choice(["card", "bank", "check", "phone"]),
            },
            line=0,
        )

    def _call_back_some_day(self, household: str, payment: dict[str, Any]) -> None:
        """Have the processor time out now and take the money some day, or never; and call back about this payment or
        another: again and again, in vain with a forged or an old signature.
        """
        dice = self._calls_back
        late = payment["card"] != "declined" and dice.random() < 0.12
        if late:
            payment["card"] = "late"
        if not late and dice.random() > 0.15:
            return
        after = timedelta(minutes=dice.choice([3, 11, 17, 40]), days=dice.choice([0, 0, 1, 2, 9, 40]))
        ways = ["forged", "altered", "old"]
        order = [*dice.sample(ways, k=dice.choice([0, 1, 2])), *dice.choice([["signed"], ["signed"], []])]
        order += dice.sample([*ways, "signed"], k=dice.choice([0, 0, 1]))
        for number, way in enumerate(order):
            fields = {"household": household, "way": way, "times": dice.choice([1, 1, 2])}
            self._at(
                self._world.now + after + timedelta(minutes=number * dice.choice([0, 1, 30])),
                lambda fields=fields: Deed(word="call-back", fields=fields, line=0),
            )

    def _pay(
        self, household: str, *, cents: int | None = None, posted_days: int | None = None
    ) -> Deed | None:
        random = self._random
        amount = self._amount(household) if cents is None else cents
        if amount <= 0:
            return None
        by = random.choice(["card", "card", "bank", "check", "check", "cash", "phone"])
        fields: dict[str, Any] = {"household": household, "amount": amount, "by": by}
        if posted_days is not None or (by == "check" and random.random() < 0.6):
            fields["by"] = by = "check"
            days = random.choice([0, 1, 2, 9, 35]) if posted_days is None else posted_days
            fields["postmarked"] = self._today - timedelta(days=days)
        if by == "check" and self._awaits_check and random.random() < 0.6:
            fields["received"] = self._awaits_check.pop()
            fields["postmarked"] = min(fields.get("postmarked", self._today), fields["received"])
        if by == "card":
            fields["card"] = random.choice(["ok"] * 8 + ["declined", "slow", "lost"])
        names = random.choice([None, None, None, "selection", "invoice"])
        if names == "invoice" and any(
            each.household == household for each in self._rows("invoicing", Invoice)
        ):
            fields["names"] = "invoice"
        unanswered = fields.get("card") in ("slow", "lost")
        if by == "card":
            self._call_back_some_day(household, fields)
        if random.random() < (0.6 if unanswered else 0.1):  # who got no answer asks again
            self._keys += 1
            fields["key"] = f"twice{self._keys}"
            again = dict(fields)
            self._at(
                self._world.now + timedelta(days=random.choice([0, 1, 3]), minutes=7),
                lambda: Deed(word="pay", fields=again, line=0),
            )
        elif by == "check" and "names" not in fields and random.random() < 0.12:
            del fields["household"]
            fields["for"] = "unknown"
        if by == "check" and (amount + self._today.toordinal()) % 2:
            fields["in"] = "bai"  # by turns, and not drawn: seeds that found something stay as they are
        return Deed(word="pay", fields=fields, line=0)

    def _late_check(self, household: str) -> Deed | None:
        """Plan a check that is posted on the last day of grace, or before a binder was due, and comes afterwards."""
        days = [each.last_day for each in self._of("invoicing", Grace, household) if each.state == "open"]
        days += [
            each.due
            for each in self._of("invoicing", Selection, household)
            if each.state == "open" and each.due
        ]
        if not days:
            return self._pay(household)
        posted = self._random.choice(days)
        comes = posted + timedelta(days=self._random.randint(1, 12))
        if comes <= self._today:
            return self._pay(household)
        share = self._random.choice(["all", "restoring", "cent short"])

        def come() -> Deed | None:
            return self._pay(
                household,
                cents=self._amount(household, share=share),
                posted_days=(self._today - posted).days,
            )

        self._at(datetime.combine(comes, time(10), tzinfo=EXCHANGE_ZONE) + self._hours(), come)
        return None

    def _amount(self, household: str, *, share: str | None = None) -> int:
        """Return what somebody pays: sometimes just what may be enough of it, or a cent less or more (INV-15)."""
        cents, percent = self._drawn_amount(household, share=share), self._setting.enough_percent
        if percent is None or self._nearly.random() < 0.6:
            return cents
        return -(-cents * percent // 100) + self._nearly.choice([-1, 0, 0, 0, 1])

    def _drawn_amount(self, household: str, *, share: str | None = None) -> int:
        random = self._random
        charges = self._of("invoicing", Charge, household)
        still = [each for each in charges if each.state == "open"]
        binders = {
            each.selection for each in self._of("invoicing", Selection, household) if each.state == "open"
        }
        position = next(iter(self._of("invoicing", Position, household)), Position(household=household))
        owed = position.owed_cents - position.unapplied_cents
        months = sorted({each.month for each in still if each.binder not in binders})
        match share or random.choice(
            [
                "binder",
                "month",
                "all",
                "all",
                "all",
                "invoiced",
                "restoring",
                "cent short",
                "some",
                "half",
                "double",
            ]
        ):
            case "binder":
                return sum(each.cents for each in still if each.binder in binders)
            case "month":
                return sum(each.cents for each in still if months and each.month == months[0])
            case "all":
                return owed
            case "half":
                return owed // 2
            case "double":
                return 2 * owed
            case "cent short":
                return owed - 1
            case "invoiced":
                invoices = self._of("invoicing", Invoice, household)
                return max(invoices, key=lambda each: each.number).total_cents if invoices else 0
            case "restoring":
                # What would stand again if an end or a lapse were undone.
                policies = {each.policy: each for each in self._of("invoicing", Policy, household)}
                gone = [each for each in charges if each.state == "reversed" and each.invoice]
                return owed + sum(_price(policies[each.policy], each.month) for each in gone[-4:])
            case _:
                return random.randint(1, 1200_00)

    def _end(self, household: str) -> Deed | None:
        fields: dict[str, Any] = {
            "household": household,
            "on": self._today + timedelta(days=self._random.choice([-40, -3, 0, 1, 14, 30, 75])),
        }
        if self._random.random() < 0.4:
            fields["plans"] = self._random.choice([("DENTAL",), ("SILVER",), ("GOLD",)])
        fields["reason"] = self._random.choice(["requested", "requested", "requested", "death"])
        if self._random.random() < 0.4:  # the carrier's confirmation was on its way
            comes = self._world.now + timedelta(days=self._random.choice([0, 1, 3]), minutes=11)
            self._at(comes, lambda: self._effectuate(household))
        return Deed(word="end-coverage", fields=fields, line=0)

    def _reinstate(self, household: str) -> Deed | None:
        return Deed(
            word="reinstate-error",
            fields={"household": household, "by": "staff", "reason": "ended in error"},
            line=0,
        )

    def _refund(self, household: str) -> Deed | None:
        position = next(iter(self._of("invoicing", Position, household)), Position(household=household))
        credit = position.credit_cents
        amount = self._random.choice([credit, credit // 2, credit + 1, position.unapplied_cents, 10_00])
        if not amount:
            return None
        # Where it takes two, another operator decides, or who asked tries to; where not, nothing waits for them.
        decides = self._world.now + timedelta(days=self._approving.choice([0, 0, 2, 9]), minutes=9)
        decision = {
            "household": household,
            "decision": self._approving.choice(["approve", "approve", "approve", "decline"]),
            "by": self._approving.choice(["bea", "bea", "bea", "ann"]),
            "of": "invoicing",
        }
        self._at(decides, lambda: Deed(word="decide-correction", fields=decision, line=0))
        fields = {"household": household, "amount": amount, "by": "ann"}
        return Deed(word="refund", fields=fields, line=0)

    def _return_some_day(self, after: datetime, household: str) -> None:
        """Have the bank take back one of the household's payments some day, any of them, and more another day."""
        bank = self._bank
        at = after + timedelta(
            days=bank.choice([9, 25, 40, 77, 130]), minutes=bank.choice([0, 65, 14 * 60 + 59])
        )

        def give_back() -> Deed | None:
            self._return_some_day(at, household)
            payments = self._of("payments", Received, household)
            known = len(payments)
            if not known:
                return None
            nth = bank.choice([known, known, bank.randint(1, known)])
            reason = bank.choice(["nsf", "nsf", "closed-account", "chargeback"])
            fields: dict[str, Any] = {"household": household, "nth": nth, "reason": reason}
            payments.sort(key=lambda each: (each.known_at, each.payment))
            by_bank = payments[nth - 1].identification is not None and reason != "chargeback"
            if by_bank and self._papers.random() < _BY_FILE:
                fields["by"] = "file"
                self._decide_some_day(at, household)
            return Deed(word="return-payment", fields=fields, line=0)

        self._at(at, give_back)

    def _decide_some_day(self, after: datetime, household: str, *, since: datetime | None = None) -> None:
        """Have a person look two days later at what waits of the bank's files about a household, and every other day
        until what came ``since`` is there, which payments may load late, and nothing waits.
        """
        came = since or after
        at = after + timedelta(days=2, minutes=7)

        def decide() -> Deed | None:
            items = self._of("payments", ReturnItem, household)
            waits = any(each.state == "open" for each in items)
            if not waits and any(each.recorded_at >= came for each in items):
                return None
            self._decide_some_day(at, household, since=came)
            return Deed(word="dismiss-return", fields={"household": household}, line=0) if waits else None

        self._at(at, decide)

    def _change_some_day(self, after: datetime, household: Household, *, born: int) -> None:
        """Have the household's assistance go up or down some day, for months gone by or to come, or its people come
        and go, and more another day.
        """
        lives = self._lives
        at = after + timedelta(
            days=lives.choice([35, 70, 111, 190]), minutes=lives.choice([3, 125, 14 * 60 + 57])
        )
        what = lives.choice(["assistance", "assistance", "birth", "leaves"])

        def change() -> Deed | None:
            again = born + (what == "birth")
            self._change_some_day(at, household, born=again)
            fields: dict[str, Any] = {"household": household.household}
            if what == "assistance":
                month = CoverageMonth.of(self._today).plus(lives.choice([-3, -1, 0, 1, 2, 4]))
                fields["from"] = month.first_day
                fields["aptc"] = lives.choice([0, 50_00, 123_45, 320_00, 900_00])
                fields["subsidy"] = lives.choice([0, 0, 25_50])
                return Deed(word="change", fields=fields, line=0)
            fields["on"] = self._today - timedelta(days=lives.choice([0, 1, 12, 59, 61]))
            if what == "birth":
                fields |= {"name": f"{household.household.upper()} Newborn {again}", "adds": "birth"}
            else:
                person = lives.choice(household.members)
                kinds = {"self": "death", "spouse": lives.choice(["death", "divorce"])}
                fields |= {"name": person.name, "leaves": kinds.get(person.relation, "death")}
                # of the others nobody says who acts for a child that is left
                if len(household.members) % 2 and self._leaves_a_child(household.household, fields):
                    fields["responsible"] = f"{household.household.upper()} Guardian"
            return Deed(word="member", fields=fields, line=0)

        self._at(at, change)

    def _die_some_day(self, after: datetime, household: Household) -> None:
        """Have one of some households' people die some day, told the same day or later, and others another day; a day
        that was told may turn out to have been an earlier one.
        """
        deaths = self._deaths
        if deaths.random() < 0.6:
            return
        at = after + timedelta(days=deaths.choice([45, 100, 190, 250]), minutes=deaths.choice([7, 130, 895]))
        first, *_ = household.members

        def die() -> Deed:
            self._die_some_day(at, household)
            person = deaths.choice([first, first, deaths.choice(household.members)])
            fields: dict[str, Any] = {
                "household": household.household,
                "name": person.name,
                "leaves": "death",
                "on": self._today - timedelta(days=deaths.choice([0, 0, 1, 8, 33, 90])),
            }
            if deaths.random() < 0.7 and self._leaves_a_child(household.household, fields):
                fields["responsible"] = f"{household.household.upper()} Guardian"
            return Deed(word="member", fields=fields, line=0)

        self._at(at, die)

    def _leaves_a_child(self, household: str, fields: Mapping[str, Any]) -> bool:
        """Whether a death leaves a child for whom somebody may have to act."""
        of_age = add_months(self._today, -12 * 18).isoformat()
        return fields["leaves"] == "death" and any(
            each.left is None and each.name.reveal() != fields["name"] and each.born.reveal() > of_age
            for each in self._of("enrollment", Member, household)
        )

    def _change_plan_some_day(self, after: datetime, household: str) -> None:
        """Have the household change a plan some day, in open enrollment or after an event, when it may and when it may not;
        and again another day.
        """
        changing = self._changing
        at = after + timedelta(
            days=changing.choice([15, 33, 58, 90, 121]), minutes=changing.choice([23, 511])
        )

        def change() -> Deed:
            self._change_plan_some_day(at, household)
            fields: dict[str, Any] = {
                "household": household,
                "plans": changing.choice([("SILVER",), ("GOLD",), ("BRONZE",), ("GOLD", "DENTAL")]),
                "via": changing.choice(["web", "phone", "navigator"]),
            }
            if self._today > self._setting.open_until or changing.random() < 0.6:
                fields["event"] = {
                    "kind": changing.choice(["birth", "marriage", "loss", "move", "move", "income"]),
                    "on": self._today - timedelta(days=changing.choice([0, 2, 14, 40, 61])),
                }
            return Deed(word="change-plan", fields=fields, line=0)

        self._at(at, change)

    def _find_eligible_some_day(self, after: datetime, household: Household) -> None:
        """Have some or all of the household found eligible for Medicaid some day, from a month gone by or to come; at times
        that is stated to end, and plans are selected and paid for then; and so on another day.
        """
        eligible = self._eligible
        at = after + timedelta(days=eligible.choice([20, 48, 101, 160]), minutes=eligible.choice([19, 402]))
        name = household.household

        def find() -> Deed:
            self._find_eligible_some_day(at, household)
            fields: dict[str, Any] = {"household": name}
            if eligible.random() < 0.6:
                people = [each.name for each in household.members]
                fields["members"] = tuple(eligible.sample(people, eligible.randint(1, len(people))))
            month = CoverageMonth.of(self._today).plus(eligible.choice([-4, -3, -1, 0, 1, 1, 2]))
            lasts = month.plus(eligible.choice([0, 2, 3])).last_day
            if eligible.random() < 0.7:
                ends = local(max(lasts, self._today) - timedelta(days=eligible.choice([-20, 0, 9])), 14)
                self._at(
                    max(ends, at + timedelta(minutes=5)),
                    lambda: Deed(word="medicaid", fields={"household": name, "ends": lasts}, line=0),
                )
                self._at(
                    max(ends, at) + timedelta(days=eligible.choice([0, 3, 61]), minutes=9),
                    lambda: self._select_after(name, lasts),
                )
            return Deed(word="medicaid", fields=fields | {"from": month.first_day}, line=0)

        self._at(at, find)

    def _select_after(self, household: str, lasts: date) -> Deed:
        """Select plans because Medicaid is lost, and pay for them or not; or take one anew that others may have, or a
        dental plan beside it.
        """
        plans = self._eligible.choice(_CHOICES)
        fields: dict[str, Any] = {
            "household": household,
            "plans": plans,
            "via": "web",
            "event": {"kind": "medicaid-loss", "on": lasts},
        }
        pays = self._eligible.random() < 0.7
        back = self._coming_back.choice(["as selected", "dental", "medical"])
        if back == "medical":
            fields["plans"] = (self._coming_back.choice(["SILVER", "GOLD", "BRONZE"]),)
            return Deed(word="change-plan", fields=fields, line=0)
        if back == "dental":
            fields["plans"] = ("DENTAL",)
        if pays and (cents := self._first_premium(household, fields["plans"])):
            fields["pays"] = {"amount": cents, "by": "bank"}
        return Deed(word="select", fields=fields, line=0)

    def _make_renewals(self) -> None:
        """Have the year's coverage looked at and renewed some day before the next, and at times taken back and made anew,
        by a crosswalk in which a carrier may leave and a plan may be forgotten.
        """
        season = self._season
        becomes = {
            "SILVER": "SILVER",
            "GOLD": season.choice(["GOLD", "GOLD", "SILVER", "carrier-leaving"]),
            "BRONZE": season.choice(["BRONZE", "SILVER", "discontinued"]),
            "DENTAL": "DENTAL",
        }
        forgotten = {
            plan: to for plan, to in becomes.items() if plan != season.choice(["DENTAL", "GOLD", ""])
        }
        at = local(date(2016, 10, 1) + timedelta(days=season.randint(0, 80)), 11)
        acts = season.choice(
            [("plan", "run"), ("run",), ("run", "run"), ("run", "reverse", "run"), ("plan", "run", "reverse")]
        )
        for number, act in enumerate(acts):
            fields: dict[str, Any] = {"year": self._setting.renews, "act": act}
            if act != "reverse":
                fields["crosswalk"] = forgotten if number == 0 else becomes
            self._at(at, lambda fields=fields: Deed(word="renew", fields=fields, line=0))
            at += timedelta(days=season.choice([0, 1, 9]), minutes=season.choice([1, 65]))

    def _ask_some_day(self, after: datetime, household: str) -> None:
        """Have the household ask some day that what ended for non-payment stand again, and pay for that before or
        afterwards: all, a cent less, or not; about the days on which the limits are.
        """
        asking = self._asking
        day = after.date() + timedelta(days=asking.choice([12, 17, 26, 31]))
        month = CoverageMonth.of(day)
        day = asking.choice([day, day, month.first_day, month.last_day - timedelta(days=1), month.last_day])
        at = datetime.combine(day, time(9), tzinfo=EXCHANGE_ZONE)
        at = max(at, after + timedelta(hours=20)) + timedelta(minutes=asking.choice([5, 211, 14 * 60 + 58]))
        share = asking.choice(["restoring", "restoring", "restoring", "cent short", None])
        pays_later = timedelta(days=asking.choice([-1, 0, 0, 3, 9]), minutes=13)

        def pay() -> Deed | None:
            cents = self._amount(household, share=share) if share and self._ended(household) else 0
            fields = {"household": household, "amount": cents, "by": "bank"}
            return Deed(word="pay", fields=fields, line=0) if cents > 0 else None

        def ask() -> Deed | None:
            self._ask_some_day(at, household)
            if not self._ended(household) and asking.random() < 0.9:
                return None
            return Deed(word="ask-reinstatement", fields={"household": household}, line=0)

        self._at(at, ask)
        self._at(max(at + pays_later, after + timedelta(minutes=1)), pay)

    def _owe_a_rest_some_day(self, after: datetime, household: Household) -> None:
        """Have the premium of a month of which a rest is owed change a little, or somebody pay who names the invoice that
        asks for that; and again another day (INV-15).
        """
        short = self._short
        at = after + timedelta(days=short.choice([3, 8, 13]), minutes=short.choice([41, 371]))

        def happen() -> Deed | None:
            self._owe_a_rest_some_day(at, household)
            name = household.household
            rests = [each for each in self._of("invoicing", Charge, name) if each.rest_cents]
            if not rests or short.random() < 0.5:
                return None
            if short.random() < 0.5:
                aptc = max(0, household.aptc_cents + short.choice([-7_00, -1_35, 1_35, 1_35, 7_00]))
                fields = {"household": name, "from": rests[0].month.first_day, "aptc": aptc}
                return Deed(word="change", fields=fields, line=0)
            cents = self._drawn_amount(name, share=short.choice(["month", "all", "cent short", "invoiced"]))
            cents = -(-cents * short.choice([95, 100]) // 100)
            if cents <= 0 or not self._of("invoicing", Invoice, name):
                return None
            fields = {"household": name, "amount": cents, "by": "bank", "names": "invoice"}
            return Deed(word="pay", fields=fields, line=0)

        self._at(at, happen)

    def _ended(self, household: str) -> bool:
        """Whether coverage of the household ended for non-payment lately."""
        since = CoverageMonth.of(self._today).plus(-3)
        return any(
            each.state == "expired" and each.first_month >= since
            for each in self._of("invoicing", Grace, household)
        )

    def _pay_as_asked_some_day(self, after: datetime, household: str) -> None:
        """Have assistance end some day after an invoice, and what that asked be paid all the same, and so on: a binder by
        its due date, what leaves a grace by a check that is posted on its last day and comes when it is over.
        """
        asked = self._asked
        at = after + timedelta(days=asked.choice([6, 9, 15]), minutes=asked.choice([7, 131]))

        def change() -> Deed | None:
            self._pay_as_asked_some_day(at, household)
            paid = self._binder_as_asked(household) or self._grace_as_asked(household)
            if paid is None or asked.random() < 0.4:
                return None
            since, comes, pays = paid
            self._at(comes, lambda: Deed(word="pay", fields={"household": household, **pays}, line=0))
            fields = {"household": household, "from": since, "aptc": asked.choice([0, 20_00]), "subsidy": 0}
            return Deed(word="change", fields=fields, line=0)

        self._at(at, change)

    def _binder_as_asked(self, household: str) -> tuple[date, datetime, dict[str, Any]] | None:
        """Return from when a binder that is invoiced covers, when it is paid, and with what."""
        due = {
            each.selection: each.due
            for each in self._of("invoicing", Selection, household)
            if each.state == "open" and each.due and each.due > self._today + timedelta(days=1)
        }
        charges = [each for each in self._of("invoicing", Charge, household) if each.binder in due]
        cents = sum(each.cents for each in charges if each.state == "open")
        if not cents:
            return None
        comes = self._world.now + timedelta(days=1)
        return min(each.month for each in charges).first_day, comes, {"amount": cents, "by": "bank"}

    def _grace_as_asked(self, household: str) -> tuple[date, datetime, dict[str, Any]] | None:
        """Return since when a grace in its last month has been, when what leaves it comes, and how much that is."""
        last_run = self._today.replace(day=6)
        graces = [
            each
            for each in self._of("invoicing", Grace, household)
            if each.state == "open" and CoverageMonth.of(each.last_day) == CoverageMonth.of(self._today)
        ]
        position = next(iter(self._of("invoicing", Position, household)), Position(household=household))
        cents = position.owed_cents - position.unapplied_cents
        if not graces or self._today < last_run or cents <= 0:
            return None
        posted = graces[0].last_day
        comes = local(posted + timedelta(days=self._asked.choice([1, 6, 8, 20])), 10)
        return graces[0].first_month.first_day, comes, {"amount": cents, "by": "check", "postmarked": posted}

    def _come_over_some_day(self, after: datetime, household: str) -> None:
        """Have the household come over some day from a carrier with which it was enrolled directly, when it may and when it
        may not, and pay for that at once, later or never; and again another day.
        """
        coming = self._coming
        at = after + timedelta(
            days=coming.choice([1, 4, 13, 45, 62, 110]), minutes=coming.choice([9, 301, 14 * 60 + 56])
        )

        def come() -> Deed | None:
            self._come_over_some_day(at, household)
            plans = coming.choice(_CHOICES)
            fields: dict[str, Any] = {
                "household": household,
                "carrier": coming.choice(["MVP", "BCBSVT", "DELTA"]),
                "plans": plans,
                "via": coming.choice(["web", "phone", "navigator"]),
            }
            if coming.random() < (0.2 if self._today <= self._setting.open_until else 0.7):
                fields["event"] = {
                    "kind": coming.choice(["birth", "marriage", "loss", "move", "income"]),
                    "on": self._today - timedelta(days=coming.choice([0, 3, 30, 60, 61])),
                }
            pays = coming.choice(["all", "all", "a cent less", "later", "nothing"])
            cents = self._first_premium(household, plans)
            if pays in ("all", "a cent less") and cents > 1:
                fields["pays"] = {
                    "amount": cents - (pays == "a cent less"),
                    "by": coming.choice(["card", "bank"]),
                }
            elif pays == "later" and cents:
                comes = at + timedelta(days=coming.choice([2, 12, 21, 23]), minutes=17)
                self._at(comes, lambda: self._pay_selection(household, cents))
            return Deed(word="transfer-in", fields=fields, line=0)

        self._at(at, come)

    def _pay_selection(self, household: str, cents: int) -> Deed:
        """Pay for the latest selection, where the household was let make one."""
        fields: dict[str, Any] = {"household": household, "amount": cents, "by": "bank"}
        if self._of("invoicing", Selection, household):
            fields["names"] = "selection"
        return Deed(word="pay", fields=fields, line=0)

    def _attest_some_day(self, after: datetime, household: str) -> None:
        """Have the household attest another income some day, of which the hub says what it said before, or not."""
        at = after + timedelta(
            days=self._attesting.choice([70, 130, 260]), minutes=self._attesting.choice([14, 377])
        )

        def attest() -> Deed | None:
            self._attest_some_day(at, household)
            if self._attesting.random() < 0.7:
                return None
            fields = {"household": household, "income": self._attesting.randrange(10_000_00, 60_000_00)}
            return Deed(word="attest", fields=fields | self._said_later(), line=0)

        self._at(at, attest)

    def _said_later(self) -> dict[str, Any]:
        """Return what the hub says from now on of who attests, as a step has it: nothing where that is as it was."""
        words = self._hub_words
        if words.random() < 0.5:
            return {}
        doubts = [(), ("income",), ("income", "incarceration"), ("citizenship",), ("medicaid",)]
        said: dict[str, Any] = {"contradicts": words.choice(doubts)}
        if (aptc := words.choice([None, 0, 120_00, 345_67])) is not None:
            said["aptc"] = aptc
        return {"hub": said}

    def _send_documents_some_day(self, after: datetime, household: str) -> None:
        """Have the household show some day, in time or after its last day, some or all of what it attests."""
        documents = self._documents
        at = after + timedelta(days=documents.choice([20, 60, 95, 140]), minutes=documents.choice([8, 191]))
        facts = documents.choice(
            [("income",), ("income", "citizenship"), ("income", "citizenship", "medicaid")]
        )

        def send() -> Deed | None:
            self._send_documents_some_day(at, household)
            if documents.random() < 0.6:
                return None
            shown = (*facts, "incarceration") if self._hub_words.random() < 0.4 else facts
            fields = {"household": household, "confirmed": shown}
            return Deed(word="accept-documents", fields=fields, line=0)

        self._at(at, send)

    def _assign(self, household: str) -> Deed | None:
        waiting = [each for each in self._rows("payments", SuspenseItem) if each.state == "open"]
        if not waiting:
            return self._pay(household)
        cents = self._random.choice(waiting).amount_cents
        return Deed(word="assign-suspense", fields={"household": household, "amount": cents}, line=0)

    def _effectuate(self, household: str) -> Deed | None:
        policies = self._of("invoicing", Policy, household)
        if not policies:
            return None
        policy = self._random.choice(policies)
        return Deed(
            word="carrier",
            fields={
                "carrier": policy.carrier,
                "sends": "effectuation",
                "household": household,
                "plan": policy.plan,
            },
            line=0,
        )

    # trouble that the business knows of

    def _draw_trouble(self) -> Deed | None:
        random = self._random
        # A night is left in which what was missed is done.
        ends = self.ends - timedelta(days=1)
        if self._world.now >= ends or len({*self._world.down} - {"hub"}) >= _MOST_DOWN:
            return None
        match random.choice(["down", "down", "down", "kill", "lockbox", "lockbox"]):
            case "down":
                name = random.choice([*SERVICES, "payments", "invoicing", "kafka", "smtp", "processor"])
                if name in self._world.down:
                    return None
                lasts = timedelta(hours=random.choice([1, 5, 20, 50, 100, 200, 500]), minutes=3)
                back = min(self._world.now + lasts, ends)
                self._at(back, lambda: Deed(word="up", fields={"service": name}, line=0))
                return Deed(word="down", fields={"service": name}, line=0)
            case "kill":
                return Deed(word="kill", fields={"service": random.choice(SERVICES)}, line=0)
            case _:
                return self._lockbox_trouble()

    def _lockbox_trouble(self) -> Deed | None:
        day = self._today
        if not is_business_day(day) or "payments" in self._world.down:
            return None
        if day == self.ends.date():
            return None  # of a day that is not over nobody can say that no file came
        self._late_days.add(day)
        # From the next day on, when it is late.
        self._at(local(day + timedelta(days=1)), lambda: self._awaits_check.append(day))

        def absent() -> Deed | None:
            if day in self._awaits_check:
                self._awaits_check.remove(day)
            if "payments" in self._world.down:
                self._at(self._world.now + timedelta(days=1), absent)
                return None
            self._late_days.discard(day)
            return _lockbox(day, "absent")

        self._at(self._world.now + timedelta(days=self._random.choice([1, 2, 6]), minutes=1), absent)
        return _lockbox(day, self._random.choice(["late", "late", "broken"]))

    # how things stand

    def plan(self, at: datetime, draw: Callable[[], Deed | None]) -> None:
        """Have something drawn at an instant."""
        self._at(at, draw)

    def of(self, service: str, kind: type[Any], household: str) -> list[Any]:
        """Return a household's rows of a kind, as they are now."""
        return self._of(service, kind, household)

    @property
    def down(self) -> Collection[str]:
        """What is away now."""
        return self._world.down

    def owed(self, household: str, share: str) -> int:
        """Return that share of what a household has to pay: `all`, the oldest `month`, all but a `cent short`."""
        return self._drawn_amount(household, share=share)

    def _rows(self, service: str, kind: type[R]) -> list[R]:
        return self._world.exchange.databases[service].rows(kind)

    def _of(self, service: str, kind: type[R], household: str) -> list[R]:
        rows: list[Any] = self._rows(service, kind)
        return [each for each in rows if each.household == household]


def _lockbox(day: date, file: str) -> Deed:
    return Deed(word="lockbox", fields={"day": day, "file": file}, line=0)


def _price(policy: Policy, month: CoverageMonth) -> int:
    return next((run.net_cents for run in policy.months if run.first <= month <= run.last), 0)
