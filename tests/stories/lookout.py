"""Reads what the exchange shows: API answers, files in folders, mails.

While a service is declared down its facts stand still, so what was read from it as it went down is still exactly
what it knows: that is what a story is told when it asks then.
"""

from __future__ import annotations

import email
import email.policy
import json
import re
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesParser
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Any, Generic, TypeVar, cast
from urllib.parse import quote

from bulkhead.kernel.calendar import CoverageMonth, local_date
from bulkhead.kernel.money import parse_cents
from stories.bank_debits import Debit, read_debits
from stories.edi import (
    Acknowledgement,
    Enrollment834,
    NotWhole,
    Remittance820,
    acknowledgements_in,
    read_820,
    read_interchange,
)
from stories.errors import ExchangeProblem
from stories.exchange import Exchange, Place
from stories.language import Story
from stories.vocabulary import SERVICES

_PAGE = 500

SUSPENSE = "/v1/suspense-items"
"""Where payments shows money that waits for a person (PAY-3): what is open there, unless more is asked for."""

MEASURED = frozenset({"ChannelDown", "ChannelUp"})
"""Events that say when something was away, as was measured: they differ where that does (OPS-3)."""

EXTENSIONS = "/v1/deadline-extensions"
"""Where invoicing shows the cut-offs that moved (OPS-4)."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class RemittanceFile:
    """One remittance as its file says it. Amounts are cents."""

    carrier: str
    issued_on: date
    total_cents: int
    carried_cents: int
    lines: tuple[tuple[str, str, CoverageMonth, int], ...]
    """Household, policy, month, cents."""


@dataclass(frozen=True, kw_only=True)
class SentNotice:
    """One notice as it reached a mailbox or the printer. What it says is read when it is asked for."""

    notice: str
    household: str
    type: str
    by: str
    on: date
    sent_at: datetime | None
    invoice: str | None
    read: Callable[[], str]

    @cached_property
    def text(self) -> str:
        """Its subject and all its texts."""
        return self.read()


class _Once(Generic[T]):
    """Reads each content once: folders and mailboxes are looked at again and again, and mostly hold what they held."""

    def __init__(self, read: Callable[[bytes, str], T]) -> None:
        self._read = read
        self._known: dict[tuple[str, bytes], T] = {}

    def __call__(self, data: bytes, path: str = "") -> T:
        key = path, data
        if key not in self._known:
            self._known[key] = self._read(data, path)
        return self._known[key]


class Lookout:
    """Looks at an exchange on behalf of one story."""

    def __init__(self, exchange: Exchange, story: Story, now: Callable[[], datetime]) -> None:
        self._exchange = exchange
        self._now = now
        self._story = story
        self._kept: dict[tuple[str, str], Any] = {}
        self._still: dict[tuple[str, str], Any] | None = None
        self._mail = _Once(lambda data, _path: read_mail(data))
        self._letter = _Once(lambda data, path: read_print(data, path=path))
        self._remittance = _Once(lambda data, path: read_remittance(data, path=path))
        self._remittance_file = _Once(lambda data, path: read_remittance_file(data, path=path))
        self._interchange = _Once(lambda data, _path: _sets_in(data))

    @contextmanager
    def still(self) -> Generator[None]:
        """Promise that nothing happens while this lasts: what was asked once is not asked again."""
        before, self._still = self._still, {}
        try:
            yield
        finally:
            self._still = before

    @property
    def households(self) -> tuple[str, ...]:
        """The story's households."""
        return tuple(each.household for each in self._story.households)

    @property
    def carriers(self) -> tuple[str, ...]:
        """The story's carriers."""
        return self._story.carriers

    @property
    def pack(self) -> str:
        """The story's policy pack."""
        return self._story.pack

    @property
    def today(self) -> date:
        """The exchange's present date."""
        return local_date(self._now())

    async def keep(self, service: str) -> None:
        """Remember everything a service shows of the story; call it before the service goes down.

        Whatever else goes down (Kafka, the mail server) shows nothing by itself.
        """
        if service not in SERVICES:
            return
        for path in [*self._paths(service), *await self._month_paths(service)]:
            self._kept[service, path] = await self._read(service, path)
        self._kept[service, "/v1/events"] = await self._read(service, "/v1/events")

    def _paths(self, service: str) -> list[str]:
        by_household = {
            "enrollment": ("policies",),
            "invoicing": ("invoices", "balance", "grace", "months"),
            "payments": ("payments",),
        }.get(service, ())
        whole = {"invoicing": ("/v1/books", EXTENSIONS), "payments": ("/v1/books", SUSPENSE)}.get(service, ())
        paths = [f"/v1/households/{each}/{what}" for each in self.households for what in by_household]
        if service == "enrollment":
            whole = tuple(f"/v1/households/{each}" for each in self.households)
        lists = self._list_paths(self.carriers, self._first_days()) if service == "invoicing" else []
        return [*paths, *whole, *lists]

    async def _month_paths(self, service: str) -> list[str]:
        if service != "enrollment":
            return []
        return [
            policy_months(household, policy["policy"])
            for household in self.households
            for policy in await self.items(service, f"/v1/households/{household}/policies")
        ]

    def _first_days(self) -> list[date]:
        """Return every 1st since the story began: the dates lists are made for."""
        months = CoverageMonth.of(self._story.clock).until(CoverageMonth.of(local_date(self._now())))
        return [month.first_day for month in months]

    def _list_paths(self, carriers: Iterable[str], days: Iterable[date]) -> list[str]:
        return [f"/v1/delinquency-lists?carrier={carrier}&on={day}" for carrier in carriers for day in days]

    async def delinquency_rows(self, *, carrier: str | None, on: date | None) -> list[dict[str, Any]]:
        """Return the rows of the delinquency lists of a carrier (or all) of a date (or all so far)."""
        carriers = self.carriers if carrier is None else (carrier,)
        paths = self._list_paths(carriers, self._first_days() if on is None else [on])
        return [row for path in paths for row in await self.items("invoicing", path)]

    async def journal(self, service: str) -> list[dict[str, Any]]:
        """Return everything a service has said so far, oldest first."""
        return await self.items(service, "/v1/events")

    async def get(self, service: str, path: str) -> Any:
        """Return what a service answers, a list whole; None where there is no such thing."""
        if service in self._exchange.down:
            return self._kept.get((service, path))
        if self._still is None:
            return await self._read(service, path)
        if (service, path) not in self._still:
            self._still[service, path] = await self._read(service, path)
        return self._still[service, path]

    async def items(self, service: str, path: str) -> list[dict[str, Any]]:
        """Return a list's items; none where there is no such thing."""
        return (await self.get(service, path)) or []

    async def standing_extensions(self) -> list[dict[str, Any]]:
        """Return the extensions of cut-offs that nobody took back (OPS-4)."""
        found = await self.items("invoicing", EXTENSIONS)
        return [each for each in found if each["withdrawn_at"] is None]

    async def _read(self, service: str, path: str) -> Any:
        body = await self._page(service, path)
        cursor = "after" if path == "/v1/events" else "cursor"
        if not isinstance(body, dict) or "items" not in body:
            return body
        items, after = list(body["items"]), body.get("next_cursor")
        while after is not None:
            body = await self._page(
                service, f"{path}{'&' if '?' in path else '?'}limit={_PAGE}&{cursor}={quote(str(after))}"
            )
            items.extend(body["items"])
            after = body.get("next_cursor")
        return items

    async def _page(self, service: str, path: str) -> Any:
        answer = await self._exchange.call(service, "GET", path)
        if answer.status == 404:
            return None
        if not answer.ok:
            raise ExchangeProblem(
                f"{service} answered {answer.status or 'nothing'} to GET {path}. {answer.says}".strip()
            )
        return answer.body

    async def sets_of(self, carrier: str) -> list[Enrollment834]:
        """Return every set in a carrier's drop-box, of whole interchanges only, in the files' order."""
        files = await self._exchange.files(Place.CARRIERS, ".834")
        return [
            each
            for path, data in sorted(files.items())
            if path.startswith(f"{carrier}/outbound/")
            for each in self._interchange(data, path)
        ]

    async def answers_to(self, carrier: str) -> list[Acknowledgement]:
        """Return every TA1 and 999 in a carrier's drop-box for it, in the files' order."""
        files = await self._exchange.files(Place.CARRIERS, ".ta1")
        files = {**files, **await self._exchange.files(Place.CARRIERS, ".999")}
        return [
            each
            for path, data in sorted(files.items())
            if path.startswith(f"{carrier}/outbound/")
            for each in acknowledgements_in(data)
        ]

    async def remittance_files(self) -> list[tuple[str, Remittance820]]:
        """Return every 820 in a drop-box, with its carrier, in the files' order; raises `ExchangeProblem` for one that
        cannot be read.
        """
        files = await self._exchange.files(Place.CARRIERS, ".820")
        return [
            (path.partition("/")[0], self._remittance_file(data, path))
            for path, data in sorted(files.items())
        ]

    async def remittances(self) -> list[RemittanceFile]:
        """Return every remittance file there is."""
        files = await self._exchange.files(Place.REMITTANCES, ".csv")
        return [self._remittance(data, path) for path, data in sorted(files.items())]

    async def debits(self) -> list[Debit]:
        """Return every debit of every file to the exchange's bank; raises `ExchangeProblem` for one that a bank would
        not take.
        """
        files = await self._exchange.files(Place.DEBITS, ".ach")
        return [each for path, data in sorted(files.items()) for each in read_debits(data, path=path)]

    async def notices(self) -> list[SentNotice]:
        """Return every notice that reached a mailbox or the printer; a mail that came twice is one."""
        mailed: dict[str, SentNotice] = {}
        for raw in await self._exchange.mails():
            if (notice := self._mail(raw)) is not None:
                mailed.setdefault(notice.notice, notice)
        printed = await self._exchange.files(Place.PRINT, ".json")
        return [*mailed.values(), *(self._letter(data, path) for path, data in sorted(printed.items()))]


