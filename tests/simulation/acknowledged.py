"""Carriers acknowledge what they are sent: late, twice, with errors, rejecting it, contradicting themselves, or never.

What they said is read from their own files, as they were stored, with other eyes than the gateway's.
"""

from __future__ import annotations

import base64
from collections import Counter
from datetime import datetime, timedelta
from random import Random
from typing import Final

from carrier_gateway.domain.records import (
    InboundContent,
    InboundFile,
    Transmission,
    WrittenAcknowledgement,
)
from simulation.mistakes import Agenda
from simulation.sight import Sight
from stories.edi import Answerable, NotWhole, acknowledgements_in, answerable_in
from stories.language import Deed

_SERVICE: Final = "carrier-gateway"
_SAYS: Final = ("accepted", "accepted", "accepted", "accepted-with-errors", "rejected", "rejected")


class Acknowledged:
    """The carriers of a household, who answer what they are sent, and the operator who has it sent again."""

    def __init__(self, agenda: Agenda, dice: Random) -> None:
        self._agenda = agenda
        self._dice = dice

    def begin(self, after: datetime, household: str) -> None:
        """Have the household's carriers answer some days; of some households none ever does."""
        if self._dice.random() < 0.5:
            self._some_day(after, household)

    def _some_day(self, after: datetime, household: str) -> None:
        at = after + timedelta(days=self._dice.randint(1, 60), minutes=self._dice.randint(0, 600))

        def answer() -> Deed | None:
            self._some_day(at, household)
            return self._answer(household)

        self._agenda.plan(at, answer)

    def _answer(self, household: str) -> Deed | None:
        sent = [each for each in self._agenda.of(_SERVICE, Transmission, household) if each.state == "sent"]
        if not sent:
            return None
        carrier = self._dice.choice(sorted({each.carrier for each in sent}))
        if any(each.carrier == carrier and each.answer == "rejected" for each in sent):
            fields = {"household": household, "carrier": carrier}
            return Deed(word="send-again", fields=fields, line=0)
        says, kind = self._dice.choice(_SAYS), self._dice.choice(["TA1", "999"])
        fields = {"household": household, "carrier": carrier, "says": says, "with": kind}
        return Deed(word="acknowledge", fields=fields, line=0)


def each_is_as_its_carrier_said(sight: Sight) -> list[str]:
    """CAR-4: what is noted of a set is what its carrier said of it, and nothing that nobody said."""
    said: dict[tuple[str, str, int], list[str]] = {}
    for file, data in _judged(sight):
        try:
            for each in acknowledgements_in(data):
                said.setdefault((file.carrier, each.kind, each.answers), []).append(each.says)
        except (NotWhole, UnicodeDecodeError):
            continue
    found: list[str] = []
    for sent in sight.rows(_SERVICE, Transmission):
        if sent.control_number is None:
            continue
        for kind, noted in (("TA1", sent.interchange_verdict), ("999", sent.group_verdict)):
            heard = said.get((sent.carrier, kind, sent.control_number), [])
            other = said.get((sent.carrier, "999" if kind == "TA1" else "TA1", sent.control_number), [])
            if noted is not None and noted not in heard:
                found.append(f"CAR-4: {sent.transmission} has a {kind} {noted}, and its carrier said {heard}")
            if noted is None and heard and "rejected" not in (*heard, *other):
                found.append(f"CAR-4: {sent.transmission} has no {kind}, and its carrier said {heard}")
    return found


def each_file_is_answered_once(sight: Sight) -> list[str]:
    """CAR-5: each interchange that asks has one TA1, each group of one that is not refused one 999, and no
    acknowledgement has any.
    """
    made: dict[str, Counter[tuple[str, int]]] = {}
    refused: set[tuple[str, int]] = set()
    for each in sight.rows(_SERVICE, WrittenAcknowledgement):
        made.setdefault(each.file, Counter())[each.kind, each.answers] += 1
        if each.kind == "TA1" and each.verdict == "rejected":
            refused.add((each.file, each.answers))
    found: list[str] = []
    for file, data in _judged(sight):
        try:
            interchanges = answerable_in(data)
        except (NotWhole, UnicodeDecodeError):
            continue
        wanted = Counter[tuple[str, int]]()
        for each in interchanges:
            wanted += _wanted(each, refused=(file.file, each.number) in refused)
        had = made.get(file.file, Counter())
        if had != wanted:
            found.append(
                f"CAR-5: {file.name} of {file.carrier} is answered by {dict(had)}, and not {dict(wanted)}"
            )
    return found


def _wanted(read: Answerable, *, refused: bool) -> Counter[tuple[str, int]]:
    if read.acknowledges:
        return Counter()
    wanted = Counter({("TA1", read.number): 1}) if read.asks else Counter[tuple[str, int]]()
    return wanted if refused else wanted + Counter(("999", number) for number in read.groups)


def _judged(sight: Sight) -> list[tuple[InboundFile, bytes]]:
    contents = {each.file: each.content for each in sight.rows(_SERVICE, InboundContent)}
    return [
        (each, base64.b64decode(contents[each.file].reveal()))
        for each in sight.rows(_SERVICE, InboundFile)
        if each.state != "stored" and each.file in contents  # a flat book is answered in its own way
    ]
