"""Writes notices from the templates in ``templates/<notice>/<version>/<language>``.

The HTML template holds the wording. The plain text and the paper letter are made from what it wrote, so no
two forms of a notice can say different things.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time
from decimal import Decimal
from functools import cache
from typing import Any

from babel import Locale
from babel.dates import format_date, format_skeleton, format_time
from babel.numbers import format_currency
from jinja2 import Environment, PackageLoader, StrictUndefined

from bulkhead.kernel.calendar import CoverageMonth
from bulkhead.locales import locale_of
from notifications.adapters.writing.languages import LAYOUT, languages
from notifications.adapters.writing.parts import read_parts
from notifications.adapters.writing.taglines import taglines_in
from notifications.domain.contacts import Contact
from notifications.domain.letters import Content, Tagline, Written


class TemplateWriter:
    """Writes every notice in every language there are templates in. A `Writer`."""

    def __init__(self) -> None:
        self.languages = languages()
        self._pages = {language: _environment(language, autoescape=True) for language in self.languages}
        self._plain = {language: _environment(language, autoescape=False) for language in self.languages}

    def write(self, content: Content) -> Written:
        """Return the notice in the words of its wording's version and language (NOT-1).

        Raises Jinja's own errors for a template that is not there or asks for what there is not.
        """
        language = content.language
        where = f"{content.notice.type}/{content.wording}/{language}"
        facts = _facts(content)
        subject = self._plain[language].get_template(f"{where}.subject.j2").render(facts).strip()
        page = self._pages[language].get_template(f"{where}.html.j2")
        addressee = self._addressee(content.contact, language)
        html = page.render(facts, subject=subject, addressee=addressee)
        return Written(subject=subject, addressee=addressee, html=html, blocks=read_parts(html))

    def _addressee(self, contact: Contact, language: str) -> str | None:
        """Return whom a letter is for; None where nobody is known by name."""
        if contact.addressee is None:
            return None
        name = contact.addressee.reveal()
        if not contact.estate:
            return name
        return self._plain[language].get_template(f"{LAYOUT}/{language}.estate.j2").render(name=name).strip()


def _facts(content: Content) -> dict[str, Any]:
    facts = content.notice.facts
    since, dropped = content.since.received_cents, content.since.dropped_cents
    return {
        "invoice": facts.invoice,
        "since": since,
        "dropped": dropped,
        "void": content.since.void,
        "to_pay": None if facts.invoice is None else max(0, facts.invoice.to_pay_cents - since - dropped),
        "voided": facts.voided,
        "payment": facts.payment,
        "returned": facts.returned,
        "moved": facts.moved,
        "deadline": facts.deadline,
        "deadline_back": facts.deadline_back,
        "maintenance": facts.maintenance,
        "draw": content.draw,
        "not_drawn": content.not_drawn,
        "called_off": content.called_off,
        "binder": content.binder,
        "autopay_begun": facts.autopay_begun,
        "autopay_ended": facts.autopay_ended,
        "autopay_on": content.autopay_on,
        "declined": facts.declined,
        "after": content.after,
        "coverage": facts.coverage,
        "renewal": facts.renewal,
        "age_out": facts.age_out,
        "medicaid": facts.medicaid,
        "wanted": facts.wanted,
        "decided": facts.decided,
        "policies": content.policies,
        "doors": content.doors,
        "exchange_name": content.parameters.exchange_name,
        "household": content.notice.household,
        "taglines": _taglines(content),
        "today": content.today,
    }


def _taglines(content: Content) -> tuple[Tagline, ...]:
    """Return the taglines of a notice: none while nobody answers the phone that they name (NOT-2)."""
    phone = content.doors.phone
    return () if phone is None else taglines_in(content.parameters.tagline_languages, phone=phone.number)


@cache
def _environment(language: str, *, autoescape: bool) -> Environment:
    """Return what keeps the templates of a language, each compiled once."""
    environment = Environment(
        loader=PackageLoader("notifications"),
        autoescape=autoescape,  # noqa: S701 - off for subjects only, which are plain text
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(_filters(locale_of(language)))
    return environment


def _filters(locale: Locale) -> dict[str, Callable[[Any], str]]:
    def money(cents: int) -> str:
        return format_currency(Decimal(cents) / 100, "USD", locale=locale)

    def day(value: date) -> str:
        return format_date(value, "long", locale=locale)

    def month(value: CoverageMonth) -> str:
        return format_skeleton("yMMMM", value.first_day, locale=locale)

    def clock(value: time) -> str:
        return format_time(value, "short", locale=locale)

    return {"money": money, "day": day, "month": month, "clock": clock}
