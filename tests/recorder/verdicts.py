"""Whether the exchange kept its word: a verdict for every act at every place it must be found, and a table of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, TypeAlias

from recorder.book import Book, Found, Kept


class Verdict(StrEnum):
    """What is found of an act, beside what was answered."""

    ONCE = "found once"
    MISSING = "missing"
    """It was accepted, and there is nothing."""
    DOUBLED = "doubled"
    """There is more than one, whatever was answered."""
    CONTRADICTED = "contradicted"
    """It is not what was answered: refused and done all the same, or another id, or it says something else."""
    TWICE = "accepted twice"
    """Its one key was answered with two different things."""
    REFUSED = "refused"
    AMBIGUOUS = "no answer"
    """No answer told what became of it: it is there once or not at all, and both are right."""
    UNASKED = "unasked"
    """It is there, and nobody asked for it."""


Owners: TypeAlias = Literal["unknown", "has", "has not", "keeps"]
"""What an act's owner has of it; unknown at the owner's own place."""

RIGHT = frozenset({Verdict.ONCE, Verdict.REFUSED, Verdict.AMBIGUOUS})

EXAMPLES = 20
"""How many of what is wrong are told one by one."""


@dataclass(slots=True)
class Table:
    """How many acts have each verdict, by what they are called and where they were looked for."""

    counts: dict[tuple[str, str], Counter[Verdict]] = field(
        default_factory=lambda: dict[tuple[str, str], Counter[Verdict]]()
    )
    wrong: list[str] = field(default_factory=lambda: list[str]())

    def count(self, called: str, place: str, verdict: Verdict, *, example: str) -> None:
        """Count one."""
        self.counts.setdefault((called, place), Counter())[verdict] += 1
        if verdict not in RIGHT and len(self.wrong) < EXAMPLES:
            self.wrong.append(f"{verdict}: {called} at {place}: {example}")

    def total(self, verdict: Verdict) -> int:
        """Return how many have this verdict, at all places together."""
        return sum(each[verdict] for each in self.counts.values())

    @property
    def right(self) -> bool:
        """Whether every act is as it must be, and something was looked at."""
        return bool(self.counts) and all(not self.total(each) for each in Verdict if each not in RIGHT)

    def lines(self) -> list[str]:
        """Return the table as lines of text, and under it what is wrong."""
        heads = ["act", "looked for at", *Verdict]
        rows = [
            [called, place, *(str(count[each]) if count[each] else "·" for each in Verdict)]
            for (called, place), count in sorted(self.counts.items())
        ]
        widths = [max(len(row[column]) for row in [heads, *rows]) for column in range(len(heads))]
        shown = [
            "  ".join(
                text.ljust(width) if column < 2 else text.rjust(width)
                for column, (text, width) in enumerate(zip(row, widths, strict=True))
            )
            for row in [heads, *rows]
        ]
        return [*shown, *(f"  {each}" for each in self.wrong)]


def classify(book: Book, places: Mapping[str, Sequence[str]], *, acts: Container[int] | None = None) -> Table:
    """Return the verdicts on all acts, or on those of these numbers and nothing that nobody asked for.

    ``places`` names where each kind must be found, its owner's place first.
    """
    table = Table()
    for act in book.acts():
        if acts is not None and act.act not in acts:
            continue
        owners: Owners = "unknown"
        for place in places[act.kind]:
            found = book.sightings(act, place)
            if owners == "keeps" and not found:
                continue
            verdict = judge(act, found, owners=owners)
            table.count(
                act.called, place, verdict, example=f"{act.household} {act.says}, answered {act.statuses}"
            )
            if owners == "unknown":
                owners = "has" if found else "has not"
                if any(each.stays for each in found):
                    owners = "keeps"
    for place, kind, household, says in book.unasked() if acts is None else ():
        table.count(kind, place, Verdict.UNASKED, example=f"{household} {says}")
    return table


def judge(act: Kept, found: Sequence[Found], *, owners: Owners) -> Verdict:
    """Return the verdict on an act at one place. ``owners`` is what its owner's place has of it.

    An act nobody heard the answer to may be there or not; but what its owner has, all others must have, unless it
    keeps it for itself.
    """
    if len(act.ids) > 1:
        return Verdict.TWICE
    if len(found) > 1:
        return Verdict.DOUBLED
    accepted = any(200 <= (each or 0) < 300 for each in act.statuses)
    if not accepted and any(400 <= (each or 0) < 500 for each in act.statuses):
        return Verdict.CONTRADICTED if found else Verdict.REFUSED
    expected = accepted or owners == "has"
    if not found:
        return Verdict.MISSING if expected else Verdict.AMBIGUOUS
    (only,) = found
    same = only.says == act.says and (not only.id or not act.ids or only.id in act.ids)
    if not same or owners in ("has not", "keeps"):
        return Verdict.CONTRADICTED
    return Verdict.ONCE if expected else Verdict.AMBIGUOUS
