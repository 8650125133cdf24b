"""What the API takes and shows of the bank's return files. Amounts are cents, dates local dates."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, Field, field_validator

from bulkhead.kernel.personal import Masked
from bulkhead.web.dates import PlainDate
from bulkhead.web.fields import Body, Id, WrittenLine
from payments.application.decide_return_items import ItemAssignment
from payments.domain.card_numbers import card_number_refused, looks_like_card_number
from payments.domain.events import ReturnKind
from payments.domain.files_in import Became, FileState
from payments.domain.return_codes import means
from payments.domain.return_files import ReturnFile, ReturnItem, ReturnItemReason, ReturnItemState
from payments.entrypoints.api.lockbox_schemas import RowProblemView


class ReturnDismissalBody(Body):
    """Why there is nothing to record of an item."""

    note: WrittenLine | None = Field(
        default=None, description="Why, for other operators; nothing about a person."
    )

    @field_validator("note")
    @classmethod
    def _no_card_number_in_it(cls, note: str | None) -> str | None:
        """Refuse a card number (PAY-1)."""
        if note is not None and looks_like_card_number(note):
            raise card_number_refused("/note")
        return note

    @property
    def why(self) -> Masked | None:
        """The note as it is kept."""
        return None if self.note is None else Masked(self.note)


class ReturnAssignmentBody(ReturnDismissalBody):
    """Which payment an item says of that it went back, and why."""

    payment: Id
    on: PlainDate | None = Field(
        default=None,
        description="The day it went back, from the payment's receipt to today; the item's own if left out.",
    )
    kind: ReturnKind | None = Field(
        default=None,
        description="What kind of return it is, where no table has the item's code: then it must be given, and the "
        "note too.",
    )

    @property
    def assignment(self) -> ItemAssignment:
        """What is asked for."""
        return ItemAssignment(payment=self.payment, on=self.on, kind=self.kind, note=self.why)


class ReturnFileView(BaseModel):
    """A return file: loaded, refused whole for a reason, or set aside for a bug of ours.

    ``file`` is the hash of its bytes. ``debit_cents`` and ``credit_cents`` are the totals of its control record.
    ``problems`` say, by line, what of a refused file is not as it must be. It ``waits`` until somebody says what
    ``became`` of it.
    """

    file: str
    name: str
    stored_at: datetime
    state: FileState
    origin: str | None
    created_on: date | None
    modifier: str | None
    entries: int
    debit_cents: int
    credit_cents: int
    problems: list[RowProblemView]
    refusal: str | None
    waits: bool
    became: Became | None
    decided_at: datetime | None
    decided_by: str | None

    @classmethod
    def of(cls, file: ReturnFile) -> ReturnFileView:
        """Return the view of a return file."""
        return cls(
            file=file.file,
            name=file.name,
            stored_at=file.stored_at,
            state=file.state,
            origin=file.origin,
            created_on=file.created_on,
            modifier=file.modifier,
            entries=file.entries,
            debit_cents=file.debit_cents,
            credit_cents=file.credit_cents,
            problems=[RowProblemView.of(each) for each in file.problems],
            refusal=file.refusal,
            waits=file.waits,
            became=file.became,
            decided_at=file.decided_at,
            decided_by=file.decided_by,
        )


class ReturnItemView(BaseModel):
    """What one entry of a return file says, and what became of it (PAY-5).

    ``code`` is the bank's reason and ``means`` what that stands for. ``recorded``: its payment is returned by it.
    ``confirmed``: an operator had recorded that before. ``open``: it waits for a person, for ``reason``.
    ``identification`` is what its payment is called at the banks, null where it is no name of ours. ``decided_by`` is
    who assigned or dismissed it, and ``note`` why.
    """

    item: str
    file: str
    line: int
    code: str | None
    means: str | None
    direction: Literal["debit", "credit"]
    amount_cents: int
    identification: str | None
    original_trace: str | None
    trace: str
    settled_on: date
    state: ReturnItemState
    reason: ReturnItemReason | None
    problems: list[RowProblemView]
    payment: str | None
    household: str | None
    recorded_at: datetime
    decided_at: datetime | None
    decided_by: str | None
    note: str | None

    @classmethod
    def of(cls, item: ReturnItem) -> ReturnItemView:
        """Return the view of a return item."""
        return cls(
            item=item.item,
            file=item.file,
            line=item.line,
            code=item.code,
            means=None if item.code is None else means(item.code),
            direction=item.direction,
            amount_cents=item.amount_cents,
            identification=item.identification,
            original_trace=item.original_trace,
            trace=item.trace,
            settled_on=item.settled_on,
            state=item.state,
            reason=item.reason,
            problems=[RowProblemView.of(each) for each in item.problems],
            payment=item.payment,
            household=item.household,
            recorded_at=item.recorded_at,
            decided_at=item.decided_at,
            decided_by=item.decided_by,
            note=None if item.note is None else item.note.reveal(),
        )
