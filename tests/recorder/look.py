"""Where acts are found: at the services' public APIs, and in the topics they publish."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from typing import Any, TypeAlias
from urllib.parse import quote

from aiokafka import AIOKafkaConsumer, TopicPartition

from recorder.book import Book, Sighting

Read: TypeAlias = Callable[[str, str], Awaitable[Any]]
"""Returns what a service shows at a path; None where there is no such thing."""

PLACES: Mapping[str, tuple[str, ...]] = {
    "registration": ("enrollment", "topic of enrollment"),
    "selection": ("enrollment", "topic of enrollment"),
    "end": ("enrollment", "topic of enrollment"),
    "payment": ("payments", "ledger of invoicing", "topic of payments"),
    "refund": ("topic of invoicing", "payments"),
    "approval": (),  # what it brings about is the refund's
}
"""Where each kind of act must be found, its owner's place first."""

TOPICS: Mapping[str, str] = {
    "topic of enrollment": "enrollment.policies.v1",
    "topic of payments": "payments.payments.v1",
    "topic of invoicing": "invoicing.receivables.v1",
}
"""The places that are topics."""

_READERS = 6


async def household_at_enrollment(read: Read, household: str) -> list[Sighting]:
    """Return a household's registration, its selections, and what ended because somebody asked."""
    path = f"/v1/households/{household}"
    if await read("enrollment", path) is None:
        return []
    found = [Sighting(kind="registration", household=household, id=household)]
    policies = [each async for each in _items(read, "enrollment", f"{path}/policies")]
    for selection in dict.fromkeys(each["selection"] for each in policies):
        plans = sorted(each["plan"] for each in policies if each["selection"] == selection)
        found.append(Sighting(kind="selection", household=household, id=selection, says={"plans": plans}))
    if any(each["end_reason"] == "requested" for each in policies):
        found.append(Sighting(kind="end", household=household, id=""))
    return found


async def household_at_payments(read: Read, household: str) -> list[Sighting]:
    """Return a household's payments."""
    return [
        Sighting(
            kind="payment", household=household, id=each["payment"], says={"cents": each["amount_cents"]}
        )
        async for each in _items(read, "payments", f"/v1/households/{household}/payments")
    ]


async def household_at_invoicing(read: Read, household: str) -> list[Sighting]:
    """Return the payments that a household's ledger has, each by the cents received."""
    return [
        Sighting(kind="payment", household=household, id=each["payment"], says={"cents": each["cents"]})
        async for each in _items(read, "invoicing", f"/v1/households/{household}/ledger")
        if each["kind"] == "received"
    ]


async def money_in_suspense(read: Read) -> AsyncIterator[Sighting]:
    """Yield what waits for somebody to say whose it is: it is a payment, and goes no further."""
    async for each in _items(read, "payments", "/v1/suspense-items"):
        says = {"cents": each["amount_cents"]}
        yield Sighting(
            kind="payment", household=each["account"] or "", id=each["item"], says=says, stays=True
        )


async def refunds_at_payments(read: Read) -> AsyncIterator[Sighting]:
    """Yield every refund, whatever number of payments it goes back to."""
    sums: dict[tuple[str, str], int] = {}
    async for each in _items(read, "payments", "/v1/refund-parts"):
        refund = each["household"], each["refund"]
        sums[refund] = sums.get(refund, 0) + each["cents"]
    for (household, refund), cents in sums.items():
        yield Sighting(kind="refund", household=household, id=refund, says={"cents": cents})


async def _items(read: Read, service: str, path: str) -> AsyncIterator[dict[str, Any]]:
    after = ""
    while True:
        sign = "&" if "?" in path else "?"
        body = await read(service, f"{path}{sign}limit=500{after}")
        if body is None:
            return
        for each in body["items"]:
            yield each
        if body.get("next_cursor") is None:
            return
        after = f"&cursor={quote(str(body['next_cursor']))}"


def sighting_of(envelope: Mapping[str, Any]) -> Sighting | None:
    """Return what an event says of an act; None for an event that is about none.

    An event may be published twice, which its readers see by its id: so it is one sighting.
    """
    data, household = envelope["data"], envelope["household"]
    match envelope["type"]:
        case "HouseholdRegistered":
            kind, id_, says = "registration", household, {}
        case "PlansSelected":
            plans = sorted(each["plan"] for each in data["policies"])
            kind, id_, says = "selection", data["selection"], {"plans": plans}
        case "PolicyCanceled" | "PolicyTerminated" if data["reason"] == "requested":
            kind, id_, says = "end", "", {}
        case "PaymentReceived":
            kind, id_, says = "payment", data["payment"], {"cents": data["cents"]}
        case "RefundApproved":
            kind, id_, says = "refund", data["refund"], {"cents": data["cents"]}
        case _:
            return None
    return Sighting(kind=kind, household=household, id=id_, says=says, once=envelope["id"])


async def events(
    kafka: Mapping[str, Any], topic: str, *, partitions: int
) -> AsyncIterator[Iterable[dict[str, Any]]]:
    """Yield everything a topic has had from its beginning to now, batch by batch; ``kafka`` is what a client is handed
    to come in.
    """
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
            yield [json.loads(record.value or b"{}") for batch in batches.values() for record in batch]
            left = {each for each in left if await consumer.position(each) < ends[each]}
    finally:
        await consumer.stop()


async def look_for_everything(
    book: Book, *, read: Read, topic: Callable[[str], AsyncIterator[Iterable[Mapping[str, Any]]]]
) -> None:
    """Write into the book what the services and their topics show of every household that anything was asked for.

    ``topic`` yields everything a topic of that name has had, batch by batch.
    """
    registered = book.households("registration", "selection", "end")
    paying = [each for each in book.households("payment", "refund") if each]
    left = iter(
        [
            *(("enrollment", household_at_enrollment, each) for each in registered),
            *(("payments", household_at_payments, each) for each in paying),
            *(("ledger of invoicing", household_at_invoicing, each) for each in paying),
        ]
    )

    async def reader() -> None:
        for place, look, household in left:
            book.saw(place, await look(read, household))

    await asyncio.gather(*(reader() for _ in range(_READERS)))
    book.saw("payments", [each async for each in money_in_suspense(read)])
    book.saw("payments", [each async for each in refunds_at_payments(read)])
    for place, name in TOPICS.items():
        async for batch in topic(name):
            book.saw(place, [found for each in batch if (found := sighting_of(each)) is not None])
