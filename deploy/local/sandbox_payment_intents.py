"""The sandbox payment processor in a second dialect: payment intents, on the same charges and refunds (ADR 0052).

`sandbox_processor` serves it beside its own protocol. What it answers is what
`payments.adapters.processor.payment_intents` reads of the public API, no more; the recorded contract,
`services/payments/tests/contract/payment_intents`, has each request with its answer. Any key that begins with
``sk_test_`` is let in. A bank account's intent stays ``processing``, as a debit does for days.
``PUT /control/search`` {behind: true} has the search know of nothing, as a real one is behind at times.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal, Protocol
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from pydantic import BaseModel, ConfigDict

from payments.adapters.processor.call_backs import Caller, intent_id, of_charge, of_refund, refund_id
from payments.adapters.processor.sandbox import (
    ReferenceReused,
    SandboxBehaviour,
    SandboxCharge,
    SandboxRefund,
    SandboxStore,
)
from payments.application.ports import ProcessorSilent, RefundImpossible
from payments.domain.declines import DeclineReason
from payments.domain.events import OnlineMethod

GONE: Final = "pm_gone"
"""A card or bank account that it does not have any more."""

_METHODS: Final[Mapping[str, OnlineMethod]] = {"card": "card", "us_bank_account": "bank"}
_TYPES: Final = {method: name for name, method in _METHODS.items()}
_CODES: Final[Mapping[DeclineReason, tuple[str, str]]] = {
    "insufficient-funds": ("card_declined", "insufficient_funds"),
    "limit-exceeded": ("card_declined", "card_velocity_exceeded"),
    "expired": ("expired_card", "expired_card"),
    "account-closed": ("card_declined", "account_closed"),
    "wrong-details": ("incorrect_cvc", "incorrect_cvc"),
    "not-authorized": ("card_declined", "generic_decline"),
}
_TO_CONFIRM: Final = ("authentication_required", "authentication_required")


class IntentStore(SandboxStore, Protocol):
    """Where the sandbox keeps what it decided, and when."""

    def made_at(self, reference: str) -> int:
        """Return when a charge was asked for, in seconds since 1970."""
        ...

    def charges_since(self, since: int) -> list[SandboxCharge]:
        """Return the charges asked for since then, the newest first."""
        ...


class Problem(Exception):
    """An answer that is an error, as the public API has it."""

    def __init__(self, status: int, **error: Any) -> None:
        super().__init__(error.get("code", ""))
        self.status = status
        self.error = {"type": "invalid_request_error", "message": "see the code", **error}


class SearchRequest(BaseModel):
    """Whether the search is behind."""

    model_config = ConfigDict(extra="forbid")

    behind: bool


def shows_a_key(request: Request) -> bool:
    """Whether whoever asks shows a key of the sandbox's, in either of its dialects."""
    return request.headers.get("authorization", "").startswith("Bearer sk_test_")


async def _keyed(request: Request) -> None:
    if not shows_a_key(request):
        raise Problem(401, message="no such key")


async def _form(request: Request) -> dict[str, str]:
    if request.headers.get("content-type", "").partition(";")[0] != "application/x-www-form-urlencoded":
        raise Problem(400, message="a form is needed")
    return dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))


def add_payment_intents(
    app: FastAPI, *, store: IntentStore, behaviour: SandboxBehaviour, caller: Caller
) -> None:
    """Have an app serve the dialect."""

    @app.exception_handler(Problem)
    async def answer(_request: Request, problem: Problem) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        return JSONResponse({"error": problem.error}, problem.status)

    desk = Desk(store=store, behaviour=behaviour, caller=caller)
    app.include_router(_intents(desk))
    app.include_router(_refunds(desk))
    app.include_router(_methods(desk))
    app.include_router(_beside(desk))


