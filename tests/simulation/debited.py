"""What is debited of accounts that the exchange keeps: each payment once, for what it is, on the banking day it may be
(PAY-1, PAY-8). Read from the files alone, from the places that the records' format gives.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Final

from bulkhead.kernel.calendar import is_business_day, local, local_date
from bulkhead_testing.files import MemoryFiles
from payments.domain.payments import Payment
from payments.domain.returns import PaymentReturn
from simulation.sight import Sight

DEBITED: Final = ("web-debit", "ppd-debit")
"""Sources of payments that files of debits bring."""
_FILED_AT = 17
_A_WHILE = timedelta(hours=6)


def entries(debits: MemoryFiles) -> list[tuple[str, int]]:
    """Return what each debit of each file is called, and its cents."""
    return [
        (line[39:54].strip(), int(line[29:39]))
        for content in debits.content.values()
        for line in content.decode("ascii").splitlines()
        if line.startswith("6")
    ]


def moves_on(sight: Sight, debits: MemoryFiles) -> dict[str, date]:
    """Return when each debit's money is to move by its file, by the id of the payment it was drawn as."""
    called = {
        each.identification: each.payment for each in sight.rows("payments", Payment) if each.identification
    }
    found, moves = dict[str, date](), ""
    for content in debits.content.values():
        for line in content.decode("ascii").splitlines():
            if line.startswith("5"):
                moves = line[69:75]
            name = line[39:54].strip()
            if line.startswith("6") and name in called:
                found[called[name]] = date.fromisoformat(f"20{moves}")
    return found


def made_at(debits: MemoryFiles) -> dict[str, datetime]:
    """Return when the file was made that has each debit, to the minute, by what the debit is called."""
    found = dict[str, datetime]()
    for content in debits.content.values():
        first, *lines = content.decode("ascii").splitlines()
        day = date.fromisoformat(f"20{first[23:29]}")
        made = local(day, int(first[29:31]), int(first[31:33]))
        found |= {line[39:54].strip(): made for line in lines if line.startswith("6")}
    return found


def batches(debits: MemoryFiles) -> dict[str, int]:
    """Return what each batch of each file comes to, under a name of its own."""
    return {
        f"{path} {line[87:94]}": int(line[20:32])
        for path, content in debits.content.items()
        for line in content.decode("ascii").splitlines()
        if line.startswith("8")
    }


def debited(its: Sight, debits: MemoryFiles) -> dict[str, int]:
    """Return what of payments of these households files debit, by their ids."""
    called = {each.identification: each.payment for each in its.rows("payments", Payment)}
    return {called[name]: cents for name, cents in entries(debits) if name in called}


def wrong(sight: Sight, *, debits: MemoryFiles) -> list[str]:
    """Return what was debited twice, for another amount or of nobody, and what was not though its hour has come."""
    times = Counter(name for name, _ in entries(debits))
    found = [f"PAY-8: the debit {name} was sent {count} times" for name, count in times.items() if count > 1]
    if "payments" in sight.away or sight.late:
        return found
    drawn = [each for each in sight.rows("payments", Payment) if each.source in DEBITED]
    paid = {each.identification: each for each in drawn if each.moved_from is None}
    parts, made = _parts(sight), made_at(debits)
    for name, cents in entries(debits):
        payment = paid.get(name)
        before = None if payment is None else _gone_by(sight, parts[payment.payment], made[name])
        if payment is None or before is None or payment.amount_cents - before != cents:
            found.append(f"PAY-1: {cents} were debited as {name}, and no payment that was there is that")
    hour = _last_hour(sight.now - _A_WHILE)
    if sight.troubled_at < hour:
        found += [
            f"PAY-8: {each.amount_cents} of {each.household}'s were drawn at {each.known_at} and never debited"
            for name, each in paid.items()
            if name not in times and each.known_at < hour
            if any(not part.is_gone for part in parts[each.payment])
        ]
    return found


def _parts(sight: Sight) -> dict[str, list[Payment]]:
    """Return what the money of each payment is by now, itself too: what was moved of it, and of that."""
    payments = {each.payment: each for each in sight.rows("payments", Payment)}
    found: dict[str, list[Payment]] = {name: [] for name in payments}
    for each in payments.values():
        first: Payment | None = each
        while first is not None:
            found[first.payment].append(each)
            first = payments.get(first.moved_from or "")
    return found


def _gone_by(sight: Sight, parts: Iterable[Payment], made: datetime) -> int:
    """Return what of a payment's money had gone back before a file was made."""
    names = {each.payment for each in parts}
    return sum(
        each.cents
        for each in sight.rows("payments", PaymentReturn)
        if each.payment in names and each.recorded_at < made
    )


def _last_hour(now: datetime) -> datetime:
    """Return the last instant until then at which a file was to be made."""
    day = local_date(now)
    while not is_business_day(day) or local(day, _FILED_AT) > now:
        day -= timedelta(days=1)
    return local(day, _FILED_AT)
