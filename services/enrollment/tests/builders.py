"""Enrollment alone, in memory, with a clock that a test sets: what use-case and HTTP tests are built from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, Literal, Self, TypeVar

from bulkhead.kernel.calendar import CoverageMonth, local
from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.personal import Masked
from bulkhead.persistence.ports import UnitOfWorkFactory
from bulkhead.policy import PackParameters, PolicyPack
from bulkhead.service import Received
from bulkhead_testing.contact_keys import CONTACT_KEYS
from bulkhead_testing.memory import MemoryDatabase
from enrollment.adapters.messaging.translation import OUTBOUND
from enrollment.adapters.names.anyascii_names import AnyAsciiNames
from enrollment.adapters.postgres.tables import TABLES
from enrollment.application import facts
from enrollment.application.change_address import change_address
from enrollment.application.change_assistance import change_assistance
from enrollment.application.change_members import Joining, add_member, take_out_member
from enrollment.application.end_coverage import Ended, EndRequest, end_coverage
from enrollment.application.find_household import months_of_policy
from enrollment.application.offer_plan import AreaPrices, offer_plan
from enrollment.application.register_household import Application, Registered, register_household
from enrollment.application.rerate_policies import Changed
from enrollment.application.restore_coverage import Restored, RestoreRequest, restore_coverage
from enrollment.application.routing import handler
from enrollment.application.select_plans import Choice, select_plans
from enrollment.domain.changes import JoinKind, LeaveKind, Leaving, Responsible
from enrollment.domain.effective_dates import QualifyingEvent
from enrollment.domain.endings import AskedBy, AskedReason
from enrollment.domain.events import Via
from enrollment.domain.households import AssistanceChange, Relation
from enrollment.domain.months import CoveredMonth, PolicyVersion
from enrollment.domain.moves import Move
from enrollment.domain.parameters import EnrollmentParameters
from enrollment.domain.people import Person
from enrollment.domain.plans import Kind, Plan
from enrollment.domain.policies import Policy
from enrollment.domain.selections import Selected

E = TypeVar("E")

REPOSITORY = Path(__file__).parents[3]
PACKS = REPOSITORY / "policy"
VERMONT = PolicyPack.named("vermont-2016", directory=PACKS)
MASSACHUSETTS = PolicyPack.named("massachusetts-2015", directory=PACKS)
DELAWARE = PolicyPack.named("delaware-2018", directory=PACKS)


def parameters_in(pack: PolicyPack) -> PackParameters[EnrollmentParameters]:
    """Return enrollment's parameters in a pack."""
    return PackParameters(pack, "enrollment", EnrollmentParameters)


PARAMETERS = parameters_in(VERMONT)

WHY = Reason(rule="ENR-5", says="because a test says so")


def person(
    name: str = "June Example",
    *,
    born: str = "1980-03-02",
    relation: Relation = "self",
    latin_name: str | None = None,
    ssn: str | None = None,
) -> Person:
    """Return a person, the subscriber unless said otherwise."""
    return Person(
        name=Masked(name),
        latin_name=None if latin_name is None else Masked(latin_name),
        born=Masked(born),
        relation=relation,
        ssn=None if ssn is None else Masked(ssn),
    )


def plan(
    name: str,
    *,
    kind: Kind = "medical",
    single: int = 50000,
    carrier: str = "BCBSVT",
    year: int | None = None,
) -> Plan:
    """Return a plan whose other tiers cost twice, two and three times as much."""
    return Plan(
        plan=name,
        carrier=carrier,
        kind=kind,
        single_cents=single,
        couple_cents=2 * single,
        parent_cents=2 * single,
        family_cents=3 * single,
        plan_year=year,
    )


SILVER = plan("SILVER")
GOLD = plan("GOLD", single=70000, carrier="MVP")
TEETH = plan("TEETH", kind="dental", single=3000, carrier="DELTA")


def policy(**changes: Any) -> Policy:
    """Return a policy as it is just after selection, with these changes."""
    fresh = Policy(
        policy="p",
        household="h",
        selection="s",
        plan="SILVER",
        carrier="BCBSVT",
        kind="medical",
        tier="single",
        members=("h-1",),
        effective=date(2016, 1, 1),
        coverage_ends=date(2016, 12, 31),
        gross_cents=50000,
        aptc_cents=0,
        subsidy_cents=0,
        net_cents=50000,
        partial_month="by-day",
        decision_due=date(2016, 2, 1),
        activated_on=None,
        lifecycle="selected",
        acknowledgement="unsent",
        standing="binder-due",
        grace=None,
        grace_month=None,
        through=None,
        end_reason=None,
        ends=(),
        undone=(),
        renews=None,
        reasons=(),
    )
    return replace(fresh, **changes)