class Desk:
    """What the dialect does, on what the sandbox decides."""

    def __init__(self, *, store: IntentStore, behaviour: SandboxBehaviour, caller: Caller) -> None:
        self.store = store
        self.behaviour = behaviour
        self.caller = caller
        self.search_is_behind = False

    def create(self, form: Mapping[str, str], *, base: str) -> dict[str, Any]:
        """Return the intent that a form asks for, decided now if it is new."""
        reference, stops = form["metadata[reference]"], form.get("error_on_requires_action") == "true"
        method = _METHODS[form["payment_method_types[]"]]
        if form["payment_method"] == GONE:
            raise Problem(400, code="resource_missing", param="payment_method")
        try:
            charge = self.behaviour.charge(
                token=form["payment_method"],
                amount_cents=int(form["amount"]),
                method=method,
                reference=reference,
                initiator="autopay" if stops or form.get("off_session") == "true" else "member",
            )
        except ReferenceReused:
            raise Problem(400, type="idempotency_error") from None
        except ProcessorSilent:
            self.tell(reference)
            raise Problem(504, type="api_error") from None
        self.tell(reference)
        intent = self.intent(charge, base=base)
        if charge.status == "declined":
            raise Problem(402, **intent["last_payment_error"], payment_intent=intent)
        return intent

    def tell(self, reference: str) -> None:
        """Have it told what was decided about a reference, where that was."""
        decided = self.behaviour.find(reference)
        if decided is not None and decided.status != "unconfirmed":
            self.caller.tell(of_charge(decided))

    def named(self, intent: str) -> SandboxCharge:
        """Return the charge of an intent; one that is pending is not known."""
        charge = self.store.charge_named(f"ch_{intent.removeprefix('pi_')}")
        if charge is None or charge.status == "pending":
            raise Problem(404, code="resource_missing", param="intent")
        return charge

    def intent(self, charge: SandboxCharge, *, base: str) -> dict[str, Any]:
        """Return a charge as an intent."""
        on = intent_id(charge.reference)
        at = f"{base}confirmations/{on}"
        to_confirm = {"type": "redirect_to_url", "redirect_to_url": {"url": at, "return_url": None}}
        return {
            "id": on,
            "object": "payment_intent",
            "amount": charge.amount_cents,
            "currency": "usd",
            "created": self.store.made_at(charge.reference),
            "status": _status(charge),
            "payment_method_types": [_TYPES[charge.method]],
            "metadata": {"reference": charge.reference},
            "next_action": to_confirm if charge.status == "unconfirmed" else None,
            "last_payment_error": _error(charge) if charge.status == "declined" else None,
        }


def _intents(desk: Desk) -> APIRouter:
    """Return what it is asked about charges."""
    router = APIRouter(prefix="/v1/payment_intents", dependencies=[Depends(_keyed)])

    @router.post("")
    async def create(request: Request) -> dict[str, Any]:
        form = await _form(request)
        if request.headers.get("idempotency-key") != form.get("metadata[reference]"):
            raise Problem(400, message="the key is to be the reference")
        return desk.create(form, base=str(request.base_url))

    @router.get("")
    async def list_recent(request: Request) -> dict[str, Any]:
        asked = request.query_params
        recent = [
            desk.intent(each, base=str(request.base_url))
            for each in desk.store.charges_since(int(asked.get("created[gte]", "0")))
            if each.status != "pending"
        ]
        return _page(recent, after=asked.get("starting_after"), limit=int(asked["limit"]))

    @router.get("/search")
    async def search(request: Request) -> dict[str, Any]:
        query = request.query_params["query"].removeprefix("metadata['reference']:'").removesuffix("'")
        found = desk.behaviour.find(query)
        known = [] if found is None or desk.search_is_behind else [found]
        intents = [desk.intent(each, base=str(request.base_url)) for each in known]
        return {"object": "search_result", "data": intents, "has_more": False}

    @router.get("/{intent}")
    async def retrieve(request: Request, intent: str) -> dict[str, Any]:
        return desk.intent(desk.named(intent), base=str(request.base_url))

    @router.post("/{intent}/cancel")
    async def cancel(request: Request, intent: str) -> dict[str, Any]:
        charge = desk.named(intent)
        if charge.status != "unconfirmed":
            raise Problem(400, code="payment_intent_unexpected_state")
        canceled = desk.behaviour.call_off(charge)
        desk.tell(canceled.reference)
        return desk.intent(canceled, base=str(request.base_url))

    return router


def _refunds(desk: Desk) -> APIRouter:
    """Return what it is asked about refunds."""
    router = APIRouter(prefix="/v1/refunds", dependencies=[Depends(_keyed)])

    @router.post("")
    async def create(request: Request) -> dict[str, Any]:
        form = await _form(request)
        charge = desk.named(form["payment_intent"])
        if charge.status != "approved":
            raise Problem(
                400,
                code="payment_intent_unexpected_state",
                param="payment_intent",
                payment_intent=desk.intent(charge, base=str(request.base_url)),
            )
        try:
            made = desk.behaviour.refund(
                charge=charge.charge, amount_cents=int(form["amount"]), reference=form["metadata[reference]"]
            )
        except ReferenceReused:
            raise Problem(400, type="idempotency_error") from None
        except RefundImpossible:
            raise Problem(400, param="amount") from None
        desk.caller.tell(of_refund(made))
        return _refund(made, charge)

    @router.get("")
    async def list_of(request: Request) -> dict[str, Any]:
        asked = request.query_params
        charge = desk.named(asked["payment_intent"])
        made = [_refund(each, charge) for each in desk.store.refunds_on(charge.charge)]
        return _page(made, after=asked.get("starting_after"), limit=int(asked["limit"]))

    return router


