"""What others say becomes our facts, and what we say is what the wire carries."""

from __future__ import annotations

from dataclasses import fields
from datetime import date

import msgspec
import pytest

from bulkhead.contracts import wire
from bulkhead.contracts.enrollment import v1 as enrollment
from bulkhead.contracts.invoicing import v1 as invoicing
from bulkhead.contracts.registry import BY_MODEL, TOPICS
from bulkhead.contracts.wire import Wire
from bulkhead.kernel.calendar import CoverageMonth
from payments.adapters.messaging.translation import INBOUND, OUTBOUND, SUBSCRIBES
from payments.application import facts
from payments.domain.settlements import Share

HEARD = [
    (
        enrollment.HouseholdRegistered(household="june", contact_version=1),
        facts.AccountHeardOf(household="june"),
    ),
    (
        invoicing.PremiumsSettled(
            household="june",
            group="month:2016-01",
            settled_on=date(2015, 12, 10),
            premiums=(
                invoicing.SettledPremium(
                    policy="p1",
                    carrier="BCBSVT",
                    month=CoverageMonth(2016, 1),
                    cents=50_000,
                    settlement="s1",
                    funded_by=(invoicing.Funding(payment="a", cents=50_000),),
                ),
            ),
        ),
        facts.PremiumsSettled(
            household="june",
            group="month:2016-01",
            settled_on=date(2015, 12, 10),
            premiums=(
                facts.SettledPremium(
                    policy="p1",
                    carrier="BCBSVT",
                    month=CoverageMonth(2016, 1),
                    cents=50_000,
                    settlement="s1",
                    funded_by=(Share(payment="a", cents=50_000),),
                ),
            ),
        ),
    ),
    (
        invoicing.PremiumUnsettled(
            household="june",
            policy="p1",
            carrier="BCBSVT",
            month=CoverageMonth(2016, 1),
            cents=50_000,
            unsettled_on=date(2016, 1, 10),
            settlement="s1",
            reason="reversed",
        ),
        facts.PremiumUnsettled(
            household="june", settlement="s1", cents=50_000, unsettled_on=date(2016, 1, 10)
        ),
    ),
    (
        invoicing.RefundApproved(
            household="june", refund="r1", cents=100, taken_from=(invoicing.Funding(payment="a", cents=100),)
        ),
        facts.RefundApproved(
            household="june", refund="r1", cents=100, taken_from=(Share(payment="a", cents=100),)
        ),
    ),
]


@pytest.mark.parametrize(("said", "heard"), HEARD, ids=lambda value: type(value).__name__)
def test_what_others_say_becomes_our_fact(said: Wire, heard: object) -> None:
    decoded = wire.decode(wire.encode(said), type(said))
    assert wire.convert(decoded, INBOUND[type(said)]) == heard


def test_everything_listened_to_is_on_a_topic_we_may_read() -> None:
    assert {BY_MODEL[model].topic for model in INBOUND} == set(SUBSCRIBES)
    assert all("payments" in topic.readers and not topic.personal_data for topic in SUBSCRIBES)


def test_our_events_have_the_fields_of_the_wire_and_are_ours_to_say() -> None:
    for event, model in OUTBOUND.items():
        assert [field.name for field in fields(event)] == [
            field.name for field in msgspec.structs.fields(model)
        ]
        assert BY_MODEL[model].topic.owner == "payments"
    assert any(topic.owner == "payments" for topic in TOPICS)
