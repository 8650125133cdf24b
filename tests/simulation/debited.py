"""What is debited of accounts that the exchange keeps: each payment once, for what it is, on the banking day it may be
(PAY-1, PAY-8). Read from the files alone, from the places that the records' format gives.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Final

from bulkhead.kernel.calendar import is_business_day, local, local_date
from bulkhead_testing.files import MemoryFiles
from payments.domain.payments import Payment
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
    paid = {each.identification: each for each in sight.rows("payments", Payment) if each.source in DEBITED}
    for name, cents in entries(debits):
        payment = paid.get(name)
        if payment is None or payment.amount_cents != cents:
            found.append(f"PAY-1: {cents} were debited as {name}, and no payment is that")
    hour = _last_hour(sight.now - _A_WHILE)
    if sight.troubled_at < hour:
        found += [
            f"PAY-8: {each.amount_cents} of {each.household}'s were drawn at {each.known_at} and never debited"
            for name, each in paid.items()
            if name not in times and each.known_at < hour and not each.is_gone
        ]
    return found


def _last_hour(now: datetime) -> datetime:
    """Return the last instant until then at which a file was to be made."""
    day = local_date(now)
    while not is_business_day(day) or local(day, _FILED_AT) > now:
        day -= timedelta(days=1)
    return local(day, _FILED_AT)
