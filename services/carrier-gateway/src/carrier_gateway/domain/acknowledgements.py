"""TA1 and 999: what carriers say became of what they were sent, and what they are told became of what they sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import Final, Literal, TypeAlias

from bulkhead.kernel.decisions import Reason

Verdict: TypeAlias = Literal["accepted", "accepted-with-errors", "partially-accepted", "rejected"]
AcknowledgementKind: TypeAlias = Literal["TA1", "999"]
ErrorLevel: TypeAlias = Literal["interchange", "group", "set", "segment", "element"]
Answer: TypeAlias = Literal["awaited", "accepted", "rejected", "settled"]
"""How it stands with what a carrier says of a set: settled is what somebody has decided about."""

REJECTS: Final[frozenset[Verdict]] = frozenset({"rejected", "partially-accepted"})
"""Of a group of one set, as all ours are, a part is nothing."""

NO_ERROR: Final = "000"
USED_BEFORE: Final = "025"
UNANSWERABLE_GROUP: Final = "024"

SETS: Final[Mapping[str, str]] = {"BE": "834", "RA": "820"}
"""What the sets of a group of ours are (ST01), by its kind (GS01)."""

COUNTS_OTHERS: Final = "It counts other sets (AK902, AK903) than were sent in this group."

HEADER_NOTES: Final[Mapping[int, str]] = {
    1: "010",
    2: "011",
    3: "012",
    4: "013",
    5: "005",
    6: "006",
    7: "007",
    8: "008",
    9: "014",
    10: "015",
    11: "016",
    12: "017",
    13: "018",
    14: "019",
    15: "020",
    16: "027",
}
"""The element of an ISA that is not as agreed → the note a TA1 has for it (TA105)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AcknowledgedError:
    """One error that an acknowledgement names: its code, where it is, and what the code says.

    ``position`` is the segment's in its set, from 1 with ST; ``element`` and ``component`` are 0 where they are not
    what is wrong. What stood there is not kept: it may be a person's.
    """

    level: ErrorLevel
    code: str
    says: str
    segment: str = ""
    position: int = 0
    loop: str = ""
    element: int = 0
    component: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class InterchangeAnswer:
    """What a TA1 says of the interchange of that number, made on a day at a time; its note is the one error."""

    control_number: int
    created_on: date
    created_at: time
    verdict: Verdict
    note: str
    says: str

    @property
    def errors(self) -> tuple[AcknowledgedError, ...]:
        """The note as an error, unless it says that there is none."""
        if self.note == NO_ERROR:
            return ()
        return (AcknowledgedError(level="interchange", code=self.note, says=self.says),)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAnswer:
    """What a 999 says of one set."""

    identifier: str
    control_number: str
    version: str
    verdict: Verdict
    errors: tuple[AcknowledgedError, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupAnswer:
    """What a 999 says of the group of that number and of the sets that it names. ``errors`` are the group's own."""

    functional: str
    control_number: int
    version: str
    verdict: Verdict
    included: int
    received: int
    accepted: int
    errors: tuple[AcknowledgedError, ...]
    sets: tuple[SetAnswer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledged:
    """What one acknowledgement means for one of our sets."""

    kind: AcknowledgementKind
    verdict: Verdict
    errors: tuple[AcknowledgedError, ...]


def counts_others(answer: GroupAnswer, *, sets: int) -> bool:
    """Return whether a 999 accepts other sets than so many. What is rejected is rejected, however it is counted."""
    return answer.verdict not in REJECTS and (answer.included, answer.received) != (sets, sets)


def of_group(answer: GroupAnswer, *, functional: str, set_number: str) -> Acknowledged | str:
    """Return what a 999 means for the one set of a group of ours, or why it does not answer that set.

    What it says of the set itself counts. Where it names no set, what it says of the group does.
    """
    if answer.functional != functional:
        return "It answers a group of another kind (AK101) than was sent under this number."
    if counts_others(answer, sets=1):
        return COUNTS_OTHERS
    if not answer.sets:
        return Acknowledged(kind="999", verdict=answer.verdict, errors=answer.errors)
    named = [each for each in answer.sets if _same_number(each.control_number, set_number)]
    if len(named) != 1 or len(answer.sets) != 1:
        return "It names a set (AK202) that was not sent in this group."
    if named[0].identifier != SETS[functional]:
        return "It names a set of another kind (AK201) than was sent in this group."
    if (named[0].verdict in REJECTS) != (answer.verdict in REJECTS):
        return "What it says of the group (AK901) is not what it says of the one set in it (IK501)."
    return Acknowledged(kind="999", verdict=named[0].verdict, errors=(*answer.errors, *named[0].errors))


def _same_number(one: str, other: str) -> bool:
    return one.lstrip("0") == other.lstrip("0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """Both verdicts on a set so far, and what each acknowledgement said that was noted."""

    interchange: Verdict | None
    group: Verdict | None
    said: Sequence[Acknowledged]


def weigh(said: Acknowledged, known: Noted) -> Literal["noted", "repeated"] | str:
    """Return whether an acknowledgement is new, or is what was said before; else why it contradicts that.

    A rejected interchange is not looked into: no 999 goes with it, whichever comes first.
    """
    before = [each for each in known.said if each.kind == said.kind]
    if said in before:
        return "repeated"
    if before:
        return f"An earlier {said.kind} said {before[0].verdict} of this set, and not the same as this one."
    if said.kind == "999" and known.interchange == "rejected":
        return "Its interchange was rejected (TA1): nothing in it can have been acknowledged."
    if said.kind == "TA1" and said.verdict == "rejected" and known.group is not None:
        return f"Its group was acknowledged as {known.group} (999): its interchange cannot be rejected."
    return "noted"


def answer_of(*, interchange: Verdict | None, group: Verdict | None) -> Answer:
    """Return how it stands with a set that nobody has decided about."""
    if interchange in REJECTS or group in REJECTS:
        return "rejected"
    return "awaited" if group is None else "accepted"


def set_apart(says: str, **facts: str) -> Reason:
    """Return why an acknowledgement is set apart (CAR-5)."""
    return Reason(rule="CAR-5", says=says, citation="005010X231A1", facts=facts)
