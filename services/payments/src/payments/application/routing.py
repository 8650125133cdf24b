"""The whole service on one screen: which fact is handled by what."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from bulkhead.persistence.ports import UnitOfWork
from bulkhead.service import Received, Routes, route
from payments.application import facts
from payments.application.apply_money_facts import refund_credit, settle_premiums, unsettle_premium
from payments.application.autopay import end_of_merged, follow_invoices, plan_draws
from payments.application.concerned import keep_binder_invoices
from payments.application.desk import Desk
from payments.application.match_accounts import match_accounts
from payments.application.pass_on_credit import note_merges, note_passings
from payments.application.ports import Parameters

ROUTES: Final[Routes[Desk]] = {
    facts.PremiumsSettled: settle_premiums,
    facts.PremiumUnsettled: unsettle_premium,
    facts.RefundApproved: refund_credit,
}
"""Facts about money. Accounts heard of come first: what waited for one becomes its payments (`match_accounts`)."""

HEARD_OF: Final = (facts.AccountHeardOf, facts.InvoiceIssued)
"""Facts by which an account is heard of."""
FOLLOWED: Final = (facts.AmountDueChanged, facts.InvoiceVoided, facts.InvoiceRestored)
"""Facts that say what became of what an invoice asks for, which autopay draws."""
OF_MERGES: Final = (facts.HouseholdMerged, facts.MergeReversed)
"""Facts that say which households go on as others."""
OF_CREDIT: Final = (facts.CreditPassedOn, facts.CreditCalledBack)
"""Facts that have the credit of such a household moved."""


def handler(*, parameters: Parameters) -> Callable[[UnitOfWork, Sequence[Received]], Awaitable[None]]:
    """Return what applies a batch of facts; it raises `Impossible` for one that contradicts what is known."""

    async def handle(uow: UnitOfWork, batch: Sequence[Received]) -> None:
        heard = [each.about for each in batch if isinstance(each.fact, HEARD_OF)]
        money = [
            each
            for each in batch
            if not isinstance(each.fact, (*HEARD_OF, *FOLLOWED, *OF_MERGES, *OF_CREDIT))
        ]
        await match_accounts(uow, heard, parameters=parameters)
        await plan_draws(uow, [each.fact for each in batch if isinstance(each.fact, facts.InvoiceIssued)])
        await follow_invoices(uow, [each.fact for each in batch if isinstance(each.fact, FOLLOWED)])
        await note_merges(uow, [each.fact for each in batch if isinstance(each.fact, OF_MERGES)])
        await end_of_merged(
            uow, [each.fact for each in batch if isinstance(each.fact, facts.HouseholdMerged)]
        )
        await note_passings(uow, [each.fact for each in batch if isinstance(each.fact, OF_CREDIT)])
        await keep_binder_invoices(uow, [each.fact for each in batch])
        if money:
            desk = await Desk.load(uow, [each.fact for each in money])
            for received in money:
                route(ROUTES, received, desk, now=uow.now)
            await desk.save(uow)

    return handle
