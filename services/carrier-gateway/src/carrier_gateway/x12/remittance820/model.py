"""What an 820 says, apart from how it is written: a payment, and for whom each part of it is.

Dates are inclusive, as everywhere in X12; amounts are cents. A person's name is masked. Positions are those of the
segment a thing begins with in the file it was read from, 0 where it was not read; they do not count in equality.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Final

from bulkhead.kernel.personal import Masked

ACH: Final = "ACH"
NON: Final = "NON"
"""How money moves (BPR04): through the automated clearing house, or not at all."""

PREMIUM: Final = "PREM"
ADJUSTMENT: Final = "PREMADJ"
BALANCE: Final = "BAL"
"""Types of payment (RMR02): a premium, one that is taken back or that replaces another, and what carries a balance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """Who is paid, or who pays: an organization with an identifier, FI a tax number, 58 one of its own."""

    name: str
    qualifier: str
    identifier: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """The payment that a set is about: a loop ST up to the first ENT.

    ``paid_on`` is BPR16, ``trace`` TRN02, by which payee and bank find each other's records. ``plan`` (REF 38) and
    ``issuer_plan`` (REF TV) stand here only where all of the set is of one plan. ``telephone`` is the payer's.
    """

    control_number: str
    cents: int
    method: str
    paid_on: date
    trace: str
    payee: Party
    payer: Party
    telephone: str = ""
    plan: str = ""
    issuer_plan: str = ""
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """For whom something is paid, by the exchange's id (C1); without a name where X12 can carry none."""

    identifier: str
    last_name: Masked | None = None
    first_name: Masked | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A loop 2300: an amount, less than nothing where it is taken back, for the days from ``first`` to ``last``.

    ``report`` is a qualifier and what it says of the amount (REF), None where nothing does.
    """

    payment_type: str
    cents: int
    first: date | None = None
    last: date | None = None
    report: tuple[str, str] | None = None
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """A loop 2000: what is paid under one policy, by month. What is nobody's, such as a balance, has no subscriber.

    ``policy`` is POL (the exchange's), ``issuer_policy`` AZ, ``plan`` 38, ``issuer_subscriber`` 0F.
    """

    number: int
    items: tuple[Item, ...]
    subscriber: Subscriber | None = None
    plan: str = ""
    policy: str = ""
    issuer_policy: str = ""
    issuer_subscriber: str = ""
    position: int = field(default=0, compare=False)