def _methods(desk: Desk) -> APIRouter:
    """Return what it is asked about cards and bank accounts themselves."""
    router = APIRouter(prefix="/v1", dependencies=[Depends(_keyed)])

    @router.post("/setup_intents")
    async def set_up(request: Request) -> dict[str, Any]:
        token = (await _form(request))["payment_method"]
        if not _would_take(desk, token):
            declined = {"id": f"seti_{token}", "object": "setup_intent", "status": "requires_payment_method"}
            code, decline = _CODES["not-authorized"]
            raise Problem(402, type="card_error", code=code, decline_code=decline, setup_intent=declined)
        return {"id": f"seti_{token}", "object": "setup_intent", "status": "succeeded"}

    @router.get("/payment_methods/{token}")
    async def method(token: str) -> dict[str, Any]:
        blocked = (
            None if _would_take(desk, token) else {"network_code": "R03", "reason": "bank_account_unusable"}
        )
        account = {"status_details": {"blocked": blocked} if blocked else {}}
        return {
            "id": token,
            "object": "payment_method",
            "type": "us_bank_account",
            "us_bank_account": account,
        }

    return router


def _beside(desk: Desk) -> APIRouter:
    """Return the page on which a card's owner confirms a payment, and what whoever plays with it tells it."""
    router = APIRouter()

    @router.get("/confirmations/{intent}")
    async def page(intent: str) -> HTMLResponse:
        desk.named(intent)
        buttons = "".join(
            f'<form method="post" action="/confirmations/{intent}/{word}"><button>{word}</button></form>'
            for word in ("confirm", "refuse")
        )
        return HTMLResponse(f"<!doctype html><title>Sandbox bank</title><p>Your bank asks:</p>{buttons}")

    @router.post("/confirmations/{intent}/{answer}")
    async def confirm(intent: str, answer: Literal["confirm", "refuse"]) -> HTMLResponse:
        charge = desk.named(intent)
        if charge.status != "unconfirmed":
            raise HTTPException(409, "it was decided before")
        decide = desk.behaviour.decide if answer == "confirm" else desk.behaviour.call_off
        desk.tell(decide(charge).reference)
        return HTMLResponse("<!doctype html><title>Sandbox bank</title><p>Thank you.</p>")

    @router.put("/control/search", status_code=204)
    async def search(request: SearchRequest) -> Response:
        desk.search_is_behind = request.behind
        return Response(status_code=204)

    return router


def _would_take(desk: Desk, token: str) -> bool:
    try:
        return desk.behaviour.verify(token)
    except ProcessorSilent:
        raise Problem(504, type="api_error") from None


def _status(charge: SandboxCharge) -> str:
    match charge.status:
        case "approved":
            return "processing" if charge.method == "bank" else "succeeded"
        case "unconfirmed":
            return "requires_action"
        case "canceled":
            return "canceled"
        case "declined" | "pending":
            return "requires_payment_method"


def _error(charge: SandboxCharge) -> dict[str, Any]:
    code, decline = _CODES[charge.decline or "not-authorized"]
    if charge.token.partition(".")[0].endswith("_confirm"):
        code, decline = _TO_CONFIRM
    return {"type": "card_error", "code": code, "decline_code": decline, "message": "see the code"}


def _refund(made: SandboxRefund, charge: SandboxCharge) -> dict[str, Any]:
    return {
        "id": refund_id(made.reference),
        "object": "refund",
        "amount": made.amount_cents,
        "payment_intent": intent_id(charge.reference),
        "status": "succeeded",
        "metadata": {"reference": made.reference},
    }


def _page(all_of_it: list[dict[str, Any]], *, after: str | None, limit: int) -> dict[str, Any]:
    begin = next((place + 1 for place, each in enumerate(all_of_it) if each["id"] == after), 0)
    page = all_of_it[begin : begin + limit]
    return {"object": "list", "data": page, "has_more": begin + limit < len(all_of_it)}
