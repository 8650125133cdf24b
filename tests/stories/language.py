"""Reads a scenario file into a story: checked words, dates, amounts and names, each with its line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from bulkhead.kernel.calendar import local
from bulkhead.kernel.errors import InvalidValue
from bulkhead.kernel.ids import checked_id
from stories.document import Listing, Node, Record, Text, read_document
from stories.errors import NotBuilt, StoryError, nearest, unknown_word
from stories.kinds import DATE, MOMENT, Names, read_text, scalar
from stories.vocabulary import (
    DO,
    EXPECT,
    HOUSEHOLD_SHAPE,
    PLAN_SHAPE,
    STEP_FIELDS,
    STORY_FIELDS,
    Word,
    unbuilt_parts,
)

DEFAULT_PACK = "vermont-2016"

_RULES: Final = Path(__file__).resolve().parents[2] / "docs" / "rules.md"
_RULE: Final = re.compile(r"[A-Z]{3}-\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One plan of the catalog; monthly premiums in cents by tier, in ``years`` those of plan years in which it costs
    something else. ``sold_for`` is the one plan year it is sold for, None for all. ``ages`` are its rates where it is
    rated by age instead: by plan year, rating area and age, each from its age on until the next one named; ``tobacco``
    are those of who uses it, of the same ages. ``carrier_bills_from`` is the plan year from which on its carrier bills
    for all that it sells, None where the exchange does.
    """

    plan: str
    carrier: str
    kind: str
    monthly_cents: Mapping[str, int]
    sold_for: int | None = None
    carrier_bills_from: int | None = None
    years: Mapping[int, Mapping[str, int]] = field(default_factory=dict[int, Mapping[str, int]])
    ages: Mapping[int, Mapping[int, Mapping[int, int]]] = field(
        default_factory=dict[int, Mapping[int, Mapping[int, int]]]
    )
    tobacco: Mapping[int, Mapping[int, Mapping[int, int]]] = field(
        default_factory=dict[int, Mapping[int, Mapping[int, int]]]
    )

    def monthly_cents_in(self, year: int) -> Mapping[str, int]:
        """Return the monthly premiums of a plan year."""
        return self.years.get(year, self.monthly_cents)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One member of a household; the relation is given or follows from the place in the list and the age."""

    name: str
    born: date
    relation: str
    latin_name: str | None
    ssn: str | None
    uses_tobacco: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownToHub:
    """What the federal hub says of a household in the place of what it attests; None for that. Cents a month."""

    contradicts: tuple[str, ...] = ()
    aptc_cents: int | None = None
    subsidy_cents: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Household:
    """One household as it is registered: before the first step, or in one that says that it applies."""

    household: str
    members: tuple[Person, ...]
    aptc_cents: int
    subsidy_cents: int
    income_cents: int | None
    hub: KnownToHub | None
    language: str
    email: str | None
    address: str | None
    phone: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """Something done: its word and its fields."""

    word: str
    fields: Mapping[str, Any]
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """Something that must be true, or with ``never`` must not have come about; fields left out are not compared."""

    word: str
    fields: Mapping[str, Any]
    never: bool
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step: when, what is done, what must then hold."""

    at: datetime
    deed: Deed | None
    expectations: tuple[Expectation, ...]
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A story, ready to be played."""

    name: str
    title: str
    cites: tuple[str, ...]
    pack: str
    clock: date
    catalog: tuple[Plan, ...]
    households: tuple[Household, ...]
    steps: tuple[Step, ...]
    file: str

    @property
    def carriers(self) -> tuple[str, ...]:
        """The carriers of the catalog, each once."""
        return tuple(dict.fromkeys(plan.carrier for plan in self.catalog))

    @property
    def bills_from(self) -> Mapping[str, int]:
        """The carriers that bill for their plans themselves, and the plan year they began with."""
        return {
            plan.carrier: plan.carrier_bills_from
            for plan in self.catalog
            if plan.carrier_bills_from is not None
        }


def read_story_file(path: Path) -> Story:
    """Return the story in a file; raises `StoryError` or `NotBuilt`, both naming file and line."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise StoryError(f"cannot be read: {error.strerror}", line=0, file=str(path)) from None
    except UnicodeDecodeError:
        raise StoryError("is not UTF-8 text", line=0, file=str(path)) from None
    return read_story(text, file=str(path))


