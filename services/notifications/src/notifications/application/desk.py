"""What a batch of facts works on: the households' contacts, policies and waiting notices, loaded as sets."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from bulkhead.persistence.ports import UnitOfWork
from notifications.domain.contacts import Contact
from notifications.domain.coverage import Policy
from notifications.domain.notices import Notice, NoticeFacts, NoticeType, looked_at, new_notice


class Desk:
    """The working set of one batch: facts change it in memory, and it is written back once."""

    def __init__(
        self,
        *,
        now: datetime,
        contacts: Iterable[Contact] = (),
        policies: Iterable[Policy] = (),
        waiting: Iterable[Notice] = (),
    ) -> None:
        self.now = now
        self.contacts = {contact.household: contact for contact in contacts}
        self.policies = {policy.policy: policy for policy in policies}
        self._waiting = {notice.notice: notice for notice in waiting}
        self._new: dict[str, Notice] = {}
        self._changed_contacts: set[str] = set()
        self._changed_policies: set[str] = set()

    @classmethod
    async def load(cls, uow: UnitOfWork, *, households: Iterable[str]) -> Desk:
        """Return the working set of these households, one query a table."""
        wanted = sorted(set(households))
        return cls(
            now=uow.now,
            contacts=await uow.records(Contact).select(household=wanted),
            policies=await uow.records(Policy).select(household=wanted),
            waiting=await uow.records(Notice).select(household=wanted, state="waiting"),
        )

    def keep_contact(self, contact: Contact) -> None:
        """Keep a contact in place of the one there was."""
        self.contacts[contact.household] = contact
        self._changed_contacts.add(contact.household)

    def keep_policy(self, policy: Policy) -> None:
        """Keep a policy in place of the one there was."""
        self.policies[policy.policy] = policy
        self._changed_policies.add(policy.policy)

    def tell(
        self,
        *,
        notice_type: NoticeType,
        about: str,
        household: str,
        facts: NoticeFacts,
        contact_version: int = 0,
    ) -> None:
        """Lay a notice out to be sent; one that is there already stays as it is (NOT-1: once each)."""
        notice = new_notice(
            notice_type=notice_type,
            about=about,
            household=household,
            facts=facts,
            contact_version=contact_version,
            created_at=self.now,
        )
        self._new.setdefault(notice.notice, notice)

    async def save(self, uow: UnitOfWork) -> None:
        """Queue every notice that waits for nothing any more, and write all that changed."""
        await uow.records(Contact).put([self.contacts[each] for each in sorted(self._changed_contacts)])
        await uow.records(Policy).put([self.policies[each] for each in sorted(self._changed_policies)])
        before = self._waiting
        after = {key: self._looked_at(notice) for key, notice in before.items()}
        await uow.records(Notice).put([notice for key, notice in after.items() if notice != before[key]])
        await uow.records(Notice).add_new([self._looked_at(notice) for notice in self._new.values()])

    def _looked_at(self, notice: Notice) -> Notice:
        return looked_at(notice, contact=self.contacts.get(notice.household), policies=self.policies)
