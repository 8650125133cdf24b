"""Corrections of invoices: what was recorded of one, and by whom (OPS-5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from bulkhead.kernel.corrections import RecordedCorrection
from invoicing.domain.events import WrongBecause

CorrectionKind: TypeAlias = Literal["void-invoice", "restore-invoice"]
"""What a correction does: makes an invoice void, or has one that was void stand again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction(RecordedCorrection):
    """One correction of a household's ``invoice``.

    ``cents`` is what the invoice was the first to ask for. ``adjustments`` are the numbers of those that one
    which is void had shown.
    """

    kind: CorrectionKind
    because: WrongBecause
    household: str
    invoice: str
    adjustments: tuple[int, ...] = ()
