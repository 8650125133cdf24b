"""The desk: everything a batch of facts is about, read as sets, changed in memory, written back as sets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from bulkhead.persistence.ports import UnitOfWork
from payments.application.facts import PremiumsSettled, PremiumUnsettled, RefundApproved
from payments.domain.payments import Payment
from payments.domain.refunds import Refund, RefundPart
from payments.domain.settlements import Settlement, WaitingShare

MoneyFact: TypeAlias = PremiumsSettled | PremiumUnsettled | RefundApproved


@dataclass(slots=True)
class Desk:
    """Rows by id as they are now; what changed since they were read is written by `save`."""

    payments: dict[str, Payment]
    settlements: dict[str, Settlement]
    refunds: dict[str, Refund]
    waiting: dict[str, tuple[WaitingShare, ...]] = field(
        default_factory=lambda: dict[str, tuple[WaitingShare, ...]]()
    )
    no_longer_waiting: set[str] = field(default_factory=lambda: set[str]())
    parts: list[RefundPart] = field(default_factory=lambda: list[RefundPart]())
    changed: set[str] = field(default_factory=lambda: set[str]())

    @classmethod
    async def load(cls, uow: UnitOfWork, facts: Sequence[MoneyFact]) -> Desk:
        """Return the desk for these facts: one read per table."""
        settlement_ids, refund_ids, payment_ids = set[str](), set[str](), set[str]()
        for fact in facts:
            match fact:
                case PremiumsSettled():
                    settlement_ids |= {each.settlement for each in fact.premiums}
                    payment_ids |= {share.payment for each in fact.premiums for share in each.funded_by}
                case PremiumUnsettled():
                    settlement_ids.add(fact.settlement)
                case RefundApproved():
                    refund_ids.add(fact.refund)
                    payment_ids |= {share.payment for share in fact.taken_from}
        settlements = await uow.records(Settlement).select(settlement=sorted(settlement_ids))
        payment_ids |= {share.payment for each in settlements for share in each.funded_by}
        payments = await uow.records(Payment).select(payment=sorted(payment_ids))
        refunds = await uow.records(Refund).select(refund=sorted(refund_ids))
        return cls(
            payments={each.payment: each for each in payments},
            settlements={each.settlement: each for each in settlements},
            refunds={each.refund: each for each in refunds},
        )

    def put_payments(self, payments: Iterable[Payment]) -> None:
        """Take payments as they are now."""
        for payment in payments:
            self.payments[payment.payment] = payment
            self.changed.add(payment.payment)

    def put_settlement(self, settlement: Settlement) -> None:
        """Take a settlement as it is now."""
        self.settlements[settlement.settlement] = settlement
        self.changed.add(settlement.settlement)

    def put_refund(self, refund: Refund, parts: Iterable[RefundPart]) -> None:
        """Take a new refund and its parts."""
        self.refunds[refund.refund] = refund
        self.parts.extend(parts)
        self.changed.add(refund.refund)

    async def save(self, uow: UnitOfWork) -> None:
        """Write what changed: one write per table."""
        await uow.records(Payment).put(each for key, each in self.payments.items() if key in self.changed)
        await uow.records(Settlement).put(
            each for key, each in self.settlements.items() if key in self.changed
        )
        await uow.records(Refund).put(each for key, each in self.refunds.items() if key in self.changed)
        await uow.records(RefundPart).add(self.parts)
        if self.no_longer_waiting:
            await uow.records(WaitingShare).remove(settlement=sorted(self.no_longer_waiting))
        await uow.records(WaitingShare).add(share for shares in self.waiting.values() for share in shares)
