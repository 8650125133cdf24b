"""What must be true of every story can fail: each of I1 to I10 is broken once, and said so."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from bulkhead.kernel.calendar import local
from stories.exchange import Place
from stories.invariants import Invariants
from stories.lookout import SUSPENSE, Lookout
from stories.tests.builders import ScriptedExchange, story_of
from stories.tests.test_edi import SUBSCRIBER, interchange, reason

JUNE = "/v1/households/june"
Plant = Callable[["World"], None]


class World:
    """An exchange in which june has one policy, its binder paid and remitted, and nothing is wrong."""

    def __init__(self) -> None:
        self.exchange = ScriptedExchange()
        self.said: dict[str, list[dict[str, Any]]] = {
            name: [] for name in ("enrollment", "invoicing", "payments")
        }
        self.policy: dict[str, Any] = {
            "policy": "pol-1", "selection": "s-1", "plan": "SILVER", "lifecycle": "active", "through": None,
            "coverage_ends": "2016-12-31", "effective": "2016-01-01", "end_reason": None,
        }  # fmt: skip
        self.invoice: dict[str, Any] = {
            "invoice": "i-1", "number": 1, "selection": "s-1", "kind": "initial", "dated": "2015-12-04",
            "due": "2015-12-25", "adjustments": [], "voided_on": None,
            "charges": [{"policy": "pol-1", "month": "2016-01", "net_cents": 50_000}],
        }  # fmt: skip
        self.payments_books: dict[str, Any] = {
            "received_cents": 50_000, "remitted_cents": 50_000, "settled_waiting_cents": 0, "not_applied_cents": 0,
            "suspense_cents": 0, "refunded_cents": 0, "returned_cents": 0, "balanced": True,
        }  # fmt: skip
        self.invoicing_books: dict[str, Any] = {
            "owed_cents": 0, "held_cents": 0, "credit_cents": 0, "owed_back_cents": 0, "positions_agree": True,
        }  # fmt: skip
        self.lists: dict[tuple[str, str], list[dict[str, Any]]] = {
            ("payments", f"{JUNE}/payments"): [{"amount_cents": 50_000, "moved_cents": 0}],
        }  # fmt: skip
        months = [{"first": "2016-01", "last": "2016-12", "net_cents": 50_000}]
        self.say(
            "enrollment", "PlansSelected", "2015-12-03T10:00", selection="s-1", binder_required=True,
            effective="2016-01-01", entered_on="2015-12-03", policies=[{"policy": "pol-1", "months": months}],
        )  # fmt: skip
        self.say("payments", "PaymentReceived", "2015-12-03T10:01", **money("pay-1", 50_000, "2015-12-03"))
        premium = {
            "policy": "pol-1", "month": "2016-01", "cents": 50_000, "settlement": "set-1", "carrier": "BCBSVT",
            "funded_by": [{"payment": "pay-1", "cents": 50_000}],
        }  # fmt: skip
        self.say("invoicing", "PremiumsSettled", "2015-12-03T10:02", group="binder:s-1", premiums=[premium])
        self.say("invoicing", "BinderSatisfied", "2015-12-03T10:02", selection="s-1", paid_cents=50_000)
        self.say("payments", "PaymentCleared", "2015-12-07T00:10", payment="pay-1")
        self.remit("2015-12-09", "set-1", 50_000)
        self.send(*SUBSCRIBER)

    def say(self, service: str, kind: str, at: str, **data: Any) -> None:
        """Let a service have said something, at a local time of the winter."""
        number = len(self.said[service]) + 1
        event = {"id": f"{service}-{number}", "type": kind, "household": "june", "data": data}
        self.said[service].append(event | {"occurred_at": f"{at}:00-05:00", "business_date": at[:10]})

    def send(self, *segments: str) -> None:
        """Put one more 834 into the carrier's drop-box."""
        files = self.exchange.out[Place.CARRIERS]
        files[f"BCBSVT/outbound/{len(files):04d}.834"] = interchange(*segments)

    def remit(self, day: str, settlement: str, cents: int, *, policy: str = "pol-1") -> None:
        """Pay a carrier on, in a file and as an event."""
        line = {
            "settlement": settlement,
            "cents": cents,
            "policy": policy,
            "month": "2016-01",
            "household": "june",
        }
        number = sum(each["type"] == "RemittanceIssued" for each in self.said["payments"]) + 1
        self.say(
            "payments", "RemittanceIssued", f"{day}T16:00", business_date=day, lines=[line], carrier="BCBSVT",
            sequence=number, parts=1, total_cents=cents,
        )  # fmt: skip
        self.tell_of_money(day, f"BCBSVT {day} {number}", f"RMR*ZZ*PREM**{cents / 100:.2f}", policy=policy)
        self.exchange.out[Place.REMITTANCES][f"BCBSVT/REMIT_{day}_{settlement}.csv"] = (
            f"carrier,BCBSVT\nissued on,{day}\ntotal,0.00\ncarried,0.00\nhousehold,policy,month,amount\n"
            f"june,{policy},2016-01,{cents / 100:.2f}\n"
        ).encode()

    def tell_of_money(
        self, day: str, trace: str, *amounts: str, policy: str = "pol-1", paid: str = ""
    ) -> None:
        """Put an 820 into the carrier's drop-box, in the place of one of the same trace; each amount is of January."""
        months = [each for amount in amounts for each in (amount, "DTM*582****RD8*20160101-20160131")]
        total = paid or f"{sum(float(each.rpartition('*')[2]) for each in amounts):.2f}"
        method = "NON*" if total == "0.00" else "ACH*CCP"
        body = (
            f"BPR*I*{total}*C*{method}***********{day.replace('-', '')}",
            *(f"TRN*3*{trace}", "ENT*1", "NM1*IL*1*EXAMPLE*****C1*june-1", f"REF*POL*{policy}", *months),
        )
        self.exchange.out[Place.CARRIERS][f"BCBSVT/outbound/{trace}.820"] = (
            interchange(*body).replace(b"GS*BE", b"GS*RA").replace(b"ST*834", b"ST*820")
        )

    async def broken(self, **options: Any) -> list[str]:
        """Return what the invariants say of it on June 1."""
        answers = self.exchange.answers
        answers["enrollment", f"{JUNE}/policies"] = listing(self.policy)
        answers["invoicing", f"{JUNE}/invoices"] = listing(self.invoice)
        answers["payments", "/v1/books"] = self.payments_books
        answers["invoicing", "/v1/books"] = self.invoicing_books
        for service, events in self.said.items():
            answers[service, "/v1/events"] = listing(*events)
        for key, items in self.lists.items():
            answers[key] = listing(*items)
        story = story_of("- {at: 2016-06-01T23:00, expect: accepted}")
        lookout = Lookout(self.exchange, story, lambda: local(date(2016, 6, 1), 23))
        return await Invariants(self.exchange, lookout, **options).broken()


