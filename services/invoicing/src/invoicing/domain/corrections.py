"""Corrections of invoices, and refunds of credit: what was recorded of one, and by whom (OPS-5, INV-6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from bulkhead.kernel.corrections import CorrectionNotOpen, RecordedCorrection
from bulkhead.kernel.decisions import Reason
from invoicing.domain.events import WrongBecause
from invoicing.domain.sources import SOURCES

InvoiceCorrectionKind: TypeAlias = Literal["void-invoice", "restore-invoice"]
"""What a correction of an invoice does: makes it void, or has one that was void stand again."""

CorrectionKind: TypeAlias = Literal[InvoiceCorrectionKind, "refund-credit"]
"""What a second person approves above the limit: a correction of an invoice, or that credit is paid back."""

CorrectionBecause: TypeAlias = Literal[WrongBecause, "credit-asked-for"]
"""Why: what was wrong with an invoice, or that somebody asked for credit."""

REFUND: Final = "refund-credit"
"""The kind of those that correct no invoice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction(RecordedCorrection):
    """One correction of a household's ``invoice``, or a refund of its credit, which is of none.

    ``cents`` is what the invoice was the first to ask for, or what is paid back. ``adjustments`` are the numbers of
    those that one which is void had shown. A refund has the id of its correction.
    """

    kind: CorrectionKind
    because: CorrectionBecause
    household: str
    invoice: str | None
    adjustments: tuple[int, ...] = ()

    @property
    def corrects(self) -> str:
        """The invoice that it corrects; raises `ValueError` for a refund."""
        if self.invoice is None:
            raise ValueError("a refund corrects no invoice")
        return self.invoice

    @property
    def wrong_because(self) -> WrongBecause:
        """Why the invoice was wrong; raises `ValueError` for a refund."""
        if self.because == "credit-asked-for":
            raise ValueError("a refund corrects no invoice")
        return self.because


def require_reversible(correction: Correction) -> None:
    """Raise `CorrectionNotOpen` for a refund: the money has gone, or goes by itself."""
    if correction.kind == REFUND:
        raise CorrectionNotOpen(
            "a refund is not reversed: the money goes back to who paid it",
            reasons=(
                Reason(
                    rule="INV-6",
                    says="credit that was approved to be paid back is paid back",
                    citation=SOURCES["INV-6"],
                    facts={"correction": correction.correction},
                ),
            ),
        )
