"""Bank accounts kept here, their debits and the files of these, as they are given and shown: never with a number."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import BaseModel, Field

from bulkhead.web.fields import Body
from payments.domain.ach_debits import (
    AchDebit,
    AchFile,
    CalledOffBecause,
    DebitDecision,
    DebitState,
    FileState,
)
from payments.domain.bank_accounts import (
    AccountClosedBecause,
    AccountType,
    AuthorizedBy,
    BankAccount,
    DebitConsent,
    EntryClass,
)
from payments.domain.consents import ConsentLanguage


class BankAccountBody(Body):
    """A bank account that its holder gives, and what that holder agreed to."""

    routing_number: str = Field(max_length=9, description="Its bank's routing number, nine digits.")
    account_number: str = Field(
        max_length=34,
        description="Its number, 4 to 17 digits; blanks and hyphens between them do not count. It is sealed before it"
        " is kept, and never shown again but for its last four digits.",
        json_schema_extra={"writeOnly": True},
    )
    account_type: AccountType
    holder: str = Field(max_length=100, description="Whose it is, as their bank knows them.")
    consent: DebitConsent = Field(
        description="The wording that its holder agreed to: `GET /v1/bank-accounts/consents/{consent}`."
    )
    language: ConsentLanguage = Field(description="The language in which that was shown.")


class BankAccountView(BaseModel):
    """An account that is kept here. ``account`` is what it is paid from by: the ``token`` of a payment or of autopay
    whose method is `bank`.

    ``authorized`` is how its holder agreed: `online`, or `in-writing` where staff brought it. ``corrected_at`` is when
    its bank corrected it last. Nothing is drawn from one that has a ``closed_at``.
    """

    account: str
    routing_number: str
    account_last_four: str
    account_type: AccountType
    holder: str
    consent: DebitConsent
    language: ConsentLanguage
    authorized: AuthorizedBy
    kept_at: datetime
    corrected_at: datetime | None
    closed_at: datetime | None
    closed_because: AccountClosedBecause | None

    @classmethod
    def of(cls, account: BankAccount) -> BankAccountView:
        """Return the view of an account."""
        return cls(
            account=account.account,
            routing_number=account.routing_number,
            account_last_four=account.last_four,
            account_type=account.account_type,
            holder=account.holder.reveal(),
            consent=account.consent,
            language=account.language,
            authorized=account.authorized,
            kept_at=account.kept_at,
            corrected_at=account.corrected_at,
            closed_at=account.closed_at,
            closed_because=account.closed_because,
        )


class DebitConsentView(BaseModel):
    """What an account's holder agrees to, word for word."""

    consent: DebitConsent
    language: ConsentLanguage
    text: str


class DebitFileView(BaseModel):
    """A file of debits to our bank: what it is called, when its money is to move, what is in it, and whether it lies
    in its folder. ``entries`` and the totals are those of its control record, the entry that balances a batch too.
    ``withdrawn``: our database was restored before it knew whether the file lies there; its debits are held.
    """

    file: str
    name: str
    created_on: date
    modifier: str
    effective_on: date
    entries: int
    debit_cents: int
    credit_cents: int
    state: FileState
    made_at: datetime
    written_at: datetime | None

    @classmethod
    def of(cls, file: AchFile) -> DebitFileView:
        """Return the view of a file."""
        return cls(
            file=file.file,
            name=file.name,
            created_on=file.created_on,
            modifier=file.modifier,
            effective_on=file.effective_on,
            entries=file.entries,
            debit_cents=file.debit_cents,
            credit_cents=file.credit_cents,
            state=file.state,
            made_at=file.made_at,
            written_at=file.written_at,
        )


class DebitView(BaseModel):
    """One debit: of which payment, from which account, and under which trace number in which file.

    ``to-send``: the next file has it. ``sent``: a file has it, and asks for ``asked_cents``: less than its amount where
    part of its money went back before; where ``file`` is null, a person said so. ``to-call-off``: its bank closed the
    account while it waited. ``called-off``: no file will have it, ``because`` its payment ``went-back`` before or for
    its ``account-closed``. ``held``: a person has to say whether it was sent, for our database was restored; ``file``
    is the one that may have been.
    """

    payment: str
    household: str
    account: str
    amount_cents: int
    entry_class: EntryClass
    recurring: bool
    drawn_on: date
    state: DebitState
    file: str | None
    trace: str | None
    asked_cents: int | None
    because: CalledOffBecause | None

    @classmethod
    def of(cls, debit: AchDebit) -> DebitView:
        """Return the view of a debit."""
        return cls(
            payment=debit.payment,
            household=debit.household,
            account=debit.account,
            amount_cents=debit.amount_cents,
            entry_class=debit.entry_class,
            recurring=debit.recurring,
            drawn_on=debit.drawn_on,
            state=debit.state,
            file=debit.file,
            trace=debit.trace,
            asked_cents=debit.asked_cents,
            because=debit.because,
        )


class DebitDecisionBody(Body):
    """What a person found out about a debit, at the bank."""

    decision: DebitDecision = Field(
        description="`was-sent`: a file that the bank has had it. `send`: none had it, and the next file has."
    )