TRACE = "BCBSVT 2015-12-09 1"


def listing(*items: dict[str, Any]) -> dict[str, Any]:
    return {"items": list(items), "next_cursor": None}


def money(payment: str, cents: int, received: str, postmarked: str | None = None) -> dict[str, Any]:
    about = {"payment": payment, "cents": cents, "method": "check", "moved_from": None}
    return {**about, "received_on": received, "postmarked_on": postmarked}


async def test_nothing_is_said_of_an_exchange_in_which_all_is_well() -> None:
    assert await World().broken() == []


def listed(world: World) -> None:
    """In a list though all that was ever charged was paid in time."""
    world.say("invoicing", "DelinquencyListed", "2016-02-01T01:00", on="2016-02-01")


def ended(world: World) -> None:
    """Ended for grace that ran out though all that was ever charged was paid in time."""
    world.say(
        "invoicing", "GraceExpired", "2016-03-01T01:00", first_month="2016-02", months=1,
        policies=[{"policy": "pol-1", "through": "2016-02-29"}],
    )  # fmt: skip


def lapsed(world: World) -> None:
    """Canceled though the binder was paid."""
    world.say("invoicing", "BinderLapsed", "2015-12-26T01:30", due="2015-12-25", policies=["pol-1"])


def over_money_on_its_way(world: World) -> None:
    """Canceled while it was not known whether a part of the binder was taken."""
    lapsed(world)
    paid = {**money("pay-2", 300, "2015-12-25"), "method": "card", "known_at": "2015-12-26T09:00:00-05:00"}
    world.say("payments", "PaymentReceived", "2015-12-26T09:00", **paid)


