"""What is known of an exchange by looking at it, and how soon."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta

import httpx2
import pytest

from apps.status.tests.unit.exchange import Exchange, at, channel, outage, paged, selects, takes
from bulkhead.kernel.errors import BulkheadError
from status_page.adapters import http
from status_page.adapters.clock import Followed
from status_page.adapters.web import CACHED_SECONDS
from status_page.application.watch import EVERY_SECONDS, FIRST_SECONDS, MOST_KEPT
from status_page.domain.doings import DOINGS, SERVICES, Outage, Status

PAYMENTS_CACHE_SECONDS = 5.0


async def test_at_first_nothing_is_known_but_that_mail_is_open() -> None:
    exchange = Exchange()
    report = exchange.watch.report()
    assert report.as_of is None
    assert exchange.states() == ["unknown"] * 3 + ["works"] + ["unknown"] * 4
    assert report.open_doors == ("pay-by-phone", "pay-by-mail")
    assert report.windows_unknown == SERVICES
    await exchange.rounds(1)
    assert not exchange.watch.is_ready
    assert exchange.of("choose-plan") == Status(doing="choose-plan", state="unknown")


async def test_all_that_works_is_said_to_work() -> None:
    exchange = Exchange()
    await exchange.rounds()
    report = exchange.watch.report()
    assert exchange.watch.is_ready
    assert report.as_of == at(8)
    assert exchange.states() == ["works"] * len(DOINGS)
    assert report.open_doors == ("pay-online", "pay-by-phone", "pay-by-mail")
    assert (report.windows, report.windows_unknown, report.outages) == ((), (), ())


@pytest.mark.parametrize(
    ("service", "doing"),
    [
        ("enrollment", "choose-plan"),
        ("invoicing", "invoices"),
        ("payments", "pay-online"),
        ("carrier-gateway", "carriers"),
        ("notifications", "letters"),
    ],
)
async def test_OPS_3_a_service_that_is_away_is_down_since_the_first_look_that_missed_it(
    service: str, doing: str
) -> None:
    exchange = Exchange()
    await exchange.rounds()
    exchange.away.add(service)
    await exchange.rounds(1)
    assert exchange.states() == ["works"] * len(DOINGS)
    await exchange.rounds(1)
    down = {each.doing: each.since for each in exchange.watch.report().statuses if each.state == "down"}
    assert down == {doing: at(16)}
    exchange.away.clear()
    await exchange.rounds()
    assert exchange.states() == ["works"] * len(DOINGS)
    (outage,) = exchange.watch.report().outages
    assert outage == Outage(doing=outage.doing, began_at=at(16), ended_at=at(32))
    assert outage.doing == doing


async def test_OPS_3_with_all_away_all_is_down_but_mail_and_nobody_knows_of_the_phone() -> None:
    exchange = Exchange()
    await exchange.rounds()
    exchange.away.update(SERVICES)
    await exchange.rounds()
    assert exchange.states() == ["down", "down", "unknown", "works", "down", "down", "down", "unknown"]
    assert exchange.of("pay-by-phone").since == at(8)  # when it was known last
    assert exchange.watch.report().open_doors == ("pay-by-phone", "pay-by-mail")
    assert exchange.watch.report().windows_unknown == SERVICES


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        ("ok", "works"),
        ("processor-declines", "down"),
        ("not-open", "not-open-yet"),
        ("maintenance", "maintenance"),
    ],
)
async def test_OPS_3_payments_works_where_it_takes_money_and_not_where_it_only_answers(
    outcome: str, state: str
) -> None:
    exchange = Exchange()
    exchange.answers["payments/v1/online-payment"] = takes(outcome=outcome)
    await exchange.rounds()
    assert exchange.of("pay-online").state == state
    assert ("pay-online" in exchange.watch.report().open_doors) is (state == "works")


@pytest.mark.parametrize(
    ("outcome", "state"), [("ok", "works"), ("not-open", "not-open-yet"), ("maintenance", "maintenance")]
)
async def test_OPS_3_enrollment_works_where_it_takes_selections(outcome: str, state: str) -> None:
    exchange = Exchange()
    exchange.answers["enrollment/v1/online-selection"] = selects(outcome=outcome)
    await exchange.rounds()
    assert exchange.of("choose-plan").state == state


async def test_NOT_2_a_site_that_notifications_finds_shut_is_shut() -> None:
    exchange = Exchange()
    shut = channel("enrollment-online", "maintenance", at(-60), at(600))
    exchange.answers["notifications/v1/channels"] = {"items": [shut, channel("phone")]}
    await exchange.rounds()
    work = Status(doing="choose-plan", state="maintenance", since=at(-60), until=at(600))
    assert exchange.of("choose-plan") == work
    assert exchange.of("pay-online").state == "works"


async def test_NOT_2_what_notifications_finds_shut_is_shut_since_it_says_so() -> None:
    exchange = Exchange()
    shut = channel("payments-online", "down", at(-600))
    exchange.answers["notifications/v1/channels"] = {"items": [shut, channel("phone")]}
    await exchange.rounds()
    assert exchange.of("pay-online") == Status(doing="pay-online", state="down", since=at(-600))
    exchange.away.add("notifications")
    await exchange.rounds(1)
    assert exchange.of("pay-online").state == "down"  # one look that misses it decides nothing
    await exchange.rounds(1)
    assert exchange.of("pay-online").state == "works"  # our own looks decide


async def test_OPS_3_carriers_and_the_hub_are_as_the_exchange_finds_them() -> None:
    exchange = Exchange()
    shut = [channel("carrier-exchange", "down", at(-60)), channel("hub", "down", at(-120)), channel("phone")]
    exchange.answers["notifications/v1/channels"] = {"items": shut}
    await exchange.rounds()
    assert exchange.of("carriers") == Status(doing="carriers", state="down", since=at(-60))
    assert exchange.of("eligibility") == Status(doing="eligibility", state="down", since=at(-120))
    assert exchange.watch.report().open_doors == ("pay-online", "pay-by-phone", "pay-by-mail")


async def test_NOT_2_a_phone_that_staff_say_is_not_answered_is_no_way_to_pay() -> None:
    exchange = Exchange()
    exchange.answers["notifications/v1/channels"] = {"items": [channel("phone", "down", at(-60))]}
    await exchange.rounds()
    assert exchange.of("pay-by-phone") == Status(doing="pay-by-phone", state="down", since=at(-60))
    assert exchange.watch.report().open_doors == ("pay-online", "pay-by-mail")


async def test_OPS_2_announced_work_is_told_before_while_and_where_the_service_is_away_meanwhile() -> None:
    exchange = Exchange()
    exchange.window("enrollment", at(20), at(3600))
    await exchange.rounds()
    (ahead,) = exchange.watch.report().windows
    assert (ahead.service, ahead.begins_at, ahead.ends_at) == ("enrollment", at(20), at(3600))
    assert exchange.of("choose-plan").state == "works"
    exchange.seconds = 24
    exchange.away.add("enrollment")
    await exchange.rounds()
    work = Status(doing="choose-plan", state="maintenance", since=at(20), until=at(3600))
    assert exchange.of("choose-plan") == work
    exchange.seconds = 3600
    await exchange.rounds(1)
    assert exchange.of("choose-plan").state == "down"  # it was to be over, and is not back (N2)
    assert exchange.watch.report().windows == ()
    assert exchange.watch.report().outages == ()


async def test_the_exchanges_own_outages_are_told_and_ours_beside_them_where_it_tells_of_none() -> None:
    exchange = Exchange()
    await exchange.rounds()
    exchange.away.update({"payments", "invoicing"})
    await exchange.rounds()
    own = {each.doing: each.began_at for each in exchange.watch.report().outages}
    assert own == {"pay-online": at(16), "invoices": at(16)}
    told = outage(7, "payments-online", at(14))
    old = outage(1, "payments-online", at(0) - timedelta(days=40), at(0) - timedelta(days=31))
    exchange.answers["notifications/v1/channels"] = {
        "items": [channel("payments-online", "down", at(14), lasting=told), channel("phone")]
    }
    exchange.answers["notifications/v1/outages"] = {"items": [old, told], "next_cursor": None}
    await exchange.rounds(1)
    assert exchange.watch.report().outages == (
        Outage(doing="invoices", began_at=at(16), ended_at=None),
        Outage(doing="pay-online", began_at=at(14), ended_at=None),
    )
    assert exchange.watch.report().outages_known_at == at(32)


async def test_OPS_2_announced_work_is_no_outage_and_what_goes_on_after_it_is_one() -> None:
    exchange = Exchange()
    told = [
        outage(1, "payments-online", at(-9000), at(-7190), at(-7200)),
        outage(2, "payments-online", at(-5000), at(-3000), at(-3600)),
        outage(3, "enrollment-online", at(-600), None, at(600)),
    ]
    exchange.answers["notifications/v1/outages"] = {"items": told, "next_cursor": None}
    shut = channel("enrollment-online", "maintenance", at(-600), at(600), told[2])
    exchange.answers["notifications/v1/channels"] = {"items": [shut, channel("phone")]}
    await exchange.rounds()
    after = Outage(doing="pay-online", began_at=at(-3600), ended_at=at(-3000))
    assert exchange.watch.report().outages == (after,)
    exchange.seconds = 631.0
    await exchange.rounds(1)
    still = Outage(doing="choose-plan", began_at=at(600), ended_at=None)
    assert exchange.watch.report().outages == (still, after)


async def test_on_a_clock_that_stands_an_outage_is_told_once() -> None:
    exchange = Exchange(standing=True)
    await exchange.rounds()
    exchange.away.add("payments")
    await exchange.rounds()
    exchange.away.clear()
    told = outage(1, "payments-online", at(0), at(0))
    exchange.answers["notifications/v1/outages"] = {"items": [told], "next_cursor": None}
    await exchange.rounds()
    assert exchange.watch.report().outages == (Outage(doing="pay-online", began_at=at(0), ended_at=at(0)),)


async def test_a_simulated_clock_that_no_file_tells_of_goes_by_what_services_tell() -> None:
    clock = Followed(date(2015, 12, 1))
    exchange = Exchange(clock=clock, heard=clock.hear)
    await exchange.rounds()
    assert exchange.watch.report().as_of == at(0)


async def test_NOT_2_what_notifications_finds_not_open_yet_is_not_open_yet() -> None:
    exchange = Exchange()
    shut = channel("payments-online", "not-open-yet", at(-600))
    exchange.answers["notifications/v1/channels"] = {"items": [shut, channel("phone")]}
    await exchange.rounds()
    assert exchange.of("pay-online").state == "not-open-yet"
    assert "pay-online" not in exchange.watch.report().open_doors


async def test_a_long_list_of_outages_is_read_a_page_a_look_and_then_its_last_page_alone() -> None:
    exchange = Exchange()
    exchange.answers["notifications/v1/outages"] = paged(
        [
            outage(number, "payments-online", at(-9000 + number * 10), at(-8995 + number * 10))
            for number in range(1, 121)
        ]
    )
    await exchange.rounds(4)
    outages = [each for each in exchange.asked if "outages" in each]
    assert [each.partition("?")[2] for each in outages] == ["", "cursor=50", "cursor=100", "cursor=100"]
    assert [each.began_at for each in exchange.watch.report().outages] == [
        at(-9000 + number * 10) for number in range(120, 120 - MOST_KEPT, -1)
    ]


async def test_an_outage_at_the_end_of_a_page_gets_its_end_though_others_began_on_the_next() -> None:
    exchange = Exchange()
    outages = [
        outage(number, "payments-online", at(-9000 + number * 10), at(-8995 + number * 10))
        for number in range(1, 50)
    ]
    outages.append(outage(50, "payments-online", at(-60)))
    exchange.answers["notifications/v1/outages"] = paged(outages)
    exchange.answers["notifications/v1/channels"] = {
        "items": [channel("payments-online", "down", at(-60), lasting=outages[49])]
    }
    await exchange.rounds()
    assert exchange.watch.report().outages[0] == Outage(doing="pay-online", began_at=at(-60), ended_at=None)
    outages.append(outage(51, "enrollment-online", at(12)))
    exchange.answers["notifications/v1/channels"] = {
        "items": [
            channel("payments-online", "down", at(-60), lasting=outages[49]),
            channel("enrollment-online", "down", at(12), lasting=outages[50]),
        ]
    }
    await exchange.rounds()
    outages[49] = outage(50, "payments-online", at(-60), at(30))
    outages[50] = outage(51, "enrollment-online", at(12), at(31))
    exchange.answers["notifications/v1/channels"] = {
        "items": [channel("payments-online"), channel("enrollment-online")]
    }
    await exchange.rounds(1)
    assert exchange.watch.report().outages[:2] == (
        Outage(doing="choose-plan", began_at=at(12), ended_at=at(31)),
        Outage(doing="pay-online", began_at=at(-60), ended_at=at(30)),
    )
    exchange.asked.clear()
    await exchange.rounds(1)
    assert [each for each in exchange.asked if "outages" in each] == ["notifications/v1/outages?cursor=50"]


async def test_several_that_last_on_pages_before_the_last_are_read_again_in_turn() -> None:
    exchange = Exchange()
    outages = [outage(1, "phone", at(-9999)), outage(2, "enrollment-online", at(-9998))]
    outages += [
        outage(number, "payments-online", at(-9000 + number * 10), at(-8995 + number * 10))
        for number in range(3, 51)
    ]
    outages += [outage(number, "fax", at(-500), at(-400)) for number in range(51, 100)]
    outages += [outage(100, "payments-online", at(-60)), outage(101, "fax", at(-50), at(-40))]
    exchange.answers["notifications/v1/outages"] = paged(outages)
    exchange.answers["notifications/v1/channels"] = {
        "items": [
            channel("phone", "down", at(-9999), lasting=outages[0]),
            channel("enrollment-online", "down", at(-9998), lasting=outages[1]),
            channel("payments-online", "down", at(-60), lasting=outages[99]),
        ]
    }
    await exchange.rounds(3)
    exchange.asked.clear()
    await exchange.rounds(2)
    assert [each.partition("?")[2] for each in exchange.asked if "outages" in each] == [
        "cursor=100",
        "cursor=50",
        "cursor=100",
        "",
    ]
    going_on = {each.doing for each in exchange.watch.report().outages if each.ended_at is None}
    assert going_on == {"pay-by-phone", "choose-plan", "pay-online"}
    assert len(exchange.watch.report().outages) == MOST_KEPT


async def test_what_the_exchange_says_works_does_not_go_on_though_its_end_is_not_read_yet() -> None:
    exchange = Exchange()
    lasting = outage(1, "payments-online", at(-60))
    exchange.answers["notifications/v1/outages"] = {"items": [lasting], "next_cursor": None}
    exchange.answers["notifications/v1/channels"] = {
        "items": [channel("payments-online", "down", at(-60), lasting=lasting)]
    }
    await exchange.rounds()
    assert [each.ended_at for each in exchange.watch.report().outages] == [None]
    exchange.answers["notifications/v1/outages"] = 500
    exchange.answers["notifications/v1/channels"] = {"items": [channel("payments-online")]}
    await exchange.rounds(1)
    assert exchange.of("pay-online").state == "works"
    assert exchange.watch.report().outages == ()


async def test_an_own_outage_that_lasts_is_kept_however_often_something_else_flaps() -> None:
    exchange = Exchange()
    exchange.away.add("invoicing")
    await exchange.rounds()
    for _ in range(MOST_KEPT + 1):
        exchange.away.add("payments")
        await exchange.rounds()
        exchange.away.discard("payments")
        await exchange.rounds()
    outages = exchange.watch.report().outages
    assert len(outages) == MOST_KEPT
    assert outages[-1] == Outage(doing="invoices", began_at=at(0), ended_at=None)
    exchange.away.clear()
    ended_at = at(exchange.seconds)
    await exchange.rounds()
    assert Outage(doing="invoices", began_at=at(0), ended_at=ended_at) in exchange.watch.report().outages


@pytest.mark.parametrize(
    "said",
    [
        500,
        302,
        404,
        b"",
        b"<html>",
        b"[" * 50_000,
        b'{"items": null}',
        b'{"items": [{"begins_at": "2016-01-05T12:00:00", "ends_at": 3}]}',
        b'{"items": []}' + b" " * http.MOST_BYTES,
    ],
)
async def test_an_answer_that_is_none_is_no_answer_and_harms_nobody(said: object) -> None:
    exchange = Exchange()
    for path in exchange.answers:
        exchange.answers[path] = said
    await exchange.rounds()
    assert exchange.states() == ["down", "down", "unknown", "works", "down", "down", "down", "unknown"]


async def test_an_answer_that_is_packed_is_not_unpacked() -> None:
    exchange = Exchange()
    exchange.answers["invoicing/v1/maintenance"] = lambda _: httpx2.Response(
        200, headers={"Content-Encoding": "gzip"}, stream=httpx2.ByteStream(b"\x1f\x8b")
    )
    await exchange.rounds()
    assert exchange.of("invoices").state == "down"


async def test_a_look_has_an_end_however_the_answer_drips(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "ANSWER_SECONDS", 0.05)

    async def never(_: httpx2.Request) -> httpx2.Response:
        await asyncio.Event().wait()
        raise BulkheadError

    door = http.door_of("payments", "http://payments", transport=httpx2.MockTransport(never))
    looked = await asyncio.wait_for(door.look(), 2)
    assert (looked.seen, looked.windows) == ("down", None)


async def test_OPS_3_a_change_is_known_within_30_seconds() -> None:
    """Payments says for 5 seconds that all is well; then two looks, of which the second takes all the time it may."""
    longest = PAYMENTS_CACHE_SECONDS + 2 * EVERY_SECONDS + http.ANSWER_SECONDS + CACHED_SECONDS
    assert longest == 29.0
    exchange = Exchange()
    paused = list[float]()

    async def sleep(seconds: float) -> None:
        paused.append(seconds)
        exchange.seconds += seconds
        if len(paused) == 2:
            exchange.away.add("payments")  # just after a look has found it well
        if exchange.of("pay-online").state == "down":
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await exchange.watch.run(sleep)
    assert paused == [FIRST_SECONDS, EVERY_SECONDS, EVERY_SECONDS, EVERY_SECONDS]
    assert exchange.of("pay-online").since == at(FIRST_SECONDS + EVERY_SECONDS)


async def test_where_nobody_looks_any_more_nothing_is_known_since_the_last_look() -> None:
    exchange = Exchange()
    await exchange.rounds()
    exchange.seconds = 8 + 31
    assert not exchange.watch.is_current
    assert exchange.states() == ["unknown"] * 3 + ["works"] + ["unknown"] * 4
    assert exchange.of("choose-plan").since == at(8)


async def test_what_is_kept_in_mind_does_not_grow() -> None:
    exchange = Exchange()
    for _ in range(60):
        exchange.away = set() if exchange.away else {"invoicing"}
        await exchange.rounds()
    assert len(exchange.watch.report().outages) == MOST_KEPT
    assert len(exchange.asked) == 120 * 9  # so much at each look, whatever is seen
