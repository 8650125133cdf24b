"""A household asks that coverage which ended for non-payment stand again (INV-13, B)."""

from __future__ import annotations

from dataclasses import dataclass

from bulkhead.kernel.personal import Masked
from bulkhead.persistence.ports import UnitOfWork
from invoicing.application.accounts import load_accounts, save_accounts
from invoicing.application.decided import ClosedBooks
from invoicing.application.ports import Dependencies
from invoicing.domain.asking import Answer, ask_to_stand_again
from invoicing.domain.money import settle
from invoicing.domain.records import Grace, ReinstatementRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class AskReinstatement:
    """A household's request, and why it asks where it says so."""

    household: str
    reason: Masked | None


async def ask_reinstatement(
    uow: UnitOfWork, command: AskReinstatement, *, dependencies: Dependencies
) -> Answer:
    """Grant the request, or have it wait for money; return which. Raises the refusal of the limit that fails."""
    household = command.household
    expired = await uow.records(Grace).select(household=household, state="expired")
    grace = max(expired, key=lambda each: each.first_month, default=None)
    as_of = None if grace is None else min(uow.today, grace.first_month.first_day)
    parameters = dependencies.parameters.as_of(uow.today)
    account = (await load_accounts(uow, [household], as_of=as_of, threshold=parameters.threshold))[household]
    books = await ClosedBooks.look(uow, dependencies.partitions, dependencies.parameters)
    answer = ask_to_stand_again(
        account,
        grace,
        granted=await uow.records(ReinstatementRequest).select(household=household, state="granted"),
        reason=command.reason,
        books_closed_through=books.through(household),
        now=uow.now,
        parameters=parameters,
    )
    settle(account, now=uow.now)
    await save_accounts(uow, [account])
    return answer
