"""What return files say: each payment they take back is taken back once, and the rest waits for a person (PAY-5)."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise

from bulkhead.retries.retries import Retry
from bulkhead_testing.files import MemoryFiles
from payments.domain.payments import Payment
from payments.domain.return_files import ReturnItem
from payments.domain.returns import PaymentReturn
from simulation.sight import Sight

_NO_RETURNS = ("R68", "R73", "C01", "C05")
"""Our bank does not accept an earlier return; the other does not accept that; an account has another number, or is of
another kind."""


def wrong(sight: Sight, *, returns: MemoryFiles) -> list[str]:
    """Return what of the files did not happen, or happened otherwise; nothing where all is as they say.

    Read from the places that the records' format gives: amount, name and reason of an entry. A year's files say R01 and
    R02 alone, a story's
    also that banks disagree, and that an account changed.
    """
    if "payments" in sight.away or sight.late:
        return []
    if any(each.kind.startswith("return-") for each in sight.rows("payments", Retry)):
        return []  # what lies there is read when its time comes
    called = {each.identification: each for each in sight.rows("payments", Payment) if each.identification}
    gone = {each.payment: each for each in sight.rows("payments", PaymentReturn)}
    kept = [each for each in sight.rows("payments", ReturnItem) if each.state in ("open", "dismissed")]
    found, waiting, reasons = list[str](), 0, defaultdict[str, set[str]](set)
    again = {each.origin: each for each in sight.rows("payments", Payment) if each.source == "return-file"}
    came = {each.payment: each for each in sight.rows("payments", ReturnItem) if each.state == "came-again"}
    for name, cents, code in _entries(returns):
        payment = called.get(name)
        if code in _NO_RETURNS:
            waiting += 1
            continue
        back = None if payment is None else gone.get(payment.payment)
        clear = payment is not None and back is not None and not payment.moved_cents
        if not clear or payment is None or back is None or cents != payment.amount_cents:
            waiting += 1
            continue
        waiting += payment.payment in reasons  # said before
        if back.cents != cents:
            found.append(f"PAY-5: {cents} of {payment.household}'s went back, and {back.cents} is recorded")
        reasons[payment.payment].add("nsf" if code == "R01" else "closed-account")
    found += [
        f"PAY-5: {gone[payment].household}'s went back for {sorted(said)}, and {gone[payment].kind} is recorded"
        for payment, said in reasons.items()
        if gone[payment].recorded_by.startswith("return-file:") and gone[payment].kind not in said
    ]
    for item in came.values():
        arrived, first = again.get(item.item), called.get(item.identification or "")
        if arrived is None or first is None or arrived.household != first.household:
            found.append(
                f"INV-14: {item.amount_cents} came again of {item.household}'s, and no payment is that"
            )
        elif (arrived.amount_cents, first.payment in gone) != (item.amount_cents, True):
            found.append(
                f"INV-14: {arrived.amount_cents} of {arrived.household}'s came again that never went back"
            )
    settled = [each for each in sight.rows("payments", ReturnItem) if each.state not in ("open", "dismissed")]
    waiting -= sum(each.code in _NO_RETURNS for each in settled)
    if waiting > len(kept):
        found.append(
            f"PAY-3: {waiting} entries of return files are not clear, and {len(kept)} were kept for a person"
        )
    return found


def _entries(returns: MemoryFiles) -> list[tuple[str, int, str]]:
    """Return name, cents and reason of each entry in the files, wherever they lie."""
    lines = [
        (path, data.decode("ascii").splitlines())
        for path, data in returns.content.items()
        if not path.startswith("refused/")
    ]
    return [
        (entry[39:54].strip(), int(entry[29:39]), addenda[3:6])
        for _, file in lines
        for entry, addenda in pairwise(file)
        if entry[0] == "6"
    ]
