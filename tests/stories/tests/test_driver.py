"""What a story's words become at the exchange's doors."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from bulkhead.kernel.calendar import local
from stories.clockwork import Clockwork
from stories.driver import Driver
from stories.errors import StoryError
from stories.exchange import Answer
from stories.lookout import SUSPENSE, Lookout
from stories.outcome import Outcome
from stories.tests.builders import ScriptedExchange, story_of

SELECT = "- {at: 2015-12-07T10:00, do: select, household: june, plans: [SILVER]}"


async def driven(exchange: ScriptedExchange, *steps: str) -> tuple[Driver, list[Outcome]]:
    """Return the driver that did these steps on December 7, and what came of them."""
    story = story_of(*steps)
    clockwork = Clockwork(exchange, begins=story.clock)
    await clockwork.move_to(local(date(2015, 12, 7), 10))
    driver = Driver(exchange, story, Lookout(exchange, story, lambda: clockwork.now), clockwork)
    return driver, [await driver.do(step.deed) for step in story.steps if step.deed is not None]


def paid(exchange: ScriptedExchange) -> list[dict[str, Any]]:
    return [body for _, path, body in exchange.bodies if path.endswith("/payments")]


async def test_INV_5_a_payer_names_the_latest_selection_or_the_latest_invoice_by_its_id() -> None:
    exchange = ScriptedExchange()
    exchange.answers["invoicing", "/v1/households/june/invoices"] = {
        "items": [{"invoice": "i-2", "number": 2}, {"invoice": "i-1", "number": 1}], "next_cursor": None,
    }  # fmt: skip
    await driven(
        exchange,
        SELECT,
        "- {at: 2015-12-07T10:00, do: pay, household: june, amount: 5.00, by: cash, names: selection}",
        "- {at: 2015-12-07T10:00, do: pay, household: june, amount: 5.00, by: bank, names: invoice}",
        "- {at: 2015-12-07T10:00, do: pay, household: june, amount: 5.00, by: check, names: invoice}",
    )
    assert paid(exchange) == [
        {"amount_cents": 500, "method": "cash", "selection": "s-1"},
        {"amount_cents": 500, "method": "bank", "token": "tok_bank_ok.june", "invoice": "i-2"},
    ]
    (check,) = exchange.dropped.values()
    assert check.decode().splitlines()[1:3] == [
        "received,postmarked,account,amount,instrument,reference,names",
        "2015-12-07,,june,5.00,check,1001,invoice:i-2",
    ]


async def test_what_is_not_there_cannot_be_named() -> None:
    step = "- {at: 2015-12-07T10:00, do: pay, household: june, amount: 5.00, by: cash, names: selection}"
    with pytest.raises(StoryError, match="june has no selection to name"):
        await driven(ScriptedExchange(), step)


async def test_the_processor_does_with_a_card_what_the_story_says() -> None:
    exchange = ScriptedExchange()
    await driven(
        exchange,
        *(
            f"- {{at: 2015-12-07T10:00, do: pay, household: june, amount: 5.00, by: card, card: {each}}}"
            for each in ("ok", "declined", "slow", "lost", "late")
        ),
    )
    tokens = [each["token"] for each in paid(exchange)]
    assert tokens == [f"tok_card_{each}.june" for each in ("ok", "declined", "slow", "lost", "late")]


async def test_PAY_1_the_processor_calls_back_about_what_a_household_paid_online_last() -> None:
    exchange = ScriptedExchange()
    call_back = "- {at: 2015-12-07T11:00, do: call-back, household: june, way: forged, times: 2}"
    player = await driven(
        exchange,
        "- {at: 2015-12-07T10:00, do: pay, household: june, amount: 5.00, by: bank}",
        "- {at: 2015-12-07T10:00, do: pay, household: june, amount: 5.00, by: cash}",
        call_back,
    )
    assert "call back tok_bank_ok.june charge forged 2" in exchange.happened
    assert player is not None


async def test_PAY_2_the_same_key_is_the_same_submission_and_on_a_check_the_same_number() -> None:
    exchange = ScriptedExchange()
    online = "- {at: 2015-12-07T10:00, do: pay, household: june, amount: 5.00, by: card, key: once}"
    check = "- {at: 2015-12-07T10:00, do: pay, household: june, amount: 6.00, by: check, key: twice}"
    other = "- {at: 2015-12-07T10:00, do: pay, household: june, amount: 6.00, by: check}"
    await driven(exchange, online, online, check, other, check)
    keys = [key for path, key in exchange.keys if path.endswith("/payments")]
    assert keys == ["story-key-once", "story-key-once"]
    assert [data.decode().splitlines()[2].split(",")[5] for data in exchange.dropped.values()] == [
        "1001", "1002", "1001",
    ]  # fmt: skip


async def test_ENR_3_an_event_may_ask_for_another_first_day() -> None:
    exchange = ScriptedExchange()
    event = "{kind: birth, on: 2015-12-01, starts: next-month}"
    await driven(exchange, SELECT.replace("[SILVER]}", f"[SILVER], event: {event}}}"))
    assert exchange.bodies[-1][2]["event"] == {"kind": "birth", "on": "2015-12-01", "starts": "next-month"}


async def test_INV_13_staff_restore_what_ended_in_error_in_their_own_name() -> None:
    exchange = ScriptedExchange()
    await driven(
        exchange,
        "- {at: 2015-12-07T10:00, do: reinstate-error, household: june, plans: [SILVER], by: sue, reason: typo}",
    )
    assert exchange.bodies[-1] == (
        "enrollment", "/v1/households/june/reinstatements", {"plans": ["SILVER"], "reason": "typo"},
    )  # fmt: skip
    assert exchange.staff == ["sue"]


async def test_PAY_3_money_in_suspense_is_found_by_its_amount_and_assigned() -> None:
    exchange = ScriptedExchange()
    items = [
        {"item": "x-1", "amount_cents": 500, "state": "assigned"},
        {"item": "x-2", "amount_cents": 500, "state": "open"},
    ]
    exchange.answers["payments", SUSPENSE] = {"items": items, "next_cursor": None}
    step = "- {at: 2015-12-07T10:00, do: assign-suspense, household: june, amount: 5.00}"
    _, (done, missing) = await driven(exchange, step, step.replace("5.00", "6.00"))
    assert exchange.bodies[-1] == ("payments", f"{SUSPENSE}/x-2/assignments", {"household": "june"})
    assert await done.refusals() == []
    assert [each.says for each in await missing.refusals()] == ["nothing of 6.00 is in suspense"]


async def test_OPS_1_who_is_killed_starts_again_at_once() -> None:
    exchange = ScriptedExchange()
    await driven(exchange, "- {at: 2015-12-07T10:00, do: kill, service: payments}")
    assert exchange.happened[-2:] == ["crash payments", "up payments 12-07 10:00"]
    assert exchange.down == set()


async def test_I7_an_intake_that_is_up_and_takes_nothing_is_remembered() -> None:
    exchange = ScriptedExchange()
    exchange.problems["payments", "/v1/households/june/payments"] = Answer(status=503, body={})
    pay = "- {at: 2015-12-07T10:00, do: pay, household: june, amount: 5.00, by: card}"
    driver, _ = await driven(exchange, pay)
    assert len(driver.turned_away) == 1
    exchange.down.add("processor")
    driver, _ = await driven(exchange, pay, pay.replace("by: card", "by: cash"))
    assert len(driver.turned_away) == 1, "cash needs no processor"


EXTENSIONS = "/v1/deadline-extensions"


def extension(name: str, *, cutoff: str = "2015-12-25", withdrawn_at: str | None = None) -> dict[str, Any]:
    return {
        "extension": name,
        "cutoff": cutoff,
        "until": "2015-12-28",
        "recorded_at": f"2015-12-07T09:0{name[-1]}:00-05:00",
        "withdrawn_at": withdrawn_at,
    }


async def test_OPS_4_relief_moves_a_cutoff_and_is_taken_back_by_the_one_that_stands() -> None:
    exchange = ScriptedExchange()
    exchange.answers["invoicing", EXTENSIONS] = {
        "items": [
            extension("e-3", withdrawn_at="2015-12-07T09:30:00-05:00"),
            extension("e-2"),
            extension("e-1"),
            extension("e-4", cutoff="2015-12-31"),
        ],
        "next_cursor": None,
    }
    _, (declared, withdrawn, nothing) = await driven(
        exchange,
        "- {at: 2015-12-07T10:00, do: relief, cutoff: 2015-12-25, to: 2015-12-28, reason: the phones were out}",
        "- {at: 2015-12-07T10:00, do: withdraw-relief, cutoff: 2015-12-25}",
        "- {at: 2015-12-07T10:00, do: withdraw-relief, cutoff: 2015-12-26}",
    )
    assert [(path, body) for _, path, body in exchange.bodies if path.startswith(EXTENSIONS)] == [
        (EXTENSIONS, {"cutoff": "2015-12-25", "until": "2015-12-28", "note": "the phones were out"}),
        (f"{EXTENSIONS}/e-2/withdrawals", None),
    ]
    assert (declared.answered, withdrawn.answered) == ([], [])
    assert [each.says for each in nothing.answered] == ["no extension of 2015-12-26 stands"]
