"""What payments measures besides: how far the books are closed, and how old money is that no carrier has (PAY-9)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from bulkhead.observability.metrics import Metric
from bulkhead.observability.readings import Reading
from bulkhead.persistence.ports import UnitOfWork
from bulkhead.service import Measure
from payments.application.close_books import last_closed
from payments.application.reconcile_day import latest_bank_day
from payments.application.report_books import ages_of_unremitted
from payments.domain.bank_statements import BankEntry
from payments.domain.books import AgeBucket
from payments.domain.trust_movements import TrustMovement

UNREMITTED: Final = Metric(
    name="bulkhead.payments.unremitted",
    kind="gauge",
    unit="{cent}",
    description="Cents no carrier has been paid yet, by days since receipt.",
    labels={"days": "`0-2`, `3-7`, `8-30`, `31-90` or `91+`"},
    told_by="worker",
)
BOOKS_BEHIND: Final = Metric(
    name="bulkhead.payments.books.behind",
    kind="gauge",
    unit="d",
    description="Days from the date whose books were closed last to yesterday, in the exchange's time; none before the"
    " first closing.",
    told_by="worker",
)


async def _unremitted(uow: UnitOfWork) -> Sequence[Reading]:
    return [
        Reading(value=bucket.cents, labels={"days": _days(bucket)})
        for bucket in await ages_of_unremitted(uow)
    ]


def _days(bucket: AgeBucket) -> str:
    return f"{bucket.from_days}+" if bucket.to_days is None else f"{bucket.from_days}-{bucket.to_days}"


async def _books_behind(uow: UnitOfWork) -> Sequence[Reading]:
    through = await last_closed(uow)
    if through is None:
        return ()
    return (Reading(value=(uow.today - timedelta(days=1) - through).days),)


BANK_DIFFERENCE: Final = Metric(
    name="bulkhead.payments.bank.difference",
    kind="gauge",
    unit="{cent}",
    description="Cents by which the bank's balance of the trust account is above what the books expect, on the last day"
    " that is over and has a statement; none before the first.",
    told_by="worker",
)
BANK_OPEN: Final = Metric(
    name="bulkhead.payments.bank.open",
    kind="gauge",
    unit="{item}",
    description="Entries of the bank's statements, and movements of the books, that are not known on the other side.",
    labels={"side": "`bank` or `books`"},
    told_by="worker",
)


async def _bank_difference(uow: UnitOfWork) -> Sequence[Reading]:
    day = await latest_bank_day(uow)
    if day is None or day.difference_cents is None:
        return ()
    return (Reading(value=day.difference_cents),)


async def _bank_open(uow: UnitOfWork) -> Sequence[Reading]:
    bank = await uow.records(BankEntry).count(state="open")
    books = await uow.records(TrustMovement).count(state="open")
    return (Reading(value=bank, labels={"side": "bank"}), Reading(value=books, labels={"side": "books"}))


MEASURES: Final = (
    Measure(gauge=UNREMITTED, read=_unremitted),
    Measure(gauge=BOOKS_BEHIND, read=_books_behind),
    Measure(gauge=BANK_DIFFERENCE, read=_bank_difference),
    Measure(gauge=BANK_OPEN, read=_bank_open),
)
METRICS: Final = (UNREMITTED, BOOKS_BEHIND, BANK_DIFFERENCE, BANK_OPEN)