def not_undone(world: World) -> None:
    """Ended when less was known, and still ended when a check that was posted in time has come."""
    world.invoice["charges"].append({"policy": "pol-1", "month": "2016-02", "net_cents": 50_000})
    ended(world)
    world.policy |= {"lifecycle": "terminated", "through": "2016-02-29", "end_reason": "non-payment"}
    world.send(
        "INS*Y*18*024*59*A***TE", "REF*0F*june-1", "REF*1L*pol-1", "DTP*357*D8*20160229", *reason("TERM")
    )
    world.say(
        "payments",
        "PaymentReceived",
        "2016-03-08T10:00",
        **money("pay-2", 50_000, "2016-03-08", "2016-02-29"),
    )
    world.payments_books |= {"received_cents": 100_000, "refunded_cents": 50_000}
    world.lists["payments", f"{JUNE}/payments"].append({"amount_cents": 50_000, "moved_cents": 0})


def unbalanced(world: World) -> None:
    """Payments' places hold less than came in."""
    world.payments_books["remitted_cents"] = 49_999


def unexplained(world: World) -> None:
    """More came in than all payments and suspense make."""
    world.lists["payments", SUSPENSE] = [{"amount_cents": 1, "state": "open"}]


def positions(world: World) -> None:
    """Positions are not what the ledger makes."""
    world.invoicing_books["positions_agree"] = False


def balances(world: World) -> None:
    """Balances are not what the books say."""
    amounts = {"owed_cents": 0, "held_cents": 0, "credit_cents": 1, "owed_back_cents": 0}
    world.exchange.answers["invoicing", f"{JUNE}/balance"] = amounts


def disagreement(world: World) -> None:
    """Payments and invoicing differ in what is not applied."""
    world.payments_books |= {"not_applied_cents": 1, "remitted_cents": 49_999}


def twice(world: World) -> None:
    """A month is paid on twice."""
    world.remit("2015-12-16", "set-2", 50_000)


def torn(world: World) -> None:
    """Half of a group goes out."""
    funded = [{"payment": "pay-1", "cents": 1}]
    premiums = [
        {"policy": "pol-1", "month": "2016-01", "settlement": each, "cents": 1, "funded_by": funded}
        for each in ("set-8", "set-9")
    ]
    world.say("invoicing", "PremiumsSettled", "2015-12-03T10:02", group="month:2016-01", premiums=premiums)
    world.remit("2015-12-16", "set-8", 1)


def paid_and_not_told(world: World) -> None:
    """A carrier is paid, and no 820 says for whom."""
    del world.exchange.out[Place.CARRIERS][f"BCBSVT/outbound/{TRACE}.820"]


def told_of_less(world: World) -> None:
    """An 820 leaves money out."""
    world.tell_of_money("2015-12-09", TRACE, "RMR*ZZ*PREM**400.00")


def told_in_vain(world: World) -> None:
    """An 820 does not add up."""
    world.tell_of_money("2015-12-09", TRACE, "RMR*ZZ*PREM**499.00", paid="500.00")


def told_of_an_adjustment(world: World) -> None:
    """An 820 calls an adjustment what takes nothing's place."""
    world.tell_of_money("2015-12-09", TRACE, "RMR*ZZ*PREMADJ**500.00")


def told_of_nothing_paid(world: World) -> None:
    """An 820 is of a payment that nobody made."""
    world.tell_of_money("2015-12-16", "BCBSVT 2015-12-16 2", "RMR*ZZ*PREMADJ**0.00")


def hasty(world: World) -> None:
    """Money goes on before it has cleared."""
    world.said["payments"] = [each for each in world.said["payments"] if each["type"] != "PaymentCleared"]


def untold(world: World) -> None:
    """A carrier never heard of a policy that stands, and is paid for it."""
    world.exchange.out[Place.CARRIERS].clear()


def awaits_its_carrier(world: World) -> None:
    """A policy that its carrier bills for, and was told of, and has not put into force."""
    world.policy |= {
        "lifecycle": "selected",
        "billed_by_carrier": {"name": "Delta Dental", "phone": "800-555-0142"},
        "acknowledgement": "sent",
    }


def awaits_in_vain(world: World) -> None:
    """A carrier was to be told of a policy that it bills for, and never heard of it."""
    awaits_its_carrier(world)
    untold(world)


def end_untold(world: World) -> None:
    """A carrier does not know of an end to come."""
    world.policy["through"] = "2016-06-30"


