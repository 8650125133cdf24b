"""What may become of a changed file: it is refused by place and name, or it is taken for just what it says.

What was taken is held against the file as `written` cuts it, apart from the gateway's codec. So nothing that is written
is passed over, nothing is taken for another thing, and no count that does not fit is taken.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.personal import Masked
from carrier_gateway.domain.echo import (
    ECHOES,
    MEANINGLESS,
    SAME_AS,
    TAKEN_UP,
    Echo,
    envelope_differences,
)
from carrier_gateway.domain.inbound import Known, judge
from carrier_gateway.domain.said import FileSaid, Finding, InterchangeSaid, Part, SetSaid
from carrier_gateway.x12.enrollment834.categories import amount_cents
from mutation.answers import taken_answer
from mutation.books import of_book
from mutation.payments import of_820
from mutation.sound import EXCHANGE, READER, Sound
from mutation.verdicts import (
    Outcome,
    Verdict,
    Wrong,
    day_of,
    envelope_of,
    inside_of,
    lines_of_file,
    nobody_is_told,
)
from mutation.written import Line, Record, records

KINDS: Final = {
    ("021", "28", "CONFIRM"): "effectuation",
    ("025", "", "ISSUER - REINSTATEMENT"): "reinstatement",
    ("001", "25", "ISSUER MAINT"): "maintenance",
    ("001", "", "NO CHANGE"): "maintenance",
    ("024", "59", "CANCEL"): "cancellation",
    ("024", "14", "CANCEL-FLC"): "cancellation",
    ("024", "07", "CANCEL-FRD"): "cancellation",
    ("024", "07", "CANCEL-RESCIND"): "cancellation",
    ("024", "26", "CANCEL-HICS"): "cancellation",
    ("024", "", "CANCEL-OTH"): "cancellation",
    ("024", "", "CANCEL-ANTIDUPLICATION"): "cancellation",
    ("024", "", "CANCEL-OUT-OF-AREA"): "cancellation",
    ("024", "59", "TERM"): "termination",
    ("024", "26", "TERM-HICS"): "termination",
    ("024", "", "TERM-OTH"): "termination",
    ("024", "", "TERM-ANTIDUPLICATION"): "termination",
}
"""INS03, INS04 and the additional reason: what a carrier says by them."""


_THE_OTHER_WAY_ROUND: Final = ("GS GS 02", "GS GS 03")
"""Sender and receiver, which an answer has in each other's place."""


def outcome(sound: Sound, data: bytes) -> Outcome:
    """Return what becomes of a changed file; raises `Wrong` where that may not be."""
    match sound.kind:
        case "word" | "audit" | "acknowledgement" | "ours":
            return _of_x12(sound, data)
        case "remittance":
            return of_820(sound, data)
        case "book":
            return of_book(sound, data)


def _of_x12(sound: Sound, data: bytes) -> Outcome:
    said = READER.read(data, profile=sound.profile)
    lines = lines_of_file(data)
    _places(said, lines, data)
    reasons = [finding.reason for finding in said.findings]
    taken = 0
    for interchange in said.interchanges:
        against = [*said.findings, *_against(interchange, sound)]
        reasons += [finding.reason for finding in against]
        for each in interchange.sets:
            refused = [finding.reason for finding in against] or _judged(each, sound)
            reasons += refused
            if not refused:
                taken += 1
                _taken_set(sound, interchange, each, lines)
        for answer in interchange.acknowledgements:
            findings = [*against, *answer.findings]
            reasons += [finding.reason for finding in findings]
            if not findings:
                taken += 1
                if not interchange.understood:
                    raise Wrong("an acknowledgement of an interchange that says nothing is noted")
                taken_answer(answer, lines)
    nobody_is_told(each.says for each in reasons)
    if taken == 0 and not reasons:
        raise Wrong("nothing of it is taken up, and no reason says why")
    if lines == sound.lines:
        if reasons:
            raise Wrong(f"it says the same, and is refused: {reasons[0].says}")
        return Outcome(verdict="the same")
    verdict: Verdict = "refused" if not taken else "taken up in part" if reasons else "taken up"
    faults = (each.facts.get("fault", each.says) for each in reasons)
    return Outcome(verdict=verdict, faults=tuple(dict.fromkeys(faults)))


