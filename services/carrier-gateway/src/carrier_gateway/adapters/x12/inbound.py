"""What carriers send, read into the words the domain judges in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from bulkhead.kernel.personal import Masked
from carrier_gateway.adapters.x12.audit import audited_rows
from carrier_gateway.adapters.x12.outbound import guide_of
from carrier_gateway.adapters.x12.verdicts import (
    group_answer,
    group_answered,
    interchange_answered,
    note_on,
    set_answer,
)
from carrier_gateway.domain.acknowledgements import SetAnswer
from carrier_gateway.domain.carriers import CarrierProfile
from carrier_gateway.domain.said import (
    AcknowledgementSaid,
    FileSaid,
    Finding,
    GroupSaid,
    InterchangeSaid,
    MemberSaid,
    Part,
    SetSaid,
)
from carrier_gateway.x12.acknowledgement999 import parse as acknowledgement999_parse
from carrier_gateway.x12.acknowledgement999 import structure as acknowledgement999
from carrier_gateway.x12.acknowledgement999 import validate as acknowledgement999_validate
from carrier_gateway.x12.acknowledgement999.structure import FUNCTIONAL_GROUP
from carrier_gateway.x12.elements import parse_short_date, parse_time
from carrier_gateway.x12.enrollment834.kinds import inbound_end_reason, inbound_kind
from carrier_gateway.x12.enrollment834.model import Coverage, Member
from carrier_gateway.x12.enrollment834.parse import parse
from carrier_gateway.x12.enrollment834.parts import Part as ReadPart
from carrier_gateway.x12.enrollment834.parts import segment_parts
from carrier_gateway.x12.enrollment834.spelling import respelled
from carrier_gateway.x12.enrollment834.structure import IDENTIFIER, VERSION
from carrier_gateway.x12.enrollment834.validate import Guide, validate
from carrier_gateway.x12.envelope import GroupRead, InterchangeRead, SetRead
from carrier_gateway.x12.faults import Problem
from carrier_gateway.x12.interchange_acknowledgement import parse_interchange_acknowledgement
from carrier_gateway.x12.reading import read_file
from carrier_gateway.x12.segments import Segment

_ANY_999: Final = "005010X231"
"""With the addenda and without: what we need of both is the same."""

MOST_SHARED: Final = 10
"""So much of what is wrong with an interchange or a group is said again of each set in it: it is refused by one."""

_WORDS = frozenset(
    {("N1", 2), ("NM1", 3), ("NM1", 4), ("NM1", 5), ("NM1", 7), ("N3", 1), ("N3", 2), ("N4", 1), ("N4", 2)}
    | {("PER", 4), ("PER", 6), ("PER", 8)}
)
"""Names and addresses: in capitals they say the same."""


class Reader834:
    """Reads files of 834s and of acknowledgements. Anything else in them becomes a finding in its place."""

    def read(self, data: bytes, *, profile: CarrierProfile) -> FileSaid:
        """Return what a file says and what is wrong with it; never raises.

        What is wrong with an interchange or a group is wrong with every set in it; the first of it is said of each.
        """
        file = read_file(data=data)
        guide = guide_of(profile)
        return FileSaid(
            interchanges=tuple(_interchange(each, file.problems, guide) for each in file.interchanges),
            findings=_findings(file.problems),
        )


def _interchange(read: InterchangeRead, problems: Sequence[Problem], guide: Guide) -> InterchangeSaid:
    opening = read.opening
    number = opening.get(13)
    groups: list[GroupSaid] = []
    sets: list[SetSaid] = []
    acknowledgements = [_interchange_acknowledgement(each, read) for each in read.acknowledgements]
    for group in read.groups:
        if _acknowledges(group):
            groups.append(GroupSaid(position=group.opening.position, acknowledges=True, answer=None))
            inside = [_group_acknowledgement(each, read, group) for each in group.sets]
            acknowledgements += [each for each in inside if isinstance(each, AcknowledgementSaid)]
            sets += [each for each in inside if isinstance(each, SetSaid)]
        else:
            said = [_set(each, read, group, guide) for each in group.sets]
            answer = group_answer(group, [answered for _, answered in said])
            groups.append(GroupSaid(position=group.opening.position, acknowledges=False, answer=answer))
            sets += [each for each, _ in said]
        if not group.sets:
            around = [*read.problems[:MOST_SHARED], *group.problems[:MOST_SHARED]]
            sets.append(_nothing_in(group.opening, around, "a group"))
    if not read.groups and not acknowledgements:
        sets.append(_nothing_in(opening, read.problems, "an interchange"))
    return InterchangeSaid(
        position=opening.position,
        understood=read.header is not None,
        control_number=int(number) if re.fullmatch(r"\d{9}", number, re.ASCII) else None,
        created_on=parse_short_date(opening.get(9)),
        created_at=parse_time(opening.get(10)),
        asks=opening.get(14) == "1",
        note=note_on(read, problems),
        parts=_parts(segment_parts("ISA ISA", opening)),
        groups=tuple(groups),
        acknowledgements=tuple(acknowledgements),
        sets=tuple(sets),
    )


def _acknowledges(group: GroupRead) -> bool:
    """Return whether a group holds 999s, by what its header says: nobody answers it."""
    return group.opening.get(1) == FUNCTIONAL_GROUP


def _interchange_acknowledgement(segment: Segment, interchange: InterchangeRead) -> AcknowledgementSaid:
    said, problems = parse_interchange_acknowledgement(segment=segment)
    return AcknowledgementSaid(
        kind="TA1",
        position=segment.position,
        answer=None if said is None else interchange_answered(said),
        findings=_findings([*interchange.problems[:MOST_SHARED], *problems]),
    )


def _group_acknowledgement(
    read: SetRead, interchange: InterchangeRead, group: GroupRead
) -> AcknowledgementSaid | SetSaid:
    around = [*interchange.problems[:MOST_SHARED], *group.problems[:MOST_SHARED], *read.problems]
    if read.set.identifier != acknowledgement999.IDENTIFIER:
        other = _not_taken_in(read.set.position, "ST", "another acknowledgement than a 999")
        return replace(other, findings=(*_findings(around), *other.findings))
    parsed = acknowledgement999_parse.parse(transaction_set=read.set)
    said = parsed.acknowledgement
    problems = [*around, *parsed.problems]
    sound = not parsed.problems
    if sound:
        problems += acknowledgement999_validate.validate(acknowledgement=said)
    findings = list(_findings(problems))
    if group.header is not None and not group.header.version.startswith(_ANY_999):
        findings.append(_version_unknown(group, acknowledgement999.VERSION))
    return AcknowledgementSaid(
        kind="999",
        position=read.set.position,
        answer=group_answered(said) if sound else None,
        findings=tuple(findings),
    )


def _parts(read: Iterable[ReadPart]) -> tuple[Part, ...]:
    return tuple(
        Part(
            place=each.place,
            position=each.position,
            segment=each.segment,
            element=each.element,
            value=_comparable(each),
        )
        for each in read
    )


def _comparable(part: ReadPart) -> Masked:
    if (part.segment, part.element) in _WORDS:
        return Masked(part.value.upper())
    # The header of an interchange alone is filled up with blanks.
    return Masked(part.value.rstrip() if part.segment == "ISA" else part.value)


def _findings(problems: Iterable[Problem]) -> tuple[Finding, ...]:
    return tuple(
        Finding(
            fault=str(problem.fault),
            position=problem.position,
            segment=problem.segment,
            element=problem.element,
            says=problem.says,
        )
        for problem in problems
    )


def _not_taken_in(position: int, segment: str, what: str) -> SetSaid:
    finding = Finding(
        fault="not-an-enrollment",
        position=position,
        segment=segment,
        element=1,
        says=f"holds {what}, which is not taken in yet: it waits for somebody to see to it",
    )
    return SetSaid(position=position, parts=(), members=(), findings=(finding,))


def _nothing_in(opening: Segment, problems: Sequence[Problem], what: str) -> SetSaid:
    findings = _findings(problems) or (_empty(opening.position, opening.tag, what),)
    return SetSaid(position=opening.position, parts=(), members=(), findings=findings)


def _empty(position: int, segment: str, what: str) -> Finding:
    return Finding(
        fault="nothing-inside", position=position, segment=segment, element=0, says=f"opens {what} of nothing"
    )


def _set(
    read: SetRead, interchange: InterchangeRead, group: GroupRead, guide: Guide
) -> tuple[SetSaid, SetAnswer | None]:
    """Return a set as read, and what a 999 says of its form: it rejects what has any finding here."""
    around = [*interchange.problems[:MOST_SHARED], *group.problems[:MOST_SHARED], *read.problems]
    if read.set.identifier != IDENTIFIER:
        other = _not_taken_in(read.set.position, "ST", "another set than an 834")
        return replace(other, findings=(*_findings(around), *other.findings)), set_answer(read, ())
    parsed = parse(transaction_set=respelled(transaction_set=read.set, names=guide.names_by_theirs))
    found = validate(enrollment=parsed.enrollment, guide=guide)
    findings = [*_findings(around), *_findings(parsed.problems), *_findings(found.problems)]
    if group.header is not None and group.header.version != VERSION:
        findings.append(_version_unknown(group, VERSION))
    said = SetSaid(
        position=read.set.position,
        parts=(*_parts(segment_parts("GS GS", group.opening)), *_parts(parsed.parts())),
        members=tuple(
            _member(member, parts, [*syntax, *meaning])
            for member, parts, syntax, meaning in zip(
                parsed.enrollment.members,
                parsed.member_parts(),
                parsed.member_problems,
                found.member_problems,
                strict=True,
            )
        ),
        findings=tuple(findings),
        audited=audited_rows(parsed.enrollment),
    )
    of_members = (*parsed.member_problems, *found.member_problems)
    inside = [*parsed.problems, *found.problems, *(each for problems in of_members for each in problems)]
    return said, set_answer(read, inside)


def _version_unknown(group: GroupRead, version: str) -> Finding:
    return Finding(
        fault="group-version-unknown",
        position=group.opening.position,
        segment="GS",
        element=8,
        says=f"is not {version}",
    )


def _member(member: Member, parts: Iterable[ReadPart], problems: Iterable[Problem]) -> MemberSaid:
    coverage = member.coverages[0] if member.coverages else Coverage(maintenance_type="", insurance_line="")
    return MemberSaid(
        position=member.position,
        is_subscriber=member.is_subscriber,
        member=member.member_id,
        kind=inbound_kind(member=member),
        policy=coverage.policy or member.policy,
        begin=coverage.begin,
        paid_through=coverage.paid_through,
        end=member.eligibility_end or coverage.end,
        because=inbound_end_reason(member=member),
        issuer_subscriber=member.issuer_subscriber_id,
        issuer_member=member.issuer_member_id,
        issuer_policy=coverage.issuer_policy,
        parts=_parts(parts),
        findings=_findings(problems),
    )