def change_untold(world: World) -> None:
    """A carrier does not know that somebody came in June, with a tax credit from July on."""
    months = [
        {"month": f"2016-{number:02}", "days_covered": 30, "days_in_month": 30, "members": members, "aptc_cents": aptc}
        for number, members, aptc in ((5, ["june-1"], 0), (6, ["june-1", "june-2"], 0), (7, ["june-1", "june-2"], 100))
    ]  # fmt: skip
    world.lists["enrollment", f"{JUNE}/policies/pol-1/months"] = months
    change = {
        "policy": "pol-1",
        "effective": "2016-01-01",
        "months": [{"first": "2016-06", "last": "2016-12", "net_cents": 50_000}],
    }
    world.say("enrollment", "PolicyChanged", "2016-01-05T10:00", **change)
    credit = ("LS*2700", "LX*1", "N1*75*APTC AMT", "REF*9V*0.00", "DTP*007*D8*20160101", "LE*2700")
    world.send(*SUBSCRIBER, *credit)


def early(world: World) -> None:
    """A carrier heard of a policy whose binder is a cent short."""
    satisfied = next(each for each in world.said["invoicing"] if each["type"] == "BinderSatisfied")
    satisfied["data"]["paid_cents"] = 49_999


def closed_door(world: World) -> None:
    """A letter names online payment while it is closed."""
    began = "2016-01-05T01:00:00-05:00"
    outage = {"began_at": began, "noticed_at": "2016-01-05T01:00:20-05:00"}
    channel = {"channel": "payments-online", "state": "down", "since": began, "outage": outage}
    world.lists["notifications", "/v1/channels"] = [channel]
    world.exchange.delivered.append(
        b"X-Bulkhead-Notice: n-1\nX-Bulkhead-Notice-Type: invoice\nX-Bulkhead-Household: june\n"
        b"Date: Tue, 05 Jan 2016 02:00:00 -0500\nSubject: x\n\nPay at https://pay.exchange.example now.\n"
    )


def charged_twice(world: World) -> None:
    """A month is charged twice."""
    world.invoice["charges"].append(world.invoice["charges"][0])


def said_twice(world: World) -> None:
    """An event is in a journal twice."""
    world.said["payments"].append(world.said["payments"][-2])


def undecided(world: World) -> None:
    """A selection is neither active nor canceled months after its dates."""
    world.policy["lifecycle"] = "selected"
    world.exchange.out[Place.CARRIERS].clear()
    world.exchange.out[Place.REMITTANCES].clear()


def overdue(world: World) -> None:
    """A service lists something as overdue."""
    item = {"kind": "attempt", "id": "a", "household": "june", "deadline": "2016-01-01", "says": "no answer"}
    world.lists["payments", "/v1/overdue"] = [item]


def parked(world: World) -> None:
    """A service could not take an event."""
    world.lists["invoicing", "/v1/parked"] = [{"type": "PaymentReceived"}]


def waiting(world: World) -> None:
    """A duty waits for weeks though nothing is down."""
    world.lists["invoicing", "/v1/duties?state=waiting"] = [{"duty": "list", "on": "2016-05-01"}]


def begun_untold(world: World) -> None:
    """Somebody is told that coverage begins, and no carrier is."""
    world.lists["enrollment", "/v1/households/may/policies"] = [{**world.policy, "policy": "pol-2"}]
    world.exchange.delivered.append(
        b"X-Bulkhead-Notice: n-1\nX-Bulkhead-Notice-Type: coverage-begun\nX-Bulkhead-Household: may\n"
        b"Date: Tue, 05 Jan 2016 02:00:00 -0500\nSubject: x\n\nIt begins.\n"
    )


