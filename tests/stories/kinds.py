"""The kinds of values a story's fields take: how each is read from text, and shown again."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from bulkhead.kernel.calendar import EXCHANGE_ZONE, CoverageMonth
from bulkhead.kernel.errors import InvalidValue
from bulkhead.kernel.money import format_cents, parse_cents
from stories.document import Listing, Node, Record, Text
from stories.errors import StoryError, nearest, unknown_word

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """The names a story has introduced, which its steps may speak of."""

    households: tuple[str, ...] = ()
    plans: tuple[str, ...] = ()
    carriers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of value. ``read`` raises `StoryError`; ``show`` writes a value as a story would."""

    read: Callable[[Node, Names], Any]
    show: Callable[[Any], str] = str


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of a word."""

    kind: Kind
    required: bool = False


def scalar(node: Node, *, what: str) -> Text:
    """Return the node as a text that is not empty; raises `StoryError` saying what was wanted."""
    if not isinstance(node, Text):
        raise StoryError(f"a single value is wanted here: {what}", line=node.line)
    if node.value == "":
        raise StoryError(f"nothing is given here; wanted: {what}", line=node.line)
    return node


def read_text(node: Node, _names: Names) -> str:
    """Return any text."""
    return scalar(node, what="a text").value


def read_date(node: Node, _names: Names) -> date:
    """Return a date written ``2016-01-31``."""
    text = scalar(node, what="a date such as 2016-01-31")
    if _DAY.fullmatch(text.value) is None:
        raise StoryError(f"'{text.value}' is not a date such as 2016-01-31", line=text.line)
    try:
        return date.fromisoformat(text.value)
    except ValueError:
        raise StoryError(f"there is no day '{text.value}'", line=text.line) from None


def read_moment(node: Node, _names: Names) -> datetime:
    """Return a local time of day written ``2016-01-31T10:00``, in the exchange's zone (CAL-1)."""
    text = scalar(node, what="a local time such as 2016-01-31T10:00")
    if _MOMENT.fullmatch(text.value) is None:
        raise StoryError(f"'{text.value}' is not a local time such as 2016-01-31T10:00", line=text.line)
    try:
        moment = datetime.fromisoformat(text.value).replace(tzinfo=EXCHANGE_ZONE)
    except ValueError:
        raise StoryError(f"there is no time '{text.value}'", line=text.line) from None
    return moment


def read_moment_or_date(node: Node, names: Names) -> datetime:
    """Return a local time; of a bare date, the midnight it begins with."""
    if isinstance(node, Text) and _DAY.fullmatch(node.value) is not None:
        day = read_date(node, names)
        return datetime(day.year, day.month, day.day, tzinfo=EXCHANGE_ZONE)
    return read_moment(node, names)


def read_month(node: Node, _names: Names) -> CoverageMonth:
    """Return a month written ``2016-01``."""
    text = scalar(node, what="a month such as 2016-01")
    try:
        return CoverageMonth.parse(text.value)
    except InvalidValue:
        raise StoryError(f"'{text.value}' is not a month such as 2016-01", line=text.line) from None


def read_amount(node: Node, _names: Names) -> int:
    """Return the cents of an amount with two decimals."""
    text = scalar(node, what="an amount with two decimals, such as 500.00")
    try:
        return parse_cents(text.value)
    except InvalidValue:
        raise StoryError(
            f"'{text.value}' is not an amount with two decimals, such as 500.00", line=text.line
        ) from None


def read_count(node: Node, _names: Names) -> int:
    """Return a whole number of 1 or more."""
    text = scalar(node, what="a number such as 3")
    if re.fullmatch(r"[1-9]\d{0,8}", text.value) is None:
        raise StoryError(f"'{text.value}' is not a number such as 3", line=text.line)
    return int(text.value)


def read_number(node: Node, _names: Names) -> int:
    """Return a whole number of 0 or more."""
    text = scalar(node, what="a number such as 0 or 3")
    if re.fullmatch(r"0|[1-9]\d{0,8}", text.value) is None:
        raise StoryError(f"'{text.value}' is not a number such as 0 or 3", line=text.line)
    return int(text.value)


def read_people(node: Node, names: Names) -> int | tuple[str, ...]:
    """Return how many people, or their names as the story writes them."""
    if isinstance(node, Listing):
        return tuple(read_text(item, names) for item in node.items)
    return read_count(node, names)


_GRACE = re.compile(r"in-grace-(month-)?(?P<month>[1-9])")


