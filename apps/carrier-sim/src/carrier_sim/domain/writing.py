"""What a carrier writes: confirmations, ends, acknowledgements, under numbers of its own."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Final

from carrier_sim.domain.files import LINE, Enrollment, Member, Segment, Unreadable, element

_ADDITIONAL = "ADDL MAINT REASON"
_KEPT_OF_MEMBER: Final = ("REF", "DTP", "NM1", "HLH")
_CARRIERS_OWN: Final = ("23", "ZZ")
"""REFs of loop 2000 that are the carrier's own, and that it need not say again."""
CONFIRMS: Final = ("021", "28", "CONFIRM")
VERSION_834: Final = "005010X220A1"
VERSION_999: Final = "005010X231A1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A file that a carrier brings."""

    name: str
    content: bytes = field(repr=False)
    number: int | None = None
    """Its interchange's and its group's number; None where it has none that could be answered."""


@dataclass(slots=True, kw_only=True)
class Pen:
    """What a carrier writes with: the time, the next number, its guide's spelling of categories (by the standard's)."""

    now: datetime
    last: int
    names: Mapping[str, str] = field(default_factory=lambda: dict[str, str]())

    def number(self) -> int:
        """Return a number that was never used."""
        self.last += 1
        return self.last

    def spelled(self, name: str) -> str:
        """Return a category's name as the carrier's guide has it."""
        return self.names.get(name, name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A set before it is enveloped: everything in it, and in its envelopes, can still be changed."""

    isa: Segment
    gs: Segment
    body: tuple[Segment, ...] = field(repr=False)
    number: int
    identifier: str = "834"
    version: str = VERSION_834

    def changed(self, change: Callable[[Segment], Iterable[Segment]]) -> Draft:
        """Return the draft with each segment of its body replaced by what ``change`` makes of it."""
        return replace(self, body=tuple(one for each in self.body for one in change(each)))

    def where(self, tag: str, qualifier: str, **elements: str) -> Draft:
        """Return the draft with elements of all such segments (``e3="…"``) as given."""
        numbers = {int(name.removeprefix("e")): value for name, value in elements.items()}
        return self.changed(
            lambda each: (
                [with_elements(each, numbers)] if each[0] == tag and element(each, 1) == qualifier else [each]
            )
        )

    def segments(self) -> list[Segment]:
        """Return all segments with trailers that fit."""
        number = f"{self.number:09d}"
        opening = ("ST", self.identifier, number, self.version)
        return [
            self.isa,
            self.gs,
            opening,
            *self.body,
            ("SE", str(len(self.body) + 2), number),
            ("GE", "1", str(self.number)),
            ("IEA", "1", number),
        ]

    def text(self) -> str:
        """Return the file."""
        return written(self.segments())


def written(segments: Iterable[Segment]) -> str:
    """Return segments as a file, a line each. Empty elements at the end are left out, but for ISA's."""
    return "".join(f"{'*'.join(_trimmed(each))}{LINE}" for each in segments)


def with_elements(segment: Segment, elements: Mapping[int, str]) -> Segment:
    """Return a segment with some of its elements as given."""
    length = max(len(segment), *(number + 1 for number in elements))
    values = [*segment, *[""] * (length - len(segment))]
    for number, value in elements.items():
        values[number] = value
    return tuple(values)


def confirmation(told: Enrollment, pen: Pen) -> Draft:
    """Return the effectuation (021/28/CONFIRM) of everybody whom a set covers."""
    members = told.covered
    body = [*_head(told, pen, members=len(members))]
    for member in members:
        body += _confirmed(member, pen)
    return _draft(told, pen, body)


def ending(told: Enrollment, pen: Pen, *, codes: tuple[str, str, str], on: date) -> Draft:
    """Return a set about the subscriber alone that ends coverage on a day: ``codes`` are INS03, INS04, the reason."""
    member = told.subscriber
    maintenance, reason, additional = codes
    policy = _policy_of(member)
    body = [
        *_head(told, pen, members=1, effective=pen.now.date()),
        with_elements(member.segments[0], {3: maintenance, 4: reason, 8: "TE"}),
        ("REF", "0F", member.value("REF", "0F")),
        ("REF", "1L", policy),
        ("REF", "17", member.value("REF", "17")),
        ("DTP", "357", "D8", _day(on)),
        *(each for each in member.segments if each[0] == "NM1" and element(each, 1) == "IL"),
        *_reporting(pen, additional),
    ]
    return _draft(told, pen, body)


def of_all(told: Enrollment, pen: Pen, *, codes: tuple[str, str, str], action: str = "2") -> Draft:
    """Return a set about everybody with these codes (INS03, INS04, the reason) and loop 2300: a reinstatement, a
    maintenance, or with ``action`` 4 an audit.
    """
    maintenance, reason, additional = codes
    draft = confirmation(told, pen)
    changed = draft.changed(
        lambda each: (
            [with_elements(each, {3: maintenance, 4: reason})]
            if each[0] == "INS"
            else [with_elements(each, {1: maintenance})]
            if each[0] == "HD"
            else [with_elements(each, {8: action})]
            if each[0] == "BGN"
            else []
            if each[:2] == ("DTP", "543")
            else [each]
        )
    )
    return _reasoned(changed, additional)


def interchange_answer(told: Enrollment, pen: Pen, *, verdict: str = "A", note: str = "000") -> Parcel:
    """Return a TA1 for a set, alone in an interchange."""
    number = pen.number()
    answer = ("TA1", told.isa[13], told.isa[9], told.isa[10], verdict, note)
    text = written([_isa(told, pen, number, asks="0"), answer, ("IEA", "0", f"{number:09d}")])
    return Parcel(name=f"ta1-{number:09d}.ta1", content=text.encode("ascii"), number=number)


def group_answer(told: Enrollment, pen: Pen, *, verdict: str = "A") -> Parcel:
    """Return a 999 for a set's group: accepted, or rejected for what stands in the subscriber's name."""
    number = pen.number()
    group = element(told.gs, 6)
    sets = told.isa[13]
    rejected = (("IK3", "NM1", "8", "2100", "8"), ("IK4", "3", "1035", "1"))
    body: list[Segment] = [
        ("AK1", "BE", group, VERSION_834),
        ("AK2", "834", sets, VERSION_834),
        *(rejected if verdict == "R" else ()),
        ("IK5", verdict, "5") if verdict == "R" else ("IK5", verdict),
        ("AK9", verdict, "1", "1", "0" if verdict == "R" else "1"),
    ]
    gs = ("GS", "FA", told.gs[3], told.gs[2], *_stamp(pen.now), str(number), "X", VERSION_999)
    draft = Draft(
        isa=_isa(told, pen, number, asks="0"),
        gs=gs,
        body=tuple(body),
        number=number,
        identifier="999",
        version=VERSION_999,
    )
    return Parcel(name=f"999-{number:09d}.999", content=draft.text().encode("ascii"), number=number)


def parcel(name: str, draft: Draft, *, text: str | None = None, answerable: bool = True) -> Parcel:
    """Return a draft as a file of that name, with its number; ``text`` in its place where it is more broken."""
    content = (draft.text() if text is None else text).encode("utf-8")
    return Parcel(
        name=f"{name}-{draft.number:09d}.834", content=content, number=draft.number if answerable else None
    )


def _trimmed(segment: Segment) -> Segment:
    if segment[0] == "ISA":
        return segment
    kept = list(segment)
    while len(kept) > 1 and not kept[-1]:
        kept.pop()
    return tuple(kept)


def _draft(told: Enrollment, pen: Pen, body: Sequence[Segment]) -> Draft:
    number = pen.number()
    gs = ("GS", "BE", told.gs[3], told.gs[2], *_stamp(pen.now), str(number), "X", VERSION_834)
    return Draft(isa=_isa(told, pen, number, asks="1"), gs=gs, body=tuple(body), number=number)


def _isa(told: Enrollment, pen: Pen, number: int, *, asks: str) -> Segment:
    """Return the header of an interchange that goes back the way a set came."""
    isa = told.isa
    back = {5: isa[7], 6: isa[8], 7: isa[5], 8: isa[6], 9: f"{pen.now:%y%m%d}", 10: f"{pen.now:%H%M}"}
    return with_elements(isa, back | {11: "^", 13: f"{number:09d}", 14: asks, 16: ":"})


def _stamp(now: datetime) -> tuple[str, str]:
    return f"{now:%Y%m%d}", f"{now:%H%M}"


def _head(told: Enrollment, pen: Pen, *, members: int, effective: date | None = None) -> list[Segment]:
    reference = f"{pen.last + 1:09d}"
    found: list[Segment] = [("BGN", "00", reference, *_stamp(pen.now), "", "", "", "2")]
    found += [each for each in told.head if each[:2] == ("REF", "38")]
    found += [("DTP", "303", "D8", _day(effective))] if effective is not None else []
    found.append(("QTY", "TO", str(members)))
    found += [("QTY", "DT", str(members - 1))] if members > 1 else []
    return [*found, *(each for each in told.head if each[0] == "N1" and each[1] in ("P5", "IN"))]


def _confirmed(member: Member, pen: Pen) -> list[Segment]:
    maintenance, reason, additional = CONFIRMS
    personal, covered = _split(member)
    found = [with_elements(member.segments[0], {3: maintenance, 4: reason})]
    for each in personal:
        if each[0] in _KEPT_OF_MEMBER and each[:2] != ("DTP", "303"):
            found += [] if each[0] == "REF" and each[1] in _CARRIERS_OWN else [each]
    for each in covered:
        if each[0] == "HD":
            found.append(with_elements(each, {1: maintenance}))
        elif each[:2] == ("DTP", "348"):
            found.append(each)
            found += (
                [("DTP", "543", "D8", _day(_month_end(element(each, 3))))] if member.is_subscriber else []
            )
        elif each[0] == "REF" and each[1] in ("CE", "1L"):
            found.append(each)
    found.append(("REF", "X9", f"SIM-{_policy_of(member)}"[:50]))
    return [*found, *_reporting(pen, additional)]


def _split(member: Member) -> tuple[list[Segment], list[Segment]]:
    """Return what stands of somebody before their coverage, without the loops of others, and their coverage."""
    personal: list[Segment] = []
    covered: list[Segment] = []
    into = personal
    for each in member.segments[1:]:
        if each[0] == "LS":
            break
        if each[0] == "HD":
            into = covered
        elif each[0] == "NM1":
            into = personal if element(each, 1) == "IL" else []
        into.append(each)
    return personal, covered


def _policy_of(member: Member) -> str:
    return member.value("REF", "1L")


def _reporting(pen: Pen, additional: str) -> list[Segment]:
    if not additional:
        return []
    named = ("N1", "75", pen.spelled(_ADDITIONAL))
    return [("LS", "2700"), ("LX", "1"), named, ("REF", "17", additional), ("LE", "2700")]


def _reasoned(draft: Draft, additional: str) -> Draft:
    """Return a confirmation with another additional reason, or with none: then it has no loop 2700."""
    said = ("REF", "17", CONFIRMS[2])
    if additional:
        return draft.changed(lambda each: [("REF", "17", additional)] if each == said else [each])
    return draft.changed(
        lambda each: (
            [] if each == said or each[0] in ("LS", "LX", "LE") or each[:2] == ("N1", "75") else [each]
        )
    )


def _day(day: date) -> str:
    return f"{day:%Y%m%d}"


def _month_end(day: str) -> date:
    first = _date_of(day)
    return first.replace(day=monthrange(first.year, first.month)[1])


def _date_of(text: str) -> date:
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    except ValueError:
        raise Unreadable("it does not say from which day on (DTP 348)") from None


def begin_of(told: Enrollment) -> date:
    """Return the first covered day that a set says of its subscriber. Raises `Unreadable`."""
    return _date_of(told.subscriber.value("DTP", "348"))
