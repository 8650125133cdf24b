"""Writes the page in the languages there are texts in: a file each, and a language is added by its file alone."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import datetime, time
from functools import cache
from importlib.resources import files
from typing import Any, Final, Literal

import jinja2
from babel.dates import format_date, format_time

from bulkhead.kernel.calendar import EXCHANGE_ZONE
from bulkhead.locales import locale_of
from status_page.adapters.ways import Ways
from status_page.domain.doings import OF_SERVICE, Report, Status

DEFAULT: Final = "en"
"""The language of a reader whose own there is no text in."""

SIGNS: Final[Mapping[str, str]] = {
    "works": "✓",
    "down": "✗",
    "maintenance": "⚒",
    "not-open-yet": "…",
    "unknown": "?",
}
"""Beside the words: nothing is told by a colour or a sign alone."""

_PREFERENCES_READ: Final = 20


@cache
def texts() -> Mapping[str, Mapping[str, Any]]:
    """Return the texts of each language there is, such as ``fr``; `DEFAULT` is the first."""
    folder = files("status_page") / "texts"
    found = {
        each.name.removesuffix(".toml"): tomllib.loads(each.read_text("utf-8"))
        for each in folder.iterdir()
        if each.name.endswith(".toml")
    }
    return {DEFAULT: found[DEFAULT], **dict(sorted(found.items()))}


def chosen(asked: str | None, accepted: str) -> str:
    """Return the language of a page: the one that is asked for, else the first of an Accept-Language that there is,
    else `DEFAULT`.
    """
    if asked in texts():
        return str(asked)
    wanted = list[tuple[float, str]]()
    for part in accepted[:500].split(",")[:_PREFERENCES_READ]:
        name, _, weight = part.partition(";")
        quality = weight.strip().removeprefix("q=") if weight else "1"
        try:
            wanted.append((float(quality), name.strip().lower().partition("-")[0]))
        except ValueError:
            continue
    best = sorted((each for each in wanted if each[0] > 0), key=lambda each: -each[0])
    return next((name for _, name in best if name in texts()), DEFAULT)


def style() -> str:
    """Return the page's style, which stands in it: nothing more has to be fetched."""
    return (files("status_page") / "templates" / "page.css").read_text("utf-8").strip()


def filled(words: str, **values: str) -> str:
    """Return a sentence with these values in it. A value that ends with a full stop, such as *p. m.*, ends it too."""
    for name, value in values.items():
        if value.endswith("."):
            words = words.replace(f"{{{name}}}.", f"{{{name}}}")
    return words.format(**values)


def html(report: Report, *, ways: Ways, language: str) -> str:
    """Return the page in a language."""
    text, locale = texts()[language], locale_of(language)

    def at(instant: datetime) -> str:
        local = instant.astimezone(EXCHANGE_ZONE)
        day = format_date(local, "full", locale=locale)
        return f"{day}, {format_time(local, 'short', tzinfo=EXCHANGE_ZONE, locale=locale)}"

    def clock(value: time) -> str:
        return format_time(value, "short", locale=locale)

    def said(status: Status) -> str:
        states: Mapping[str, str] = text["states"]
        match status:
            case Status(state="maintenance", until=datetime() as until):
                return filled(states["maintenance_until"], until=at(until))
            case Status(state="down" | "unknown", since=datetime() as since):
                return filled(states[f"{status.state}_since"], since=at(since))
            case _:
                return states[status.state]

    page = _environment().get_template("page.html.j2")
    return page.render(
        report=report,
        ways=ways,
        language=language,
        languages=[(code, each["language"]) for code, each in texts().items()],
        text=text,
        style=style(),
        signs=SIGNS,
        of_service=OF_SERVICE,
        all_in_all=_all_in_all(report),
        outages_known=report.of("letters").state == "works" and report.outages_known_at is not None,
        said=said,
        filled=filled,
        around=lambda words: words.split("{address}"),
        at=at,
        clock=clock,
    )


def _all_in_all(report: Report) -> Literal["works", "shut", "unknown", "not-open-yet"]:
    """Return which sentence is true of all together: what is known to be shut goes before what is not known."""
    states = {each.state for each in report.statuses}
    if states & {"down", "maintenance"}:
        return "shut"
    if "unknown" in states:
        return "unknown"
    return "not-open-yet" if "not-open-yet" in states else "works"


@cache
def _environment() -> jinja2.Environment:
    folder = files("status_page") / "templates"
    made = jinja2.Environment(
        loader=jinja2.FunctionLoader(lambda name: (folder / name).read_text("utf-8")),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return made