@pytest.mark.parametrize(
    ("plant", "said"),
    [
        (listed, "I1: june was listed on 2016-02-01, and had paid 50000 of 50000 by 2016-01-31"),
        (ended, "I1: june was ended for grace that ran out with 2016-02-29, and had paid 50000 of 50000"),
        (lapsed, "I1: june was canceled for a binder due 2015-12-25, and had paid 50000 of 50000"),
        (
            over_money_on_its_way,
            "I1: june was canceled for a binder due 2015-12-25 at 2015-12-26 01:30:00-05:00, and it was not known until"
            " 2015-12-26T09:00:00-05:00 that 300 of 2015-12-25 were taken",
        ),
        (not_undone, "I1: june's SILVER is terminated, and 100000 of 100000 was paid by 2016-02-29"),
        (unbalanced, "I2: 50000 was received, and 49999 is in all places together"),
        (unexplained, "I2: 50000 was received, and payments and suspense hold 50001"),
        (positions, "I2: the positions of invoicing are not what its ledger makes"),
        (balances, "I2: credit is 0, and 1 of all households together"),
        (disagreement, "I2: not applied are 1 at payments, 0 at invoicing"),
        (twice, "I3: 2016-01 of policy pol-1 was remitted as [50000, 50000]"),
        (torn, "I3: june's month:2016-01 went out in parts: 2015-12-16, not yet"),
        (hasty, "I3: june's binder:s-1 went out before payment pay-1 cleared"),
        (paid_and_not_told, f"I4: of {TRACE} there are 0 820s"),
        (told_of_less, f"I4: of {TRACE} there is an 820 of 40000 for 40000, not of 50000 for 50000"),
        (told_of_less, "I4: 820s say -10000 too much of ('pol-1', '2016-01')"),
        (told_in_vain, f"I4: BCBSVT's 820 {TRACE} pays 50000, and its amounts make 49900"),
        (told_of_an_adjustment, f"I4: {TRACE} calls 50000 of ('pol-1', '2016-01') PREMADJ"),
        (told_of_nothing_paid, "I4: an 820 is of no remittance: BCBSVT 2015-12-16 2"),
        (untold, "I4: june's SILVER is active through None, and its carrier knows nothing"),
        (awaits_in_vain, "I4: june's SILVER is selected through None, and its carrier knows nothing"),
        (end_untold, "I4: june's SILVER is active through 2016-06-30"),
        (change_untold, "I4: in 2016-06 june's policy pol-1 covers ['june-1', 'june-2'] with 0 APTC"),
        (change_untold, "I4: in 2016-07 june's policy pol-1 covers ['june-1', 'june-2'] with 100 APTC"),
        (early, "I5: june's carriers were told of a selection with 49999 of 50000 paid"),
        (closed_door, "I6: the notice n-1 of"),
        (charged_twice, "I8: 2016-01 of policy pol-1 is charged twice"),
        (said_twice, "I8: payments said the event payments-2 2 times"),
        (undecided, "I9: june's SILVER of 2016-01-01 is still only selected"),
        (overdue, "I9: payments says of attempt a of june that it is overdue since 2016-01-01: no answer"),
        (parked, "I9: invoicing parked PaymentReceived"),
        (waiting, "I9: invoicing has waited since 2016-05-01 to do list"),
        (untold, "I10: 50000 for june's policy pol-1 went to a carrier that was never told of it"),
        (begun_untold, "I10: may was told that coverage begins, and no carrier was"),
    ],
)  # fmt: skip
async def test_what_contradicts_itself_is_said(plant: Plant, said: str) -> None:
    world = World()
    plant(world)
    broken = await world.broken()
    assert any(each.startswith(said) for each in broken), broken


async def test_I4_a_carrier_knows_of_what_awaits_its_word() -> None:
    world = World()
    awaits_its_carrier(world)
    assert [each for each in await world.broken() if each.startswith("I4")] == []


@pytest.mark.parametrize(
    ("undone", "said"),
    [
        ("2015-12-16T14:09", []),
        ("2015-12-16T16:01", ["I3: june's month:2016-01 went out before payment pay-9 cleared"]),
    ],
)
async def test_I3_what_was_undone_before_its_month_went_out_holds_up_no_rest_of_it(
    undone: str, said: list[str]
) -> None:
    world = World()
    premiums = [
        {
            "policy": "pol-1",
            "month": "2016-01",
            "settlement": settlement,
            "cents": 1,
            "funded_by": [{"payment": payment, "cents": 1}],
        }
        for settlement, payment in (("set-8", "pay-1"), ("set-9", "pay-9"))
    ]
    world.say("invoicing", "PremiumsSettled", "2015-12-11T10:02", group="month:2016-01", premiums=premiums)
    world.say("invoicing", "PremiumUnsettled", undone, settlement="set-9")
    world.remit("2015-12-16", "set-8", 1)
    world.say("payments", "PaymentCleared", "2015-12-17T00:10", payment="pay-9")
    assert [each for each in await world.broken() if "pay-9" in each] == said


@pytest.mark.parametrize(
    "kind",
    ["suspense", "correction", "renewal", "lockbox-file-refused", "return-file-refused", "discrepancy"],
)
async def test_I9_what_is_with_a_person_may_be_overdue(kind: str) -> None:
    world = World()
    item = {"kind": kind, "id": "a", "household": "june", "deadline": "2016-01-01", "says": "decide"}
    world.lists["enrollment", "/v1/overdue"] = [item]
    assert await world.broken() == []


