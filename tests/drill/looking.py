"""What the exchange said, did and wrote, read afterwards from its topics and its mailboxes."""

from __future__ import annotations

import email
import email.policy
import json
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, cast

from aiokafka import AIOKafkaConsumer, TopicPartition

from bulkhead.kernel.calendar import EXCHANGE_ZONE
from bulkhead_local import Exchange as Instance

TOPICS: Mapping[str, str] = {
    "enrollment.policies.v1": "enrollment",
    "invoicing.receivables.v1": "invoicing",
    "payments.payments.v1": "payments",
    "carrier-gateway.carriers.v1": "carrier-gateway",
    "notifications.notices.v1": "notifications",
}
"""The topics that are read, and whose they are."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing a service said: when by the exchange's clock, and when by the wall's it was in the topic."""

    service: str
    type: str
    household: str | None
    at: datetime
    published: float
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Mail:
    """One e-mail as it reached its mailbox."""

    type: str
    household: str
    at: datetime
    file: Path

    def says(self, text: str) -> bool:
        """Whether the text is anywhere in what its reader sees."""
        message = email.message_from_bytes(self.file.read_bytes(), policy=email.policy.compat32)
        parts = (part for part in message.walk() if part.get_content_maintype() == "text")
        return any(text in cast(bytes, part.get_payload(decode=True)).decode() for part in parts)


def hour_of(at: datetime) -> datetime:
    """Return the hour that an instant is in, in the exchange's zone."""
    return at.astimezone(EXCHANGE_ZONE).replace(minute=0, second=0, microsecond=0)


@dataclass(slots=True)
class Journal:
    """Everything that was said, as far as the page and the checks need it."""

    by_hour: dict[tuple[str, datetime], Counter[str]] = field(
        default_factory=lambda: dict[tuple[str, datetime], Counter[str]]()
    )
    households: dict[str, set[str]] = field(default_factory=lambda: dict[str, set[str]]())
    published: dict[str, dict[str, float]] = field(default_factory=lambda: dict[str, dict[str, float]]())
    """By type and household, when the first such event was in its topic."""
    notices: Counter[tuple[str, str]] = field(default_factory=lambda: Counter[tuple[str, str]]())
    """By type of notice and the way it went."""
    canceled: dict[str, str | None] = field(default_factory=lambda: dict[str, str | None]())
    """Who was canceled for non-payment, and to when the start rolled."""
    remitted_cents: int = 0
    events: int = 0

    def hear(self, event: Event) -> None:
        """Keep what is needed of an event."""
        self.events += 1
        self.by_hour.setdefault((event.service, hour_of(event.at)), Counter())[event.type] += 1
        match event.type:
            case "NoticeSent":
                self.notices[event.data["notice_type"], event.data["by"]] += 1
            case "RemittanceIssued":
                self.remitted_cents += int(event.data["total_cents"])
            case "PolicyCanceled" if event.data["reason"] == "non-payment":
                self.canceled[str(event.household)] = event.data["rolled_to"]
            case _:
                pass
        if event.household is not None:
            self.households.setdefault(event.type, set()).add(event.household)
            self.published.setdefault(event.type, {}).setdefault(event.household, event.published)

    def who(self, type_: str) -> set[str]:
        """Return the households of which such an event was said."""
        return self.households.get(type_, set())


async def journal_of(instance: Instance) -> Journal:
    """Return what an exchange's topics have had since it was made; an event that is there twice is heard once."""
    journal = Journal()
    for topic, service in TOPICS.items():
        known = set[str]()
        name = f"{instance.topic_prefix}{topic}"
        async for envelope, published in _records(
            instance.backing.kafka_operator(), name, partitions=instance.partitions
        ):
            if envelope["id"] in known:
                continue
            known.add(envelope["id"])
            event = Event(
                service=service, type=envelope["type"], household=envelope["household"],
                at=datetime.fromisoformat(envelope["occurred_at"]), published=published, data=envelope["data"],
            )  # fmt: skip
            journal.hear(event)
    return journal


async def _records(
    kafka: Mapping[str, Any], topic: str, *, partitions: int
) -> AsyncIterator[tuple[Mapping[str, Any], float]]:
    consumer = AIOKafkaConsumer(**kafka, group_id=None, enable_auto_commit=False)
    await consumer.start()
    try:
        each_partition = [TopicPartition(topic, number) for number in range(partitions)]
        consumer.assign(each_partition)
        await consumer.seek_to_beginning(*each_partition)
        ends = await consumer.end_offsets(each_partition)
        left = {each for each in each_partition if ends[each] > 0}
        while left:
            batches = await consumer.getmany(timeout_ms=500, max_records=5000)
            for batch in batches.values():
                for record in batch:
                    yield json.loads(record.value or b"{}"), record.timestamp / 1000
            left = {each for each in left if await consumer.position(each) < ends[each]}
    finally:
        await consumer.stop()


_HEAD = re.compile(rb"^(Date|X-Bulkhead-Notice-Type|X-Bulkhead-Household): *(.*?)\r?$", re.M)


def mails_of(instance: Instance) -> list[Mail]:
    """Return every notice that is in the mailboxes, in the order of the exchange's clock."""
    files = (each for folder in ("cur", "new") for each in (instance.mail_dir / folder).glob("*"))
    return sorted(_mails(files), key=lambda each: each.at)


def _mails(files: Iterable[Path]) -> Iterable[Mail]:
    for file in files:
        head = file.read_bytes().replace(b"\r\n", b"\n").partition(b"\n\n")[0]
        found = {name.decode().lower(): value.decode() for name, value in _HEAD.findall(head)}
        if "x-bulkhead-household" in found:
            yield Mail(
                type=found["x-bulkhead-notice-type"], household=found["x-bulkhead-household"],
                at=parsedate_to_datetime(found["date"]), file=file,
            )  # fmt: skip


def pointing_at(mails: Sequence[Mail], door: str, *, since: datetime, until: datetime) -> tuple[int, int]:
    """Return how many mails left in that while, and how many of them name a door, by its address."""
    left = [each for each in mails if since <= each.at < until]
    return len(left), sum(each.says(door) for each in left)
