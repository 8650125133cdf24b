"""What people read, in each language, and what the page answers whoever asks."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import date
from html.parser import HTMLParser
from typing import Any

import httpx2
import pytest

from apps.status.tests.unit.exchange import Exchange, at, channel, takes
from bulkhead.policy import PolicyPack, packs_in
from bulkhead_local.state import REPOSITORY
from status_page.adapters import pages
from status_page.adapters.ways import PackWays
from status_page.adapters.web import app_of
from status_page.domain.doings import DOINGS

PACKS = REPOSITORY / "policy"
WAYS = PackWays(PolicyPack.named("vermont-2016", directory=PACKS), today=date(2016, 1, 5))
LANGUAGES = ("en", "es", "fr")
FIELDS = re.compile(r"{(\w+)}")


class Read(HTMLParser):
    """The text of a page, by line, and its elements."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.text = ""
        self._in_style = False
        self.feed(page)
        self.lines = [" ".join(each.split()) for each in self.text.split("\n") if each.strip()]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self._in_style = tag == "style"

    def handle_data(self, data: str) -> None:
        self.text += "" if self._in_style else data


@pytest.fixture
def exchange() -> Exchange:
    return Exchange()


@pytest.fixture
async def asked(exchange: Exchange) -> AsyncIterator[httpx2.AsyncClient]:
    app = app_of(exchange.watch, ways=lambda: WAYS.on(date(2016, 1, 5)))
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://status") as client:
        yield client


def strings(text: Any, path: str = "") -> dict[str, str]:
    if isinstance(text, str):
        return {path: text}
    return {name: each for key in text for name, each in strings(text[key], f"{path}/{key}").items()}


@pytest.mark.parametrize("language", pages.texts())
def test_every_language_says_all_that_english_says_with_the_same_in_it(language: str) -> None:
    english, other = strings(pages.texts()["en"]), strings(pages.texts()[language])
    assert other.keys() == english.keys()
    assert {name for name in english if bool(english[name]) != bool(other[name])} == set()
    assert {
        name
        for name in english
        if sorted(FIELDS.findall(english[name])) != sorted(FIELDS.findall(other[name]))
    } == set()
    assert set(pages.texts()[language]["doings"]) == set(DOINGS)


def test_it_is_written_in_english_spanish_and_french() -> None:
    assert tuple(pages.texts()) == LANGUAGES


async def test_what_is_read_while_all_works(exchange: Exchange, asked: httpx2.AsyncClient) -> None:
    await exchange.rounds()
    answer = await asked.get("/")
    assert Read(answer.text).lines == [
        "Vermont Health Connect: what works now",
        "English",
        "Español",
        "Français",
        "Vermont Health Connect: what works now",
        "Everything works.",
        "Looked at on Tuesday, January 5, 2016, 12:00 PM. Times are Eastern Time, those of the exchange."
        " Load this page again to see what has changed.",
        "What you can do now",
        *(
            line
            for doing in (
                "Choose a plan",
                "Pay online",
                "Pay by phone",
                "Pay by mail",
                "Invoices",
                "Letters and e-mail",
                "Insurance companies are told",
                "What you state is checked",
            )
            for line in (doing, "✓ Works")
        ),
        "How you can pay now",
        "Online, by card or from a bank account: https://pay.exchange.example",
        "By phone: 1-802-555-0100, Monday to Friday from 8:00 AM to 5:00 PM",
        "By mail: a check or money order made out to Vermont Health Connect, with your household number on it, to"
        " Premium Processing, P.O. Box 100, Example, VT 05000. The date of the postmark is what counts.",
        "Announced work",
        "None is announced.",
        "Recent outages",
        "None in the last 30 days, as far as we know.",
        "The same for machines",
    ]


async def test_what_is_read_while_something_is_away_in_three_languages(
    exchange: Exchange, asked: httpx2.AsyncClient
) -> None:
    exchange.window("enrollment", at(3600), at(7200))
    await exchange.rounds()
    exchange.away.update({"payments"})
    exchange.answers["notifications/v1/channels"] = {
        "items": [channel("payments-online"), channel("phone", "down", at(-60))]
    }
    await exchange.rounds()
    read = {each: Read((await asked.get(f"/?lang={each}")).text).lines for each in LANGUAGES}
    assert "✗ Does not work since Tuesday, January 5, 2016, 12:00 PM" in read["en"]
    assert "✗ No funciona desde el martes, 5 de enero de 2016, 12:00 p.m." in read["es"]
    assert "✗ Ne fonctionne pas depuis le mardi 5 janvier 2016, 12:00" in read["fr"]
    for lines in read.values():
        assert not any("pay.exchange.example" in line or "555-0100" in line for line in lines)  # NOT-2
        assert any("P.O. Box 100" in line for line in lines)
    assert (
        "Choose a plan: from Tuesday, January 5, 2016, 1:00 PM until Tuesday, January 5, 2016, 2:00 PM"
        in read["en"]
    )
    assert "Pay online: since Tuesday, January 5, 2016, 12:00 PM, and it goes on" in read["en"]


