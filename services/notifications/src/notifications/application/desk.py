"""What a batch of facts works on: the households' contacts, policies, money and waiting notices, loaded as sets."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Final

from bulkhead.kernel.working_set import WorkingSet
from bulkhead.persistence.ports import UnitOfWork
from bulkhead.persistence.rotating import forgotten_households
from bulkhead.persistence.working_set import write
from bulkhead.service import Occasion
from notifications.domain.bounces import RefusedAddress, reached
from notifications.domain.contacts import Contact, MergedHousehold
from notifications.domain.coverage import Policy
from notifications.domain.money import Account
from notifications.domain.notices import (
    TO_SEND,
    Notice,
    NoticeFacts,
    NoticeNumbers,
    NoticeType,
    forgotten_one,
    looked_at_in_order,
    may_be_withdrawn,
    new_notice,
    no_news,
    withdrawn,
)
from notifications.domain.preferences import Preference, preferred

OF_INVOICES: Final[tuple[NoticeType, ...]] = ("invoice", "invoice-voided")
"""The notices that ask for an invoice, and that say it is void."""

OF_DEADLINES: Final[tuple[NoticeType, ...]] = ("deadline-moved", "deadline-moved-back")
"""The notices that say where a last day to pay is now."""


ASKING: Final[tuple[NoticeType, ...]] = ("verification-wanted", "child-too-old")
"""The notices that ask a household for documents, or to choose plans for somebody."""


class Desk(WorkingSet):
    """The working set of one batch: facts change it in memory, and it is written back once."""

    KEYS: ClassVar = {
        Contact: ("household",),
        RefusedAddress: ("household",),
        Preference: ("household",),
        MergedHousehold: ("household",),
        Policy: ("policy",),
        Account: ("household",),
        NoticeNumbers: ("household",),
        Notice: ("notice",),
    }

    def __init__(
        self,
        *,
        receipts: Iterable[str],
        told_as_another: Iterable[tuple[str, str]] = (),
        on_paper: Collection[NoticeType] = (),
        forgotten: Collection[str] = (),
    ) -> None:
        super().__init__()
        self._on_paper = on_paper
        self._payments = set(receipts)
        self._told_as_another = set(told_as_another)
        self._laid_out: dict[str, Notice] = {}
        self._forgotten = set(forgotten)

    @classmethod
    async def load(
        cls,
        uow: UnitOfWork,
        *,
        households: Iterable[str],
        payments: Iterable[str] = (),
        told_of_invoices: Iterable[str] = (),
        told_of_deadlines: Iterable[str] = (),
        told_of_documents: Iterable[str] = (),
        told_of_maintenance: Iterable[str] = (),
        merged: Iterable[str] = (),
        on_paper: Collection[NoticeType] = (),
    ) -> Desk:
        """Return the working set of these households, one query a table, which of these payments have a receipt,
        all that was told of invoices of those households, what is to be told those of deadlines and of documents, all
        that those were told of maintenance, and what is to be asked of those that were ``merged``.
        Notices of the types ``on_paper`` go so, whatever a household chose.
        """
        wanted, named = sorted(set(households)), sorted(set(payments))
        of_deadlines: dict[str, Any] = {"type": list(OF_DEADLINES), "state": list(TO_SEND)}
        of_documents: dict[str, Any] = {"type": "verification-wanted", "state": list(TO_SEND)}
        notices = uow.records(Notice)
        contacts = await uow.records(Contact).select(household=wanted)
        desk = cls(
            receipts=await notices.distinct("about", type="receipt", about=named) if named else (),
            told_as_another=await _told_as_another(uow, sorted(set(told_of_maintenance))),
            on_paper=on_paper,
            forgotten=await forgotten_households(uow, set(wanted) - {each.household for each in contacts}),
        )
        desk.take(
            contacts,
            await uow.records(RefusedAddress).select(household=wanted),
            await uow.records(Preference).select(household=wanted),
            await uow.records(MergedHousehold).select(household=wanted),
            await uow.records(Policy).select(household=wanted),
            await uow.records(Account).select(household=wanted),
            await uow.records(NoticeNumbers).select(household=wanted),
            await notices.select(household=wanted, state="waiting"),
            await notices.select(household=sorted(set(told_of_invoices)), type=list(OF_INVOICES)),
            await notices.select(household=sorted(set(told_of_deadlines)), **of_deadlines),
            await notices.select(household=sorted(set(told_of_documents)), **of_documents),
            await notices.select(household=sorted(set(told_of_maintenance)), type="maintenance"),
            await notices.select(household=sorted(set(merged)), type=list(ASKING), state=list(TO_SEND)),
        )
        return desk

    def account(self, household: str) -> Account:
        """Return what is known of a household's money, as it is now."""
        return self.find(Account, household) or Account(household=household)

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
        occasion: Occasion,
        contact_version: int = 0,
        leaves: bool = True,
    ) -> None:
        """Lay a notice out to be sent; one that is there already stays as it is (NOT-1: once each). One that never
        ``leaves`` is no news, and kept for what it says of others.
        """
        notice = new_notice(
            notice_type=notice_type,
            about=about,
            household=household,
            occurred_at=occasion.happened_at,
            facts=facts,
            contact_version=contact_version,
            created_at=occasion.now,
        )
        self._laid_out.setdefault(notice.notice, notice if leaves else no_news(notice))

    def told_of(self, invoice: str) -> list[Notice]:
        """Return the notices that ask for an invoice or say that it is void, the newest last."""
        new = [each for each in self._laid_out.values() if each.facts.of_invoice == invoice]
        kept = [each for each in self.rows(Notice) if each.facts.of_invoice == invoice]
        return [*sorted(kept, key=lambda each: each.number), *new]

    def unsent_of_deadlines(self, household: str) -> list[Notice]:
        """Return a household's notices of last days that moved, or moved back, that may still be withdrawn."""
        return [
            each
            for each in (*self.rows(Notice), *self._laid_out.values())
            if each.household == household and each.facts.deadlines and may_be_withdrawn(each)
        ]

    def told_of_maintenance(self, household: str, maintenance: str) -> list[Notice]:
        """Return the notices that tell a household of maintenance, sent or not: not that it is called off."""
        return [
            each
            for each in (*self.rows(Notice), *self._laid_out.values())
            if each.household == household
            and each.facts.maintenance is not None
            and each.facts.maintenance.maintenance == maintenance
            and not each.facts.maintenance.withdrawn
        ]

    def was_told_as_another(self, household: str, maintenance: str) -> bool:
        """Whether a letter told of maintenance that was to one of those which go on as this household (OPS-5)."""
        return (household, maintenance) in self._told_as_another

    def withdraw_wanted(self, household: str) -> None:
        """Have those notices not leave that ask a household for documents."""
        for each in (*self.rows(Notice), *self._laid_out.values()):
            if each.household == household and each.facts.wanted is not None and may_be_withdrawn(each):
                self.withdraw(each)

    def is_merged(self, household: str) -> bool:
        """Whether a household goes on as another one."""
        merged = self.find(MergedHousehold, household)
        return merged is not None and merged.stands

    def asking_of(self, household: str) -> list[Notice]:
        """Return a household's notices that ask something of it and may still be withdrawn."""
        return [
            each
            for each in (*self.rows(Notice), *self._laid_out.values())
            if each.household == household and each.type in ASKING and may_be_withdrawn(each)
        ]

    def withdraw(self, notice: Notice) -> None:
        """Have a notice not be sent, for what it tells is not so any more."""
        if notice.notice in self._laid_out:
            self._laid_out[notice.notice] = withdrawn(notice)
        if self.find(Notice, notice.notice) is not None:
            self.put(withdrawn(notice))

    async def save(self, uow: UnitOfWork) -> None:
        """Number what is new, queue every notice that waits for nothing any more, withdraw those of households
        that were forgotten, write all that changed.
        """
        for notice in await self._numbered(uow):
            self.add(notice)
        by_household: dict[str, list[Notice]] = {}
        for notice in self.rows(Notice):
            if notice.state == "waiting":
                by_household.setdefault(notice.household, []).append(notice)
        for household, notices in by_household.items():
            contact, policies = self._reached(household), self.by_key(Policy)
            if contact is None and household in self._forgotten:
                for notice in notices:
                    self.put(forgotten_one(notice))
                continue
            for looked in looked_at_in_order(
                notices, contact=contact, policies=policies, on_paper=self._on_paper
            ):
                self.put(looked)
        await write(uow, self)

    def _reached(self, household: str) -> Contact | None:
        """Return how a household is reached: by e-mail only where its address takes any (NOT-4), and it does not want
        paper.
        """
        contact = self.find(Contact, household)
        if contact is None:
            return None
        able = reached(contact, self.find(RefusedAddress, household))
        return preferred(able, self.find(Preference, household))

    async def _numbered(self, uow: UnitOfWork) -> list[Notice]:
        """Return the notices that are new, in the order they were laid out in, each with its household's next
        number."""
        if not self._laid_out:
            return []
        known = set(await uow.records(Notice).distinct("notice", notice=sorted(self._laid_out)))
        return [self._with_number(each) for each in self._laid_out.values() if each.notice not in known]

    def _with_number(self, notice: Notice) -> Notice:
        before = self.find(NoticeNumbers, notice.household)
        number = 1 if before is None else before.last + 1
        self.put(NoticeNumbers(household=notice.household, last=number))
        return replace(notice, number=number)


async def _told_as_another(uow: UnitOfWork, households: Sequence[str]) -> set[tuple[str, str]]:
    """Return of which maintenance letters told households that go on as these, through all merges since."""
    goes_on_as, at = {each: each for each in households}, list(households)
    while at:
        merged = await uow.records(MergedHousehold).select(into=at, stands=True)
        new = {each.household: goes_on_as[each.into] for each in merged if each.household not in goes_on_as}
        goes_on_as |= new
        at = sorted(new)
    absorbed = sorted(goes_on_as.keys() - set(households))
    if not absorbed:
        return set()
    told = await uow.records(Notice).select(household=absorbed, type="maintenance", state=["sent", "sending"])
    return {
        (goes_on_as[each.household], each.facts.maintenance.maintenance)
        for each in told
        if each.facts.maintenance is not None and not each.facts.maintenance.withdrawn
    }
