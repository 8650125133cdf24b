"""What is known of a batch's households, read once, changed in memory, written once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import ClassVar

from bulkhead.kernel.errors import Impossible
from bulkhead.kernel.working_set import WorkingSet
from bulkhead.persistence.ports import UnitOfWork
from carrier_gateway.domain.people import people_named
from carrier_gateway.domain.records import BinderRelease, Contact, ContactMember, Policy, Transmission
from carrier_gateway.domain.telling import says, steps
from carrier_gateway.domain.versions import people_ever


class Book(WorkingSet):
    """Policies, contacts and what waits to be told, of some households."""

    KEYS: ClassVar = {
        Policy: ("policy",),
        BinderRelease: ("policy",),
        Contact: ("household", "contact_version"),
        ContactMember: ("household", "contact_version", "member"),
        Transmission: ("transmission",),
    }

    def __init__(self, *, now: datetime) -> None:
        super().__init__()
        self.now = now
        self.waiting: dict[str, list[Transmission]] = {}
        self._members: dict[tuple[str, int], list[ContactMember]] = {}
        self._touched: set[str] = set()

    @classmethod
    async def load(cls, uow: UnitOfWork, households: Collection[str]) -> Book:
        """Return the book of these households, one question per table."""
        wanted, book = sorted(households), cls(now=uow.now)
        transmissions = await uow.records(Transmission).select(
            household=wanted, state="waiting", order_by=("policy", "number")
        )
        members = await uow.records(ContactMember).select(
            household=wanted, order_by=("household", "contact_version", "number")
        )
        book.take(
            await uow.records(Policy).select(household=wanted),
            await uow.records(BinderRelease).select(household=wanted),
            await uow.records(Contact).select(household=wanted),
            members,
            transmissions,
        )
        for transmission in transmissions:
            book.waiting.setdefault(transmission.policy, []).append(transmission)
        for member in members:
            book._members.setdefault((member.household, member.contact_version), []).append(member)
        return book

    def policy(self, policy: str, *, household: str) -> Policy:
        """Return a policy; raises `Impossible` for one nobody selected, or another household's."""
        found = self.find(Policy, policy)
        if found is None or found.household != household:
            raise Impossible("a fact about a policy this household did not select")
        return found

    def change(self, policy: Policy) -> None:
        """Take a policy as it is now; what must be told of its household is decided anew."""
        self._touched.add(policy.household)
        self.put(policy)

    def add_contact(self, contact: Contact, members: Sequence[ContactMember]) -> None:
        """Remember a version of a household's contact; one that is there stays as it is."""
        self._touched.add(contact.household)
        if self.add(contact):
            self._members[contact.household, contact.contact_version] = list(members)
            if not all(self.add(member) for member in members):
                raise Impossible("a contact names one of its members twice")

    def people_of(self, policy: Policy) -> tuple[ContactMember, ...] | None:
        """Return everybody whom a policy covers on some day or its carrier was told of, or None while its contact is
        not known as of the version it needs.

        Raises `Impossible` where the contact does not name everybody.
        """
        key = (policy.household, policy.contact_version)
        if self.find(Contact, *key) is None:
            return None
        before = [each for part in policy.succeeded for each in part.versions]
        members = people_ever(*policy.versions, *policy.told_versions, *before)
        return people_named(members=members, contact=self._members[key])

    def decide(self) -> None:
        """Decide anew what must be told of every household a fact has come for (ENR-5, CAR-2).

        What waits and is still to be told stays; what a later fact overtook is withdrawn; the rest is added.
        """
        for policy in self.rows(Policy):
            # Of what its carrier says by itself enrollment decides first: it may be so.
            if policy.household in self._touched and policy.carrier_word is None:
                self._decide(policy)

    def _decide(self, policy: Policy) -> None:
        people = self.people_of(policy)
        wanted = steps(policy) if people is not None else ()
        waiting = self.waiting.get(policy.policy, [])
        kept = 0
        while kept < min(len(wanted), len(waiting)) and says(waiting[kept]) == wanted[kept]:
            kept += 1
        # Something has changed: what could not be built may now be.
        freed = [replace(each, problem="") for each in waiting[:kept] if each.problem]
        withdrawn = [replace(each, state="withdrawn") for each in waiting[kept:]]
        added = [
            Transmission(
                transmission=f"{policy.policy}-{number:03d}",
                number=number,
                policy=policy.policy,
                household=policy.household,
                carrier=policy.carrier,
                kind=step.kind,
                effective=step.effective,
                end_reason=step.end_reason,
                decided_at=self.now,
            )
            for number, step in enumerate(wanted[kept:], start=policy.decided + 1)
        ]
        for transmission in (*freed, *withdrawn, *added):
            self.put(transmission)
        if added:
            self.put(replace(policy, decided=policy.decided + len(added)))

    @property
    def met(self) -> set[str]:
        """The carriers of the policies that changed."""
        return {each.carrier for each in self.changed(Policy)}