ALL_IN_ALL = {
    "works": ("Everything works.", "Todo funciona.", "Tout fonctionne."),
    "shut": (
        "Not everything works now.",
        "Ahora no funciona todo.",
        "Tout ne fonctionne pas en ce moment.",
    ),
    "unknown": (
        "We cannot tell now whether everything works.",
        "Ahora no podemos saber si todo funciona.",
        "Nous ne pouvons pas dire en ce moment si tout fonctionne.",
    ),
    "not-open-yet": (
        "Everything that is open works.",
        "Todo lo que está abierto funciona.",
        "Tout ce qui est ouvert fonctionne.",
    ),
}


async def all_in_all(asked: httpx2.AsyncClient) -> str:
    """Return what the page says first, once it has looked: the same in all languages."""
    (found,) = {
        state
        for number, language in enumerate(LANGUAGES)
        for state, said in ALL_IN_ALL.items()
        if said[number] in Read((await asked.get(f"/?lang={language}")).text).lines
    }
    return found


async def test_a_sentence_that_ends_with_an_abbreviation_has_one_full_stop(
    exchange: Exchange, asked: httpx2.AsyncClient
) -> None:
    await exchange.rounds()
    page = Read((await asked.get("/?lang=es")).text)
    (line,) = [each for each in page.lines if each.startswith("Comprobado")]
    assert line.startswith("Comprobado el martes, 5 de enero de 2016, 12:00 p.m. Las horas son")


async def test_what_is_unknown_is_not_said_to_be_shut(exchange: Exchange, asked: httpx2.AsyncClient) -> None:
    exchange.answers["notifications/v1/channels"] = {"items": [channel("payments-online")]}
    await exchange.rounds(1)
    assert await all_in_all(asked) == "unknown"  # one look decides nothing
    await exchange.rounds(1)
    assert exchange.of("pay-by-phone").state == "unknown"
    assert await all_in_all(asked) == "unknown"
    exchange.away.add("payments")
    await exchange.rounds()
    assert await all_in_all(asked) == "shut"


async def test_where_nobody_has_looked_for_30_seconds_it_says_that_it_cannot_tell(
    exchange: Exchange, asked: httpx2.AsyncClient
) -> None:
    await exchange.rounds()
    assert await all_in_all(asked) == "works"
    exchange.seconds += 31
    assert await all_in_all(asked) == "unknown"


async def test_what_is_not_open_yet_is_not_said_to_work(
    exchange: Exchange, asked: httpx2.AsyncClient
) -> None:
    exchange.answers["payments/v1/online-payment"] = takes(outcome="not-open")
    await exchange.rounds()
    assert await all_in_all(asked) == "not-open-yet"
    exchange.answers["notifications/v1/channels"] = {"items": []}
    await exchange.rounds(1)
    assert await all_in_all(asked) == "unknown"
    exchange.window("invoicing", at(0), at(7200))
    await exchange.rounds(1)
    assert await all_in_all(asked) == "shut"


async def test_before_anybody_has_looked_that_is_said(asked: httpx2.AsyncClient) -> None:
    lines = Read((await asked.get("/")).text).lines
    assert "Nobody has looked yet. Load this page again in a few seconds." in lines
    assert lines.count("? We cannot tell now") == 7
    assert "We cannot tell now whether more is announced." in lines
    assert "We cannot tell now whether there were others." in lines


async def test_OPS_3_the_page_is_there_with_all_away(exchange: Exchange, asked: httpx2.AsyncClient) -> None:
    exchange.away.update(exchange.watch._known)
    await exchange.rounds()
    for path in (
        "/",
        "/?lang=es",
        "/?lang=fr",
        "/?lang=xx",
        "/status.json",
        "/livez",
        "/startupz",
        "/readyz",
    ):
        assert (await asked.get(path)).status_code == 200
    assert (await asked.head("/")).status_code == 200


@pytest.mark.parametrize(
    ("asked_for", "accepted", "language"),
    [
        (None, "", "en"),
        (None, "*", "en"),
        (None, "fr-CA,fr;q=0.9,en;q=0.8", "fr"),
        (None, "de, es;q=0.5, en;q=0.4", "es"),
        (None, "es;q=0, fr;q=0.1", "fr"),
        (None, "fr;q=nothing, es", "es"),
        (None, "," * 100_000 + "es", "en"),
        ("es", "fr", "es"),
        ("../es", "fr", "fr"),
        ("", "fr", "fr"),
    ],
)
def test_the_language_is_the_one_asked_for_else_the_readers(
    asked_for: str | None, accepted: str, language: str
) -> None:
    assert pages.chosen(asked_for, accepted) == language


