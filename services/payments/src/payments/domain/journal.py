"""The books as an accountant keeps them: dated entries, each of which balances (PAY-9)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from bulkhead.kernel.money import format_cents

TRUST = "Assets:Trust"
"""The trust account at the bank."""
NOT_APPLIED = "Liabilities:NotApplied"
"""What households paid that settles nothing: held, credit, refunds that are approved and not paid yet."""
SUSPENSE = "Liabilities:Suspense"
"""What is no household's yet."""
CARRIERS = "Liabilities:Carriers"
"""What settled premiums a carrier is to be paid, an account each; below zero it owes the exchange (PAY-7)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What happened on a day, in sum: ``cents`` went from one account to another, above zero.

    The trust grows where it is debited; what is owed to others grows where it is credited.
    """

    on: date
    says: str
    debit: str
    credit: str
    cents: int


def carrier_account(carrier: str) -> str:
    """Return the account of what a carrier is to be paid."""
    return f"{CARRIERS}:{_capital(carrier)}"


def _capital(name: str) -> str:
    kept = "".join(each if each.isalnum() or each == "-" else "-" for each in name)
    return kept if kept[:1].isupper() or kept[:1].isdigit() else f"X-{kept}"


def entries(days: Mapping[date, int], *, says: str, debit: str, credit: str) -> list[Entry]:
    """Return an entry for each day's sum; one below zero goes the other way, and one of nothing is none."""
    return [
        Entry(on=day, says=says, debit=debit, credit=credit, cents=cents)
        if cents > 0
        else Entry(on=day, says=says, debit=credit, credit=debit, cents=-cents)
        for day, cents in days.items()
        if cents
    ]


def in_order(made: Iterable[Entry]) -> list[Entry]:
    """Return entries in the order they are written in."""
    return sorted(made, key=lambda each: (each.on, each.says, each.debit, each.credit))


def balances(made: Iterable[Entry]) -> dict[str, int]:
    """Return each account's balance after these entries, debits above zero: together they are nothing."""
    found: dict[str, int] = {}
    for each in made:
        found[each.debit] = found.get(each.debit, 0) + each.cents
        found[each.credit] = found.get(each.credit, 0) - each.cents
    return found


def as_csv(made: Sequence[Entry]) -> str:
    """Return entries as lines of date, what it is, account debited, account credited, amount; the first names them."""
    lines = ["date,says,debit,credit,amount"]
    lines += [f"{each.on},{each.says},{each.debit},{each.credit},{format_cents(each.cents)}" for each in made]
    return "".join(f"{line}\n" for line in lines)


def as_beancount(made: Sequence[Entry]) -> str:
    """Return entries as a file that a ledger of beancount includes beside those of other days: it opens no account."""
    lines: list[str] = []
    for each in made:
        amount = format_cents(each.cents)
        lines += [
            f'{each.on} * "{each.says}"',
            f"  {each.debit}  {amount} USD",
            f"  {each.credit}  -{amount} USD",
            "",
        ]
    return "".join(f"{line}\n" for line in lines)


def chart_as_beancount(carriers: Iterable[str], *, opened: date) -> str:
    """Return the accounts there are, open from a day on, as the one file of a beancount ledger that opens them."""
    accounts = sorted({TRUST, NOT_APPLIED, SUSPENSE, *(carrier_account(each) for each in carriers)})
    lines = [
        'option "operating_currency" "USD"',
        "",
        *(f"{opened} open {account} USD" for account in accounts),
    ]
    return "".join(f"{line}\n" for line in lines)
