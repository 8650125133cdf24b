"""Who uses tobacco is known to enrollment and to the carrier gateway, and to nobody else (ENR-17, ADR 0060)."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from bulkhead.contracts import wire
from bulkhead.contracts.registry import CONTACTS
from bulkhead.observability.logging import configure_logging
from notifications.adapters.postgres.tables import TABLES
from stories.exchange import Place
from stories.language import read_story_file
from stories.runner import play
from stories.stages.memory import InMemory, MemoryStage

STORY = Path(__file__).resolve().parents[2] / "scenarios" / "rates-by-tobacco.yaml"


async def test_ENR_17_who_uses_tobacco_is_in_no_database_message_or_log_that_does_not_need_it(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    configure_logging(service="notifications", level="DEBUG")
    caplog.set_level(logging.DEBUG)
    story = read_story_file(STORY)
    async with MemoryStage().exchange(story) as exchange:
        assert isinstance(exchange, InMemory)
        assert (await play(story, exchange)).held
        said = {topic: exchange.broker.messages(topic) for topic in exchange.broker.topics}
        rows = [row for kind in TABLES for row in exchange.exchange.databases["notifications"].rows(kind)]
        sets = b"".join((await exchange.files(Place.CARRIERS, ".834")).values())
        letters = b"".join([*await exchange.mails(), *(await exchange.files(Place.PRINT, ".json")).values()])
    logged = capsys.readouterr().out + caplog.text

    member = b'"tobacco":[{'
    assert {
        topic for topic, messages in said.items() if member in b"".join(each.value for each in messages)
    } == {CONTACTS.name}, "the search would find it where it is"
    assert b"HLH*T" in sets
    assert rows
    assert letters
    assert logged
    for row in rows:
        assert b"obacco" not in wire.encode(row), type(row).__name__
    assert b"obacco" not in letters
    assert "obacco" not in logged.replace("rates-by-tobacco", "").replace("tobacco-uses", "")
