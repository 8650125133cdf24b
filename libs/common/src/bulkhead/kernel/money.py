"""Money: integer cents, one rounding, and a split that loses no cent.

An amount is a plain ``int`` whose name ends in ``_cents``; a float never is. ``Cents`` names the
type where a signature stands alone.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TypeAlias

from bulkhead.kernel.errors import InvalidValue

Cents: TypeAlias = int

_AMOUNT = re.compile(r"(-?)([0-9]{1,15})\.([0-9]{2})")


def parse_cents(text: str) -> Cents:
    """Return the cents in a text with exactly two decimals, such as ``500.00`` or ``-3.25``.

    Raises `InvalidValue` for anything else: ``500``, ``500.0`` and ``1,000.00`` are guesses, and more than
    fifteen digits are no amount of money.
    """
    match = _AMOUNT.fullmatch(text)
    if match is None:
        raise InvalidValue(field="amount", problem="is not an amount with two decimals, such as 500.00")
    sign, whole, part = match.groups()
    cents = int(whole) * 100 + int(part)
    return -cents if sign else cents


def format_cents(cents: Cents) -> str:
    """Return the amount with two decimals: ``50000`` is ``500.00``."""
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def round_half_up(amount: Fraction) -> Cents:
    """Return whole cents for an exact amount of cents, halves away from zero: the one rounding."""
    doubled = abs(amount) * 2
    cents = (doubled.numerator // doubled.denominator + 1) // 2
    return cents if amount >= 0 else -cents