def policy_months(household: str, policy: str) -> str:
    """Return where enrollment shows a policy month by month."""
    return f"/v1/households/{household}/policies/{policy}/months"


def _sets_in(data: bytes) -> list[Enrollment834]:
    try:
        return read_interchange(data)
    except (NotWhole, ValueError, IndexError):
        return []  # not whole, so it does not count as sent


def read_remittance_file(data: bytes, *, path: str) -> Remittance820:
    """Return an 820's content; raises `ExchangeProblem` when it is not what its guide says."""
    try:
        return read_820(data)
    except (NotWhole, ValueError, IndexError, StopIteration, ArithmeticError) as error:
        raise ExchangeProblem(f"the 820 {path} cannot be read: {error!r}") from None


def read_remittance(data: bytes, *, path: str) -> RemittanceFile:
    """Return a remittance file's content; raises `ExchangeProblem` when it is not what its format says."""
    rows = [line.split(",") for line in data.decode("utf-8").splitlines() if line]
    head: dict[str, str] = {}
    lines: list[tuple[str, str, CoverageMonth, int]] = []
    columns: list[str] | None = None
    try:
        for row in rows:
            if columns is not None:
                named = dict(zip(columns, row, strict=True))
                lines.append(
                    (
                        named["household"],
                        named["policy"],
                        CoverageMonth.parse(named["month"]),
                        parse_cents(named["amount"]),
                    )
                )
            elif row[0] == "household":
                columns = row
            else:
                head[re.sub(r"[\s_]+", " ", row[0].strip().lower())] = row[1]
        return RemittanceFile(
            carrier=head["carrier"],
            issued_on=date.fromisoformat(head["issued on"]),
            total_cents=parse_cents(head["total"]),
            carried_cents=parse_cents(head["carried"]),
            lines=tuple(lines),
        )
    except (KeyError, ValueError, IndexError) as error:
        raise ExchangeProblem(f"the remittance file {path} cannot be read: {error!r}") from None


