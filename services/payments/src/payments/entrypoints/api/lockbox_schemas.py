"""What the API takes and shows of lockbox files and of suspense. Amounts are cents, dates local dates."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, Field, ValidationInfo, field_validator

from bulkhead.web.dates import PlainDate
from bulkhead.web.fields import Body, HouseholdId
from payments.application.declare_absences import Absences
from payments.domain.card_numbers import card_number_refused, is_card_number
from payments.domain.files_in import Became, FileState, RowProblem
from payments.domain.lockbox import LockboxFile
from payments.domain.suspense import Assignment, SuspenseItem, SuspenseReason
from payments.entrypoints.api.schemas import Named


class AssignmentBody(Body):
    """Whose money a suspense item is, and what a person reads on it that its record lacks."""

    household: HouseholdId
    selection: Named = Field(default=None, description="The selection it is for; else what the item names.")
    invoice: Named = Field(default=None, description="The invoice it is for; else what the item names.")
    received_on: PlainDate | None = Field(
        default=None,
        description="When it was received, from 2000-01-01 to today, where the item does not say; "
        "else it counts from today.",
    )
    postmarked_on: PlainDate | None = Field(
        default=None, description="Its postmark, from 2000-01-01 to its receipt, where the item does not say."
    )

    @field_validator("household", "selection", "invoice")
    @classmethod
    def _no_card_number(cls, named: str | None, info: ValidationInfo) -> str | None:
        """Refuse a card number in place of an id (PAY-1)."""
        if named is not None and is_card_number(named):
            raise card_number_refused(f"/{info.field_name}")
        return named

    def assignment(self) -> Assignment:
        """Return what is asked for."""
        return Assignment(
            household=self.household,
            received_on=self.received_on,
            postmarked_on=self.postmarked_on,
            selection=self.selection,
            invoice=self.invoice,
        )


class SuspenseItemView(BaseModel):
    """Money that is no household's yet, or was not until somebody decided, and why (PAY-3).

    ``received_on`` and ``postmarked_on`` are null where they cannot be read; ``held_since`` is the day its age
    counts from. ``dismissed``: it was the same money again; or with the sum of the file ``third_party`` it went
    back, or was told apart by it. ``decided_by`` is null where its account was heard of.
    """

    item: str
    account: str | None
    amount_cents: int
    method: Literal["card", "bank", "check", "cash", "phone"]
    received_on: date | None
    postmarked_on: date | None
    held_since: date
    selection: str | None
    invoice: str | None
    recorded_at: datetime
    reference: str | None
    origin: str
    reason: SuspenseReason
    problems: list[str]
    state: Literal["open", "assigned", "dismissed"]
    payment: str | None
    household: str | None
    decided_at: datetime | None
    decided_by: str | None
    third_party: str | None

    @classmethod
    def of(cls, item: SuspenseItem) -> SuspenseItemView:
        """Return the view of a suspense item."""
        return cls(
            item=item.item,
            account=item.account,
            amount_cents=item.amount_cents,
            method=item.method,
            received_on=item.received_on,
            postmarked_on=item.postmarked_on,
            held_since=item.held_since,
            selection=item.selection,
            invoice=item.invoice,
            recorded_at=item.recorded_at,
            reference=item.reference,
            origin=item.origin,
            reason=item.reason,
            problems=list(item.problems),
            state=item.state,
            payment=item.payment,
            household=item.household,
            decided_at=item.decided_at,
            decided_by=item.decided_by,
            third_party=item.third_party,
        )


class AbsencesBody(Body):
    """The days, both included, whose lockbox files will not come (PAY-10)."""

    first: PlainDate
    last: PlainDate


class AbsencesView(BaseModel):
    """How the business days of the range stand now."""

    absent: list[date]
    loaded: list[date]

    @classmethod
    def of(cls, absences: Absences) -> AbsencesView:
        """Return the view of declared absences."""
        return cls(absent=list(absences.absent), loaded=list(absences.loaded))


class RowProblemView(BaseModel):
    """One problem of one line of a lockbox file."""

    line: int
    field: str
    rule: str
    problem: str

    @classmethod
    def of(cls, row: RowProblem) -> RowProblemView:
        """Return the view of a row's problem."""
        return cls(line=row.line, field=row.field, rule=row.rule, problem=row.problem)


class LockboxFileView(BaseModel):
    """A lockbox file: loaded, refused whole for a reason, or set aside for a bug of ours.

    ``refused_rows`` are no money, for their amount cannot be read; ``noted_rows`` were taken all the same: of each the
    first 1,000 problems, ``refused_total`` and ``noted_total`` how many there are. Where it or a row of it was refused,
    it ``waits`` until somebody says what ``became`` of that.
    """

    file: str
    name: str
    stored_at: datetime
    state: FileState
    deposit_date: date | None
    sequence: int | None
    accepted_rows: int
    accepted_cents: int
    refused_rows: list[RowProblemView]
    noted_rows: list[RowProblemView]
    refused_total: int
    noted_total: int
    refusal: str | None
    waits: bool
    became: Became | None
    decided_at: datetime | None
    decided_by: str | None

    @classmethod
    def of(cls, file: LockboxFile) -> LockboxFileView:
        """Return the view of a lockbox file."""
        return cls(
            file=file.file,
            name=file.name,
            stored_at=file.stored_at,
            state=file.state,
            deposit_date=file.deposit_date,
            sequence=file.sequence,
            accepted_rows=file.accepted_rows,
            accepted_cents=file.accepted_cents,
            refused_rows=[RowProblemView.of(row) for row in file.refused_rows],
            noted_rows=[RowProblemView.of(row) for row in file.noted_rows],
            refused_total=file.refused_total,
            noted_total=file.noted_total,
            refusal=file.refusal,
            waits=file.waits,
            became=file.became,
            decided_at=file.decided_at,
            decided_by=file.decided_by,
        )
