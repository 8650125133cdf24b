"""Just enough X12 to read an 834 out of a carrier's drop-box, and to answer one as the carrier would.

Written apart from the gateway's own codec on purpose: a story must not read with the eyes of what it checks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from bulkhead.kernel.calendar import CoverageMonth

Segment = list[str]

_MEMBER = re.compile(r"(.+)-\d+")


class NotWhole(ValueError):
    """The bytes are no whole interchange of 834 transaction sets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrollment834:
    """What one transaction set says of one subscriber and the people with them.

    ``subscriber`` is the subscriber's id; ``effective`` is when what it is sent for begins or ends, ``ends`` the last
    day of coverage that it begins.
    """

    household: str
    subscriber: str
    policy: str | None
    kind: str
    effective: date | None
    ends: date | None
    header: tuple[tuple[str, ...], ...]
    segments: tuple[tuple[str, ...], ...]
    envelope: tuple[tuple[str, ...], ...]

    @property
    def tobacco(self) -> dict[str, str]:
        """HLH01 of each member, by their id, who has one: T for who uses tobacco, N for who does not."""
        return {
            _first(member, "REF", "17") or "": segment[1]
            for member in members_of(self.segments)
            for segment in member
            if segment[0] == "HLH"
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Remitted820:
    """An amount of an 820: of whom and which month, both None for a balance. ``cents`` are less than nothing where it
    is taken back.
    """

    subscriber: str | None
    policy: str | None
    month: CoverageMonth | None
    payment_type: str
    cents: int

    @property
    def household(self) -> str | None:
        """The subscriber's household."""
        matched = _MEMBER.fullmatch(self.subscriber or "")
        return matched[1] if matched else self.subscriber


@dataclass(frozen=True, slots=True, kw_only=True)
class Remittance820:
    """What one 820 says is paid, when, and under which trace number."""

    cents: int
    method: str
    paid_on: date
    trace: str
    amounts: tuple[Remitted820, ...]


def read_820(data: bytes) -> Remittance820:
    """Return what the one set of a whole interchange pays; raises `NotWhole` for anything else."""
    segments = _segments(data.decode("ascii", errors="strict"))
    if segments[-1][0] != "IEA" or segments[-1][2] != segments[0][13]:
        raise NotWhole("the interchange does not end")
    (body,) = _sets(segments)
    if body[0][1] != "820" or segments[1][1] != "RA":
        raise NotWhole("it is no 820")
    paid = next(each for each in body if each[0] == "BPR")
    return Remittance820(
        cents=_cents(paid[2]),
        method=paid[4],
        paid_on=date.fromisoformat(paid[16]),
        trace=next(each[2] for each in body if each[0] == "TRN"),
        amounts=tuple(_remitted(body)),
    )


def _remitted(body: Sequence[Segment]) -> Iterator[Remitted820]:
    subscriber = policy = None
    for number, segment in enumerate(body):
        if segment[0] == "ENT":
            subscriber = policy = None
        elif segment[0] == "NM1":
            subscriber = segment[9]
        elif segment[:2] == ["REF", "POL"]:
            policy = segment[2]
        elif segment[0] == "RMR":
            after = body[number + 1]
            month = CoverageMonth.parse(f"{after[6][:4]}-{after[6][4:6]}") if after[0] == "DTM" else None
            yield Remitted820(
                subscriber=subscriber,
                policy=policy,
                month=month,
                payment_type=segment[2],
                cents=_cents(segment[4]),
            )


def _cents(text: str) -> int:
    return int(Decimal(text) * 100)


def read_interchange(data: bytes) -> list[Enrollment834]:
    """Return what every subscriber of a whole interchange is sent for; raises `NotWhole` for anything else."""
    segments = _segments(data.decode("ascii", errors="strict"))
    if len(segments) < 4 or segments[-1][0] != "IEA" or segments[-1][2].strip() != segments[0][13].strip():
        raise NotWhole("the interchange does not end")
    envelope = tuple(tuple(each) for each in segments if each[0] in ("ISA", "GS"))
    found: list[Enrollment834] = []
    for body in _sets(segments):
        header = tuple(tuple(each) for each in _until_next_member(body))
        found.extend(_enrollment(member, header, envelope) for member in _subscribers(body))
    return found


def _segments(text: str) -> list[Segment]:
    if not text.startswith("ISA") or len(text) < 106:
        raise NotWhole("the interchange does not begin with ISA")
    separator, terminator = text[3], text[105]
    return [each.strip().split(separator) for each in text.split(terminator) if each.strip()]


def _sets(segments: Sequence[Segment]) -> Iterator[list[Segment]]:
    body: list[Segment] | None = None
    for segment in segments:
        if segment[0] == "ST":
            body = [segment]
        elif segment[0] == "SE":
            if body is None or int(segment[1]) != len(body) + 1:
                raise NotWhole("a transaction set's count is wrong")
            yield [*body, segment]
            body = None
        elif body is not None:
            body.append(segment)
    if body is not None:
        raise NotWhole("a transaction set does not end")


def _subscribers(body: Sequence[Segment]) -> Iterator[list[Segment]]:
    """Yield a subscriber's segments together with those of the dependents that follow."""
    current: list[Segment] = []
    for segment in body:
        if segment[0] == "INS" and segment[1] == "Y":
            if current:
                yield current
            current = [segment]
        elif current and segment[0] != "SE":
            current.append(segment)
    if current:
        yield current


def _enrollment(
    member: Sequence[Segment], header: tuple[tuple[str, ...], ...], envelope: tuple[tuple[str, ...], ...]
) -> Enrollment834:
    own = list(_until_next_member(member))
    subscriber = _first(own, "REF", "0F") or ""
    matched = _MEMBER.fullmatch(subscriber)
    kind = _kind(own)
    ends = kind in ("termination", "cancel")
    return Enrollment834(
        household=matched[1] if matched else subscriber,
        subscriber=subscriber,
        policy=_first(own, "REF", "1L"),
        kind=kind,
        effective=_day(own, "357" if ends else "303" if kind == "change" else "348"),
        ends=_day(own, "349"),
        header=header,
        segments=tuple(tuple(each) for each in member),
        envelope=envelope,
    )


def _until_next_member(member: Iterable[Segment]) -> Iterator[Segment]:
    for index, segment in enumerate(member):
        if index and segment[0] == "INS":
            return
        yield segment


def _kind(own: Sequence[Segment]) -> str:
    """Return the kind that INS03, INS04 and the additional maintenance reason make together (x12.md, Kinds)."""
    ins = own[0] + [""] * 5
    action, why, more = ins[3], ins[4], _additional_reason(own)
    if action == "021" and why == "28":
        return "effectuation"
    if action == "021" and more.startswith("PASSIVE"):
        return "renewal"
    if action == "021" and why == "EC":
        return "initial"
    if action == "024" and more.startswith("CANCEL"):
        return "cancel"
    if action == "024" and more.startswith("TERM"):
        return "termination"
    if action == "025":
        return "reinstatement"
    return "change" if action in ("001", "021") else f"{action}/{why}/{more}"


def _additional_reason(own: Sequence[Segment]) -> str:
    for index, segment in enumerate(own):
        if segment[:2] == ["N1", "75"] and segment[2:3] == ["ADDL MAINT REASON"]:
            return next((each[2] for each in own[index + 1 :] if each[0] == "REF"), "")
    return ""


def _first(segments: Iterable[Segment], name: str, qualifier: str) -> str | None:
    return next((each[2] for each in segments if each[0] == name and each[1] == qualifier), None)


def _day(segments: Iterable[Segment], qualifier: str) -> date | None:
    text = next((each[3] for each in segments if each[0] == "DTP" and each[1] == qualifier), None)
    return None if text is None else date.fromisoformat(text[:8])


def effectuation_of(
    sent: Enrollment834,
    *,
    number: int,
    now: datetime,
    begins: date | None = None,
    paid_through: date | None = None,
) -> bytes:
    """Return the carrier's answer to an initial set: 021/28/CONFIRM for every member, echoing our ids.

    The subscriber's benefit begin is echoed unless ``begins`` says otherwise; the last premium paid through
    (DTP 543) is the end of the first month unless given.
    """
    begin = begins or sent.effective
    if begin is None:
        raise NotWhole("the set to confirm has no benefit begin")
    through = paid_through or CoverageMonth.of(begin).last_day
    body: list[Segment] = [
        ["ST", "834", f"{number:09d}", "005010X220A1"],
        ["BGN", "00", f"{number:09d}", f"{now:%Y%m%d}", f"{now:%H%M%S}", "ET", "", "", "2"],
        *_parties(sent),
    ]
    for index, member in enumerate(members_of(sent.segments)):
        body.extend(_confirmed(member, index=index, begin=begin, through=through))
    body.append(["SE", str(len(body) + 1), f"{number:09d}"])
    return _interchange(sent, body, number=number, now=now)


_OWN_ENDS: Final[Mapping[tuple[str, str], tuple[str, str]]] = {
    ("cancel", "non-payment"): ("59", "CANCEL"),
    ("cancel", "free-look"): ("14", "CANCEL-FLC"),
    ("cancel", "fraud"): ("07", "CANCEL-FRD"),
    ("cancel", "rescission"): ("07", "CANCEL-RESCIND"),
    ("cancel", "casework"): ("26", "CANCEL-HICS"),
    ("cancel", "other-coverage"): ("", "CANCEL-ANTIDUPLICATION"),
    ("cancel", "out-of-area"): ("", "CANCEL-OUT-OF-AREA"),
    ("cancel", "other"): ("", "CANCEL-OTH"),
    ("termination", "non-payment"): ("59", "TERM"),
    ("termination", "casework"): ("26", "TERM-HICS"),
    ("termination", "other-coverage"): ("", "TERM-ANTIDUPLICATION"),
    ("termination", "other"): ("", "TERM-OTH"),
}
"""What a carrier ends by itself, and why: INS04 and the additional reason; of a termination it says four alone."""


def own_end_of(
    sent: Enrollment834, *, sends: str, because: str, ends: date, number: int, now: datetime
) -> bytes:
    """Return that a carrier ends by itself what a set began, with a last covered day, or calls it off."""
    reason, additional = _OWN_ENDS.get((sends, because), _OWN_ENDS[sends, "other"])
    subscriber = next(members_of(sent.segments))
    ins = [*subscriber[0], *[""] * 8]
    references = ((each, _first(subscriber, "REF", each)) for each in ("0F", "1L", "17"))
    body: list[Segment] = [
        ["ST", "834", f"{number:09d}", "005010X220A1"],
        ["BGN", "00", f"{number:09d}", f"{now:%Y%m%d}", f"{now:%H%M%S}", "ET", "", "", "2"],
        *_parties(sent),
        ["INS", ins[1], ins[2], "024", reason, "A", "", "", "TE"],
        *(["REF", qualifier, value] for qualifier, value in references if value is not None),
        ["DTP", "357", "D8", f"{ends:%Y%m%d}"],
        *(each for each in subscriber if each[:2] == ["NM1", "IL"]),
        *_reported(additional),
    ]
    body.append(["SE", str(len(body) + 1), f"{number:09d}"])
    return _interchange(sent, body, number=number, now=now)


def own_word_of(sent: Enrollment834, *, sends: str, number: int, now: datetime) -> bytes:
    """Return that a carrier covers again what it had ended by itself, or that nothing changed but its own ids."""
    codes = {
        "reinstatement": ("025", "", "ISSUER - REINSTATEMENT"),
        "maintenance": ("001", "25", "ISSUER MAINT"),
    }
    if sent.effective is None:
        raise NotWhole("the set to speak of has no benefit begin")
    body: list[Segment] = [
        ["ST", "834", f"{number:09d}", "005010X220A1"],
        ["BGN", "00", f"{number:09d}", f"{now:%Y%m%d}", f"{now:%H%M%S}", "ET", "", "", "2"],
        *_parties(sent),
    ]
    for index, member in enumerate(members_of(sent.segments)):
        body.extend(_confirmed(member, index=index, begin=sent.effective, through=None, codes=codes[sends]))
    body.append(["SE", str(len(body) + 1), f"{number:09d}"])
    return _interchange(sent, body, number=number, now=now)


_VERDICTS: Final = {
    "accepted": "A",
    "accepted-with-errors": "E",
    "partially-accepted": "P",
    "rejected": "R",
}
_SAYS: Final = {code: says for says, code in _VERDICTS.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement:
    """What a TA1 or a 999 says of the interchange or group of that number."""

    kind: str
    answers: int
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answerable:
    """An interchange as whoever answers it sees it: its number, whether it asks for a TA1, whether it is there for
    acknowledgements alone, and the numbers of its groups that are not.
    """

    number: int
    asks: bool
    acknowledges: bool
    groups: tuple[int, ...]


def control_number_of(sent: Enrollment834) -> int:
    """Return the number of the interchange, and of the group, in which a set was sent."""
    return int(sent.envelope[0][13])


def acknowledgement_of(sent: Enrollment834, *, kind: str, says: str, number: int, now: datetime) -> bytes:
    """Return a carrier's TA1 or 999 about a set it was sent, as a file."""
    answered, code = control_number_of(sent), _VERDICTS[says]
    isa = list(sent.envelope[0])
    if kind == "TA1":
        note = "000" if says == "accepted" else "024"
        body = [["TA1", f"{answered:09d}", isa[9], isa[10], code, note]]
        isa = _turned(isa, number=number, now=now)
        segments = [isa, *body, ["IEA", "0", f"{number:09d}"]]
        return "".join("*".join(segment) + "~" for segment in segments).encode("ascii")
    errors = [] if says == "accepted" else [["IK3", "NM1", "9", "2100", "8"], ["IK4", "3", "", "7"]]
    good = "0" if says == "rejected" else "1"
    body = [
        ["ST", "999", f"{number:09d}", "005010X231A1"],
        ["AK1", "BE", str(answered), "005010X220A1"],
        ["AK2", "834", f"{answered:09d}", "005010X220A1"],
        *errors,
        ["IK5", code, *(["5"] if errors else [])],
        ["AK9", code, "1", "1", good],
    ]
    gs = list(sent.envelope[1])
    gs[1], gs[8] = "FA", "005010X231A1"
    body.append(["SE", str(len(body) + 1), f"{number:09d}"])
    asking = replace(sent, envelope=((*isa[:14], "0", *isa[15:]), tuple(gs)))
    return _interchange(asking, body, number=number, now=now)


def _turned(isa: Segment, *, number: int, now: datetime) -> Segment:
    turned = list(isa)
    turned[5], turned[6], turned[7], turned[8] = isa[7], isa[8], isa[5], isa[6]
    turned[9], turned[10], turned[13], turned[14] = f"{now:%y%m%d}", f"{now:%H%M}", f"{number:09d}", "0"
    return turned


def acknowledgements_in(data: bytes) -> list[Acknowledgement]:
    """Return what the TA1s and 999s of a file say, of whole interchanges."""
    found: list[Acknowledgement] = []
    group = 0
    for segment in _segments(data.decode("ascii")):
        match segment:
            case ["TA1", number, _, _, verdict, *_]:
                found.append(Acknowledgement(kind="TA1", answers=int(number), says=_SAYS[verdict]))
            case ["AK1", _, number, *_]:
                group = int(number)
            case ["AK9", verdict, *_]:
                found.append(Acknowledgement(kind="999", answers=group, says=_SAYS[verdict]))
            case _:
                pass
    return found


def answerable_in(data: bytes) -> list[Answerable]:
    """Return the interchanges of a file as whoever answers them sees them."""
    found: list[Answerable] = []
    for segment in _segments(data.decode("ascii")):
        match segment[0]:
            case "ISA":
                asks = segment[14] == "1"
                found.append(Answerable(number=int(segment[13]), asks=asks, acknowledges=True, groups=()))
            case "GS" if segment[1] != "FA":
                groups = (*found[-1].groups, int(segment[6]))
                found[-1] = replace(found[-1], acknowledges=False, groups=groups)
            case _:
                pass
    return found


def members_of(segments: Sequence[Sequence[str]]) -> Iterator[list[Segment]]:
    """Yield the segments of each member, the subscriber's and the dependents'."""
    current: list[Segment] = []
    for segment in segments:
        if segment[0] == "INS" and current:
            yield current
            current = []
        current.append(list(segment))
    if current:
        yield current


def _parties(sent: Enrollment834) -> Iterator[Segment]:
    """Yield the sponsor and the insurer as the carrier was told them."""
    yield from (list(each) for each in sent.header if each[0] == "N1" and each[1] in ("P5", "IN"))


def _confirmed(
    member: Sequence[Segment],
    *,
    index: int,
    begin: date,
    through: date | None,
    codes: tuple[str, str, str] = ("021", "28", "CONFIRM"),
) -> Iterator[Segment]:
    ins, (action, why, additional) = member[0], codes
    yield ["INS", ins[1], ins[2], action, why, "A", "", "", "AC" if ins[1] == "Y" else ""]
    kept = ("0F", "1L", "17", "6O")
    references = [each for each in member if each[0] == "REF" and each[1] in kept]
    seen: set[str] = set()
    for reference in references:
        if reference[1] not in seen:
            seen.add(reference[1])
            yield reference
    yield ["REF", "23", f"ISSUER-{_first(member, 'REF', '17') or index}"]
    yield ["DTP", "356", "D8", f"{begin:%Y%m%d}"]
    yield from (each for each in member if each[:2] == ["NM1", "IL"] or each[0] == "HLH")
    coverage = next((each for each in member if each[0] == "HD"), None)
    if coverage is not None:
        yield ["HD", action, *coverage[2:]]
    yield ["DTP", "348", "D8", f"{begin:%Y%m%d}"]
    if ins[1] == "Y" and through is not None:
        yield ["DTP", "543", "D8", f"{through:%Y%m%d}"]
    yield from (each for each in member if each[0] == "REF" and each[1] == "CE")
    policy = _first(member, "REF", "1L")
    if policy is not None:
        yield ["REF", "1L", policy]
    yield ["REF", "X9", f"ISSUER-POLICY-{policy or index}"]
    yield from _reported(additional)


def _reported(additional: str) -> Iterator[Segment]:
    """Yield the additional maintenance reason as the one thing reported of a member."""
    yield ["LS", "2700"]
    yield ["LX", "1"]
    yield ["N1", "75", "ADDL MAINT REASON"]
    yield ["REF", "17", additional]
    yield ["LE", "2700"]


def _interchange(sent: Enrollment834, body: Sequence[Segment], *, number: int, now: datetime) -> bytes:
    """Wrap a set into an interchange that goes back the way ours came: sender and receiver change places."""
    isa, gs = list(sent.envelope[0]), list(sent.envelope[1])
    isa[5], isa[6], isa[7], isa[8] = isa[7], isa[8], isa[5], isa[6]
    isa[9], isa[10], isa[13] = f"{now:%y%m%d}", f"{now:%H%M}", f"{number:09d}"
    gs[2], gs[3] = gs[3], gs[2]
    gs[4], gs[5], gs[6] = f"{now:%Y%m%d}", f"{now:%H%M}", str(number)
    segments = [isa, gs, *body, ["GE", "1", str(number)], ["IEA", "1", f"{number:09d}"]]
    return "".join("*".join(segment).rstrip("*") + "~" for segment in segments).encode("ascii")