def read_standing(node: Node, _names: Names) -> str:
    """Return how a policy stands with its premiums (ENR-9): in grace may name the month."""
    words = ("binder-due", "current", "in-grace", "ended")
    text = scalar(node, what=f"one of {', '.join(words)}")
    folded = re.sub(r"[\s_]+", "-", text.value.strip().casefold())
    if (grace := _GRACE.fullmatch(folded)) is not None:
        return f"in-grace {grace['month']}"
    if folded not in words:
        raise unknown_word(text.value, words, where="here", line=text.line)
    return folded


def read_flag(node: Node, _names: Names) -> bool:
    """Return ``true`` or ``false``."""
    text = scalar(node, what="true or false")
    if text.value.lower() not in ("true", "false"):
        raise StoryError(f"'{text.value}' is neither true nor false", line=text.line)
    return text.value.lower() == "true"


def show_day(value: Any) -> str:
    """Write a date, a month, or what stands for none."""
    return "none" if value is None else str(value)


def show_amount(value: Any) -> str:
    """Write cents with two decimals, or what stands for none."""
    return "none" if value is None else format_cents(value)


def show_flag(value: Any) -> str:
    """Write true or false."""
    return "true" if value else "false"


def show_list(value: Any) -> str:
    """Write a list of words."""
    return (
        "none"
        if value is None
        else ", ".join(str(each) for each in value)
        if isinstance(value, tuple)
        else str(value)
    )


TEXT = Kind(read_text, show_day)
ANYTHING = Kind(lambda node, _names: node)
"""Whatever stands there: for words whose fields are not settled before they are built."""

DATE = Kind(read_date, show_day)
MOMENT = Kind(read_moment, lambda value: value.strftime("%Y-%m-%dT%H:%M"))
MOMENT_OR_DATE = Kind(read_moment_or_date, MOMENT.show)
MONTH = Kind(read_month, show_day)
AMOUNT = Kind(read_amount, show_amount)
COUNT = Kind(read_count, show_day)
NUMBER = Kind(read_number, show_day)
FLAG = Kind(read_flag, show_flag)
STANDING = Kind(read_standing, show_day)
"""A payment standing: ``in-grace`` is any month of it, ``in-grace 2`` the second."""

PEOPLE = Kind(read_people, lambda value: str(len(value)) if isinstance(value, tuple) else show_day(value))
"""How many, or who: only how many is ever shown."""


def one_of(*words: str, like: Mapping[str, str] | None = None) -> Kind:
    """Return the kind of a word out of a few; ``like`` maps other spellings onto them."""

    def read(node: Node, _names: Names) -> str:
        text = scalar(node, what=f"one of {', '.join(words)}")
        folded = re.sub(r"[\s_]+", "-", text.value.strip().casefold()) if like is not None else text.value
        found = (like or {}).get(folded, folded)
        if found not in words:
            raise unknown_word(text.value, words, where="here", line=text.line)
        return found

    return Kind(read, show_day)


def named(which: str) -> Kind:
    """Return the kind of a name the story introduced: ``household``, ``plan`` or ``carrier``."""

    def read(node: Node, names: Names) -> str:
        text = scalar(node, what=f"the name of a {which}")
        known: tuple[str, ...] = getattr(names, f"{which}s")
        if text.value not in known:
            raise StoryError(
                f"this story has no {which} '{text.value}'{nearest(text.value, known)}", line=text.line
            )
        return text.value

    return Kind(read, show_day)


HOUSEHOLD = named("household")
PLAN = named("plan")
CARRIER = named("carrier")


def read_payee(node: Node, names: Names) -> str:
    """Return ``household`` (the step's own), ``unknown``, or the name of a household of the story."""
    text = scalar(node, what="household, unknown, or the name of a household")
    known = ("household", "unknown", *names.households)
    if text.value not in known:
        raise unknown_word(text.value, known, where="here", line=text.line)
    return text.value


PAYEE = Kind(read_payee)


