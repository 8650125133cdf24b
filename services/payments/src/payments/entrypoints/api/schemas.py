"""What payments' API takes and shows. Amounts are cents, dates the exchange's local dates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Annotated, Any, Literal, cast

from pydantic import BaseModel, Field, model_validator

from bulkhead.web.authority import StatedBy
from bulkhead.web.dates import PlainDate
from bulkhead.web.fields import Body, Id, Like
from payments.application.find_outcome import Outcome, OutcomeKind
from payments.domain.books import BooksReport
from payments.domain.card_numbers import card_number_refused, is_card_number, looks_like_card_number
from payments.domain.declines import DeclineReason
from payments.domain.events import ReturnKind
from payments.domain.payments import LARGEST_PAYMENT_CENTS, Payment
from payments.domain.refunds import RefundPart
from payments.domain.remittances import Remittance, RemittanceLine, RemittanceToTell
from payments.domain.trials import OnlineTrial, TrialOutcome

Named = Id | None
"""A selection or an invoice that money is named for."""


_METHOD = StatedBy(
    ("operator",),
    rule="PAY-1",
    says="Members pay online by card or bank account; cash, checks and payments by phone are recorded by operators.",
    else_only=("card", "bank"),
)
_DATES = StatedBy(
    ("operator",),
    rule="PAY-3",
    says="An online payment is received when it is made; the dates of any other are given by the operator who has it.",
)


class PaymentBody(Body):
    """A payment to be taken. Card and bank need a ``token``, whoever brings them.

    An operator may record any method, card and bank too, and say when the money was received and postmarked.
    """

    amount_cents: int = Field(
        description="Cents, above 0.",
        json_schema_extra={"minimum": 1, "maximum": LARGEST_PAYMENT_CENTS},
    )
    method: Annotated[Literal["card", "bank", "check", "cash", "phone"], _METHOD] = Field(
        description="`card` and `bank` go through the processor, or `bank` by a debit of an account kept here;"
        " operators record the others (PAY-1)."
    )
    token: str | None = Field(
        default=None,
        max_length=200,
        description="The processor's token of a card or bank account, or the `account` of one kept here; never its"
        " number (PAY-1).",
    )
    at_selection: bool = Field(default=False, description="Whether it is paid in the named selection itself.")
    selection: Named = Field(default=None, description="The selection it is for, known or not (INV-5).")
    invoice: Named = Field(default=None, description="The invoice it is for, known or not (INV-5).")
    received_on: Annotated[PlainDate | None, _DATES] = Field(
        default=None,
        description="When it was received, from 2000-01-01 to today; today if left out. An operator says it.",
    )
    postmarked_on: Annotated[PlainDate | None, _DATES] = Field(
        default=None,
        description="Its postmark, from 2000-01-01 to its receipt (PAY-3). An operator says it.",
    )

    @model_validator(mode="before")
    @classmethod
    def _no_card_number(cls, body: Any) -> Any:
        """Refuse what looks like a card number in any field, known or not, before anything else (PAY-1)."""
        for name, value in _fields_of(body).items():
            test = is_card_number if name in ("selection", "invoice") else looks_like_card_number
            if name != "amount_cents" and any(test(text) for text in _texts(value)):
                raise card_number_refused(f"/{name}" if name in cls.model_fields else "/")
        return body


class ReturnBody(Body):
    """A payment's return, as the bank or the card network says it (PAY-5)."""

    amount_cents: int = Field(
        description="Cents: the payment's amount less what was moved of it, so that a slip of the hand returns no other"
        " payment.",
        json_schema_extra={"minimum": 1, "maximum": LARGEST_PAYMENT_CENTS},
    )
    kind: ReturnKind = Field(
        description="Why: not enough money, an account that is closed, taken back by the card's issuer, or else."
    )
    on: PlainDate = Field(description="The day of the return, from the payment's receipt to today.")
    reference: Annotated[str, Like(r"^[A-Za-z0-9./-]+$", "must be letters, digits, . / and -")] = Field(
        min_length=1, max_length=64, description="The bank's reference of it."
    )


def _fields_of(body: Any) -> dict[str, Any]:
    return cast("dict[str, Any]", body) if isinstance(body, dict) else {}


