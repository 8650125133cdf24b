"""The trust account at the bank: statement files, statements, what is open, and what people decide (PAY-13)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeAlias

from fastapi import APIRouter, Depends, Response

from bulkhead.kernel.corrections import (
    CorrectionNotOpen,
    CorrectionState,
    CorrectionWaits,
    SecondPersonNeeded,
)
from bulkhead.kernel.errors import InvalidValue, NotFound
from bulkhead.persistence.corrections import find_correction
from bulkhead.persistence.ports import UnitOfWork
from bulkhead.web.commands import Command, Query, commands, queries
from bulkhead.web.corrections import DecisionBody, asked_of, corrections_of
from bulkhead.web.dates import PlainDate
from bulkhead.web.fields import Id
from bulkhead.web.pagination import Page, Paging
from bulkhead.web.refusals import refusals
from payments.application.decide_bank_items import (
    Asked,
    decide_bank_decision,
    match_items,
    note_items,
    reverse_bank_decision,
    separate_items,
    take_file_back,
)
from payments.application.decide_files import decide_file
from payments.application.ports import Parameters
from payments.application.reconcile_day import derived_day, reconcile_day
from payments.application.waiting import BANK_FILES
from payments.domain.bank_decisions import BankDecision, BankDecisionKind, ItemNotOpen
from payments.domain.bank_statements import TRUST_LOCK, BankEntry, BankFile, BankStatement, ItemState
from payments.domain.files_in import FileState, NothingWaits
from payments.domain.trust_movements import MovementKind, TrustMovement
from payments.entrypoints.api.bank_schemas import (
    BankDayView,
    BankDecisionView,
    BankEntryView,
    BankFileView,
    BankItemsBody,
    BankReasonBody,
    BankStatementView,
    TrustMovementView,
)
from payments.entrypoints.api.card_numbers import require_no_card_number
from payments.entrypoints.api.files_in import FileDecisionBody, page_of_files, place_of

router = APIRouter(tags=["bank"], dependencies=[Depends(require_no_card_number)])

Operators = Annotated[Query, Depends(queries("operator"))]
Staff = Annotated[Command, Depends(commands("operator"))]


Do: TypeAlias = Callable[[UnitOfWork, Asked, Parameters], Awaitable[BankDecision]]
"""What is asked for, by whom and why, and by which parameters."""


async def _ask(command: Command, body: BankReasonBody, do: Do) -> Response:
    """Do what somebody of staff asks about the trust account, which is locked, or keep it for a second person."""
    asked: Asked = await asked_of(command, because=body.because, note=body.note)
    return await command.run(
        households=[TRUST_LOCK],
        body=body,
        use_case=lambda uow: do(uow, asked, command.dependencies.parameters),
        view=BankDecisionView.of,
        status=201,
    )


@router.get("/v1/bank-files", operation_id="listBankFiles", summary="List the bank's statement files")
async def list_bank_files(
    query: Operators, paging: Paging, state: FileState | None = None, *, waits: bool | None = None
) -> Page[BankFileView]:
    """Return the files in the order they came, each with why it was refused; with ``waits=true`` those that were
    refused and of which nobody has said what became of them.
    """
    async with query.begin() as uow:
        files = await page_of_files(uow, BankFile, paging, state=state, waits=waits)
    return paging.page(files, key=place_of, view=BankFileView.of)


@router.get(
    "/v1/bank-files/{file}",
    operation_id="showBankFile",
    summary="Show one of the bank's statement files",
    responses=refusals(NotFound),
)
async def show_bank_file(file: Id, query: Operators) -> BankFileView:
    """Return one file, by the hash of its bytes."""
    async with query.begin() as uow:
        found = await uow.records(BankFile).get(file=file)
    if found is None:
        raise NotFound("there is no such statement file")
    return BankFileView.of(found)


@router.post(
    "/v1/bank-files/{file}/decisions",
    status_code=201,
    response_model=BankFileView,
    operation_id="decideBankFile",
    summary="Say what became of a refused statement file",
    responses=refusals(NotFound, NothingWaits),
)
async def post_file_decision(file: Id, body: FileDecisionBody, command: Staff) -> Response:
    """Say of a refused file what became of it (PAY-3): it waits no longer, and is read no more when it is dropped
    again.
    """
    return await command.run(
        households=[BANK_FILES.lock_of(file)],
        body=body,
        use_case=lambda uow: decide_file(
            uow, BankFile, file, became=body.became, operator=command.caller.subject
        ),
        view=BankFileView.of,
        status=201,
    )


@router.post(
    "/v1/bank-files/{file}/takings-back",
    status_code=201,
    response_model=BankDecisionView,
    operation_id="takeBankFileBack",
    summary="Take a loaded statement file back",
    responses=refusals(NotFound, ItemNotOpen, CorrectionWaits, CorrectionNotOpen),
)
async def post_taking_back(file: Id, body: BankReasonBody, command: Staff) -> Response:
    """Say that a loaded file is not what the bank has: another operator approves it, always (OPS-5). Then its
    statements are there no more, what they were matched with is open, and the right file is loaded when it is dropped;
    so is this one, dropped again, where it was the right one. Until somebody says what became of it, it waits.
    """
    return await _ask(
        command,
        body,
        lambda uow, asked, parameters: take_file_back(uow, file, asked=asked, parameters=parameters),
    )


@router.get("/v1/bank-statements", operation_id="listBankStatements", summary="List the bank's statements")
async def list_bank_statements(
    query: Operators, paging: Paging, day: PlainDate | None = None, file: Id | None = None
) -> Page[BankStatementView]:
    """Return what the bank says of the trust account, a statement a day: of a day, of a file, or all."""
    asked: dict[str, Any] = {"day": day, "file": file}
    conditions = {name: value for name, value in asked.items() if value is not None}
    async with query.begin() as uow:
        found = await uow.records(BankStatement).select(
            statement__gt=paging.after_id, limit=paging.limit + 1, **conditions
        )
    return paging.page(found, key=lambda each: each.statement, view=BankStatementView.of)


@router.get(
    "/v1/bank-statements/{statement}",
    operation_id="showBankStatement",
    summary="Show a statement of the bank",
    responses=refusals(NotFound),
)
async def show_bank_statement(statement: Id, query: Operators) -> BankStatementView:
    """Return one statement; its entries are in the list of those."""
    async with query.begin() as uow:
        found = await uow.records(BankStatement).get(statement=statement)
    if found is None:
        raise NotFound("there is no such statement")
    return BankStatementView.of(found)


@router.get(
    "/v1/bank-entries", operation_id="listBankEntries", summary="List the entries of the bank's statements"
)
async def list_bank_entries(
    query: Operators,
    paging: Paging,
    state: ItemState | None = None,
    statement: Id | None = None,
    settled_by: Id | None = None,
) -> Page[BankEntryView]:
    """Return entries: with ``state=open`` those that are not known in the books, each with its age."""
    asked: dict[str, Any] = {"state": state, "statement": statement, "settled_by": settled_by}
    conditions = {name: value for name, value in asked.items() if value is not None}
    async with query.begin() as uow:
        today = uow.today
        found = await uow.records(BankEntry).select(
            entry__gt=paging.after_id, limit=paging.limit + 1, **conditions
        )
    return paging.page(
        found, key=lambda each: each.entry, view=lambda each: BankEntryView.of(each, today=today)
    )


@router.get(
    "/v1/trust-movements",
    operation_id="listTrustMovements",
    summary="List what the books moved on the trust account",
)
async def list_trust_movements(
    query: Operators,
    paging: Paging,
    state: ItemState | None = None,
    kind: MovementKind | None = None,
    on: PlainDate | None = None,
    settled_by: Id | None = None,
) -> Page[TrustMovementView]:
    """Return movements of days that are over: with ``state=open`` those that no statement has, each with its age."""
    asked: dict[str, Any] = {"state": state, "kind": kind, "on": on, "settled_by": settled_by}
    conditions = {name: value for name, value in asked.items() if value is not None}
    async with query.begin() as uow:
        today = uow.today
        found = await uow.records(TrustMovement).select(
            movement__gt=paging.after_id, limit=paging.limit + 1, **conditions
        )
    return paging.page(
        found, key=lambda each: each.movement, view=lambda each: TrustMovementView.of_it(each, today=today)
    )


@router.get(
    "/v1/bank-days/{day}",
    operation_id="reconcileBankDay",
    summary="Reconcile a day of the trust account",
    responses=refusals(NotFound),
)
async def get_bank_day(day: PlainDate, query: Operators) -> BankDayView:
    """Return how the trust account stood at the end of a day by the books and by the bank, as is known now: to the
    cent, or what the difference is.
    """
    async with query.begin() as uow:
        await derived_day(uow, day)  # so that no day is asked for of which no parameters are
        holidays = query.dependencies.parameters.as_of(day).extra_holidays
        return BankDayView.of(await reconcile_day(uow, day, holidays=holidays))


@router.post(
    "/v1/bank-matches",
    status_code=201,
    response_model=BankDecisionView,
    operation_id="matchBankItems",
    summary="Match entries of the bank with movements of the books",
    responses=refusals(NotFound, ItemNotOpen, CorrectionWaits, CorrectionNotOpen, InvalidValue),
)
async def post_match(body: BankItemsBody, command: Staff) -> Response:
    """Say that open entries and movements are the same money, to the cent (PAY-13).

    Up to the pack's limit it is done at once; above, it is asked for, and another operator decides (OPS-5).
    """
    return await _ask(
        command,
        body,
        lambda uow, asked, parameters: match_items(
            uow, entries=body.entries, movements=body.movements, asked=asked, parameters=parameters
        ),
    )


@router.post(
    "/v1/bank-notes",
    status_code=201,
    response_model=BankDecisionView,
    operation_id="noteBankItems",
    summary="Say why something is at the bank or in the books alone",
    responses=refusals(NotFound, ItemNotOpen, CorrectionWaits, CorrectionNotOpen, InvalidValue),
)
async def post_note(body: BankItemsBody, command: Staff) -> Response:
    """Say why open entries, or open movements, are on one side alone: they wait no longer, and stay in the difference
    (PAY-13). Above the pack's limit another operator decides (OPS-5).
    """
    return await _ask(
        command,
        body,
        lambda uow, asked, parameters: note_items(
            uow, entries=body.entries, movements=body.movements, asked=asked, parameters=parameters
        ),
    )


@router.post(
    "/v1/bank-matches/{match}/separations",
    status_code=201,
    response_model=BankDecisionView,
    operation_id="separateBankItems",
    summary="Take a match apart that was made by itself",
    responses=refusals(NotFound, ItemNotOpen, CorrectionWaits, CorrectionNotOpen),
)
async def post_separation(match: Id, body: BankReasonBody, command: Staff) -> Response:
    """Say that what was matched by itself is not the same money: both sides are open, and matched by hand alone."""
    return await _ask(
        command,
        body,
        lambda uow, asked, parameters: separate_items(uow, match, asked=asked, parameters=parameters),
    )


@router.get(
    "/v1/bank-decisions",
    operation_id="listBankDecisions",
    summary="List what was decided about the trust account",
)
async def list_bank_decisions(
    query: Operators,
    paging: Paging,
    state: CorrectionState | None = None,
    kind: BankDecisionKind | None = None,
) -> Page[BankDecisionView]:
    """Return decisions; with ``state=requested`` those that wait for a second person."""
    found = await corrections_of(query, BankDecision, paging, state=state, kind=kind)
    return paging.page(found, key=lambda each: each.correction, view=BankDecisionView.of)


@router.get(
    "/v1/bank-decisions/{decision}",
    operation_id="showBankDecision",
    summary="Show a decision about the trust account",
    responses=refusals(NotFound),
)
async def get_bank_decision(decision: Id, query: Operators) -> BankDecisionView:
    """Return a decision: what it did, why, by whom, and whether it stands."""
    async with query.begin() as uow:
        return BankDecisionView.of(await find_correction(uow, BankDecision, decision))


@router.post(
    "/v1/bank-decisions/{decision}/decisions",
    status_code=201,
    response_model=BankDecisionView,
    operation_id="decideBankDecision",
    summary="Approve or decline a decision about the trust account",
    responses=refusals(NotFound, CorrectionNotOpen, SecondPersonNeeded, ItemNotOpen),
)
async def post_decision(decision: Id, body: DecisionBody, command: Staff) -> Response:
    """Approve what another asked for, which does it, or decline it: whoever asked may (OPS-5)."""
    return await command.run(
        households=[TRUST_LOCK],
        body=body,
        use_case=lambda uow: decide_bank_decision(
            uow, decision, body.decision, operator=command.caller.subject
        ),
        view=BankDecisionView.of,
        status=201,
    )


@router.post(
    "/v1/bank-decisions/{decision}/reversals",
    status_code=201,
    response_model=BankDecisionView,
    operation_id="reverseBankDecision",
    summary="Reverse a decision about the trust account",
    responses=refusals(NotFound, CorrectionNotOpen, ItemNotOpen, CorrectionWaits),
)
async def post_reversal(decision: Id, body: BankReasonBody, command: Staff) -> Response:
    """Take a decision back by another that refers to it; above the limit it takes two people as well (OPS-5)."""
    return await _ask(
        command,
        body,
        lambda uow, asked, parameters: reverse_bank_decision(
            uow, decision, asked=asked, parameters=parameters
        ),
    )
