"""What a person typed is in no log, no trace, and no topic: on that of contacts it is sealed."""

from __future__ import annotations

import logging

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from bulkhead.contracts.registry import CONTACTS, TOPICS
from stories.exchange import Place
from stories.language import read_story
from stories.stages.live import Live
from tests.e2e.support import begun, live, walk

PLANTED = {
    "name": "Zebulonia Quagmire",
    "other name": "Wilhelmine Quagmire-Ost",
    "birth date": "1931-07-19",
    "other birth date": "1933-02-23",
    "ssn": "987-65-4320",
    "email": "zebulonia.quagmire@planted.test",
    "address": "77 Xylophone Lane, Ripton VT 05766",
    "phone": "+1 802 555 0177",
}
TELLTALES = (
    "Quagmire", "Zebulonia", "Wilhelmine", "1931-07-19", "19310719", "1933-02-23", "19330223", "987-65-4320", "987654320",
    "planted.test", "Xylophone", "Ripton", "555 0177", "8025550177",
)  # fmt: skip

TRIAL = read_story(
    f"""\
scenario: privacy
clock: 2015-12-01
catalog:
  - {{plan: SILVER, carrier: BCBSVT, kind: medical, monthly: {{single: 500.00, couple: 1000.00, parent: 965.00, family: 1405.00}}}}
households:
  june:
    members:
      - {{name: {PLANTED["name"]}, born: {PLANTED["birth date"]}, ssn: {PLANTED["ssn"]}}}
      - {{name: {PLANTED["other name"]}, born: {PLANTED["other birth date"]}}}
    email: {PLANTED["email"]}
    address: "{PLANTED["address"]}"
    phone: "{PLANTED["phone"]}"
  may: {{members: [{{name: {PLANTED["other name"]}, born: {PLANTED["other birth date"]}}}], address: "{PLANTED["address"]}"}}
steps:
  - {{at: 2015-12-03T10:00, do: select, household: june, plans: [SILVER]}}
  - {{at: 2015-12-03T10:00, do: select, household: may, plans: [SILVER], via: phone}}
  - {{at: 2015-12-04T10:00, do: down, service: smtp}}
  - {{at: 2015-12-04T10:01, do: pay, household: june, amount: 1000.00, by: card}}
  - {{at: 2015-12-04T10:02, do: pay, household: may, amount: 499.99, by: check}}
  - {{at: 2015-12-04T11:00, do: up, service: smtp}}
  - {{at: 2015-12-07T10:00, do: carrier, carrier: BCBSVT, household: june, sends: effectuation}}
  - {{at: 2015-12-26T23:00, expect: {{coverage: {{household: may, is: canceled}}, sent: {{carrier: BCBSVT, household: june, kind: initial}}}}}}
""",
    file="privacy",
)


async def messages(exchange: Live, topic: str) -> list[bytes]:
    """Return everything ever written to a topic: keys, values and headers."""
    consumer = AIOKafkaConsumer(**exchange.instance.backing.kafka_operator(), enable_auto_commit=False)
    await consumer.start()
    try:
        name = exchange.instance.topic_prefix + topic
        partitions = [TopicPartition(name, number) for number in range(exchange.instance.partitions)]
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        ends = await consumer.end_offsets(partitions)
        found: list[bytes] = []
        while any([await consumer.position(each) < ends[each] for each in partitions]):
            for batch in (await consumer.getmany(timeout_ms=500)).values():
                for record in batch:
                    found.append(
                        b" ".join([record.key or b"", record.value or b"", repr(record.headers).encode()])
                    )
        return found
    finally:
        await consumer.stop()


def telltales_in(text: str) -> list[str]:
    return [each for each in TELLTALES if each.lower() in text.lower()]


async def test_planted_names_addresses_and_numbers_are_where_they_belong_and_nowhere_else(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("BULKHEAD_TRACES", "1")
    monkeypatch.setenv("BULKHEAD_LOG_LEVEL", "DEBUG")
    caplog.set_level(logging.ERROR, logger="aiokafka")
    async with live(TRIAL) as exchange:
        player = await begun(TRIAL, exchange)
        await walk(player, TRIAL)
        bad = {
            "household": "x y",
            "members": [{"name": PLANTED["name"], "born": PLANTED["birth date"], "relation": "Quagmire"}],
        }
        refused = await exchange.call("enrollment", "POST", "/v1/households", json=bad, key="bad")
        assert refused.status == 422
        assert telltales_in(str(refused.body)) == []
        by_topic = {topic.name: await messages(exchange, topic.name) for topic in TOPICS}
        logs = sorted(exchange.instance.state.logs.glob(f"{exchange.instance.name}.*"))
        written = {path.name: path.read_text(encoding="utf-8", errors="replace") for path in logs}
        drop_box = b"".join((await exchange.files(Place.CARRIERS, ".834")).values()).decode()
        mails = b"".join(await exchange.mails()).decode()
        timeline = "\n".join(map(str, player.played.timeline))

    assert "QUAGMIRE" in drop_box.upper(), "the search would find them where they are"
    assert any(b"sealed:1:" in each for each in by_topic[CONTACTS.name])
    assert "Quagmire" in mails or PLANTED["email"] in mails
    for name, found in by_topic.items():
        assert found or name.startswith("notifications"), f"nothing was written to {name}"
        assert telltales_in(b" ".join(found).decode(errors="replace")) == [], name
    assert any(name.endswith(".trace.jsonl") for name in written)
    for name, text in written.items():
        assert telltales_in(text) == [], name
    assert telltales_in(timeline) == []
