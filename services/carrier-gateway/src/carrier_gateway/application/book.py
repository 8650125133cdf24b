"""What is known of a batch's households, read once, changed in memory, written once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import ClassVar

from bulkhead.kernel.calendar import local_date
from bulkhead.kernel.errors import Impossible
from bulkhead.kernel.working_set import WorkingSet
from bulkhead.persistence.ports import UnitOfWork
from carrier_gateway.domain.people import people_named
from carrier_gateway.domain.records import (
    BinderRelease,
    Contact,
    ContactMember,
    Policy,
    ToForget,
    Transmission,
)
from carrier_gateway.domain.telling import next_transmission, says, steps
from carrier_gateway.domain.versions import people_ever


class Book(WorkingSet):
    """Policies, contacts and what waits to be told, of some households."""

    KEYS: ClassVar = {
        Policy: ("policy",),
        BinderRelease: ("policy",),
        Contact: ("household", "contact_version"),
        ContactMember: ("household", "contact_version", "member"),
        ToForget: ("household",),
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
            await uow.records(ToForget).select(household=wanted),
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

    def contact_of(self, policy: Policy) -> Contact | None:
        """Return the contact by which a policy's people are named, None while it is not known as of the version it
        needs. Where its household is to be forgotten, that will never come: then it is the latest one that is known.
        """
        found = self.find(Contact, policy.household, policy.contact_version)
        last = None if found else self.find(ToForget, policy.household)
        if last is None or last.contact_version > policy.contact_version:
            return found
        return self.find(Contact, policy.household, last.contact_version)

    def _named_by(self, contact: Contact) -> set[str]:
        return {each.member for each in self._members[contact.household, contact.contact_version]}

    def people_of(self, policy: Policy) -> tuple[ContactMember, ...] | None:
        """Return everybody whom a policy covers on some day or its carrier was told of, or None while its contact is
        not known as of the version it needs.

        Raises `Impossible` where the contact of that version does not name everybody.
        """
        contact = self.contact_of(policy)
        if contact is None:
            return None
        before = [each for part in policy.succeeded for each in part.versions]
        members = people_ever(*policy.versions, *policy.told_versions, *before)
        if contact.contact_version != policy.contact_version and not {*members} <= self._named_by(contact):
            return None
        return people_named(
            members=members, contact=self._members[contact.household, contact.contact_version]
        )

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
        policy = self._with_missing(
            policy, is_missing=people is None and next_transmission(policy) is not None
        )
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

    def _with_missing(self, policy: Policy, *, is_missing: bool) -> Policy:
        since = (policy.people_missing_since or local_date(self.now)) if is_missing else None
        if since != policy.people_missing_since:
            policy = replace(policy, people_missing_since=since)
            self.put(policy)
        return policy

    @property
    def met(self) -> set[str]:
        """The carriers of the policies that changed."""
        return {each.carrier for each in self.changed(Policy)}