def read_story(text: str, *, file: str = "story") -> Story:
    """Return the story in a text; raises `StoryError` for what cannot be read, `NotBuilt` for words of later."""
    try:
        reader = _Reader(file)
        story = reader.story(read_document(text))
    except StoryError as error:
        raise StoryError(error.message, line=error.line, file=file) from None
    if reader.unbuilt:
        raise NotBuilt(reader.unbuilt, file=file)
    return story


class _Reader:
    def __init__(self, file: str) -> None:
        self._file = file
        self.unbuilt: list[tuple[int, str]] = []
        self._names = Names()

    def story(self, document: Record) -> Story:
        for key, _ in document:
            if key.value not in STORY_FIELDS:
                raise unknown_word(key.value, STORY_FIELDS, where="at the top of the story", line=key.line)
        for name in ("scenario", "clock", "steps"):
            if document.get(name) is None:
                raise StoryError(f"'{name}:' is missing at the top of the story", line=document.line)
        clock = DATE.read(_of(document, "clock"), self._names)
        catalog = tuple(self._plans(document.get("catalog")))
        households = tuple(self._households(document.get("households"), as_of=clock))
        self._names = Names(
            households=tuple(each.household for each in households),
            plans=tuple(each.plan for each in catalog),
            carriers=tuple(dict.fromkeys(each.carrier for each in catalog)),
        )
        return Story(
            name=self._text(document, "scenario", default=""),
            title=self._text(document, "title", default=""),
            cites=self._cites(document.get("cites")),
            pack=self._text(document, "pack", default=DEFAULT_PACK),
            clock=clock,
            catalog=catalog,
            households=households,
            steps=tuple(self._steps(_of(document, "steps"), begins=local(clock))),
            file=self._file,
        )

    def _text(self, document: Record, key: str, *, default: str) -> str:
        node = document.get(key)
        return default if node is None else read_text(node, self._names)

    def _cites(self, node: Node | None) -> tuple[str, ...]:
        if node is None or (isinstance(node, Listing) and not node.items):
            return ()
        return tuple(_cited(scalar(item, what="a rule's id")) for item in _items(node))

    def _plans(self, node: Node | None) -> Iterable[Plan]:
        seen: set[str] = set()
        billed: dict[str, int | None] = {}
        for item in _items(node):
            values = PLAN_SHAPE.read(_record(item, what="a plan"), self._names, where="of a plan")
            plan = Plan(
                plan=_id(values["plan"], what="plan", line=item.line),
                carrier=_id(values["carrier"], what="carrier", line=item.line),
                kind=values["kind"],
                monthly_cents=values.get("monthly", {}),
                sold_for=values.get("sold_for"),
                carrier_bills_from=values.get("carrier_bills_from"),
                years=values.get("years", {}),
                ages=values.get("ages", {}),
                tobacco=values.get("tobacco", {}),
            )
            if plan.plan in seen:
                raise StoryError(f"the plan '{plan.plan}' stands twice in the catalog", line=item.line)
            seen.add(plan.plan)
            if billed.setdefault(plan.carrier, plan.carrier_bills_from) != plan.carrier_bills_from:
                raise StoryError(
                    f"'carrier_bills_from' of the plan '{plan.plan}' is not that of the carrier's other plans",
                    line=item.line,
                )
            if bool(plan.monthly_cents) == bool(plan.ages):
                problem = "has both" if plan.ages else "has neither"
                raise StoryError(
                    f"the plan '{plan.plan}' {problem} a monthly premium ('monthly') and rates by age ('ages')",
                    line=item.line,
                )
            yield plan

    def _households(self, node: Node | None, *, as_of: date) -> Iterable[Household]:
        if node is None:
            return
        for name, item in _record(node, what="households by name"):
            if name.value in ("unknown", "household"):
                raise StoryError(
                    f"'{name.value}' has a meaning of its own: no household can be called so", line=name.line
                )
            values = HOUSEHOLD_SHAPE.read(
                _record(item, what="a household"), self._names, where="of a household"
            )
            yield Household(
                household=_id(name.value, what="household", line=name.line),
                members=with_relations(values["members"], as_of=as_of),
                aptc_cents=values.get("aptc", 0),
                subsidy_cents=values.get("subsidy", 0),
                income_cents=values.get("income"),
                hub=known_to_hub(values.get("hub")),
                language=values.get("language", "en"),
                email=values.get("email"),
                address=values.get("address"),
                phone=values.get("phone"),
            )

    def _steps(self, node: Node, *, begins: datetime) -> Iterable[Step]:
        earliest, before = begins, "the story's clock"
        for item in _items(node):
            step = self._step(_record(item, what="a step"))
            if _instant(step.at) < _instant(earliest):
                raise StoryError(
                    f"'at: {MOMENT.show(step.at)}' is before {before}, {MOMENT.show(earliest)}",
                    line=step.line,
                )
            earliest, before = step.at, f"the step on line {step.line}"
            if step.deed is not None and step.deed.word == "advance":
                if _instant(step.deed.fields["to"]) < _instant(step.at):
                    raise StoryError("'to' is before 'at'", line=step.line)
                earliest = step.deed.fields["to"]
            yield step

    def _step(self, record: Record) -> Step:
        at, do = record.get("at"), record.get("do")
        deed = None
        if do is not None:
            deed = self._deed(record, scalar(do, what="what is done"))
        else:
            for key, _ in record:
                if key.value not in STEP_FIELDS:
                    raise unknown_word(
                        key.value, STEP_FIELDS, where="of a step that does nothing", line=key.line
                    )
        if at is None:
            raise StoryError("'at' is missing of a step", line=record.line)
        expectations = tuple(
            expectation
            for key, never in (("expect", False), ("never", True))
            for expectation in self._expectations(record.get(key), never=never)
        )
        if deed is None and not expectations:
            raise StoryError("the step neither does nor expects anything", line=record.line)
        return Step(at=MOMENT.read(at, self._names), deed=deed, expectations=expectations, line=record.line)

    def _deed(self, record: Record, word: Text) -> Deed:
        spec = _known(word, DO, where="after 'do'")
        if (
            "household" in spec.shape.fields
            and record.get("household") is None
            and len(self._names.households) == 1
        ):
            only = Text(self._names.households[0], word.line)
            record = replace(record, entries=(*record.entries, (Text("household", word.line), only)))
        values = spec.shape.read(record, self._names, where=f"of '{word.value}'", skip=frozenset(STEP_FIELDS))
        self._note_unbuilt(word, values, DO)
        if (
            word.value == "pay"
            and "household" not in values
            and values.get("for", "household") == "household"
        ):
            raise StoryError("'household' is missing of 'pay'", line=word.line)
        if word.value == "pay":
            _check_payment(values, line=word.line)
        if word.value in ("down", "up") and len(values) != 1:
            raise StoryError(f"'{word.value}' takes one of 'service' and 'carrier'", line=word.line)
        return Deed(word=word.value, fields=values, line=word.line)

    def _expectations(self, node: Node | None, *, never: bool) -> Iterable[Expectation]:
        if node is None:
            return
        for item in _items(node):
            # a bare word stands for the word without fields: `expect: accepted`
            pairs = (
                ((item, Record((), item.line)),)
                if isinstance(item, Text)
                else _record(item, what="an expectation").entries
            )
            for word, given in pairs:
                spec = _known(word, EXPECT, where="after 'never'" if never else "after 'expect'")
                left_out = isinstance(given, Text) and given.value == ""
                fields = Record((), given.line) if left_out else given
                record = _record(fields, what=f"the fields of '{word.value}'")
                values = spec.shape.read(record, self._names, where=f"of '{word.value}'")
                self._note_unbuilt(word, values, EXPECT)
                yield Expectation(word=word.value, fields=values, never=never, line=word.line)

    def _note_unbuilt(self, word: Text, values: Mapping[str, Any], table: Mapping[str, Word]) -> None:
        self.unbuilt.extend((word.line, part) for part in unbuilt_parts(word.value, values, table=table))


