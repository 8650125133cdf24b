"""The federal hub over HTTP.

``POST /determinations`` {household, people: [{member, name, born, ssn}], income_cents, aptc_cents, subsidy_cents}
answers {aptc_cents, subsidy_cents, csr_variant, income_confirmed, citizenship_confirmed, incarcerated, medicaid};
``GET /health``. What it says of people is in no error.
"""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Final

import httpx2
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from enrollment.application.ports import HubAway, HubMisunderstood, HubSilent
from enrollment.domain.determination import CsrVariant, Determination
from enrollment.domain.eligibility import Question

CONNECT_SECONDS: Final = 2.0
ANSWER_SECONDS: Final = 10.0
TOTAL_SECONDS: Final = 15.0
"""So long one call may take from beginning to end, however its answer drips in."""

_TOO_MANY_REQUESTS: Final = 429

_NEVER_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)

_Cents = Annotated[int, Field(ge=0, strict=True)]
_Flag = Annotated[bool, Field(strict=True)]


class Answer(BaseModel):
    """What the hub answers; what else it says is not ours."""

    model_config = ConfigDict(extra="ignore")

    aptc_cents: _Cents
    subsidy_cents: _Cents
    csr_variant: CsrVariant
    income_confirmed: _Flag
    citizenship_confirmed: _Flag
    incarcerated: _Flag
    medicaid: _Flag

    def determination(self) -> Determination:
        """Return it as the hub's word."""
        return Determination(**self.model_dump())


class HttpHub:
    """A hub at an address."""

    def __init__(
        self,
        url: str,
        *,
        transport: httpx2.AsyncBaseTransport | None = None,
        total_seconds: float = TOTAL_SECONDS,
    ) -> None:
        self._client = httpx2.AsyncClient(
            base_url=url,
            timeout=httpx2.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS),
            limits=httpx2.Limits(max_keepalive_connections=0),
            transport=transport,
        )
        self._total_seconds = total_seconds

    async def determine(self, question: Question) -> Determination:
        """Return what the hub says of a household."""
        answer = await self._ask("POST", "/determinations", json=asked(question))
        if not answer.is_success:
            raise HubMisunderstood(f"the hub answered {answer.status_code}")
        try:
            return Answer.model_validate_json(answer.content).determination()
        except ValidationError:
            # Its text would quote the answer.
            raise HubMisunderstood("the hub answered without a determination") from None

    async def is_reachable(self) -> bool:
        """Whether the hub answers now. Raises nothing."""
        try:
            return (await self._ask("GET", "/health")).is_success
        except (HubAway, HubSilent):
            return False

    async def _ask(self, method: str, path: str, *, json: dict[str, Any] | None = None) -> httpx2.Response:
        try:
            async with asyncio.timeout(self._total_seconds):
                answer = await self._client.request(method, path, json=json)
        except _NEVER_SENT as error:
            raise HubAway("the hub cannot be reached") from error
        except TimeoutError as error:
            raise HubSilent("the hub did not finish its answer") from error
        except httpx2.HTTPError as error:
            raise HubSilent("the hub did not answer") from error
        if answer.is_server_error or answer.status_code == _TOO_MANY_REQUESTS:
            raise HubSilent(f"the hub answered {answer.status_code}")
        return answer


def asked(question: Question) -> dict[str, Any]:
    """Return a question as the hub is sent it: the only place where what people attest of themselves goes out."""
    return {
        "household": question.household,
        "people": [
            {
                "member": each.member,
                "name": each.name.reveal(),
                "born": each.born.reveal(),
                "ssn": None if each.ssn is None else each.ssn.reveal(),
            }
            for each in question.people
        ],
        "income_cents": question.income_cents,
        "aptc_cents": question.assistance.aptc_cents,
        "subsidy_cents": question.assistance.subsidy_cents,
    }
