"""The policies of the households at hand: loaded and written as sets, worked on in memory."""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from typing import ClassVar

from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import Impossible
from bulkhead.kernel.explanations import facts_of
from bulkhead.kernel.ids import derived_id
from bulkhead.kernel.working_set import WorkingSet
from bulkhead.persistence.ports import UnitOfWork
from enrollment.domain import renewals
from enrollment.domain.age_rates import AgeRates
from enrollment.domain.announcements import announcements, change_announced
from enrollment.domain.carriers import Carrier
from enrollment.domain.ends import Undoing
from enrollment.domain.events import ChangeKind, PlansRenewed
from enrollment.domain.household_acts import HouseholdAct, HouseholdActKind
from enrollment.domain.households import Contact, Household, Member
from enrollment.domain.medicaid import back_in_plans
from enrollment.domain.months import PolicyVersion
from enrollment.domain.plans import Plan
from enrollment.domain.policies import Policy, activate
from enrollment.domain.rating import Circumstances, first_day_moved
from enrollment.domain.renewals import Renewal
from enrollment.domain.selections import Selected, Selection, announced
from enrollment.domain.timeline import with_decision


class UnknownPolicy(Impossible):
    """A fact is about a policy, or the policies of a household, that nobody selected."""


class PolicyBook(WorkingSet):
    """All policies of some households, with what has changed and what is to be said about it."""

    KEYS: ClassVar = {
        Household: ("household",),
        Contact: ("household",),
        HouseholdAct: ("household", "kind", "number"),
        Member: ("member",),
        Plan: ("plan",),
        Carrier: ("carrier",),
        AgeRates: ("plan", "plan_year", "rating_area"),
        Selection: ("selection",),
        Policy: ("policy",),
        PolicyVersion: ("policy", "number"),
        Renewal: ("policy",),
    }

    def __init__(self, *, now: datetime) -> None:
        super().__init__()
        self._now = now
        self._of_household: dict[str, list[str]] = {}
        self._versions: dict[str, list[PolicyVersion]] = {}
        self._people: dict[str, list[str]] = {}
        self._moved: dict[str, date] = {}
        self._marks: tuple[Reason, ...] = ()

    @contextmanager
    def marked(self, mark: Reason) -> Generator[None]:
        """Have everything that becomes of policies meanwhile say that it is so by the correction that a reason names
        (OPS-5).
        """
        self._marks = (mark,)
        try:
            yield
        finally:
            self._marks = ()

    @property
    def _correction(self) -> str | None:
        return next((each.facts["correction"] for each in self._marks), None)

    @classmethod
    async def load(cls, uow: UnitOfWork, households: Collection[str]) -> PolicyBook:
        """Return the book of these households, whose locks are held."""
        wanted, book = sorted(set(households)), cls(now=uow.now)
        book.take(
            await uow.records(Household).select(household=wanted),
            await uow.records(Policy).select(household=wanted),
            await uow.records(PolicyVersion).select(household=wanted),
            await uow.records(Renewal).select(household=wanted),
        )
        for policy in book.rows(Policy):
            book._of_household.setdefault(policy.household, []).append(policy.policy)
        for version in book.rows(PolicyVersion):
            book._versions.setdefault(version.policy, []).append(version)
        return book

    async def take_circumstances(self, uow: UnitOfWork, *, plans: Iterable[str] = ()) -> None:
        """Take in what rating the households at hand needs besides, and these plans: people, what plans cost, and who
        bills for them.
        """
        wanted = {each.plan for each in self.rows(Policy)} | set(plans)
        self.take(
            await uow.records(Member).select(
                household=sorted(each.household for each in self.rows(Household)),
                order_by=("household", "position"),
            ),
            await uow.records(Plan).select(plan=sorted(wanted)),
        )
        self.take(
            await uow.records(Carrier).select(carrier=sorted({each.carrier for each in self.rows(Plan)}))
        )
        by_age = sorted(each.plan for each in self.rows(Plan) if each.rated_by == "age")
        if by_age:
            lived = {area for each in self.rows(Household) for area in each.areas_lived_in}
            self.take(await uow.records(AgeRates).select(plan=by_age, rating_area=sorted(lived)))
        for member in self.rows(Member):
            self._people.setdefault(member.household, []).append(member.member)

    def add_member(self, member: Member) -> None:
        """Add somebody who comes into a household, after those who are there."""
        self.add(member)
        self._people.setdefault(member.household, []).append(member.member)

    def members_of(self, household: str) -> list[Member]:
        """Return a household's people as they are now, in the order they were named, once taken in."""
        return [self.get(Member, each) for each in self._people.get(household, ())]

    def circumstances(self, household: str) -> Circumstances:
        """Return a household as it is known now; `take_circumstances` came before."""
        policies = self.find_policies(household)
        return Circumstances(
            household=self.get(Household, household),
            members=self.members_of(household),
            policies=policies,
            versions=[version for each in policies for version in self._versions.get(each.policy, ())],
            plans=self.by_key(Plan),
            rates=self.by_key(AgeRates),
            carriers=self.by_key(Carrier),
        )

    @property
    def awaits_carriers(self) -> bool:
        """Whether some policy at hand begins with its carrier's word (CAR-1)."""
        return any(each.awaits_carrier for each in self.rows(Policy))

    def versions(self) -> list[PolicyVersion]:
        """Return all versions of all policies at hand."""
        return [version for versions in self._versions.values() for version in versions]

    def policy(self, policy: str, *, household: str) -> Policy:
        """Return a policy as it is now; raises `UnknownPolicy` where the household has no such one."""
        found = self.find(Policy, policy)
        if found is None or found.household != household:
            raise UnknownPolicy("the policy was never selected")
        return found

    def of_household(self, household: str) -> list[Policy]:
        """Return a household's policies as they are now; raises `UnknownPolicy` where it has none."""
        if household not in self._of_household:
            raise UnknownPolicy("the household has selected nothing")
        return self.find_policies(household)

    def find_policies(self, household: str) -> list[Policy]:
        """Return a household's policies as they are now; none where it has selected nothing."""
        return [self.get(Policy, policy) for policy in self._of_household.get(household, ())]

    def select(self, selected: Selected) -> list[Policy]:
        """Add a selection with its policies, and tell it; return those that stand at once: no binder is needed (ENR-5,
        ENR-7), and no carrier's word awaited (CAR-1).
        """
        self._take_up(selected)
        selection = selected.selection
        self.say(
            announced(
                selected,
                contact_version=selected.household.contact_version,
                correction=self._correction,
            ),
            household=selection.household,
            on=selection.selected_on,
            reasons=selection.reasons,
        )
        if selection.binder_required:
            return []
        why, on = selection.reasons[-1], selection.entered_on
        reason = Reason(
            rule=why.rule, says="Coverage stands at once: no binder is needed.", citation=why.citation
        )
        taken = [
            self.get(Policy, each.policy)
            for each in selected.policies
            if each.policy not in selected.awaiting
        ]
        return [self.change(each, activate(each, on=on, reason=reason), on=on) for each in taken]

    def renew(self, act: Selected, *, found: Sequence[Renewal], on: date) -> PlansRenewed:
        """Add an act that renews policies of a household, and tell it, with what of those found goes on as none; return
        what is told (ENR-14).
        """
        self._take_up(act)
        event = renewals.announced(act, renewals=found, priors=self.by_key(Policy), versions=act.versions)
        self.say(event, household=event.household, on=on, reasons=act.selection.reasons)
        return event

    def _take_up(self, selected: Selected) -> None:
        on = selected.selection.entered_on
        policies = [with_decision(None, each, at=self._now, on=on) for each in selected.policies]
        for row in (selected.selection, *policies, *selected.versions):
            self.add(row)
        for policy in selected.policies:
            self._of_household.setdefault(policy.household, []).append(policy.policy)
            self.put(*back_in_plans(self.members_of(policy.household), policy))
            self._note_move(None, policy)
        for version in selected.versions:
            self._versions.setdefault(version.policy, []).append(version)

    def _note_move(self, before: Policy | None, after: Policy) -> None:
        day = first_day_moved(before, after)
        if day is not None:
            self._moved[after.household] = min(day, self._moved.get(after.household, day))

    def pop_moved(self, household: str) -> date | None:
        """Return the first day since which other policies of a household stand than when this was asked last; None
        where all is as it was.
        """
        return self._moved.pop(household, None)

    def next_decision(self, household: str) -> int:
        """Return the number of the next decision that enrollment makes of its own about a household."""
        before = self.get(Household, household)
        self.put(replace(before, decisions=before.decisions + 1))
        return before.decisions + 1

    def note(
        self,
        household: str,
        kind: HouseholdActKind,
        *,
        on: date,
        reasons: Sequence[Reason],
        **facts: date | int | str | None,
    ) -> None:
        """Keep what was decided of a household itself, under the number of its last decision."""
        self.add(
            HouseholdAct(
                household=household,
                kind=kind,
                number=self.get(Household, household).decisions,
                at=self._now,
                on=on,
                facts=facts_of(**facts),
                reasons=tuple(reasons),
            )
        )

    def decide(self, policy: Policy) -> str:
        """Return the id of a new decision of enrollment's own about a policy."""
        return decision_id(policy, number=self.next_decision(policy.household))

    def change(
        self,
        before: Policy,
        after: Policy,
        *,
        on: date,
        undoing: Undoing | None = None,
        rolled_to: date | None = None,
        selected_as: str | None = None,
    ) -> Policy:
        """Note what became of a policy, and what others are to be told of it; return it.

        ``on`` is the date it counts for, ``undoing`` the decision that a reinstatement carries out, ``rolled_to`` the
        start of the same plan in place of one called off, ``selected_as`` the selection in place of one made anew.
        """
        if after == before:
            return after
        after = with_decision(before, self._with_marks(after), at=self._now, on=on)
        self.put(after)
        self._note_move(before, after)
        for event in announcements(
            before=before,
            after=after,
            versions=self._versions.get(after.policy, ()),
            contact_version=self.get(Household, after.household).contact_version,
            undoing=undoing,
            rolled_to=rolled_to,
            selected_as=selected_as,
            correction=self._correction,
        ):
            added = after.reasons[len(before.reasons) :]
            self.say(event, household=event.household, on=on, reasons=added)
        return after

    def rerate(
        self, after: Policy, added: Sequence[PolicyVersion], *, changed: ChangeKind, on: date
    ) -> Policy:
        """Add versions of a policy, note it as it is with them, and what others are to be told of it; return it.

        ``on`` is the date it counts for.
        """
        before = self.get(Policy, after.policy)
        after = with_decision(before, self._with_marks(after), at=self._now, on=on, decided="changed")
        self.put(after, *added)
        versions = self._versions.setdefault(after.policy, [])
        versions += added
        event = change_announced(
            after,
            versions=versions,
            since=added[0].since,
            changed=changed,
            decision=self.decide(after),
            contact_version=self.get(Household, after.household).contact_version,
            correction=self._correction,
        )
        if event is not None:
            self.say(event, household=event.household, on=on, reasons=after.reasons[len(before.reasons) :])
        return after

    def _with_marks(self, policy: Policy) -> Policy:
        return replace(policy, reasons=(*policy.reasons, *self._marks))


def decision_id(policy: Policy, *, number: int) -> str:
    """Return the id of enrollment's decision of this number about a policy: of the two, and of no clock."""
    return derived_id("decision", policy.policy, str(number))
