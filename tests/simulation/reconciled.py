"""Carriers bring their books, most months, with errors, twice, late, cut off or of a day before the last one's, and an
operator sees to what differs (CAR-6).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from carrier_gateway.domain.books import CarrierBook
from carrier_gateway.domain.discrepancies import Discrepancy
from carrier_gateway.domain.records import InboundFile
from simulation.mistakes import Agenda
from simulation.sight import Sight
from stories.books import Brought
from stories.language import Deed

_SERVICE: Final = "carrier-gateway"
_OFTEN: Final = 0.5
"""For how many carriers it is drawn that they bring books at all: all that they do takes time."""
_WRONG: Final = (
    ("premium", "1.23"),
    ("aptc", "1.23"),
    ("begin", "2015-11-30"),
    ("end", "2016-11-29"),
    ("plan", "NOT-THIS"),
    ("subscriber", "somebody-else"),
    ("name", "Nobody"),
    ("born", "1950-05-05"),
)
_STEADY: Final = timedelta(hours=1)
"""So long all must have been there before a book came for all to know the same when it was compared."""


class Reconciled:
    """The carriers, and the operator who sees to what their books differ in."""

    def __init__(self, agenda: Agenda, dice: Random, *, carriers: Sequence[str]) -> None:
        self._agenda = agenda
        self._dice = dice
        self._carriers = carriers

    def begin(self, after: datetime, households: Sequence[str]) -> None:
        """Have some carriers bring a book about once a month."""
        for carrier in self._carriers:
            if households and self._dice.random() < _OFTEN:
                self._some_day(after, carrier, households)

    def _some_day(self, after: datetime, carrier: str, households: Sequence[str]) -> None:
        at = after + timedelta(days=self._dice.randint(20, 35), minutes=self._dice.randint(0, 600))

        def bring() -> Deed:
            self._some_day(at, carrier, households)
            seen_to = at + timedelta(days=self._dice.randint(0, 20), minutes=77)
            self._agenda.plan(seen_to, lambda: self._decide(carrier, households))
            return self._book(carrier, at, households)

        self._agenda.plan(at, bring)

    def _book(self, carrier: str, at: datetime, households: Sequence[str]) -> Deed:
        dice = self._dice
        fields: dict[str, Any] = {"carrier": carrier, "of": at.date()}
        if dice.random() < 0.2:
            fields["of"] -= timedelta(
                days=dice.choice([3, 40])
            )  # late: there may have been one of a later day
        wrong = [
            {"household": household, "field": field, "says": says}
            for household in households
            if dice.random() < 0.3
            for field, says in [dice.choice(_WRONG)]
        ]
        if wrong:
            fields["wrong"] = tuple(wrong)
        for word in ("left_out", "twice"):
            if dice.random() < 0.2:
                fields[word] = (dice.choice(households),)
        if dice.random() < 0.2:
            fields["besides"] = dice.randint(1, 3)
        if dice.random() < 0.1:
            fields["cut"] = True
        return Deed(word="book", fields=fields, line=0)

    def _decide(self, carrier: str, households: Sequence[str]) -> Deed | None:
        household = self._dice.choice(households)
        found = [
            each
            for each in self._agenda.of(_SERVICE, Discrepancy, household)
            if each.state == "open" and each.carrier == carrier
        ]
        if not found:
            return None
        fields = {
            "household": household,
            "carrier": carrier,
            "field": self._dice.choice(sorted({each.kind for each in found})),
            "decision": self._dice.choice(["send-again", "leave", "note"]),
        }
        return Deed(word="decide-difference", fields=fields, line=0)


def wrong(sight: Sight, *, brought: Sequence[Brought]) -> list[str]:
    """CAR-6: what is open of a carrier is what its last book shows, and what was planted in it is there, as often as it
    was, of everybody of whom it is certain; a book that is cut off, or of a day before that of the last one, shows
    nothing.
    """
    books = {each.file: each for each in sight.rows(_SERVICE, CarrierBook)}
    files = {(each.carrier, each.name): books.get(each.file) for each in sight.rows(_SERVICE, InboundFile)}
    discrepancies = sight.rows(_SERVICE, Discrepancy)
    found: list[str] = []
    for carrier in sorted({each.carrier for each in brought}):
        last: Brought | None = None
        for each in brought:
            if each.carrier != carrier:
                continue
            book = files.get((carrier, each.name))
            if book is None or book.state not in ("answered", "returned"):
                break  # it is on its way, and so are those behind it
            counts = each.is_whole and (last is None or each.as_of >= last.as_of)
            if counts != (book.state == "answered"):
                found.append(f"CAR-6: {carrier}'s book of {each.as_of} is {book.state}")
            last = each if counts else last
        else:
            file = files.get((carrier, last.name)) if last is not None else None
            open_ = [one for one in discrepancies if one.carrier == carrier and one.state == "open"]
            found += [
                f"CAR-6: {carrier}'s last book shows no {one.kind} of {one.household} any more, and it is open"
                for one in open_
                if file is None or one.file != file.file
            ]
            if last is not None:
                found += _of_the_last(sight, last, open_)
    return found


def _of_the_last(sight: Sight, last: Brought, open_: Sequence[Discrepancy]) -> list[str]:
    """Return what of that which was planted in a carrier's last book is not there, or is there and was not."""
    if sight.troubled_at > last.at - _STEADY:
        return []
    there = Counter((each.household or "", each.kind) for each in open_)
    return [
        f"CAR-6: {last.carrier}'s book of {last.as_of} has {last.planted.get((household, kind), 0)} {kind} of"
        f" {household or 'nobody'} otherwise, and the list {there[household, kind]}"
        for household, kind in sorted({*there, *last.planted})
        if household in last.certain and there[household, kind] != last.planted.get((household, kind), 0)
    ]