async def test_it_runs_nothing_fetches_nothing_and_is_kept_for_three_seconds(
    exchange: Exchange, asked: httpx2.AsyncClient
) -> None:
    exchange.away.update(exchange.watch._known)
    await exchange.rounds()
    answer = await asked.get("/", headers={"Accept-Language": "fr"})
    read = Read(answer.text)
    assert not {"script", "img", "link", "iframe", "form"} & set(read.elements)
    assert "http-equiv" not in answer.text and "style=" not in answer.text
    assert len(answer.content) < 10_000
    assert answer.headers["Cache-Control"] == "public, max-age=3"
    assert (answer.headers["Content-Language"], answer.headers["Vary"]) == ("fr", "Accept-Language")
    assert re.fullmatch(
        r"default-src 'none'; style-src 'sha256-[\w+/]{43}='; base-uri 'none'; form-action 'none';"
        r" frame-ancestors 'none'",
        answer.headers["Content-Security-Policy"],
    )


async def test_no_reader_has_anything_looked_at_or_written_anew(
    exchange: Exchange, asked: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await exchange.rounds()
    written, html = list[str](), pages.html

    def counted(*arguments: Any, **more: Any) -> str:
        written.append(more["language"])
        return html(*arguments, **more)

    monkeypatch.setattr(pages, "html", counted)
    before = len(exchange.asked)
    for number in range(50):
        await asked.get(f"/?lang={LANGUAGES[number % 3]}&so={number}")
        await asked.get("/status.json")
    assert len(exchange.asked) == before
    assert written == list(LANGUAGES)
    await exchange.rounds(1)
    await asked.get("/")
    assert written == [*LANGUAGES, "en"]


async def test_it_takes_requests_once_it_has_looked_often_enough(
    exchange: Exchange, asked: httpx2.AsyncClient
) -> None:
    await exchange.rounds(1)
    assert (await asked.get("/readyz")).status_code == 503
    assert (await asked.get("/livez")).status_code == 200
    await exchange.rounds(1)
    assert (await asked.get("/readyz")).status_code == 200


async def test_what_machines_are_told(exchange: Exchange, asked: httpx2.AsyncClient) -> None:
    exchange.answers["payments/v1/online-payment"] = takes(outcome="processor-declines")
    exchange.window("invoicing", at(3600), at(7200))
    await exchange.rounds()
    said = (await asked.get("/status.json")).json()
    works = {"state": "works", "since": None, "until": None}
    since = "2016-01-05T12:00:00-05:00"
    assert said == {
        "exchange": "Vermont Health Connect",
        "as_of": "2016-01-05T12:00:08-05:00",
        "doings": [
            {"doing": "choose-plan", **works, "since": since},
            {"doing": "pay-online", "state": "down", "since": since, "until": None},
            {"doing": "pay-by-phone", **works},
            {"doing": "pay-by-mail", **works},
            {"doing": "invoices", **works, "since": since},
            {"doing": "letters", **works, "since": since},
            {"doing": "carriers", **works, "since": since},
            {"doing": "eligibility", **works, "since": None},
        ],
        "ways_to_pay": ["pay-by-phone", "pay-by-mail"],
        "maintenance": [
            {
                "service": "invoicing",
                "begins_at": "2016-01-05T13:00:00-05:00",
                "ends_at": "2016-01-05T14:00:00-05:00",
            }
        ],
        "maintenance_unknown": [],
        "outages": [{"doing": "pay-online", "began_at": since, "ended_at": None}],
        "outages_known_at": "2016-01-05T12:00:08-05:00",
    }


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/x", 404), ("POST", "/", 405)])
async def test_nothing_else_is_answered(
    asked: httpx2.AsyncClient, method: str, path: str, status: int
) -> None:
    answer = await asked.request(method, path)
    assert (answer.status_code, answer.text) == (status, f"{status}\n")


@pytest.mark.parametrize("pack", packs_in(PACKS))
def test_the_ways_to_pay_are_those_that_letters_name(pack: str) -> None:
    from notifications.domain.parameters import NotificationsParameters

    policy = PolicyPack.named(pack, directory=PACKS)
    day = policy.file("notifications").begins
    assert day is not None
    ways = PackWays(policy, today=day).on(day)
    letters = policy.load("notifications", NotificationsParameters, day)
    assert ways.exchange == letters.exchange_name
    assert (ways.online and ways.online.address) == (
        letters.payments_online and letters.payments_online.address
    )
    assert (ways.phone.number, ways.phone.opens) == (letters.phone.number, letters.phone.opens)
    assert ways.mail.address == letters.payments_by_mail.address
