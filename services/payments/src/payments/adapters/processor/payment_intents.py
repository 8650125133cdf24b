"""A processor that speaks of payment intents, as Stripe's public API does (https://docs.stripe.com/api, ADR 0052).

Requests are forms, answers JSON. A charge is ``POST /v1/payment_intents`` with ``confirm``; our reference is in its
``metadata`` and is its ``Idempotency-Key``. A key is forgotten after 24 hours and our references come back later than
that, so a reference is looked for before it is charged. What became of one is searched for; the search may be up to an
hour behind, so that the intents of the last hour are looked through besides. Refunds are listed by their intent before
one is asked for.

A token is a payment method's id, with its customer's before it where it is saved for one: ``pm_…`` or ``cus_…/pm_…``.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final, cast

import httpx2

from bulkhead.kernel.personal import Masked
from payments.adapters.processor.calls import TOTAL_SECONDS, ProcessorCalls, body_of
from payments.adapters.processor.intent_answers import Intent, declined_by, error_of, intent_of, text_of
from payments.adapters.processor.recent_intents import RecentIntents
from payments.application.ports import (
    Charge,
    Initiator,
    OwnerToConfirm,
    ProcessorMisunderstood,
    ProcessorSilent,
    ProcessorUnreachable,
    RefundImpossible,
)
from payments.domain.events import OnlineMethod

API_VERSION: Final = "2025-03-31.basil"
"""What is written here is of this version: the processor answers by it whatever its account's own is."""

CURRENCY: Final = "usd"
REFERENCE: Final = "reference"
"""The key of our reference in `metadata`."""

CONFIRM_SECONDS: Final = 1800
"""So long a card's owner may take to confirm a payment: then it is called off, and is declined."""

PAGE: Final = 100
MOST_PAGES: Final = 30
"""Of so many pages of recent intents at most is a reference that the search does not know looked for."""

_METHODS: Final[Mapping[OnlineMethod, str]] = {"card": "card", "bank": "us_bank_account"}
_NO_MORE_TO_PAY_BACK: Final = "charge_already_refunded"
_ANOTHER_STATE: Final = "payment_intent_unexpected_state"
_DISPUTED: Final = frozenset({"charge_disputed", "refund_disputed_payment"})


