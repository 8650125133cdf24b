"""Of ten carriers, files or sets that a poller has to do with, one that fails delays itself alone, and shows (I9)."""

from __future__ import annotations

from datetime import date

from carriers_desk import effectuation_of
from gateway_builders import (
    Gateway,
    activated,
    closed,
    contact,
    member,
    paid,
    remittance,
    remitted,
    selected,
    terms,
)

from bulkhead.observability import metrics
from bulkhead.retries.retries import Retry
from bulkhead.runtime.measures import sources_of_all
from bulkhead_testing.broker import MemoryOutbox
from bulkhead_testing.clock import FixedClock
from bulkhead_testing.poison import OddFiles
from carrier_gateway.application.write_audits import begin_audits

CARRIERS = [f"C{number}" for number in range(10)]
BAD = "C3"
OTHERS = sorted(set(CARRIERS) - {BAD})


async def opened() -> tuple[Gateway, OddFiles]:
    """Return the gateway with ten carriers, each of which is to be told of one household."""
    files = OddFiles()
    gateway = Gateway(files=files, audits=True)
    gateway.boxes = files
    await gateway.open(*CARRIERS)
    for carrier in CARRIERS:
        household = f"of{carrier}"
        policy = terms(f"{household}-medical", carrier=carrier, members=(f"{household}-1",))
        await gateway.hear(
            contact(member(household=household), household=household), selected(policy, household=household)
        )
        await gateway.hear(
            paid(policy.policy, household=household), activated(policy.policy, household=household)
        )
    return gateway, files


async def waiting(gateway: Gateway) -> dict[str, float]:
    """Return by the metrics how much of each kind of work waits."""
    database, _ = sources_of_all(
        service=gateway.service,
        uows=gateway.uows,
        clock=FixedClock(gateway.now),
        outbox=MemoryOutbox(gateway.database),
    )
    readings = (await database.read())[metrics.RETRIES_WAITING.name]
    return {each.labels["kind"]: each.value for each in readings if each.value}


def have(gateway: Gateway, ending: str) -> list[str]:
    """Return the carriers in whose outbound boxes there are such files."""
    return [each for each in CARRIERS if any(ending in name for name in gateway.outbound(each))]


async def test_I9_of_ten_carriers_files_those_of_one_that_fail_delay_themselves_alone_and_show() -> None:
    gateway, files = await opened()
    files.odd = (f"{BAD}/outbound",)
    await gateway.work()
    assert have(gateway, ".834") == OTHERS
    assert await waiting(gateway) == {"transmissions": 1}
    files.odd = ()
    await gateway.later(minutes=5).work()
    assert (have(gateway, "I834"), gateway.rows(Retry)) == (CARRIERS, [])

    for carrier in CARRIERS:
        await gateway.drop("said.834", effectuation_of(gateway.sets(carrier)[0]), carrier=carrier)
    files.odd = (f"{BAD}/inbound/said",)
    (inbound,) = [each for each in gateway.pollers if each.name == "inbound-files"]
    assert await inbound.turn(gateway.now) == 9
    assert await waiting(gateway) == {"inbound-files": 1}
    files.odd = ()
    assert await inbound.turn(gateway.later(minutes=1).now) == 1

    for carrier in CARRIERS:
        policy = f"of{carrier}-medical"
        await gateway.hear(closed(0, carrier=carrier), remittance(remitted(policy=policy), carrier=carrier))
    async with gateway.uows.begin(now=gateway.now) as uow:
        await begin_audits(uow, on=date(2016, 3, 15))
    files.odd = (f"{BAD}/outbound",)
    await gateway.work()
    made = {"acknowledgements": "TA1", "audits": "AUDIT", "delinquency-lists": ".csv", "remittances": ".820"}
    assert {kind: have(gateway, name) for kind, name in made.items()} == dict.fromkeys(made, OTHERS)
    assert await waiting(gateway) == dict.fromkeys(made, 1) | {"acknowledgements": 2}  # a TA1 and a 999
    assert {each.reason for each in gateway.rows(Retry)} == {"ZeroDivisionError"}
    files.odd = ()
    await gateway.later(minutes=5).work()
    assert {kind: have(gateway, name) for kind, name in made.items()} == dict.fromkeys(made, CARRIERS)
    assert await waiting(gateway) == {}