def version(of: Policy, **changes: Any) -> PolicyVersion:
    """Return the first version of a policy, with these changes."""
    first = PolicyVersion(
        policy=of.policy,
        number=1,
        household=of.household,
        since=of.effective,
        members=of.members,
        gross_cents=of.gross_cents,
        aptc_cents=of.aptc_cents,
        subsidy_cents=of.subsidy_cents,
        net_cents=of.net_cents,
    )
    return replace(first, **changes)


def granted(
    *policies: Policy,
    undoes: str,
    decision: str = "granted",
    reason: Literal["postmark", "asked"] = "postmark",
    binder: bool = False,
) -> facts.ReinstatementGranted:
    """Return invoicing's word that these policies stand again."""
    return facts.ReinstatementGranted(
        household=policies[0].household,
        policies=tuple(each.policy for each in policies),
        reason=reason,
        binder=binder,
        decision=decision,
        undoes=undoes,
    )


def expired(
    *policies: Policy,
    through: date,
    on: date = date(2016, 9, 1),
    decision: str = "unpaid",
    first_month: CoverageMonth | None = None,
) -> facts.GraceExpired:
    """Return invoicing's word that grace ran out for these policies."""
    return facts.GraceExpired(
        household=policies[0].household,
        first_month=first_month or CoverageMonth.of(through),
        decided_for=on,
        policies=tuple(facts.PolicyEnd(policy=each.policy, through=through) for each in policies),
        decision=decision,
    )


def lapsed(*policies: Policy, due: date = date(2015, 12, 25), decision: str = "lapse") -> facts.BinderLapsed:
    """Return invoicing's word that these policies' binder was not paid."""
    return facts.BinderLapsed(
        household=policies[0].household,
        policies=tuple(each.policy for each in policies),
        due=due,
        decision=decision,
    )