def _against(interchange: InterchangeSaid, sound: Sound) -> list[Finding]:
    if sound.kind == "ours" or sound.gateway is None or not interchange.understood:
        return []
    return envelope_differences(interchange, profile=sound.profile, exchange=EXCHANGE.as_of(sound.today))


def _judged(said: SetSaid, sound: Sound) -> list[Reason]:
    if sound.kind == "ours":
        findings = [*said.findings, *(one for member in said.members for one in member.findings)]
        return [finding.reason for finding in findings]
    subscriber = said.subscriber
    named = subscriber is not None and sound.policy is not None and subscriber.policy == sound.policy.policy
    known = Known(
        profile=sound.profile,
        policy=sound.policy if named else None,
        told=() if sound.told is None else (sound.told,),
        today=sound.today,
    )
    return list(judge(said, known))


def _places(said: FileSaid, lines: Sequence[Line] | None, data: bytes) -> None:
    """Each finding names a segment that is there and says what is wrong with it."""
    last = len(data) if lines is None else len(lines) + 1
    found = [*said.findings]
    for interchange in said.interchanges:
        for each in interchange.sets:
            found += [*each.findings, *(one for member in each.members for one in member.findings)]
        for answer in interchange.acknowledgements:
            found += answer.findings
    for finding in found:
        if not 1 <= finding.position <= last or not finding.says or not finding.fault:
            raise Wrong(f"a finding has no place: {finding}")


def _taken_set(
    sound: Sound, interchange: InterchangeSaid, said: SetSaid, lines: Sequence[Line] | None
) -> None:
    if lines is None:
        raise Wrong("it cannot be cut, and is taken up")
    isa, gs, st = envelope_of(lines, said.position)
    body = inside_of(lines, st)
    parts = [*interchange.parts, *said.parts, *(part for member in said.members for part in member.parts)]
    _all_is_understood([isa, gs, *body], parts, sound)
    _records_are_understood(said, list(records(body)), sound)
    if sound.kind == "audit":
        _rows_are_understood(said, body)
    if sound.kind == "word":
        _says_what_was_told(sound, interchange, said)


def _all_is_understood(lines: Sequence[Line], parts: Sequence[Part], sound: Sound) -> None:
    """What was understood, written again, is what is written: each element, nothing more and nothing less."""
    theirs = {theirs: ours for ours, theirs in sound.profile.category_names.items()}
    understood = {(part.position, part.element): part.value.reveal() for part in parts}
    for line in lines:
        for number, written in enumerate(line.elements, start=1):
            if not written:
                continue
            read = understood.pop((line.position, number), None)
            if read is None:
                raise Wrong(f"{line.tag}{number:02d} of segment {line.position} is passed over")
            if not _same_value(written, read, theirs):
                raise Wrong(f"{line.tag}{number:02d} of segment {line.position} is taken for another thing")
    if understood:
        raise Wrong(f"elements are understood that nobody wrote: {sorted(understood)[:3]}")


def _same_value(written: str, read: str, theirs: dict[str, str]) -> bool:
    if written == read or written.rstrip() == read or written.upper() == read or theirs.get(written) == read:
        return True
    cents = amount_cents(written)
    return cents is not None and str(cents) == read


