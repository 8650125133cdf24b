"""What the API takes and shows of the trust account at the bank. Amounts are cents, dates local dates."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, Field, field_validator

from bulkhead.web.corrections import RecordedView, recorded
from bulkhead.web.fields import Body, Id, WrittenLine
from payments.domain.bank_days import BankDay
from payments.domain.bank_decisions import BankDecision, BankDecisionKind, BankReason
from payments.domain.bank_file import BankFormat, Direction
from payments.domain.bank_statements import BankEntry, BankFile, BankStatement, ItemState
from payments.domain.card_numbers import card_number_refused, looks_like_card_number
from payments.domain.files_in import Became, FileState
from payments.domain.trust_movements import MovementKind, TrustMovement
from payments.entrypoints.api.lockbox_schemas import RowProblemView

MOST_ITEMS = 200


class BankReasonBody(Body):
    """Why something is decided."""

    because: BankReason = Field(
        description="Why: both sides are the same money or are not, it is the bank's fee or interest, who made an"
        " error, it is of before the first statement, or else."
    )
    note: WrittenLine | None = Field(
        default=None, description="More of it, for other operators; nothing about a person."
    )

    @field_validator("note")
    @classmethod
    def _no_card_number_in_it(cls, note: str | None) -> str | None:
        """Refuse a card number (PAY-1)."""
        if note is not None and looks_like_card_number(note):
            raise card_number_refused("/note")
        return note


class BankItemsBody(BankReasonBody):
    """Entries of statements and movements of the books, by their ids."""

    entries: Annotated[list[Id], Field(max_length=MOST_ITEMS)] = Field(
        default_factory=list[Id], description="Entries of the bank's statements."
    )
    movements: Annotated[list[Id], Field(max_length=MOST_ITEMS)] = Field(
        default_factory=list[Id], description="Movements of the books."
    )


class BankFileView(BaseModel):
    """A statement file: loaded, refused whole for a reason, or set aside for a bug of ours.

    ``file`` is the hash of its bytes. ``problems`` say, by line, what of a refused file is not as it must be, and what
    of a loaded one was passed over. A refused one ``waits`` until somebody says what ``became`` of it. A ``page`` of a
    ``message`` in several files is loaded, has no statements and waits until all pages are there; ``problems`` say
    which are missing.
    """

    file: str
    name: str
    stored_at: datetime
    state: FileState
    format: BankFormat | None
    statements: int
    problems: list[RowProblemView]
    refusal: str | None
    waits: bool
    became: Became | None
    decided_at: datetime | None
    decided_by: str | None
    message: str | None
    page: int | None

    @classmethod
    def of(cls, file: BankFile) -> BankFileView:
        """Return the view of a statement file."""
        return cls(
            file=file.file,
            name=file.name,
            stored_at=file.stored_at,
            state=file.state,
            format=file.format,
            statements=file.statements,
            problems=[RowProblemView.of(each) for each in file.problems],
            refusal=file.refusal,
            waits=file.waits,
            became=file.became,
            decided_at=file.decided_at,
            decided_by=file.decided_by,
            message=file.message,
            page=file.page,
        )


class BankStatementView(BaseModel):
    """What the bank says of the trust account on a day. ``account`` is the end of its number."""

    statement: str
    file: str
    account: str
    day: date
    number: str | None
    opening_cents: int
    credit_cents: int
    debit_cents: int
    closing_cents: int
    entries: int
    recorded_at: datetime

    @classmethod
    def of(cls, statement: BankStatement) -> BankStatementView:
        """Return the view of a statement."""
        return cls(
            statement=statement.statement,
            file=statement.file,
            account=statement.account,
            day=statement.day,
            number=statement.number,
            opening_cents=statement.opening_cents,
            credit_cents=statement.credit_cents,
            debit_cents=statement.debit_cents,
            closing_cents=statement.closing_cents,
            entries=statement.entries,
            recorded_at=statement.recorded_at,
        )


class BankEntryView(BaseModel):
    """One entry of a statement. ``open``: nothing in the books is known to be it. ``settled_by`` is the match or the
    note; ``age_days`` how many days ago it was booked.
    """

    entry: str
    statement: str
    file: str
    line: int
    day: date
    booked_on: date
    direction: Direction
    amount_cents: int
    code: str | None
    reference: str | None
    bank_reference: str | None
    state: ItemState
    settled_by: str | None
    age_days: int

    @classmethod
    def of(cls, entry: BankEntry, *, today: date) -> BankEntryView:
        """Return the view of an entry as of today."""
        return cls(
            entry=entry.entry,
            statement=entry.statement,
            file=entry.file,
            line=entry.line,
            day=entry.day,
            booked_on=entry.booked_on,
            direction=entry.direction,
            amount_cents=entry.amount_cents,
            code=entry.code,
            reference=entry.reference,
            bank_reference=entry.bank_reference,
            state=entry.state,
            settled_by=entry.settled_by,
            age_days=(today - entry.booked_on).days,
        )


class TrustMovementView(BaseModel):
    """What the books moved on the trust account. ``open``: no statement is known to have it. ``of`` is the record that
    it follows from, ``age_days`` how many days ago it moved.
    """

    movement: str
    kind: MovementKind
    of: str
    on: date
    direction: Direction
    amount_cents: int
    reference: str | None
    state: ItemState
    settled_by: str | None
    age_days: int

    @classmethod
    def of_it(cls, movement: TrustMovement, *, today: date) -> TrustMovementView:
        """Return the view of a movement as of today."""
        return cls(
            movement=movement.movement,
            kind=movement.kind,
            of=movement.of,
            on=movement.on,
            direction=movement.direction,
            amount_cents=movement.amount_cents,
            reference=movement.reference,
            state=movement.state,
            settled_by=movement.settled_by,
            age_days=(today - movement.on).days,
        )


class DifferenceView(BaseModel):
    """Cents by which books and bank differ: a statement does not open with what the one before it closed with
    (``statements``), or the ledger is not the sum of its movements (``movements``).
    """

    because: str
    day: date
    amount_cents: int


class BankDayView(BaseModel):
    """A day of the trust account, by the books and by the bank.

    ``brought_forward_cents`` + ``ledger_cents`` - ``not_on_statement_cents`` + ``not_in_books_cents`` is what is
    expected; ``difference_cents`` is what the bank has above that, and ``differences`` say why. ``missing`` are banking
    days without a statement.
    """

    day: date
    agrees: bool
    ledger_cents: int
    brought_forward_cents: int
    not_on_statement_cents: int
    not_in_books_cents: int
    noted_movements_cents: int
    noted_entries_cents: int
    expected_cents: int
    closing_cents: int | None
    difference_cents: int | None
    statement: str | None
    statement_day: date | None
    open_movements: int
    open_entries: int
    missing: list[date]
    differences: list[DifferenceView]

    @classmethod
    def of(cls, day: BankDay) -> BankDayView:
        """Return the view of a day."""
        return cls(
            day=day.day,
            agrees=day.agrees,
            ledger_cents=day.ledger_cents,
            brought_forward_cents=day.brought_forward_cents,
            not_on_statement_cents=day.not_on_statement_cents,
            not_in_books_cents=day.not_in_books_cents,
            noted_movements_cents=day.noted_movements_cents,
            noted_entries_cents=day.noted_entries_cents,
            expected_cents=day.expected_cents,
            closing_cents=day.closing_cents,
            difference_cents=day.difference_cents,
            statement=None if day.statement is None else day.statement.statement,
            statement_day=None if day.statement is None else day.statement.day,
            open_movements=day.open_movements,
            open_entries=day.open_entries,
            missing=list(day.missing),
            differences=[
                DifferenceView(because=each.because, day=each.day, amount_cents=each.cents)
                for each in day.differences
            ],
        )


class BankDecisionView(RecordedView):
    """What somebody decided about the trust account, why, and what became of it (PAY-13, OPS-5)."""

    kind: BankDecisionKind
    because: BankReason
    entries: list[str]
    movements: list[str]
    settled_by: str | None
    file: str | None

    @classmethod
    def of(cls, decision: BankDecision) -> BankDecisionView:
        """Return the view of a decision."""
        return cls(
            **recorded(decision),
            kind=decision.kind,
            because=decision.because,
            entries=list(decision.entries),
            movements=list(decision.movements),
            settled_by=decision.settled_by,
            file=decision.file,
        )