def known_to_hub(values: Mapping[str, Any] | None) -> KnownToHub | None:
    """Return what a story has the hub say of a household, None where it says nothing of its own."""
    if values is None:
        return None
    return KnownToHub(
        contradicts=values.get("contradicts", ()),
        aptc_cents=values.get("aptc"),
        subsidy_cents=values.get("subsidy"),
    )


def _check_payment(values: Mapping[str, Any], *, line: int) -> None:
    if "card" in values and values["by"] != "card":
        raise StoryError(f"'card' says what becomes of a card, and this is paid by {values['by']}", line=line)
    if "names" in values and values.get("for", "household") != "household":
        raise StoryError("'names' is of a household, and this is 'for' somebody else", line=line)


def with_relations(members: Iterable[Mapping[str, Any]], *, as_of: date) -> tuple[Person, ...]:
    """Return the members with their relations: given, or the first self, the next of 19 or older the spouse,
    all others children."""
    given = list(members)
    spouse_taken = any(each.get("relation") == "spouse" for each in given)
    people: list[Person] = []
    for index, each in enumerate(given):
        relation = each.get("relation")
        if relation is None and index == 0:
            relation = "self"
        elif relation is None and not spouse_taken and _age(each["born"], as_of) >= 19:
            relation, spouse_taken = "spouse", True
        people.append(
            Person(
                name=each["name"],
                born=each["born"],
                relation=relation or "child",
                latin_name=each.get("latin_name"),
                ssn=each.get("ssn"),
                uses_tobacco=each.get("tobacco", False),
            )
        )
    return tuple(people)