class PaymentIntentsProcessor:
    """A processor of payment intents at an address.

    ``key`` is our secret key at it; ``return_url`` where its pages send a card's owner back to: without one, a payment
    that the owner would have to confirm is declined. ``wall_seconds`` since 1970 is the time that it dates intents by.
    """

    def __init__(
        self,
        url: str,
        *,
        key: Masked,
        return_url: str | None,
        transport: httpx2.AsyncBaseTransport | None = None,
        total_seconds: float = TOTAL_SECONDS,
        wall_seconds: Callable[[], float] = time.time,
    ) -> None:
        headers = {"Authorization": f"Bearer {key.reveal()}", "Stripe-Version": API_VERSION}
        self._calls = ProcessorCalls(url, headers=headers, transport=transport, total_seconds=total_seconds)
        self._return_url = return_url
        self._wall_seconds = wall_seconds
        self._recent = RecentIntents(
            lambda since: self._listed("/v1/payment_intents", {"created[gte]": str(since)}),
            reference=_reference,
            seconds=wall_seconds,
        )

    async def charge(
        self,
        *,
        token: str,
        amount_cents: int,
        method: OnlineMethod,
        reference: str,
        initiator: Initiator = "member",
    ) -> Charge:
        """Take the money, once for the reference; return what was decided the first time."""
        found = await self._search(reference)
        try:
            known = await self._latest(found)
        except ProcessorUnreachable as error:
            # It has what was found: of that it can only not be known what became of it.
            raise ProcessorSilent(
                "the processor has this charge, and cannot be reached to say what became of it"
            ) from error
        if known is None:
            form = self._form(token=token, method=method, initiator=initiator) | {
                "amount": str(amount_cents),
                "currency": CURRENCY,
                f"metadata[{REFERENCE}]": reference,
            }
            answer = await self._post("/v1/payment_intents", form, key=reference)
            known = _charged(answer)
            if isinstance(known, Charge):
                return known
        if (known.reference, known.amount_cents, known.currency) != (reference, amount_cents, CURRENCY):
            raise ProcessorMisunderstood("the processor knows the reference of another charge")
        return await self._decided(known)

    async def find(self, *, reference: str) -> Charge | None:
        """Return what was decided about a reference, or None when it was never received.

        One that its owner did not confirm in time is called off.
        """
        found = await self._search(reference) or await self._recent.of(reference)
        known = await self._latest(found)
        if known is None:
            return None
        if known.status == "requires_action" and known.created <= self._wall_seconds() - CONFIRM_SECONDS:
            path = f"/v1/payment_intents/{known.id}"
            # Where it was decided meanwhile that is refused, and what it is now says so.
            await self._post(f"{path}/cancel", {"cancellation_reason": "abandoned"}, key=f"{reference}-off")
            known = await self._get_intent(known.id)
        return await self._decided(known)

    async def refund(self, *, charge: str, amount_cents: int, reference: str) -> None:
        """Give money of a charge back, once for the reference; raises `RefundImpossible`.

        While a charge is disputed nothing is given back: its issuer may be taking that money already.
        """
        refunds = self._listed("/v1/refunds", {"payment_intent": charge})
        known = [each async for each in refunds if _reference(each) == reference]
        if not known:
            form = {
                "payment_intent": charge,
                "amount": str(amount_cents),
                f"metadata[{REFERENCE}]": reference,
            }
            known = [_refunded(await self._post("/v1/refunds", form, key=reference))]
        if any(each.get("amount") != amount_cents for each in known):
            raise ProcessorMisunderstood("the processor knows the reference of another refund")
        statuses = {each.get("status") for each in known}
        if statuses <= {"failed", "canceled"}:
            raise RefundImpossible("the processor could not pay this back")
        if not statuses & {"succeeded", "pending", "requires_action"}:
            raise ProcessorMisunderstood("the processor answered a refund without a status that is known")

    async def verify(self, *, token: str) -> bool:
        """Return whether it would take money by this token now; it takes none: the token is set up, which has its
        issuer asked.
        """
        form = {
            **_who_pays(token),
            "confirm": "true",
            "usage": "off_session",
            "payment_method_types[]": list(_METHODS.values()),
        }
        answer = await self._calls.ask("POST", "/v1/setup_intents", data=form)
        if not answer.is_success:
            if declined_by(answer) is None:
                raise _misunderstood(answer)
            return False
        status = text_of(body_of(answer), "status")
        if status == "processing":
            raise ProcessorSilent("the processor has not decided yet")
        return status == "succeeded"

    async def correct(self, *, token: str, code: str, corrected: Masked) -> Masked | None:
        """Return the token by which an account is charged from now on: the same, as long as it can be charged at all.

        The account's number stands at the processor, which hears from the banks itself: nothing of what is corrected is
        sent to it. None where it has blocked the account.
        """
        answer = await self._calls.ask("GET", f"/v1/payment_methods/{_payment_method(token)}")
        if answer.status_code == HTTPStatus.NOT_FOUND:
            return None
        if not answer.is_success:
            raise _misunderstood(answer)
        account = body_of(answer).get("us_bank_account")
        if not isinstance(account, dict):
            raise ProcessorMisunderstood(
                "the processor answered with a payment method that is no bank account"
            )
        details = cast("Mapping[str, Any]", account).get("status_details")
        blocked = isinstance(details, dict) and cast("Mapping[str, Any]", details).get("blocked")
        return None if blocked else Masked(token)

    async def is_reachable(self) -> bool:
        """Whether the processor answers now, and knows our key. Raises nothing."""
        try:
            return (await self._calls.ask("GET", "/v1/payment_intents", params={"limit": "1"})).is_success
        except (ProcessorUnreachable, ProcessorSilent):
            return False

    def _form(self, *, token: str, method: OnlineMethod, initiator: Initiator) -> dict[str, Any]:
        form: dict[str, Any] = {
            **_who_pays(token),
            "payment_method_types[]": [_METHODS[method]],
            "capture_method": "automatic",
            "confirm": "true",
        }
        if initiator == "autopay":
            return form | {"off_session": "true"}
        if self._return_url is None:
            return form | {"error_on_requires_action": "true"}
        return form | {"return_url": self._return_url}

    async def _search(self, reference: str) -> list[str]:
        """Return the ids of intents of a reference as far as the search has come."""
        quoted = reference.replace("\\", "\\\\").replace("'", "\\'")
        asked = {"query": f"metadata['{REFERENCE}']:'{quoted}'", "limit": str(PAGE)}
        answer = await self._calls.ask("GET", "/v1/payment_intents/search", params=asked)
        # Said of the search itself as well: it finds words, and is believed in whole references alone.
        return [text_of(each, "id") for each in _data(answer) if _reference(each) == reference]

    async def _latest(self, ids: Sequence[str]) -> Intent | None:
        """Return the intent among those of one reference that counts, as it is now: the one that took money, else any.

        Raises `ProcessorMisunderstood` where two took money: a person is to look at that.
        """
        intents = [await self._get_intent(each) for each in ids]
        taken = [each for each in intents if each.status in ("succeeded", "processing")]
        if len(taken) > 1:
            raise ProcessorMisunderstood("the processor has more than one charge of a reference")
        return next(iter(taken or intents), None)

    async def _decided(self, intent: Intent) -> Charge:
        """Return what an intent says; raises `OwnerToConfirm` and `ProcessorSilent` while it says nothing yet."""
        match intent.status:
            case "succeeded":
                return Charge(charge=intent.id, status="approved")
            case "processing" if intent.is_of_bank_account:
                # The debit is under way and settles in some days, as one of any bank account: it is taken, and clears
                # later. What fails then comes back as any returned debit does.
                return Charge(charge=intent.id, status="approved")
            case "processing":
                raise ProcessorSilent("the processor has not decided yet")
            case "requires_action":
                raise OwnerToConfirm(confirm_at=intent.confirm_at)
            case "requires_payment_method" | "canceled" if intent.is_of_bank_account and intent.has_charge:
                return Charge(charge=intent.id, status="failed", decline=intent.decline)
            case "requires_payment_method" | "canceled":
                return Charge(charge=intent.id, status="declined", decline=intent.decline)
            case _:
                raise ProcessorMisunderstood(
                    "the processor answered an intent without a status that is known"
                )

    async def _get_intent(self, intent: str) -> Intent:
        answer = await self._calls.ask("GET", f"/v1/payment_intents/{intent}")
        if not answer.is_success:
            raise _misunderstood(answer)
        return intent_of(body_of(answer))

    async def _post(self, path: str, form: Mapping[str, Any], *, key: str) -> httpx2.Response:
        """Return the answer to a form under a key. Raises `ProcessorSilent` where the key's first request is under way
        still.
        """
        answer = await self._calls.ask("POST", path, data=form, headers={"Idempotency-Key": key})
        if answer.status_code == HTTPStatus.CONFLICT:
            raise ProcessorSilent("the processor is doing this already")
        return answer

    async def _listed(self, path: str, asked: Mapping[str, str]) -> AsyncGenerator[Mapping[str, Any]]:
        """Go through all of a list, the newest first; raises `ProcessorSilent` where that would be too long."""
        after: dict[str, str] = {}
        for _ in range(MOST_PAGES):
            answer = await self._calls.ask("GET", path, params={**asked, "limit": str(PAGE), **after})
            page = _data(answer)
            for each in page:
                yield each
            if not page or not body_of(answer).get("has_more"):
                return
            after = {"starting_after": text_of(page[-1], "id")}
        raise ProcessorSilent("the processor has too many of them to look through")


