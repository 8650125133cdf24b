"""What a dry run says is what comes, and nothing of it stays: whole stories, each change tried before it is made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from stories.exchange import Answer
from stories.language import read_story_file
from stories.runner import play
from stories.stages.memory import MemoryStage

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"
MAY_BE_TRIED = {
    "enrollment": (
        "/selections",
        "/plan-changes",
        "/medicaid-determinations",
        "/medicaid-endings",
        "/assistance-changes",
        "/members",
        "/departures",
        "/terminations",
        "/reinstatements",
        "-corrections",
        "/decisions",
        "/reversals",
    ),
    "invoicing": ("/refunds", "/reinstatement-requests"),
    "payments": ("/moves", "/dates", "/decisions", "/reversals"),
}
GIVEN_AWAY_ONCE = {"policy", "selection", "refund", "decision", "correction", "payment", "arrives_as"}
"""The fields that are ids made anew each time."""


class Careful:
    """An exchange whose callers try each change before they make it."""

    def __init__(self, exchange: Any) -> None:
        self._exchange = exchange
        self.tried = 0
        self.broken: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._exchange, name)

    async def call(self, service: str, method: str, path: str, **how: Any) -> Answer:
        if method != "POST" or not path.endswith(MAY_BE_TRIED.get(service, ("?",))):
            return await self._exchange.call(service, method, path, **how)
        tried = await self._exchange.call(service, method, f"{path}?dry_run=true", **(how | {"key": None}))
        made = await self._exchange.call(service, method, path, **how)
        self.tried += 1
        said = tried.body["outcome"] if tried.status == 200 else tried.body
        if tried.status != (200 if made.status == 201 else made.status) or _plain(said) != _plain(made.body):
            self.broken.append(f"{path}: {tried.status} {said}, then {made.status} {made.body}")
        return made


def _plain(answer: Any) -> Any:
    if isinstance(answer, dict):
        return {key: None if key in GIVEN_AWAY_ONCE else _plain(value) for key, value in answer.items()}
    return [_plain(each) for each in answer] if isinstance(answer, list) else answer


@pytest.mark.parametrize(
    "name",
    [
        "assistance-goes-up-and-down",
        "asked-to-stand-again",
        "changes-known-before-a-selection",
        "credit-and-refund",
        "effective-dates",
        "payment-of-another-household",
        "postmark-typed-wrong",
        "end-recorded-in-error",
        "death-of-somebody-who-lives",
        "rate-that-was-wrong",
        "paper-dated-wrong",
        "end-in-the-past-then-unpaid",
        "medicaid",
        "medicaid-for-a-child",
        "plan-changed-in-the-year",
        "qualifying-events",
        "renewal-chosen",
        "staff-restores-then-unpaid",
        "subscriber-dies",
        "transfer-in-beside-coverage",
    ],
)
async def test_a_story_goes_as_it_went_and_each_dry_run_said_what_came(name: str) -> None:
    story = read_story_file(SCENARIOS / f"{name}.yaml")
    async with MemoryStage().exchange(story) as exchange:
        careful: Any = Careful(exchange)
        played = await play(story, careful)
    assert careful.broken == []
    assert played.held, played
    assert careful.tried > 0


async def test_PAY_11_what_moving_a_payment_would_say_does_to_both_accounts_what_invoicing_said() -> None:
    story = read_story_file(SCENARIOS / "payment-of-another-household.yaml")
    async with MemoryStage().exchange(story) as exchange:
        assert (await play(story, exchange)).held
        payments = (await exchange.call("payments", "GET", "/v1/households/june/payments")).body["items"]
        path = f"/v1/payments/{payments[0]['payment']}/moves"
        body = {"because": "other", "to": [{"household": "mia", "amount_cents": 40000}]}
        tried = await exchange.call("payments", "POST", f"{path}?dry_run=true", json=body)
        assert tried.status == 200, tried.body
        supposed = {
            household: await exchange.call(
                "invoicing",
                "POST",
                f"/v1/households/{household}/what-if",
                json={"events": [each for each in tried.body["events"] if each["household"] == household]},
            )
            for household in ("june", "mia")
        }
        assert (await exchange.call("payments", "POST", path, json=body, key="made")).status == 201
        await exchange.quiet()
        for household, answer in supposed.items():
            balance = (await exchange.call("invoicing", "GET", f"/v1/households/{household}/balance")).body
            assert answer.body["outcome"]["after"]["balance"] == balance


@pytest.mark.parametrize(
    ("name", "path", "body"),
    [
        ("credit-and-refund", "terminations", {"on": "2016-04-30", "reason": "requested"}),
        (
            "credit-and-refund",
            "assistance-changes",
            {"from": "2016-04-01", "aptc_cents": 10000, "subsidy_cents": 0},
        ),
        ("credit-and-refund", "members/june-1/departures", {"kind": "death", "on": "2016-02-03"}),
        ("credit-and-refund", "medicaid-determinations", {"from": "2016-04-01"}),
        (
            "plan-changed-in-the-year",
            "plan-changes",
            {"plans": ["SILVER"], "via": "web", "event": {"kind": "move", "on": "2016-07-28"}},
        ),
    ],
)
async def test_INV_4_what_enrollment_would_say_does_to_the_account_what_invoicing_said(
    name: str, path: str, body: dict[str, Any]
) -> None:
    story = read_story_file(SCENARIOS / f"{name}.yaml")
    async with MemoryStage().exchange(story) as exchange:
        assert (await play(story, exchange)).held
        household = story.households[0].household
        path = f"/v1/households/{household}/{path.replace('june', household)}"
        tried = await exchange.call("enrollment", "POST", f"{path}?dry_run=true", json=body)
        assert tried.status == 200, tried.body
        supposed = await exchange.call(
            "invoicing", "POST", f"/v1/households/{household}/what-if", json={"events": tried.body["events"]}
        )
        made = await exchange.call("enrollment", "POST", path, json=body, key="made")
        assert (tried.status, supposed.status, made.status) == (200, 200, 201), str(supposed.body)
        await exchange.quiet()
        balance = (await exchange.call("invoicing", "GET", f"/v1/households/{household}/balance")).body
        assert supposed.body["outcome"]["after"]["balance"] == balance