async def test_I4_a_change_that_was_told_by_day_is_known() -> None:
    world = World()
    change_untold(world)
    stays = ("INS*Y*18*001**A***AC", *SUBSCRIBER[1:])
    for day, cents in (("20160601", "0.00"), ("20160701", "1.00")):
        credit = ("LS*2700", "LX*1", "N1*75*APTC AMT", f"REF*9V*{cents}", f"DTP*007*D8*{day}", "LE*2700")
        comes = ("INS*N*19*021*EC*A", "REF*17*june-2", "HD*021**HLT", "DTP*348*D8*20160601")
        world.send(*stays, *credit, *comes)
    assert await world.broken() == []


async def test_I4_a_set_and_a_carriers_own_word_of_one_minute_are_read_as_they_happened() -> None:
    world = World()
    again = interchange("INS*Y*18*025*41*A***AC", *SUBSCRIBER[1:]).replace(b"000000007", b"000000009")
    world.exchange.out[Place.CARRIERS]["BCBSVT/outbound/0009.834"] = again
    record = {
        "record": "said-000001", "came_at": "2015-12-10T09:30:00-05:00", "policy": "pol-1", "member": "june-1",
        "kind": "termination", "ends": "2016-06-30",
    }  # fmt: skip
    world.lists["carrier-gateway", "/v1/inbound-records?outcome=accepted"] = [record]
    world.lists["carrier-gateway", "/v1/transmissions"] = [
        {"transmission": f"pol-1-{place}", "carrier": "BCBSVT", "control_number": number}
        for place, number in (("001", 7), ("002", 9))
    ]
    at = "2015-12-10T09:30"
    world.said["carrier-gateway"] = []
    world.say("carrier-gateway", "TransmissionSent", at, transmission="pol-1-001")
    world.say("carrier-gateway", "CoverageEndedByCarrier", at, record="said-000001")
    world.say("carrier-gateway", "TransmissionSent", at, transmission="pol-1-002")
    assert await world.broken() == []
    world.said["carrier-gateway"][1:] = reversed(world.said["carrier-gateway"][1:])
    assert await world.broken() == [
        "I4: june's SILVER is active through None, and its carrier knows that it stands through 2016-06-30"
    ]


async def test_I7_an_intake_that_turned_somebody_away_is_said() -> None:
    assert await World().broken(turned_away=lambda: ["line 3: payments answered 503 to pay"]) == [
        "I7: line 3: payments answered 503 to pay"
    ]


def never_together(world: World) -> None:
    """A cent goes to another household before another cent, that was in time, is known."""
    world.invoice["charges"].append({"policy": "pol-1", "month": "2016-02", "net_cents": 1})
    world.say("payments", "PaymentMoved", "2016-02-01T00:20", cents=1)
    world.say("payments", "PaymentReceived", "2016-02-01T00:40", **money("pay-2", 1, "2016-01-31"))


def risen(world: World) -> None:
    """The month of a binder costs a cent more than its invoice asked for."""
    months = [{"first": "2016-01", "last": "2016-12", "net_cents": 50_001}]
    world.say(
        "enrollment", "PolicyChanged", "2015-12-10T10:00", policy="pol-1", months=months, effective="2016-01-01",
        since="2016-01-01",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("plant", "more"),
    [
        (not_undone, lambda world: world.invoice["charges"].append({"policy": "pol-1", "month": "2016-03", "net_cents": 1})),
        (listed, lambda world: world.invoice["charges"].append({"policy": "pol-1", "month": "2016-02", "net_cents": 1})),
        (listed, lambda world: world.said["payments"][0]["data"].update(received_on="2016-02-01")),
        (listed, lambda world: world.said["payments"][0].update(occurred_at="2016-02-01T02:00:00-05:00")),
        (listed, lambda world: world.say("invoicing", "RefundApproved", "2015-12-20T10:00", cents=1)),
        (listed, never_together),
        (lapsed, risen),
    ],
)  # fmt: skip
async def test_I1_says_nothing_of_whom_it_cannot_be_sure(plant: Plant, more: Callable[[World], Any]) -> None:
    world = World()
    plant(world)
    more(world)
    assert not [each for each in await world.broken() if each.startswith("I1")]


async def test_what_needs_something_that_is_down_is_not_asked() -> None:
    world = World()
    disagreement(world)
    waiting(world)
    undecided(world)
    world.exchange.down.add("kafka")
    assert await world.broken() == []


async def test_a_duty_may_wait_for_a_lockbox_file_that_is_late() -> None:
    world = World()
    waiting(world)
    assert await world.broken(awaited=lambda: True) == []
