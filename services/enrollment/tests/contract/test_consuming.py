"""Enrollment as it hears others: from the broker's bytes, in order, once, and set aside what cannot be."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import quote

import msgspec
import pytest

from bulkhead.contracts import wire
from bulkhead.contracts.carrier_gateway import v1 as carriers
from bulkhead.contracts.invoicing import v1 as receivables
from bulkhead.contracts.registry import BY_MODEL, POLICIES, RECEIVABLES
from bulkhead.kernel.calendar import local
from bulkhead.messaging.broker import Outgoing
from bulkhead.messaging.partitioning import partition_of
from bulkhead_testing.contact_keys import CONTACT_KEYS
from bulkhead_testing.exchange import MemoryExchange
from bulkhead_testing.web import client_of
from enrollment.adapters.hub.sandbox import SandboxHub
from enrollment.bootstrap import assemble
from enrollment.domain.policies import Policy
from services.enrollment.tests.builders import VERMONT
from services.enrollment.tests.contract.http import JUNE, PLAN

PARTITIONS = 4


class Alone:
    """Enrollment alone with a broker, on which a test speaks for the other services."""

    def __init__(self) -> None:
        self.exchange = MemoryExchange(
            assemble={
                "enrollment": lambda: assemble(pack=VERMONT, hub=SandboxHub(), contact_keys=CONTACT_KEYS)
            },
            start=date(2015, 12, 1),
        )
        self._said = 0

    async def begin(self) -> Alone:
        """Start the service; offer a plan; register households and let each select it."""
        await self.exchange.start("enrollment", now=local(date(2015, 12, 3), 10))
        await self.request("PUT", "/v1/plans/SILVER", PLAN)
        for household in ("june", "kim"):
            await self.request("POST", "/v1/households", {**JUNE, "household": household, "aptc_cents": 0})
            await self.request(
                "POST", f"/v1/households/{household}/selections", {"plans": ["SILVER"], "via": "web"}
            )
        await self.exchange.settle()
        return self

    async def request(self, method: str, path: str, body: Any = None) -> Any:
        """Ask the API as an operator and return the answer's body."""
        self._said += 1
        headers = self.exchange.issuer.headers("operator", key=f"key-{self._said}")
        client = client_of(self.exchange.running["enrollment"].app)
        answer = await client.request(method, path, json=body, headers=headers)
        assert answer.is_success, answer.text
        return answer.json()

    async def say(self, event: Any, *, event_id: str | None = None) -> None:
        """Put another service's event on its topic."""
        self._said += 1
        kind = BY_MODEL[type(event)]
        envelope = wire.Envelope(
            id=event_id or f"event-{self._said}",
            type=kind.name,
            version=kind.version,
            household=event.household,
            occurred_at=local(date(2015, 12, 10), 9),
            business_date=date(2015, 12, 10),
            correlation_id="a-test",
            causation_id=None,
            traceparent=None,
            data=msgspec.Raw(wire.encode(event)),
        )
        partition = partition_of(event.household, await self.exchange.broker.partitions(kind.topic.name))
        message = Outgoing(kind.topic.name, partition, event.household.encode(), wire.encode(envelope))
        await self.exchange.broker.publish([message])

    def policy(self, household: str = "june") -> Policy:
        """Return the household's policy."""
        rows = self.exchange.databases["enrollment"].rows(Policy)
        (found,) = [each for each in rows if each.household == household]
        return found

    def published(self) -> list[str]:
        """Return the types of all events on the policies topic."""
        messages = self.exchange.broker.messages(POLICIES.name)
        return [wire.decode(each.value, wire.Envelope).type for each in messages]

    async def parked(self) -> list[dict[str, Any]]:
        """Return what is set aside."""
        return (await self.request("GET", "/v1/parked"))["items"]


@pytest.fixture
async def alone() -> Alone:
    return await Alone().begin()


def satisfied(policy: Policy) -> receivables.BinderSatisfied:
    return receivables.BinderSatisfied(
        household=policy.household,
        selection=policy.selection,
        policies=(policy.policy,),
        paid_cents=50000,
        satisfied_on=date(2015, 12, 10),
    )


def lapsed(policy: Policy) -> receivables.BinderLapsed:
    return receivables.BinderLapsed(
        household=policy.household,
        selection=policy.selection,
        policies=(policy.policy,),
        due=date(2015, 12, 25),
        decision="lapse",
    )


async def test_ENR_5_a_paid_binder_on_the_topic_activates_the_policy_and_is_told_on(alone: Alone) -> None:
    await alone.say(satisfied(alone.policy()))
    await alone.exchange.settle()
    assert alone.policy().lifecycle == "active"
    assert alone.published().count("PolicyActivated") == 1
    assert await alone.parked() == []


async def test_I8_an_event_that_comes_twice_takes_effect_once(alone: Alone) -> None:
    policy = alone.policy()
    await alone.say(lapsed(policy), event_id="the-same")
    await alone.say(lapsed(policy), event_id="the-same")
    await alone.exchange.settle()
    alone.exchange.broker.deliver_again("enrollment")
    await alone.exchange.settle()
    assert alone.published().count("PolicyCanceled") == 1