def _texts(value: Any) -> Iterator[str]:
    """Yield every text and number in a value, however deep it is nested."""
    left = [value]
    while left:
        each = left.pop()
        if isinstance(each, str | int) and not isinstance(each, bool):
            yield str(each)
        elif isinstance(each, dict):
            left.extend(cast("dict[Any, Any]", each).values())
        elif isinstance(each, list):
            left.extend(cast("list[Any]", each))


class PaymentView(BaseModel):
    """A payment, with the selection or invoice it was named for (INV-5).

    ``cleared_on`` is when its money became the exchange's (PAY-4); until then ``clears_on`` says when.
    ``returned_on`` is when it went back (PAY-5). ``moved_cents`` of it are payments of other households now;
    ``moved_from`` is the payment of which a ``correction`` moved this one here (PAY-11). ``identification`` is
    what a payment from a bank account is called at the banks: its individual identification number.
    """

    payment: str
    household: str
    amount_cents: int
    method: Literal["card", "bank", "check", "cash", "phone"]
    received_on: date
    postmarked_on: date | None
    known_at: datetime
    at_selection: bool
    selection: str | None
    invoice: str | None
    status: Literal["received", "cleared", "returned", "moved"]
    clears_on: date
    cleared_on: date | None
    returned_on: date | None
    moved_cents: int
    moved_from: str | None
    correction: str | None
    identification: str | None

    @classmethod
    def of(cls, payment: Payment) -> PaymentView:
        """Return the view of a payment."""
        return cls(
            payment=payment.payment,
            household=payment.household,
            amount_cents=payment.amount_cents,
            method=payment.method,
            received_on=payment.received_on,
            postmarked_on=payment.postmarked_on,
            known_at=payment.known_at,
            at_selection=payment.at_selection,
            selection=payment.selection,
            invoice=payment.invoice,
            status=payment.status,
            clears_on=payment.clears_on,
            cleared_on=payment.cleared_on,
            returned_on=payment.returned_on,
            moved_cents=payment.moved_cents,
            moved_from=payment.moved_from,
            correction=payment.correction,
            identification=payment.identification,
        )


_OUTCOMES: Mapping[OutcomeKind, str] = {
    "taken": "The payment was taken and is recorded.",
    "not-taken": "Nothing was taken: the processor did not get it. The same request takes it.",
    "declined": "Nothing was taken: the card or bank account was declined. Pay in another way, under a new key.",
    "refused": "Nothing was taken: the request was refused; sent again, it gets the same answer.",
    "not-known-yet": "The processor was asked and has not answered. It is asked until it does: do not pay anew yet.",
    "not-received": "You asked for no payment under this key, or it has not arrived yet: the same request is safe.",
}


class PaymentOutcomeView(BaseModel):
    """What is known of a payment that was asked for. ``says`` is the same in words; ``amount_cents`` what was asked
    of the processor, None where nothing was; ``decline`` why it took nothing; ``payment`` what was taken.
    """

    outcome: OutcomeKind
    says: str
    amount_cents: int | None
    decline: DeclineReason | None
    payment: PaymentView | None

    @classmethod
    def of(cls, outcome: Outcome) -> PaymentOutcomeView:
        """Return the view of an outcome."""
        return cls(
            outcome=outcome.kind,
            says=_OUTCOMES[outcome.kind],
            amount_cents=outcome.attempt.amount_cents if outcome.attempt else None,
            decline=outcome.attempt.decline if outcome.attempt else None,
            payment=PaymentView.of(outcome.payment) if outcome.payment else None,
        )


class RemittanceLineView(BaseModel):
    """One policy's coverage month: paid (positive) or taken back (negative)."""

    household: str
    policy: str
    month: str
    cents: int
    settlement: str

    @classmethod
    def of(cls, line: RemittanceLine) -> RemittanceLineView:
        """Return the view of a remittance line."""
        return cls(
            household=line.household,
            policy=line.policy,
            month=str(line.month),
            cents=line.cents,
            settlement=line.settlement,
        )