def _age(born: date, as_of: date) -> int:
    return as_of.year - born.year - ((as_of.month, as_of.day) < (born.month, born.day))


def _instant(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


def _of(document: Record, key: str) -> Node:
    node = document.get(key)
    if node is None:
        raise StoryError(f"'{key}:' is missing at the top of the story", line=document.line)
    return node


def _known(word: Text, table: Mapping[str, Word], *, where: str) -> Word:
    spec = table.get(word.value)
    if spec is None:
        raise unknown_word(word.value, table, where=where, line=word.line)
    return spec


def _items(node: Node | None) -> tuple[Node, ...]:
    if node is None or (isinstance(node, Text) and node.value == ""):
        return ()
    return node.items if isinstance(node, Listing) else (node,)


def _record(node: Node, *, what: str) -> Record:
    if not isinstance(node, Record):
        raise StoryError(f"a mapping is wanted here: {what}", line=node.line)
    return node


def _id(text: str, *, what: str, line: int) -> str:
    try:
        return checked_id(text, field=what)
    except InvalidValue as error:
        raise StoryError(f"the {what} '{text}': {error.message}", line=line) from None


def _cited(text: Text) -> str:
    """Return what a story cites: a rule there is, or another source as it is written."""
    if _RULE.fullmatch(text.value) and text.value not in _rules():
        says = f"there is no rule '{text.value}'{nearest(text.value, _rules())}"
        raise StoryError(says, line=text.line)
    return text.value


@cache
def _rules() -> frozenset[str]:
    return frozenset(
        re.findall(r"^- \*\*([A-Z]{3}-\d+)\*\*", _RULES.read_text(encoding="utf-8"), re.MULTILINE)
    )
