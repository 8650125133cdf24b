"""What carriers send, read into the words the domain judges in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from bulkhead.kernel.personal import Masked
from carrier_gateway.adapters.x12.outbound import guide_of
from carrier_gateway.domain.carriers import CarrierProfile
from carrier_gateway.domain.said import FileSaid, Finding, InterchangeSaid, MemberSaid, Part, SetSaid
from carrier_gateway.x12.enrollment834.kinds import inbound_kind
from carrier_gateway.x12.enrollment834.model import Coverage, Member
from carrier_gateway.x12.enrollment834.parse import parse
from carrier_gateway.x12.enrollment834.parts import Part as ReadPart
from carrier_gateway.x12.enrollment834.parts import segment_parts
from carrier_gateway.x12.enrollment834.structure import IDENTIFIER, VERSION
from carrier_gateway.x12.enrollment834.validate import Guide, validate
from carrier_gateway.x12.envelope import GroupRead, InterchangeRead, SetRead
from carrier_gateway.x12.faults import Problem
from carrier_gateway.x12.reading import read_file

_WORDS = frozenset(
    {("N1", 2), ("NM1", 3), ("NM1", 4), ("NM1", 5), ("NM1", 7), ("N3", 1), ("N3", 2), ("N4", 1), ("N4", 2)}
    | {("PER", 4), ("PER", 6), ("PER", 8)}
)
"""Names and addresses: in capitals they say the same."""


class Reader834:
    """Reads files of 834s. Anything else in them becomes a finding in its place."""

    def read(self, data: bytes, *, profile: CarrierProfile) -> FileSaid:
        """Return what a file says and what is wrong with it; never raises.

        What is wrong with an interchange or a group is wrong with every set in it.
        """
        file = read_file(data=data)
        guide = guide_of(profile)
        sets = [each for interchange in file.interchanges for each in _sets(interchange, guide)]
        return FileSaid(
            interchanges=tuple(
                InterchangeSaid(
                    control_number=each.header.control_number,
                    parts=_parts(segment_parts("ISA ISA", each.opening)),
                )
                for each in file.interchanges
                if each.header is not None
            ),
            sets=tuple(sets),
            findings=_findings(file.problems),
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


def _sets(interchange: InterchangeRead, guide: Guide) -> Iterable[SetSaid]:
    for segment in interchange.acknowledgements:
        yield _not_taken_in(segment.position, segment.tag, "an acknowledgement (TA1)")
    found = False
    for group in interchange.groups:
        for each in group.sets:
            found = True
            yield _set(each, interchange, group, guide)
        if not group.sets:
            found = True
            yield SetSaid(
                position=group.opening.position,
                parts=(),
                members=(),
                findings=_findings([*interchange.problems, *group.problems])
                or (_empty(group.opening.position, "GS", "a group"),),
            )
    if not found and not interchange.acknowledgements:
        position = interchange.opening.position
        findings = _findings(interchange.problems) or (_empty(position, "ISA", "an interchange"),)
        yield SetSaid(position=position, parts=(), members=(), findings=findings)


def _empty(position: int, segment: str, what: str) -> Finding:
    return Finding(
        fault="nothing-inside", position=position, segment=segment, element=0, says=f"opens {what} of nothing"
    )


def _set(read: SetRead, interchange: InterchangeRead, group: GroupRead, guide: Guide) -> SetSaid:
    around = [*interchange.problems, *group.problems, *read.problems]
    if read.set.identifier != IDENTIFIER:
        other = _not_taken_in(read.set.position, "ST", "another set than an 834")
        return replace(other, findings=(*_findings(around), *other.findings))
    parsed = parse(transaction_set=read.set)
    found = validate(enrollment=parsed.enrollment, guide=guide)
    findings = [*_findings(around), *_findings(parsed.problems), *_findings(found.problems)]
    if group.header is not None and group.header.version != VERSION:
        findings.append(
            Finding(
                fault="group-version-unknown",
                position=group.opening.position,
                segment="GS",
                element=8,
                says=f"is not {VERSION}",
            )
        )
    return SetSaid(
        position=read.set.position,
        parts=(*_parts(segment_parts("GS GS", group.opening)), *_parts(parsed.parts)),
        members=tuple(
            _member(member, parts, [*syntax, *meaning])
            for member, parts, syntax, meaning in zip(
                parsed.enrollment.members,
                parsed.member_parts,
                parsed.member_problems,
                found.member_problems,
                strict=True,
            )
        ),
        findings=tuple(findings),
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
        issuer_subscriber=member.issuer_subscriber_id,
        issuer_member=member.issuer_member_id,
        issuer_policy=coverage.issuer_policy,
        parts=_parts(parts),
        findings=_findings(problems),
    )
