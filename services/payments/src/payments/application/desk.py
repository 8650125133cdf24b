"""The desk: everything a batch of facts is about, read as sets, changed in memory, written back as sets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from bulkhead.kernel.working_set import WorkingSet
from bulkhead.persistence.ports import UnitOfWork
from bulkhead.persistence.working_set import write
from payments.application.facts import PremiumsSettled, PremiumUnsettled, RefundApproved
from payments.domain.payments import Payment
from payments.domain.refunds import Refund, RefundPart
from payments.domain.settlements import Settlement, WaitingShare


class Desk(WorkingSet):
    """Payments, settlements and refunds as they are now; what changed since they were read is written by `save`.

    ``waiting`` are the shares of what was settled by these facts, ``no_longer_waiting`` the settlements that fell.
    """

    KEYS: ClassVar = {
        Payment: ("payment",),
        Settlement: ("settlement",),
        Refund: ("refund",),
        RefundPart: ("refund", "payment"),
    }

    def __init__(self) -> None:
        super().__init__()
        self.waiting: dict[str, tuple[WaitingShare, ...]] = {}
        self.no_longer_waiting: set[str] = set()

    @property
    def payments(self) -> Mapping[str, Payment]:
        """The payments at hand, by id."""
        return self.by_key(Payment)

    @classmethod
    async def load(cls, uow: UnitOfWork, facts: Iterable[Any]) -> Desk:
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
                case _:
                    pass
        settlements = await uow.records(Settlement).select(settlement=sorted(settlement_ids))
        payment_ids |= {share.payment for each in settlements for share in each.funded_by}
        desk = cls()
        desk.take(
            settlements,
            await uow.records(Payment).select(payment=sorted(payment_ids)),
            await uow.records(Refund).select(refund=sorted(refund_ids)),
        )
        return desk

    async def save(self, uow: UnitOfWork) -> None:
        """Write what changed, one write a table, and say what there is to say."""
        await write(uow, self)
        if self.no_longer_waiting:
            await uow.records(WaitingShare).remove(settlement=sorted(self.no_longer_waiting))
        await uow.records(WaitingShare).add(share for shares in self.waiting.values() for share in shares)