class RemittanceView(BaseModel):
    """What a carrier was paid. ``carried_cents`` is what it owes after it, ``brought_forward_cents`` before
    (PAY-7).

    ``lines`` shows the first lines; ``line_count`` says how many there are. ``parts_to_tell`` says in how many
    parts a long one is still to be told by events: 0 when it is told whole.
    """

    remittance: str
    carrier: str
    business_date: date
    issued_on: date
    sequence: int
    brought_forward_cents: int
    total_cents: int
    carried_cents: int
    file: str
    file_state: Literal["to-write", "written"]
    parts_to_tell: int
    line_count: int
    lines: list[RemittanceLineView]

    @classmethod
    def of(
        cls, remittance: Remittance, *, telling: RemittanceToTell | None, lines: list[RemittanceLine]
    ) -> RemittanceView:
        """Return the view of a remittance, of how far it is told, and of the lines it shows."""
        return cls(
            remittance=remittance.remittance,
            carrier=remittance.carrier,
            business_date=remittance.business_date,
            issued_on=remittance.issued_on,
            sequence=remittance.sequence,
            brought_forward_cents=remittance.brought_forward_cents,
            total_cents=remittance.total_cents,
            carried_cents=remittance.carried_cents,
            file=remittance.file,
            file_state=remittance.file_state,
            parts_to_tell=0 if telling is None else telling.parts - telling.part + 1,
            line_count=remittance.lines,
            lines=[RemittanceLineView.of(line) for line in lines],
        )


class RefundPartView(BaseModel):
    """What goes back of one payment: through the processor, or by a check with this number (INV-6); withdrawn where the
    payment itself was returned first (PAY-5).
    """

    refund: str
    payment: str
    household: str
    cents: int
    way: Literal["processor", "check"]
    reference: str
    state: Literal["due", "paid", "withdrawn"]
    paid_on: date | None

    @classmethod
    def of(cls, part: RefundPart) -> RefundPartView:
        """Return the view of a part of a refund."""
        return cls(
            refund=part.refund,
            payment=part.payment,
            household=part.household,
            cents=part.cents,
            way=part.way,
            reference=part.reference,
            state=part.state,
            paid_on=part.paid_on,
        )


class AgeBucketView(BaseModel):
    """Cents no carrier has been paid yet, received so many days ago; without ``to_days``: or longer."""

    from_days: int
    to_days: int | None
    cents: int


class BooksView(BaseModel):
    """Where every cent is (PAY-9): received = remitted + settled waiting + not applied + suspense + refunded
    + returned.

    ``remitted_cents`` leaves out ``recoverable_cents``: what carriers hold of premiums that no longer stand,
    until the next remittance takes it back. ``refunds_due_cents`` is the part of ``refunded_cents`` that is
    not paid out yet.
    """

    received_cents: int
    remitted_cents: int
    settled_waiting_cents: int
    not_applied_cents: int
    suspense_cents: int
    refunded_cents: int
    returned_cents: int
    balanced: bool
    closed_through: date | None
    recoverable_cents: int
    refunds_due_cents: int
    carriers_owe_cents: int
    unremitted_by_age: list[AgeBucketView]

    @classmethod
    def of(cls, report: BooksReport) -> BooksView:
        """Return the view of the books."""
        places = report.places
        return cls(
            received_cents=report.taken.received_cents,
            remitted_cents=places.remitted_cents,
            settled_waiting_cents=places.settled_waiting_cents,
            not_applied_cents=places.not_applied_cents,
            suspense_cents=places.suspense_cents,
            refunded_cents=places.refunded_cents,
            returned_cents=places.returned_cents,
            balanced=report.balanced,
            closed_through=report.closed_through,
            recoverable_cents=places.recoverable_cents,
            refunds_due_cents=places.refunds_due_cents,
            carriers_owe_cents=report.checks.carriers_owe_cents,
            unremitted_by_age=[
                AgeBucketView(from_days=each.from_days, to_days=each.to_days, cents=each.cents)
                for each in report.unremitted_by_age
            ],
        )


class OnlinePaymentView(BaseModel):
    """Whether money can be paid online, and how that was found out."""

    takes_payments: bool
    outcome: TrialOutcome = Field(
        description="`ok`; `not-open`: it has not been opened yet; or what is wrong with the processor: it cannot be "
        "reached, does not answer, declines a card that is good, or answers what cannot be understood."
    )
    tried_at: datetime

    @classmethod
    def of(cls, trial: OnlineTrial) -> OnlinePaymentView:
        """Return a try as the API shows it."""
        return cls(takes_payments=trial.takes_payments, outcome=trial.outcome, tried_at=trial.tried_at)
