"""What is refused of the bank's files waits for a person: a file that lies among the refused is in a list (I9)."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from bulkhead_testing.files import MemoryFiles
from payments.domain.bank_statements import BankFile
from payments.domain.lockbox import LockboxFile
from payments.domain.return_files import ReturnFile
from simulation.sight import Sight


def wrong(sight: Sight, *, folders: Sequence[MemoryFiles]) -> list[str]:
    """Return the refused files that nobody is told of; nothing where each waits. In a year nobody says what became of
    one, and none is dropped again.
    """
    if "payments" in sight.away or sight.late:
        return []
    waiting = {
        each.file
        for kind in (LockboxFile, ReturnFile, BankFile)
        for each in sight.rows("payments", kind)
        if each.waits
    }
    return [
        f"I9: {path} was refused, and nobody is told of it"
        for folder in folders
        for path, data in folder.content.items()
        if path.startswith("refused/") and sha256(data).hexdigest() not in waiting
    ]
