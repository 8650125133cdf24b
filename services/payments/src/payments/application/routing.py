"""The whole service on one screen: which fact is handled by what."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from bulkhead.persistence.ports import UnitOfWork
from bulkhead.service import Received
from payments.application.apply_money_facts import apply_money_fact
from payments.application.desk import Desk
from payments.application.facts import AccountHeardOf, PremiumsSettled, PremiumUnsettled, RefundApproved
from payments.application.match_accounts import match_accounts
from payments.domain.parameters import ParametersOn


def handler(*, parameters_on: ParametersOn) -> Callable[[UnitOfWork, Sequence[Received]], Awaitable[None]]:
    """Return what applies a batch of facts.

    ====================  ======================================================================
    AccountHeardOf        money that waited for the account becomes its payments (PAY-3)
    PremiumsSettled       a binder or a month waits for its remittance, whole (PAY-6, PAY-9)
    PremiumUnsettled      its money is free again, recovered from the carrier if it has it (PAY-7)
    RefundApproved        the money leaves the household's, by check at once, else by poller (INV-6)
    ====================  ======================================================================
    """

    async def handle(uow: UnitOfWork, batch: Sequence[Received]) -> None:
        facts = [received.fact for received in batch]
        heard = [fact.household for fact in facts if isinstance(fact, AccountHeardOf)]
        await match_accounts(uow, heard, parameters_on=parameters_on)
        money = [
            fact for fact in facts if isinstance(fact, PremiumsSettled | PremiumUnsettled | RefundApproved)
        ]
        if len(heard) + len(money) != len(facts):
            raise TypeError("a fact has no handler")
        if money:
            desk = await Desk.load(uow, money)
            for fact in money:
                apply_money_fact(uow, desk, fact)
            await desk.save(uow)

    return handle
