"""What a batch of facts works on: the households' contacts, policies, money and waiting notices, loaded as sets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from bulkhead.persistence.ports import UnitOfWork
from notifications.domain.contacts import Contact
from notifications.domain.coverage import Policy
from notifications.domain.money import Account
from notifications.domain.notices import (
    Notice,
    NoticeFacts,
    NoticeNumbers,
    NoticeType,
    looked_at_in_order,
    new_notice,
)


class Desk:
    """The working set of one batch: facts change it in memory, and it is written back once.

    ``happened_at`` is when the fact at hand happened: whoever goes through the batch sets it.
    """

    def __init__(
        self,
        *,
        now: datetime,
        contacts: Iterable[Contact] = (),
        policies: Iterable[Policy] = (),
        waiting: Iterable[Notice] = (),
        numbers: Iterable[NoticeNumbers] = (),
        accounts: Iterable[Account] = (),
        receipts: Iterable[str] = (),
    ) -> None:
        self.now = now
        self.happened_at = now
        self.contacts = {contact.household: contact for contact in contacts}
        self.policies = {policy.policy: policy for policy in policies}
        self._waiting = {notice.notice: notice for notice in waiting}
        self._last = {each.household: each.last for each in numbers}
        self._accounts = {account.household: account for account in accounts}
        self._payments = set(receipts)
        self._new: dict[str, Notice] = {}
        self._changed_contacts: set[str] = set()
        self._changed_policies: set[str] = set()
        self._changed_accounts: set[str] = set()

    @classmethod
    async def load(cls, uow: UnitOfWork, *, households: Iterable[str], payments: Iterable[str] = ()) -> Desk:
        """Return the working set of these households, one query a table, and which of these payments have a receipt."""
        wanted, named = sorted(set(households)), sorted(set(payments))
        notices = uow.records(Notice)
        return cls(
            now=uow.now,
            contacts=await uow.records(Contact).select(household=wanted),
            policies=await uow.records(Policy).select(household=wanted),
            waiting=await notices.select(household=wanted, state="waiting"),
            numbers=await uow.records(NoticeNumbers).select(household=wanted),
            accounts=await uow.records(Account).select(household=wanted),
            receipts=await notices.distinct("about", type="receipt", about=named) if named else (),
        )

    def keep_contact(self, contact: Contact) -> None:
        """Keep a contact in place of the one there was."""
        self.contacts[contact.household] = contact
        self._changed_contacts.add(contact.household)

    def keep_policy(self, policy: Policy) -> None:
        """Keep a policy in place of the one there was."""
        self.policies[policy.policy] = policy
        self._changed_policies.add(policy.policy)

    def account(self, household: str) -> Account:
        """Return what is known of a household's money, as it is now."""
        return self._accounts.get(household) or Account(household=household)

    def keep_account(self, account: Account) -> None:
        """Keep an account in place of the one there was."""
        self._accounts[account.household] = account
        self._changed_accounts.add(account.household)

    def knows_payment(self, payment: str) -> bool:
        """Whether a payment was heard of before; from now on it was."""
        known = payment in self._payments
        self._payments.add(payment)
        return known

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
            occurred_at=self.happened_at,
            facts=facts,
            contact_version=contact_version,
            created_at=self.now,
        )
        self._new.setdefault(notice.notice, notice)

    async def save(self, uow: UnitOfWork) -> None:
        """Number what is new, queue every notice that waits for nothing any more, write all that changed."""
        await uow.records(Contact).put([self.contacts[each] for each in sorted(self._changed_contacts)])
        await uow.records(Policy).put([self.policies[each] for each in sorted(self._changed_policies)])
        await uow.records(Account).put([self._accounts[each] for each in sorted(self._changed_accounts)])
        new = await self._numbered(uow)
        by_household: dict[str, list[Notice]] = {}
        for notice in (*self._waiting.values(), *new):
            by_household.setdefault(notice.household, []).append(notice)
        looked = {
            notice.notice: notice
            for household, notices in by_household.items()
            for notice in looked_at_in_order(
                notices, contact=self.contacts.get(household), policies=self.policies
            )
        }
        before = self._waiting
        await uow.records(Notice).put([looked[key] for key in before if looked[key] != before[key]])
        await uow.records(Notice).add([looked[notice.notice] for notice in new])

    async def _numbered(self, uow: UnitOfWork) -> list[Notice]:
        """Return the notices that are new, in the order they were laid out in, each with its household's next
        number."""
        if not self._new:
            return []
        known = set(await uow.records(Notice).distinct("notice", notice=sorted(self._new)))
        numbered: list[Notice] = []
        for notice in self._new.values():
            if notice.notice not in known:
                self._last[notice.household] = self._last.get(notice.household, 0) + 1
                numbered.append(replace(notice, number=self._last[notice.household]))
        households = sorted({notice.household for notice in numbered})
        await uow.records(NoticeNumbers).put(
            [NoticeNumbers(household=each, last=self._last[each]) for each in households]
        )
        return numbered