def read_mail(raw: bytes) -> SentNotice | None:
    """Return the notice in a mail; None for a mail that is none of ours."""
    heads = BytesParser(policy=email.policy.compat32).parsebytes(raw, headersonly=True)
    kind, household = heads["X-Bulkhead-Notice-Type"], heads["X-Bulkhead-Household"]
    if kind is None or household is None:
        return None
    sent_at = parsedate_to_datetime(str(heads["Date"]))
    return SentNotice(
        notice=str(heads["X-Bulkhead-Notice"] or hash(raw)),
        household=str(household),
        type=str(kind),
        by="email",
        on=local_date(sent_at),
        sent_at=sent_at,
        invoice=None if heads["X-Bulkhead-Invoice"] is None else str(heads["X-Bulkhead-Invoice"]),
        read=lambda: _mail_text(raw),
    )


def _mail_text(raw: bytes) -> str:
    # Reading each header by its grammar, as a newer policy does, takes four times as long.
    message = email.message_from_bytes(raw, policy=email.policy.compat32)
    return " ".join([str(make_header(decode_header(message["Subject"] or ""))), *_texts(message)])


def _texts(message: Message) -> Sequence[str]:
    parts = [part for part in message.walk() if part.get_content_maintype() == "text"]
    return [re.sub(r"<[^>]+>", " ", _content(part)) for part in parts]


def _content(part: Message) -> str:
    data = cast(bytes, part.get_payload(decode=True))
    return data.decode(part.get_content_charset("utf-8"))


def read_print(data: bytes, *, path: str) -> SentNotice:
    """Return the notice a printed letter's facts describe."""
    facts: Mapping[str, Any] = json.loads(data)
    named = {
        str(key).lower().replace("_", "-").removeprefix("x-bulkhead-"): value for key, value in facts.items()
    }
    when = str(named.get("date") or named.get("sent-on"))
    moment = None if re.match(r"\d{4}-", when) else parsedate_to_datetime(when)
    text = " ".join(str(named.get(key, "")) for key in ("subject", "text", "says"))
    return SentNotice(
        notice=str(named.get("notice") or path),
        household=str(named.get("household") or path.split("/")[0]),
        type=str(named.get("notice-type") or named.get("type")),
        by="paper",
        on=date.fromisoformat(when[:10]) if moment is None else local_date(moment),
        sent_at=moment,
        invoice=None if named.get("invoice") is None else str(named["invoice"]),
        read=lambda: text,
    )
