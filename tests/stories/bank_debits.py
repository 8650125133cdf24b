"""What a bank reads of a file that asks it for debits: by a reader of another author than the exchange's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import achkit

from stories.errors import ExchangeProblem

_TYPES = {27: "checking", 37: "savings"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Debit:
    """One debit: what its originator calls it, from which account, and when its file was made."""

    identification: str
    made_on: date
    cents: int
    account: str
    account_type: str


def read_debits(data: bytes, *, path: str) -> list[Debit]:
    """Return a file's debits; raises `ExchangeProblem` where the bank would refuse it."""
    text = data.decode("ascii")
    said: dict[str, Any] = achkit.validate(text)
    if said["errors"]:
        raise ExchangeProblem(f"{path}: {said['errors'][0]['message']}")
    file: dict[str, Any] = achkit.parse(text)
    made_on = datetime.strptime(file["creation_date"], "%y%m%d").date()  # noqa: DTZ007 - a date alone
    return [
        Debit(
            identification=entry["id_number"],
            made_on=made_on,
            cents=entry["amount_cents"],
            account=entry["account"],
            account_type=_TYPES[entry["txn_code"]],
        )
        for batch in file["batches"]
        for entry in batch["entries"]
        if entry["txn_code"] in _TYPES
    ]
