"""How a story's people ask something of a service, and what they are told."""

from __future__ import annotations

from typing import Any

from stories.errors import ExchangeProblem
from stories.exchange import Answer, Exchange
from stories.outcome import Outcome, Refusal


class Requests:
    """Sends a story's requests, each under a key of its own unless it has one.

    ``turned_away`` says which enrollments and payments a service that was up did not take (I7).
    """

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._keys = 0
        self.turned_away: list[str] = []

    async def ask(
        self,
        service: str,
        path: str,
        body: Any,
        *,
        role: str = "operator",
        household: str | None = None,
        key: str | None = None,
        by: str | None = None,
    ) -> Answer:
        """Return the answer to a POST."""
        return await self._exchange.call(
            service,
            "POST",
            path,
            json=body,
            role=role,
            household=household,
            key=key or self._new_key(),
            by=by,
        )

    async def put(self, service: str, path: str, body: Any) -> Answer:
        """Return the answer to a PUT of an operator."""
        return await self._exchange.call(service, "PUT", path, json=body)

    async def must(
        self,
        service: str,
        method: str,
        path: str,
        body: Any,
        *,
        role: str = "operator",
        household: str | None = None,
    ) -> None:
        """Ask for what cannot be refused; raises `ExchangeProblem` where it is."""
        key = self._new_key() if method == "POST" else None
        answer = await self._exchange.call(
            service, method, path, json=body, role=role, household=household, key=key
        )
        if not answer.ok:
            raise ExchangeProblem(
                f"{service} answered {answer.status} to {method} {path}: {problem_of(answer)}"
            )

    def expect_taken(self, service: str, answer: Answer, outcome: Outcome) -> None:
        """Remember where a service that is up does not take what comes to it, whatever else is down (I7); one that is
        taken out for maintenance, as announced, may not (OPS-2).
        """
        announced = answer.status == 503 and answer.rules == ("OPS-2",)
        if service in self._exchange.down or announced:
            return
        if answer.status == 0 or answer.status >= 500:
            said = f"{service} answered {answer.status} to {outcome.word}"
            self.turned_away.append(f"line {outcome.line}: {said}")

    def _new_key(self) -> str:
        self._keys += 1
        return f"story-{self._keys}"


def note(outcome: Outcome, answer: Answer) -> None:
    """Note a refusal in the outcome; raises `ExchangeProblem` for an answer that no story can mean."""
    if answer.ok:
        return
    if answer.status == 0:
        outcome.answered.append(Refusal(says="nobody answers: the service is down"))
    elif answer.status in (401, 403) or (answer.status >= 500 and answer.status != 503):
        raise ExchangeProblem(
            f"line {outcome.line}: {outcome.word} was answered {answer.status}: {problem_of(answer)}"
        )
    else:
        outcome.answered.append(Refusal(says=problem_of(answer), rules=answer.rules, reasons=answer.reasons))


def problem_of(answer: Answer) -> str:
    """Return a problem in one line: its detail, and each field that is wrong."""
    errors = answer.body.get("errors", ()) if isinstance(answer.body, dict) else ()
    parts = [answer.says, *(f"{each.get('field')}: {each.get('problem')}" for each in errors)]
    return "; ".join(part for part in parts if part)
