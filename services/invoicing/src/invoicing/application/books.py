"""The receivables ledger in sums, and what must hold of it (INV-16, PAY-9)."""

from __future__ import annotations

from dataclasses import dataclass

from bulkhead.persistence.ports import UnitOfWork
from invoicing.application.accounts import load_accounts
from invoicing.domain.money import held_and_credit_cents
from invoicing.domain.records import LedgerLine, Payment

_CHUNK = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """Sums over all households, in cents. ``nets_to_zero``: the ledger balances and fits the accounts."""

    charged_cents: int
    settled_cents: int
    owed_cents: int
    held_cents: int
    credit_cents: int
    unapplied_cents: int
    nets_to_zero: bool


async def read_books(uow: UnitOfWork) -> Books:
    """Return the sums: charges, settlements and what is not applied from the ledger, held and credit from the
    accounts, so that the two can be held against each other.
    """
    ledger = uow.records(LedgerLine)
    unapplied = -await ledger.total("cents", account="unapplied")
    owed = await ledger.total("cents", account="receivable")
    charged = -await ledger.total("cents", account="premium")
    whole = await ledger.total("cents")
    held = credit = 0
    cursor = ""
    while page := await uow.records(Payment).distinct("household", household__gt=cursor, limit=_CHUNK):
        for account in (await load_accounts(uow, page)).values():
            more_held, more_credit = held_and_credit_cents(account)
            held, credit = held + more_held, credit + more_credit
        cursor = page[-1]
    return Books(
        charged_cents=charged,
        settled_cents=charged - owed,
        owed_cents=owed,
        held_cents=held,
        credit_cents=credit,
        unapplied_cents=unapplied,
        nets_to_zero=whole == 0 and held + credit == unapplied,
    )