async def test_what_enrollment_has_no_use_for_is_passed_over(alone: Alone) -> None:
    await alone.say(receivables.RefundApproved(household="june", refund="r", cents=1, taken_from=()))
    await alone.exchange.settle()
    assert await alone.parked() == []


async def test_an_impossible_fact_sets_its_household_aside_and_lets_others_go_on(alone: Alone) -> None:
    june, kim = alone.policy("june"), alone.policy("kim")
    await alone.say(lapsed(june))
    await alone.say(satisfied(june))  # paid after its lapse, and nobody granted a reinstatement
    await alone.say(
        carriers.TransmissionSent(
            household="june",
            policy=june.policy,
            carrier="BCBSVT",
            transmission="t",
            kind="initial",
            effective=june.effective,
            sent_on=date(2015, 12, 10),
        )
    )
    await alone.say(satisfied(kim))
    await alone.exchange.settle()
    assert (alone.policy("june").lifecycle, alone.policy("kim").lifecycle) == ("canceled", "active")
    parked = await alone.parked()
    assert (parked[0]["household"], parked[0]["type"]) == ("june", "BinderSatisfied")
    assert {each["household"] for each in parked} == {"june"}
    assert alone.policy("june").acknowledgement == "unsent"


async def test_PAY_2_a_replay_that_found_nothing_is_done_again_for_the_same_key(alone: Alone) -> None:
    client = client_of(alone.exchange.running["enrollment"].app)
    headers = alone.exchange.issuer.headers("operator", key="the-same")
    june = alone.policy("june")
    assert (await client.post("/v1/parked/june/replays", headers=headers)).status_code == 404
    await alone.say(lapsed(june))
    await alone.say(satisfied(june))
    await alone.exchange.settle()
    done = await client.post("/v1/parked/june/replays", headers=headers)
    assert (done.status_code, done.json()["left"]) == (200, 1)
    again = await client.post("/v1/parked/june/replays", headers=headers)
    assert (again.json(), again.headers["Idempotency-Replayed"]) == (done.json(), "true")


async def test_what_was_set_aside_goes_on_in_order_once_its_cause_is_discarded(alone: Alone) -> None:
    june = alone.policy("june")
    await alone.say(lapsed(june))
    await alone.say(satisfied(june))
    await alone.say(
        receivables.ReinstatementGranted(
            household="june",
            policies=(june.policy,),
            reason="postmark",
            binder=True,
            decision="granted",
            undoes="lapse",
        )
    )
    await alone.exchange.settle()
    assert alone.policy("june").lifecycle == "canceled"
    event = (await alone.parked())[0]["event"]
    await alone.request("POST", "/v1/parked/june/discards", {"event": event, "reason": "told too early"})
    await alone.request("POST", "/v1/parked/june/replays", {})
    await alone.exchange.settle()
    assert await alone.parked() == []
    assert (alone.policy("june").lifecycle, alone.policy("june").standing) == ("active", "current")
    assert alone.published()[-1] == "PolicyReinstated"


@pytest.mark.parametrize(
    ("key", "parked_as"),
    [
        (None, "*invoicing.receivables.v1:3"),
        (b"", "*invoicing.receivables.v1:3"),
        (b"\xff\x00", "*invoicing.receivables.v1:3"),
        (b"june and kim", "*invoicing.receivables.v1:3"),
        (b"june/../kim", "*invoicing.receivables.v1:3"),
        (b"*invoicing.receivables.v1:2", "*invoicing.receivables.v1:3"),
        (b"a" * 65, "*invoicing.receivables.v1:3"),
        (b"_june", "*invoicing.receivables.v1:3"),
        (b"june\n", "*invoicing.receivables.v1:3"),
        ("jüne".encode(), "*invoicing.receivables.v1:3"),
        (b"a" * 64, "a" * 64),
        (b"0", "0"),
        (b"J.u_n-e..", "J.u_n-e.."),
        (b"4111111111111111", "4111111111111111"),
    ],
)
async def test_noise_is_discarded_and_replayed_by_what_it_is_listed_as_whatever_its_key(
    alone: Alone, key: bytes | None, parked_as: str
) -> None:
    envelope = b'{"id":"e1","household":"june and kim"}'
    noise = [Outgoing(RECEIVABLES.name, 3, key, value) for value in (b"noise", envelope)]
    await alone.exchange.broker.publish(noise)
    await alone.exchange.settle()
    assert [each["household"] for each in await alone.parked()] == [parked_as] * 2
    path = f"/v1/parked/{quote(parked_as, safe='')}"
    replay = await alone.request("POST", f"{path}/replays")
    assert (replay["household"], replay["left"]) == (parked_as, 2)
    for each in await alone.parked():
        await alone.request("POST", f"{path}/discards", {"event": each["event"], "reason": "noise"})
    assert await alone.parked() == []
