"""The books in double entry, of a whole year, held against where every cent is (PAY-9)."""

from __future__ import annotations

from datetime import date

from bulkhead.kernel.calendar import local
from bulkhead_testing.memory import MemoryDatabase
from payments.application.report_books import report_books
from payments.application.write_journal import write_journal
from payments.domain.journal import CARRIERS, NOT_APPLIED, SUSPENSE, TRUST, balances


async def wrong(payments: MemoryDatabase, *, first: date, last: date) -> list[str]:
    """Return which account's entries do not leave what the books say is there; nothing where all do."""
    async with payments.units_of_work.begin(now=local(last)) as uow:
        found = balances(await write_journal(uow, first=first, last=last))
        books = await report_books(uow)
    places, checks = books.places, books.checks
    carriers = sum(cents for account, cents in found.items() if account.startswith(CARRIERS))
    paid_back = places.refunded_cents - places.refunds_due_cents
    out = checks.carriers_paid_cents + paid_back + places.returned_cents
    expected = {
        TRUST: (found.get(TRUST, 0), books.taken.received_cents - out),
        NOT_APPLIED: (-found.get(NOT_APPLIED, 0), places.not_applied_cents + places.refunds_due_cents),
        SUSPENSE: (-found.get(SUSPENSE, 0), places.suspense_cents),
        CARRIERS: (
            -carriers,
            places.settled_waiting_cents - places.recoverable_cents - checks.carriers_owe_cents,
        ),
    }
    return [
        f"PAY-9: {account} has {booked} by its entries, and {there} are there"
        for account, (booked, there) in expected.items()
        if booked != there
    ]
