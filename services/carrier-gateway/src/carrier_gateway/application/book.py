"""What is known of a batch's households, read once, changed in memory, written once."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from bulkhead.kernel.errors import Impossible
from bulkhead.persistence.ports import UnitOfWork
from carrier_gateway.domain.people import Covered, covered_people
from carrier_gateway.domain.records import BinderRelease, Contact, ContactMember, Policy, Transmission
from carrier_gateway.domain.telling import says, steps


def _grouped(members: Iterable[ContactMember]) -> dict[tuple[str, int], list[ContactMember]]:
    found: dict[tuple[str, int], list[ContactMember]] = {}
    for member in members:
        found.setdefault((member.household, member.contact_version), []).append(member)
    return found


@dataclass(slots=True, kw_only=True)
class Book:
    """Policies, contacts and what waits to be told, of some households.

    Changes are collected by `put`, `add_contact`, `add_release` and `decide`, and written by `save`.
    """

    now: datetime
    policies: dict[str, Policy]
    releases: dict[str, BinderRelease]
    contacts: dict[tuple[str, int], Contact]
    members: dict[tuple[str, int], list[ContactMember]]
    waiting: dict[str, list[Transmission]]
    _changed: dict[str, Policy] = field(default_factory=dict[str, Policy])
    _touched: set[str] = field(default_factory=set[str])
    _new_contacts: list[Contact] = field(default_factory=list[Contact])
    _new_members: list[ContactMember] = field(default_factory=list[ContactMember])
    _new_releases: list[BinderRelease] = field(default_factory=list[BinderRelease])
    _transmissions: list[Transmission] = field(default_factory=list[Transmission])

    @classmethod
    async def load(cls, uow: UnitOfWork, households: Collection[str]) -> Book:
        """Return the book of these households, one question per table."""
        wanted = sorted(households)
        policies = await uow.records(Policy).select(household=wanted)
        releases = await uow.records(BinderRelease).select(household=wanted)
        contacts = await uow.records(Contact).select(household=wanted)
        members = await uow.records(ContactMember).select(
            household=wanted, order_by=("household", "contact_version", "number")
        )
        transmissions = await uow.records(Transmission).select(
            household=wanted, state="waiting", order_by=("policy", "number")
        )
        waiting: dict[str, list[Transmission]] = {}
        for each in transmissions:
            waiting.setdefault(each.policy, []).append(each)
        return cls(
            now=uow.now,
            policies={each.policy: each for each in policies},
            releases={each.policy: each for each in releases},
            contacts={(each.household, each.contact_version): each for each in contacts},
            members=_grouped(members),
            waiting=waiting,
        )

    def policy(self, policy: str, *, household: str) -> Policy:
        """Return a policy; raises `Impossible` for one nobody selected, or another household's."""
        found = self.policies.get(policy)
        if found is None or found.household != household:
            raise Impossible("a fact about a policy this household did not select")
        return found

    def put(self, policy: Policy) -> None:
        """Take a policy as it is now."""
        self._touched.add(policy.household)
        if self.policies.get(policy.policy) != policy:
            self.policies[policy.policy] = self._changed[policy.policy] = policy

    def add_release(self, release: BinderRelease) -> None:
        """Remember that a policy's binder is paid, whether or not the policy is known yet."""
        if release.policy not in self.releases:
            self.releases[release.policy] = release
            self._new_releases.append(release)

    def add_contact(self, contact: Contact, members: Iterable[ContactMember]) -> None:
        """Remember a version of a household's contact; one that is there stays as it is."""
        key = (contact.household, contact.contact_version)
        self._touched.add(contact.household)
        if key not in self.contacts:
            self.contacts[key] = contact
            self.members[key] = list(members)
            self._new_contacts.append(contact)
            self._new_members.extend(self.members[key])

    def people_of(self, policy: Policy) -> tuple[Covered, ...] | None:
        """Return who is on a policy, or None while its contact is not known as of the version it needs.

        Raises `Impossible` where the contact does not name everybody.
        """
        key = (policy.household, policy.contact_version)
        if key not in self.contacts:
            return None
        return covered_people(members=policy.members, contact=self.members[key])

    def decide(self) -> None:
        """Decide anew what must be told of every household a fact has come for (ENR-5, CAR-2).

        What waits and is still to be told stays; what a later fact overtook is withdrawn; the rest is added.
        """
        for policy in list(self.policies.values()):
            if policy.household in self._touched:
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
        self._transmissions.extend((*freed, *withdrawn, *added))
        if added:
            self.put(replace(policy, decided=policy.decided + len(added)))

    @property
    def met(self) -> set[str]:
        """The carriers of the policies that changed."""
        return {each.carrier for each in self._changed.values()}

    async def save(self, uow: UnitOfWork) -> None:
        """Write everything that changed, one statement per table."""
        if self._new_contacts:
            await uow.records(Contact).add(self._new_contacts)
            await uow.records(ContactMember).add(self._new_members)
        if self._new_releases:
            await uow.records(BinderRelease).add(self._new_releases)
        if self._changed:
            await uow.records(Policy).put(self._changed.values())
        if self._transmissions:
            await uow.records(Transmission).put(self._transmissions)