def _records_are_understood(said: SetSaid, written: Sequence[Record], sound: Sound) -> None:
    if len(written) != len(said.members):
        raise Wrong(f"{len(written)} records are there, and {len(said.members)} were read")
    for member, record in zip(said.members, written, strict=True):
        read = {
            "position": member.position,
            "subscriber": member.is_subscriber,
            "member": member.member,
            "policy": member.policy,
            "issuer_subscriber": member.issuer_subscriber,
            "issuer_member": member.issuer_member,
            "issuer_policy": member.issuer_policy,
            "begin": day_of(member.begin),
            "paid_through": day_of(member.paid_through),
            "end": day_of(member.end),
        }
        for name, value in read.items():
            if value != getattr(record, name):
                raise Wrong(f"{name} of record {record.position} is taken for another thing")
        if sound.kind == "word" and not sound.profile.category_names:
            kind = KINDS.get((record.maintenance, record.reason, record.additional))
            if kind != member.kind:
                raise Wrong(f"record {record.position} is a {kind}, and is taken for a {member.kind}")


def _amounts(body: Sequence[Line]) -> Iterator[tuple[int, str, str]]:
    """Yield of each standing amount the record's position, the category and the amount."""
    record = 0
    for at, line in enumerate(body):
        if line.tag == "INS":
            record = line.position
        if line.tag == "N1" and line.get(1) == "75" and at + 1 < len(body) and body[at + 1].tag == "REF":
            dated = body[at + 2] if at + 2 < len(body) else None
            if dated is None or dated.tag != "DTP" or dated.get(2) != "RD8":
                yield record, line.get(2), body[at + 1].get(2)


def _rows_are_understood(said: SetSaid, body: Sequence[Line]) -> None:
    if said.audited is None:
        raise Wrong("it is no audit, and is taken up as one")
    amounts = {(record, name): amount_cents(value) for record, name, value in _amounts(body)}
    for row in said.audited:
        if row.premium_cents != amounts.get((row.line, "PRE AMT TOT")):
            raise Wrong(f"the premium of record {row.line} is taken for another amount")
        if row.aptc_cents != amounts.get((row.line, "APTC AMT")):
            raise Wrong(f"the tax credit of record {row.line} is taken for another amount")


def _keyed(interchange: InterchangeSaid, said: SetSaid) -> dict[tuple[str, str], tuple[Part, Masked]]:
    found = {("", part.key): (part, part.value) for part in (*interchange.parts, *said.parts)}
    for member in said.members:
        found |= {(member.member, part.key): (part, part.value) for part in member.parts}
    return found


def _says_what_was_told(sound: Sound, interchange: InterchangeSaid, said: SetSaid) -> None:
    """What is taken up says what the sound file or the told set says, but for what a carrier may say of its own."""
    subscriber, told = said.subscriber, sound.told
    if subscriber is None or subscriber.kind is None or told is None:
        raise Wrong("it has no subscriber of a known kind, and is taken up")
    if said.audited is not None:
        return  # as an audit it is compared, and changes nothing
    echo = ECHOES[subscriber.kind]
    of_sound = READER.read(sound.data, profile=sound.profile).interchanges[0]
    known = {place: value for place, (_, value) in _keyed(of_sound, of_sound.sets[0]).items()}
    sent = {("", part.key): part.value for part in told.parts}
    for member in told.members:
        sent |= {(member.member, part.key): part.value for part in member.parts}
    ends = {member.member: day_of(member.end) for member in said.members}
    for (whose, key), (part, value) in _keyed(interchange, said).items():
        as_sent = None if key in _THE_OTHER_WAY_ROUND else sent.get((whose, key))
        if value in (known.get((whose, key)), as_sent) or _is_its_own(key, echo):
            continue
        if key in echo.fixed and value.reveal() in echo.fixed[key]:
            continue
        elsewhere = SAME_AS.get(part.place)
        if elsewhere and (part.element == 1 or value == sent.get((whose, f"{elsewhere} {part.element:02d}"))):
            continue
        if part.place in echo.end_again and part.element == 3 and value.reveal() == ends[whose]:
            continue
        raise Wrong(f"{key} says another thing than was told, and is taken up")
    for key in echo.needed:
        for member in said.members:
            if member.part(key) is None:
                raise Wrong(f"{key} is missing, and it is taken up")


def _is_its_own(key: str, echo: Echo) -> bool:
    return any(key in table for table in (TAKEN_UP, MEANINGLESS, echo.taken_up, echo.meaningless))
