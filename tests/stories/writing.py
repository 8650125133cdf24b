"""Writes a story as the file it would be read from: for one that was made and not written."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bulkhead.kernel.money import format_cents
from stories.kinds import MOMENT
from stories.language import Household, KnownToHub, Person, Plan, Step, Story

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@:/-]*( [A-Za-z0-9][A-Za-z0-9_.@/-]*)*")


def text_of_story(story: Story) -> str:
    """Return a scenario file's text; reading it gives the same story, line numbers and file name apart.

    Only what is done is written, not what is expected: a story that was made expects what every story does.
    """
    lines = [
        f"scenario: {_text(story.name)}",
        f"title: {_text(story.title)}",
        f"cites: [{', '.join(map(_text, story.cites))}]",
        f"pack: {story.pack}",
        f"clock: {story.clock}",
        "catalog:",
        *(f"  - {_mapping(_plan(each))}" for each in story.catalog),
        "households:",
        *(f"  {each.household}: {_mapping(_household(each))}" for each in story.households),
        "steps:",
        *(f"  - {_step(each)}" for each in story.steps),
    ]
    return "".join(f"{line}\n" for line in lines)


def _plan(plan: Plan) -> dict[str, str]:
    tiers = {tier: format_cents(cents) for tier, cents in plan.monthly_cents.items()}
    written = {"plan": plan.plan, "carrier": plan.carrier, "kind": plan.kind}
    if plan.ages:
        written["ages"] = _by_area(plan.ages)
    else:
        written["monthly"] = _mapping(tiers)
    if plan.tobacco:
        written["tobacco"] = _by_area(plan.tobacco)
    if plan.sold_for is not None:
        written["sold_for"] = str(plan.sold_for)
    if plan.carrier_bills_from is not None:
        written["carrier_bills_from"] = str(plan.carrier_bills_from)
    if plan.years:
        years = {
            str(year): _mapping({tier: format_cents(cents) for tier, cents in monthly.items()})
            for year, monthly in plan.years.items()
        }
        written["years"] = _mapping(years)
    return written


def _by_area(ages: Mapping[int, Mapping[int, Mapping[int, int]]]) -> str:
    years = {
        str(year): _mapping({str(area): _rates(rates) for area, rates in areas.items()})
        for year, areas in ages.items()
    }
    return _mapping(years)


def _rates(rates: Mapping[int, int]) -> str:
    return _mapping({str(age): format_cents(cents) for age, cents in rates.items()})


def _household(household: Household) -> dict[str, str]:
    given = {
        "members": f"[{', '.join(_mapping(_person(each)) for each in household.members)}]",
        "aptc": format_cents(household.aptc_cents),
        "subsidy": format_cents(household.subsidy_cents),
        "language": household.language,
    }
    if household.income_cents is not None:
        given["income"] = format_cents(household.income_cents)
    if household.hub is not None:
        given["hub"] = _mapping(_known_to_hub(household.hub))
    reached_by = {"email": household.email, "address": household.address, "phone": household.phone}
    return given | {name: _text(value) for name, value in reached_by.items() if value is not None}


def _known_to_hub(hub: KnownToHub) -> dict[str, str]:
    amounts = {"aptc": hub.aptc_cents, "subsidy": hub.subsidy_cents}
    known = {name: format_cents(cents) for name, cents in amounts.items() if cents is not None}
    return known | ({"contradicts": f"[{', '.join(hub.contradicts)}]"} if hub.contradicts else {})


def _person(person: Person) -> dict[str, str]:
    given = {"name": _text(person.name), "born": str(person.born), "relation": person.relation}
    known = {"latin_name": person.latin_name, "ssn": person.ssn}
    given |= {"tobacco": "true"} if person.uses_tobacco else {}
    return given | {name: _text(value) for name, value in known.items() if value is not None}


_AMOUNTS = frozenset(
    {
        "amount",
        "aptc",
        "subsidy",
        "income",
        *("single", "couple", "parent", "family"),
        *("came", "went", "opening"),
        *("pays", "total"),
    }
)
"""Fields that are amounts of money."""


def _step(step: Step) -> str:
    deed = {} if step.deed is None else {"do": step.deed.word} | dict(step.deed.fields)
    return _value({"at": step.at, **deed}, name="")


def _value(value: Any, *, name: str) -> str:
    match value:
        case Mapping():
            # What somebody pays for households stands under their names.
            return _mapping(
                {key: _value(each, name=name if name == "pays" else key) for key, each in value.items()}
            )
        case tuple():
            return f"[{', '.join(_value(each, name=name) for each in value)}]"
        case datetime():
            return MOMENT.show(value)
        case bool():
            return str(value).lower()
        case int() if name in _AMOUNTS:
            return format_cents(value)
        case _:
            return _text(str(value))


def _mapping(values: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{name}: {value}" for name, value in values.items()) + "}"


def _text(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)
