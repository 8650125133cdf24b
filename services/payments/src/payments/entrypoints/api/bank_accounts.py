"""Bank accounts kept here, and what is drawn from them (PAY-1, PAY-8)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, cast

from fastapi import APIRouter, Depends, Response

from bulkhead.kernel.errors import NotFound
from bulkhead.kernel.personal import Masked
from bulkhead.web.commands import Command, HouseholdPath, Query, commands, queries
from bulkhead.web.dates import PlainDate
from bulkhead.web.fields import Id
from bulkhead.web.pagination import Page, Paging, read_page
from bulkhead.web.refusals import refusals
from payments.application.close_bank_accounts import close_bank_account
from payments.application.find_payment import household_of
from payments.application.hold_debits import decide_debit
from payments.application.keep_bank_accounts import accounts_of, keep_bank_account
from payments.domain.ach_debits import AchDebit, AchFile, DebitNotHeld, DebitState
from payments.domain.bank_accounts import (
    DEBIT_CONSENTS,
    AccountClosed,
    DebitConsent,
    GivenAccount,
    NoAccountsKept,
    account_id,
    no_accounts_kept,
)
from payments.domain.consents import ConsentLanguage
from payments.domain.passings import PaidThere
from payments.entrypoints.api.bank_account_schemas import (
    BankAccountBody,
    BankAccountView,
    DebitConsentView,
    DebitDecisionBody,
    DebitFileView,
    DebitView,
)
from payments.entrypoints.api.card_numbers import require_no_card_number
from payments.entrypoints.api.intake import Intake

router = APIRouter(tags=["bank accounts"], dependencies=[Depends(require_no_card_number)])


@router.post(
    "/v1/households/{household}/bank-accounts",
    status_code=201,
    response_model=BankAccountView,
    operation_id="keepBankAccount",
    summary="Keep a bank account to pay from",
    responses=refusals(NotFound, NoAccountsKept, PaidThere),
)
async def post_bank_account(
    household: HouseholdPath,
    body: BankAccountBody,
    command: Annotated[Command, Depends(commands("member", "assister", "operator"))],
) -> Response:
    """Keep a bank account, its number sealed, to be paid from by `account`: at once, or by autopay (PAY-1).

    What a member or assister gives was agreed to online (NACHA's class WEB); what an operator gives, in writing (PPD).
    409 where no accounts are kept here.
    """
    command.require_household(household)
    keys = cast(Intake, command.dependencies).account_keys
    if keys is None:
        raise no_accounts_kept()
    key = await command.known_as(keys.blind)
    given = GivenAccount(
        account=account_id(key.scope, key.key),
        household=household,
        routing_number=body.routing_number,
        number=Masked(body.account_number),
        account_type=body.account_type,
        holder=Masked(body.holder),
        consent=body.consent,
        language=body.language,
        authorized="in-writing" if "operator" in command.caller.roles else "online",
        kept_by=command.caller.subject,
    )
    return await command.run(
        households=[household],
        body=body,
        use_case=lambda uow: keep_bank_account(uow, given, keys=keys),
        view=BankAccountView.of,
        status=201,
    )


@router.get(
    "/v1/households/{household}/bank-accounts",
    operation_id="listBankAccounts",
    summary="List a household's bank accounts",
    responses=refusals(NotFound),
)
async def list_bank_accounts(
    household: HouseholdPath,
    query: Annotated[Query, Depends(queries("member", "assister", "operator"))],
    paging: Paging,
) -> Page[BankAccountView]:
    """Return the accounts that are kept here in the order they were given, closed ones too; of their numbers the last
    four digits (PAY-1).
    """
    query.require_household(household)
    async with query.begin() as uow:
        accounts = await accounts_of(uow, household)
    return paging.page_of(
        accounts, key=lambda each: (each.kept_at.isoformat(), each.account), view=BankAccountView.of
    )


@router.post(
    "/v1/households/{household}/bank-accounts/{account}/closings",
    status_code=201,
    response_model=BankAccountView,
    operation_id="closeBankAccount",
    summary="Draw no more from a bank account",
    responses=refusals(NotFound, AccountClosed),
)
async def post_closing(
    household: HouseholdPath,
    account: Id,
    command: Annotated[Command, Depends(commands("member", "assister", "operator"))],
) -> Response:
    """Take back what its holder agreed to: nothing more is drawn from it, and autopay from it ends (PAY-1, PAY-8). What
    was drawn before goes on. 409 where it is closed.
    """
    command.require_household(household)
    return await command.run(
        households=[household],
        use_case=lambda uow: close_bank_account(uow, household, account),
        view=BankAccountView.of,
        status=201,
    )


@router.get(
    "/v1/bank-accounts/consents/{consent}",
    operation_id="getDebitConsent",
    summary="Read what an account's holder agrees to",
)
async def get_debit_consent(
    consent: DebitConsent,
    _query: Annotated[Query, Depends(queries("member", "assister", "operator"))],
    language: ConsentLanguage = "en",
) -> DebitConsentView:
    """Return a wording of the consent to debits, to be shown to who agrees to it."""
    return DebitConsentView(consent=consent, language=language, text=DEBIT_CONSENTS[consent][language])


@router.get("/v1/debit-files", operation_id="listDebitFiles", summary="List the files of debits to our bank")
async def list_debit_files(
    query: Annotated[Query, Depends(queries("operator"))],
    paging: Paging,
    created_on: PlainDate | None = None,
) -> Page[DebitFileView]:
    """Return the files in the order of their names, by day and modifier, each with when its money is to move and what
    it comes to.
    """
    asked: dict[str, Any] = {} if created_on is None else {"created_on": created_on}
    async with query.begin() as uow:
        files = await read_page(uow.records(AchFile), paging, key=("name", "file"), **asked)
    return paging.page(files, key=lambda each: (each.name, each.file), view=DebitFileView.of)


@router.get("/v1/debits", operation_id="listDebits", summary="List debits of bank accounts")
async def list_debits(
    query: Annotated[Query, Depends(queries("operator"))],
    paging: Paging,
    file: Id | None = None,
    state: DebitState | None = None,
    trace: Id | None = None,
    drawn_on: date | None = None,
) -> Page[DebitView]:
    """Return debits by household: those of a file, those that wait for one or for a person, or the one that a bank
    names by its trace number.
    """
    asked: dict[str, Any] = {"file": file, "state": state, "trace": trace, "drawn_on": drawn_on}
    conditions = {name: value for name, value in asked.items() if value is not None}
    async with query.begin() as uow:
        found = await read_page(uow.records(AchDebit), paging, key=("household", "payment"), **conditions)
    return paging.page(found, key=lambda each: (each.household, each.payment), view=DebitView.of)


@router.post(
    "/v1/debits/{payment}/decisions",
    status_code=201,
    response_model=DebitView,
    operation_id="decideDebit",
    summary="Say whether a held debit was sent",
    responses=refusals(NotFound, DebitNotHeld),
)
async def post_debit_decision(
    payment: Id,
    body: DebitDecisionBody,
    command: Annotated[Command, Depends(commands("operator"))],
) -> Response:
    """Say of a debit that is held, since our database was restored, whether a file had it: it is asked for once."""
    async with command.begin() as uow:
        household = await household_of(uow, payment)
    return await command.run(
        households=[household],
        body=body,
        use_case=lambda uow: decide_debit(uow, payment, decision=body.decision),
        view=DebitView.of,
        status=201,
    )