def _charged(answer: httpx2.Response) -> Intent | Charge:
    """Return the intent that an answer to a charge is, or that it was declined."""
    if answer.is_success:
        return intent_of(body_of(answer))
    declined = declined_by(answer)
    if declined is not None:
        return declined
    raise _misunderstood(answer)


def _refunded(answer: httpx2.Response) -> Mapping[str, Any]:
    if answer.is_success:
        return body_of(answer)
    error = error_of(answer)
    code = error.get("code")
    if code in _DISPUTED:
        raise ProcessorSilent("the processor gives nothing back while a charge is disputed")
    if code == _ANOTHER_STATE and not _took_nothing(error.get("payment_intent")):
        # A debit that is under way may still fail: a check in its place would be money that never came.
        raise ProcessorSilent("the processor gives nothing back of a charge that is not settled yet")
    is_too_much = error.get("type") == "invalid_request_error" and error.get("param") == "amount"
    if (
        answer.status_code == HTTPStatus.NOT_FOUND
        or code in (_NO_MORE_TO_PAY_BACK, _ANOTHER_STATE)
        or is_too_much
    ):
        raise RefundImpossible("the processor will not pay this back")
    raise _misunderstood(answer)


def _took_nothing(intent: object) -> bool:
    """Whether an intent that an error names never took money, and takes none. One with a charge is a debit that failed:
    that its money is gone is for a person to record, and not to be paid out.
    """
    if not isinstance(intent, dict):
        return False
    said = cast("Mapping[str, Any]", intent)
    return said.get("status") in ("canceled", "requires_payment_method") and not said.get("latest_charge")


def _misunderstood(answer: httpx2.Response) -> ProcessorMisunderstood:
    return ProcessorMisunderstood(f"the processor answered {answer.status_code} with no decision")


def _data(answer: httpx2.Response) -> list[Mapping[str, Any]]:
    """Return what a list has; one that the processor has nothing to list by has nothing."""
    if answer.status_code == HTTPStatus.NOT_FOUND and error_of(answer).get("code") == "resource_missing":
        return []
    data = body_of(answer).get("data") if answer.is_success else None
    if not isinstance(data, list):
        raise _misunderstood(answer)
    return [cast("Mapping[str, Any]", each) for each in cast("list[object]", data) if isinstance(each, dict)]


def _reference(thing: Mapping[str, Any]) -> str | None:
    metadata = thing.get("metadata")
    return cast("Mapping[str, Any]", metadata).get(REFERENCE) if isinstance(metadata, dict) else None


def _who_pays(token: str) -> dict[str, str]:
    customer, _, method = token.rpartition("/")
    return {"payment_method": method, **({"customer": customer} if customer else {})}


def _payment_method(token: str) -> str:
    return _who_pays(token)["payment_method"]
