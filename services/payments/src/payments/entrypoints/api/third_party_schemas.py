"""What the API takes and shows of the sums of third parties. Amounts are cents, dates local dates."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from bulkhead.kernel.personal import Masked
from bulkhead.web.dates import PlainDate
from bulkhead.web.fields import Body, Id, Like, Line
from payments.application.return_third_party import SumParts
from payments.domain.events import ReturnKind
from payments.domain.lockbox_faults import LONGEST_REFERENCE
from payments.domain.payer_kinds import PayerKind
from payments.domain.payments import LARGEST_PAYMENT_CENTS
from payments.domain.third_parties import LONGEST_PAYER, MOST_LINES, Means, ThirdParty, ThirdPartyPayment
from payments.domain.third_party_file import SumLine
from payments.entrypoints.api.schemas import Named

_LARGEST_SUM_CENTS = LARGEST_PAYMENT_CENTS * MOST_LINES


class SumLineBody(Body):
    """What is paid for one household, and the selection or the invoice that it is for."""

    account: Id
    amount_cents: int = Field(ge=1, le=LARGEST_PAYMENT_CENTS)
    selection: Named = None
    invoice: Named = None

    def line(self) -> SumLine:
        """Return what is asked for."""
        named = f"selection:{self.selection}" if self.selection else ""
        named = f"invoice:{self.invoice}" if self.invoice else named
        return SumLine(account=self.account, amount_cents=self.amount_cents, names=named)


class ThirdPartyBody(Body):
    """One sum, who paid it, and for whom. The lines add up to it."""

    payer: Line = Field(max_length=LONGEST_PAYER)
    payer_kind: PayerKind
    means: Means = Field(
        description="By which the sum came: one check, one credit on the trust account, or a check of a lockbox"
        " file that waits in suspense."
    )
    number: Line = Field(
        max_length=LONGEST_REFERENCE,
        description="The check's number, the entry's reference at the bank, or the item of suspense.",
    )
    received_on: PlainDate = Field(description="When the whole was received: the day each line counts from.")
    postmarked_on: PlainDate | None = None
    total_cents: int = Field(ge=1, le=_LARGEST_SUM_CENTS)
    lines: list[SumLineBody] = Field(min_length=1, max_length=MOST_LINES)

    def said(self) -> ThirdParty:
        """Return who pays what by which means."""
        return ThirdParty(
            payer=Masked(self.payer),
            payer_kind=self.payer_kind,
            means=self.means,
            reference=self.number,
            postmarked_on=self.postmarked_on,
            amount_cents=self.total_cents,
        )


class SumReturnBody(Body):
    """The return of a whole sum, as the bank says it (PAY-5)."""

    kind: ReturnKind
    on: PlainDate = Field(description="The day of the return, from the sum's receipt to today.")
    reference: Annotated[str, Like(r"^[A-Za-z0-9./-]+$", "must be letters, digits, . / and -")] = Field(
        min_length=1, max_length=64, description="The bank's reference of it."
    )


class ThirdPartyView(BaseModel):
    """One sum that is recorded; ``returned_cents`` of it went back with the whole, the rest line by line before."""

    file: str
    payer: str
    payer_kind: PayerKind
    means: Means
    number: str
    received_on: date
    postmarked_on: date | None
    amount_cents: int
    line_count: int
    recorded_at: datetime
    returned_on: date | None
    returned_cents: int
    return_kind: ReturnKind | None
    return_reference: str | None
    returned_by: str | None

    @classmethod
    def of(cls, paid: ThirdPartyPayment) -> ThirdPartyView:
        """Return the view of a sum."""
        return cls(
            file=paid.file,
            payer=paid.payer.reveal(),
            payer_kind=paid.payer_kind,
            means=paid.means,
            number=paid.reference,
            received_on=paid.received_on,
            postmarked_on=paid.postmarked_on,
            amount_cents=paid.amount_cents,
            line_count=paid.lines,
            recorded_at=paid.recorded_at,
            returned_on=paid.returned_on,
            returned_cents=paid.returned_cents,
            return_kind=paid.return_kind,
            return_reference=paid.return_reference,
            returned_by=paid.returned_by,
        )


class SumPaymentView(BaseModel):
    """A payment that a line became, or that its money was moved to."""

    payment: str
    household: str
    amount_cents: int
    status: Literal["received", "cleared", "returned", "moved"]
    moved_from: str | None


class SumItemView(BaseModel):
    """What of a sum is in suspense, or was."""

    item: str
    account: str | None
    amount_cents: int
    reason: str
    state: Literal["open", "assigned", "dismissed"]


class SumPartsView(BaseModel):
    """What a sum became."""

    payments: list[SumPaymentView]
    suspense: list[SumItemView]

    @classmethod
    def of(cls, parts: SumParts) -> SumPartsView:
        """Return the view of what a sum became."""
        return cls(
            payments=[
                SumPaymentView(
                    payment=each.payment,
                    household=each.household,
                    amount_cents=each.amount_cents,
                    status=each.status,
                    moved_from=each.moved_from,
                )
                for each in parts.payments
            ],
            suspense=[
                SumItemView(
                    item=each.item,
                    account=each.account,
                    amount_cents=each.amount_cents,
                    reason=each.reason,
                    state=each.state,
                )
                for each in parts.items
            ],
        )
