"""Taking a payment over HTTP: the request's key first, then the processor, then the record; and what became of it
(PAY-1, PAY-2).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from fastapi import Response

from bulkhead.kernel.ids import derived_id
from bulkhead.kernel.personal import Masked
from bulkhead.kernel.webhooks import WebhookDoor
from bulkhead.observability.tracing import current_cause
from bulkhead.web.authority import require_authority
from bulkhead.web.commands import Command, Query, scope_of
from bulkhead.web.idempotency import RequestKey
from bulkhead.web.tables import IdempotencyRecord
from payments.application.debit_accounts import pay_by_account
from payments.application.find_outcome import find_outcome
from payments.application.ports import AccountKeys, Parameters, Processor
from payments.application.take_counter_payment import CounterOrder, take_counter_payment
from payments.application.take_online_payment import (
    OnlineOrder,
    UnderWay,
    ask_the_processor,
    record_online_payment,
    start_attempt,
)
from payments.application.try_online_payment import OnlineTrials
from payments.domain.bank_accounts import is_kept_here
from payments.domain.events import OnlineMethod
from payments.domain.payments import CounterMethod
from payments.domain.timed_webhooks import TimedWebhookDoor
from payments.entrypoints.api.schemas import PaymentBody, PaymentOutcomeView, PaymentView

_ONLINE: frozenset[str] = frozenset({"card", "bank"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """What the routes need besides a database: the processor, what is under way at it, the parameters, how the door is
    tried, whose webhooks are let in and by which clock, and the keys that bank accounts are sealed by, None where
    none are kept.
    """

    processor: Processor
    under_way: UnderWay
    parameters: Parameters
    trials: OnlineTrials
    webhooks: WebhookDoor
    timed_webhooks: TimedWebhookDoor
    wall_seconds: Callable[[], float]
    account_keys: AccountKeys | None = None


async def take_payment(command: Command, household: str, body: PaymentBody) -> Response:
    """Take the payment the body asks for and answer with it, once per Idempotency-Key (PAY-2).

    Members and assisters pay by card and bank account, as of now; cash, phone and checks are recorded by
    operators, who may also say when money was received and postmarked (PAY-1, PAY-3).
    """
    command.require_household(household)
    require_authority(command.caller, body)  # before the processor is asked
    key = await command.key()
    if body.method in _ONLINE and is_kept_here(Masked(body.token or "")):
        return await _draw(command, household, body, key)
    take = _take_online if body.method in _ONLINE else _take_at_the_counter
    return await take(command, household, body, key)


async def _draw(command: Command, household: str, body: PaymentBody, key: RequestKey) -> Response:
    intake = cast(Intake, command.dependencies)
    order = _online_order(household, body, key)
    return await command.run(
        households=[household],
        body=body,
        use_case=lambda uow: pay_by_account(
            uow, order, keys=intake.account_keys, parameters=intake.parameters
        ),
        view=PaymentView.of,
        status=201,
    )


async def _take_online(command: Command, household: str, body: PaymentBody, key: RequestKey) -> Response:
    intake = cast(Intake, command.dependencies)
    order = _online_order(household, body, key)
    with intake.under_way.holding(order.payment):
        attempt = await command.first_part(
            households=[household],
            use_case=lambda uow: start_attempt(uow, order, parameters=intake.parameters),
        )
        if isinstance(attempt, Response):
            return attempt
        charge = await ask_the_processor(
            command.uows,
            order,
            attempt=attempt,
            processor=intake.processor,
            now=command.now,
            cause=current_cause(),
        )
    return await command.run(
        households=[household],
        body=body,
        use_case=lambda uow: record_online_payment(
            uow, order.payment, charge=charge, parameters=intake.parameters
        ),
        view=PaymentView.of,
        status=201,
    )


async def _take_at_the_counter(
    command: Command, household: str, body: PaymentBody, key: RequestKey
) -> Response:
    intake = cast(Intake, command.dependencies)
    order = CounterOrder(
        payment=_payment_id(key),
        household=household,
        amount_cents=body.amount_cents,
        method=cast(CounterMethod, body.method),
        received_on=body.received_on,
        postmarked_on=body.postmarked_on,
        at_selection=body.at_selection,
        selection=body.selection,
        invoice=body.invoice,
        token=None if body.token is None else Masked(body.token),
        operator=command.caller.subject,
    )
    return await command.run(
        households=[household],
        body=body,
        use_case=lambda uow: take_counter_payment(uow, order, parameters=intake.parameters),
        view=PaymentView.of,
        status=201,
    )


def _online_order(household: str, body: PaymentBody, key: RequestKey) -> OnlineOrder:
    return OnlineOrder(
        payment=_payment_id(key),
        fingerprint=key.request_hash,
        household=household,
        amount_cents=body.amount_cents,
        method=cast(OnlineMethod, body.method),
        token=Masked(body.token or ""),
        received_on=body.received_on,
        postmarked_on=body.postmarked_on,
        at_selection=body.at_selection,
        selection=body.selection,
        invoice=body.invoice,
    )


def _payment_id(key: RequestKey) -> str:
    return derived_id("payment", key.scope, key.key)


async def outcome_of(query: Query, household: str, key: str) -> PaymentOutcomeView:
    """Return what became of the payment that this caller asked for under a key (PAY-2)."""
    asked = RequestKey.of(
        key=key,
        scope=scope_of(query.caller, method="POST", path=f"/v1/households/{household}/payments"),
        body=b"",
    )
    async with query.begin() as uow:
        first = await uow.records(IdempotencyRecord).get(scope=asked.scope, key=asked.key)
        outcome = await find_outcome(uow, _payment_id(asked), refused=first is not None)
    return PaymentOutcomeView.of(outcome)