def listing(kind: Kind) -> Kind:
    """Return the kind of a list of values; a single one may stand without brackets."""

    def read(node: Node, names: Names) -> tuple[Any, ...]:
        items = node.items if isinstance(node, Listing) else (node,)
        if not items:
            raise StoryError("the list is empty", line=node.line)
        return tuple(kind.read(item, names) for item in items)

    return Kind(
        read,
        lambda value: show_list(tuple(kind.show(each) for each in value)) if value is not None else "none",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The fields a mapping may have."""

    fields: Mapping[str, Field] = field(default_factory=lambda: dict[str, Field]())

    def read(
        self, record: Record, names: Names, *, where: str, skip: frozenset[str] = frozenset()
    ) -> dict[str, Any]:
        """Return the mapping's values by name; raises `StoryError` for an unknown, double or missing one."""
        values: dict[str, Any] = {}
        for key, node in record:
            if key.value in skip:
                continue
            known = self.fields.get(key.value)
            if known is None:
                raise unknown_word(key.value, self.fields, where=where, line=key.line)
            values[key.value] = known.kind.read(node, names)
        for name, each in self.fields.items():
            if each.required and name not in values:
                raise StoryError(f"'{name}' is missing {where}", line=record.line)
        return values


def shaped(shape: Shape, *, where: str) -> Kind:
    """Return the kind of a mapping with these fields."""

    def read(node: Node, names: Names) -> dict[str, Any]:
        if not isinstance(node, Record):
            raise StoryError(f"a mapping is wanted {where}: {', '.join(shape.fields)}", line=node.line)
        return shape.read(node, names, where=where)

    return Kind(read)


def or_date(kind: Kind, *, name: str) -> Kind:
    """Return the kind of a mapping that may also be a bare date, which then is its field ``name``."""

    def read(node: Node, names: Names) -> Any:
        return {name: read_date(node, names)} if isinstance(node, Text) else kind.read(node, names)

    return Kind(read)


def read_month_amounts(node: Node, names: Names) -> dict[CoverageMonth, int]:
    """Return amounts by month, such as ``{2016-01: 500.00}``."""
    if not isinstance(node, Record):
        raise StoryError("amounts by month are wanted here, such as {2016-01: 500.00}", line=node.line)
    return {read_month(key, names): read_amount(value, names) for key, value in node}


def show_month_amounts(value: Any) -> str:
    """Write amounts by month as a story would."""
    if value is None:
        return "none"
    return "{" + ", ".join(f"{month}: {format_cents(cents)}" for month, cents in sorted(value.items())) + "}"


MONTH_AMOUNTS = Kind(read_month_amounts, show_month_amounts)


def read_household_amounts(node: Node, names: Names) -> dict[str, int]:
    """Return amounts by household, such as ``{june: 500.00, unknown: 12.00}``: nobody has heard of that one."""
    if not isinstance(node, Record):
        raise StoryError("amounts by household are wanted here, such as {june: 500.00}", line=node.line)
    return {read_payee(key, names): read_amount(value, names) for key, value in node}


def show_household_amounts(value: Any) -> str:
    """Write amounts by household as a story would."""
    return "{" + ", ".join(f"{household}: {format_cents(cents)}" for household, cents in value.items()) + "}"


HOUSEHOLD_AMOUNTS = Kind(read_household_amounts, show_household_amounts)


RENAMED = "renamed "
"""Before the new name of a plan that is sold again under another."""


def read_crosswalk(node: Node, names: Names) -> dict[str, str]:
    """Return what each plan becomes, such as ``{SILVER: SILVER, TEETH: renamed SMILE, BRONZE: discontinued}``."""
    if not isinstance(node, Record):
        raise StoryError("a mapping of plans is wanted here, such as {SILVER: SILVER}", line=node.line)
    return {PLAN.read(key, names): read_text(value, names) for key, value in node}


CROSSWALK = Kind(read_crosswalk)


def by_year(kind: Kind) -> Kind:
    """Return the kind of a mapping of calendar years, each with a value of a kind."""
    return _numbered(kind, read_count, wanted="by year is wanted here, such as {2017: ...}")


def by_area(kind: Kind) -> Kind:
    """Return the kind of a mapping of rating areas, each with a value of a kind."""
    return _numbered(kind, read_count, wanted="by rating area is wanted here, such as {1: ...}")


def _numbered(kind: Kind, number: Callable[[Node, Names], int], *, wanted: str) -> Kind:
    def read(node: Node, names: Names) -> dict[int, Any]:
        if not isinstance(node, Record):
            raise StoryError(f"a mapping {wanted}", line=node.line)
        return {number(key, names): kind.read(value, names) for key, value in node}

    return Kind(read)


AGE_AMOUNTS = _numbered(AMOUNT, read_number, wanted="by age is wanted here, such as {0: 120.00, 21: 200.00}")
"""Amounts by age, each from its age on until the next one that is named."""