class Desk:
    """Enrollment on a memory database, or another. ``now`` is what time it is until a test moves it."""

    def __init__(self, *, uows: UnitOfWorkFactory | None = None) -> None:
        self.now = local(date(2015, 12, 3), 10)
        self.parameters = PARAMETERS
        self.database = MemoryDatabase(
            tables=TABLES, outbound=OUTBOUND, name="enrollment", contact_keys=CONTACT_KEYS
        )
        self.uows: UnitOfWorkFactory = uows or self.database.units_of_work
        self._heard = 0

    def at(self, day: date, hour: int = 10) -> Self:
        """Set the clock."""
        self.now = local(day, hour)
        return self

    async def offer(self, *plans: Plan, areas: Sequence[AreaPrices] = ()) -> None:
        """Put plans into the catalog, all with these rates by age."""
        async with self.uows.begin(now=self.now) as uow:
            for each in plans or (SILVER, GOLD, TEETH):
                await offer_plan(uow, each, areas=areas, parameters=self.parameters)

    async def register(
        self,
        household: str = "h",
        *people: Person,
        aptc: int = 0,
        subsidy: int = 0,
        income: int | None = None,
    ) -> Registered:
        """Register a household: one adult unless people are named."""
        return await self._register(
            household, people, aptc=aptc, subsidy=subsidy, income=income, address=None
        )

    async def register_at(self, address: str, household: str = "h", *people: Person) -> Registered:
        """Register a household that lives somewhere."""
        return await self._register(
            household, people, aptc=0, subsidy=0, income=None, address=Masked(address)
        )

    async def _register(
        self,
        household: str,
        people: Sequence[Person],
        *,
        aptc: int,
        subsidy: int,
        income: int | None,
        address: Masked | None,
    ) -> Registered:
        application = Application(
            household=household,
            people=tuple(people) or (person(),),
            language="en",
            email=Masked("june@example.test"),
            address=address,
            phone=None,
            aptc_cents=aptc,
            subsidy_cents=subsidy,
            income_cents=income,
        )
        async with self.uows.begin(now=self.now, households=[household]) as uow:
            return await register_household(
                uow, application, parameters=self.parameters, transliterator=AnyAsciiNames()
            )

    async def select(
        self,
        *plans: str,
        household: str = "h",
        via: Via = "web",
        received_on: date | None = None,
        event: QualifyingEvent | None = None,
        transferred_from: str | None = None,
    ) -> Selected:
        """Select plans."""
        choice = Choice(
            household=household,
            plans=plans,
            via=via,
            received_on=received_on,
            event=event,
            transferred_from=transferred_from,
        )
        async with self.uows.begin(now=self.now, households=[household]) as uow:
            return await select_plans(uow, choice, parameters=self.parameters)

    async def change_assistance(
        self, since: date, *, aptc: int = 0, subsidy: int = 0, household: str = "h"
    ) -> Changed:
        """State a household's assistance from a month on."""
        change = AssistanceChange(since=since, aptc_cents=aptc, subsidy_cents=subsidy)
        async with self.uows.begin(now=self.now, households=[household]) as uow:
            return await change_assistance(uow, household=household, change=change)

    async def move(
        self, address: str, since: date, *, household: str = "h", by: AskedBy = "household"
    ) -> Changed:
        """State where a household lives from a day on."""
        move = Move(since=since, address=Masked(address), by=by)
        async with self.uows.begin(now=self.now, households=[household]) as uow:
            return await change_address(uow, household, move, parameters=self.parameters)

    async def join(
        self,
        who: Person,
        kind: JoinKind,
        on: date,
        *,
        household: str = "h",
        responsible: str | None = None,
    ) -> Changed:
        """Take somebody into a household."""
        named = None if responsible is None else Responsible(name=Masked(responsible))
        async with self.uows.begin(now=self.now, households=[household]) as uow:
            return await add_member(
                uow,
                household=household,
                joining=Joining(person=who, kind=kind, on=on, responsible=named),
                parameters=self.parameters,
                transliterator=AnyAsciiNames(),
            )

    async def leave(
        self,
        member: str,
        kind: LeaveKind,
        on: date,
        *,
        household: str = "h",
        by: AskedBy = "household",
        responsible: str | None = None,
    ) -> Changed:
        """Take somebody out of a household."""
        named = None if responsible is None else Responsible(name=Masked(responsible))
        leaving = Leaving(member=member, kind=kind, on=on, responsible=named)
        async with self.uows.begin(now=self.now, households=[household]) as uow:
            return await take_out_member(
                uow,
                household=household,
                leaving=leaving,
                by=by,
                parameters=self.parameters,
                transliterator=AnyAsciiNames(),
            )

    async def end(
        self,
        on: date,
        *plans: str,
        household: str = "h",
        reason: AskedReason = "requested",
        by: AskedBy = "household",
    ) -> Ended:
        """Ask for coverage to end."""
        request = EndRequest(household=household, plans=plans or None, on=on, reason=reason, by=by)
        async with self.uows.begin(now=self.now, households=[household]) as uow:
            return await end_coverage(uow, request)

    async def restore(
        self, *plans: str, household: str = "h", reason: str = "mixed up", by: str = "ada"
    ) -> Restored:
        """Let staff restore coverage that ended in error."""
        request = RestoreRequest(household=household, plans=plans or None, reason=Masked(reason), by=by)
        async with self.uows.begin(now=self.now, households=[household]) as uow:
            return await restore_coverage(uow, request, parameters=self.parameters)

    async def hear(self, *heard: Any) -> None:
        """Hear facts, as one batch, all happening now."""
        batch = [self._received(fact) for fact in heard]
        households = sorted({each.fact.household for each in batch})
        async with self.uows.begin(now=self.now, households=households) as uow:
            await handler(self.parameters)(uow, batch)

    def _received(self, fact: Any) -> Received:
        self._heard += 1
        return Received(
            event_id=f"heard-{self._heard}",
            household=fact.household,
            occurred_at=self.now,
            fact=fact,
            partition=0,
        )

    async def pay_binder(self, *policies: Policy) -> None:
        """Hear that the binder of these policies is paid, today."""
        await self.hear(
            facts.BinderSatisfied(
                household=policies[0].household,
                policies=tuple(each.policy for each in policies),
                satisfied_on=self.now.date(),
            )
        )

    async def lapse_binder(self, *policies: Policy, due: date, decision: str = "lapse") -> None:
        """Hear that the binder of these policies was not paid."""
        await self.hear(lapsed(*policies, due=due, decision=decision))

    async def covered(self, *plans: str, household: str = "h") -> Sequence[Policy]:
        """Select plans, pay the binder, and return the policies as they were selected."""
        selected = await self.select(*plans, household=household)
        await self.pay_binder(*selected.policies)
        return selected.policies

    async def stored(self, kind: type[E]) -> list[E]:
        """Return all stored records of a kind, by key, whatever database this is on."""
        async with self.uows.begin(now=self.now) as uow:
            return await uow.records(kind).select()

    def policies(self, household: str = "h") -> list[Policy]:
        """Return the household's policies as they are, medical first."""
        found = [each for each in self.database.rows(Policy) if each.household == household]
        return sorted(found, key=lambda each: (each.effective, each.kind != "medical", each.policy))

    def policy(self, plan: str = "SILVER", *, household: str = "h") -> Policy:
        """Return the household's one policy of a plan, as it is."""
        (found,) = [each for each in self.policies(household) if each.plan == plan]
        return found

    def said(self, kind: type[E]) -> list[E]:
        """Return what was said of a type."""
        return self.database.events_of(kind)

    async def months(self, policy: Policy) -> list[CoveredMonth]:
        """Return the months that a policy covers, as they are charged."""
        async with self.uows.begin(now=self.now) as uow:
            return list(await months_of_policy(uow, household=policy.household, policy=policy.policy))
