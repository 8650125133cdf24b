"""What does corrections: a function for each kind, in the book of the household (OPS-5)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from enrollment.application.book import PolicyBook
from enrollment.domain.corrections import Correction
from enrollment.domain.parameters import EnrollmentParameters


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """On what day a correction is done, by which parameters, and which one it takes back, None where it takes none."""

    today: date
    parameters: EnrollmentParameters
    first: Correction | None


Do: TypeAlias = Callable[[PolicyBook, Correction, Given], Correction]
"""Does a correction in a book, and returns it with what came of it."""
