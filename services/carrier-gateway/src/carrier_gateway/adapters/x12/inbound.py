"""What carriers send, read into the words the domain judges in."""

from __future__ import annotations

from collections.abc import Iterable

from carrier_gateway.adapters.x12.outbound import guide_of
from carrier_gateway.domain.carriers import CarrierProfile
from carrier_gateway.domain.inbound import FileSaid, Finding, MemberSaid, SetSaid
from carrier_gateway.x12.enrollment834.kinds import inbound_kind
from carrier_gateway.x12.enrollment834.model import Coverage, Member
from carrier_gateway.x12.enrollment834.parse import parse
from carrier_gateway.x12.enrollment834.structure import IDENTIFIER, VERSION
from carrier_gateway.x12.enrollment834.validate import Guide, validate
from carrier_gateway.x12.envelope import GroupRead, InterchangeRead, SetRead
from carrier_gateway.x12.faults import Problem
from carrier_gateway.x12.reading import read_file


class Reader834:
    """Reads files of 834s. Anything else in them becomes a finding in its place."""

    def read(self, data: bytes, *, profile: CarrierProfile) -> FileSaid:
        """Return what a file says and what is wrong with it; never raises.

        What is wrong with an interchange or a group is wrong with every set in it.
        """
        file = read_file(data=data)
        guide = guide_of(profile)
        headers = [each.header for each in file.interchanges if each.header is not None]
        sets = [each for interchange in file.interchanges for each in _sets(interchange, guide)]
        return FileSaid(
            interchanges=tuple(header.control_number for header in headers),
            senders=frozenset(header.sender for header in headers),
            receivers=frozenset(header.receiver for header in headers),
            sets=tuple(sets),
            findings=_findings(file.problems),
        )


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
    return SetSaid(position=position, members=(), findings=(finding,))


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
                position=group.position,
                members=(),
                findings=_findings([*interchange.problems, *group.problems])
                or (_empty(group.position, "GS", "a group"),),
            )
    if not found and not interchange.acknowledgements:
        findings = _findings(interchange.problems) or (_empty(interchange.position, "ISA", "an interchange"),)
        yield SetSaid(position=interchange.position, members=(), findings=findings)


def _empty(position: int, segment: str, what: str) -> Finding:
    return Finding(
        fault="nothing-inside", position=position, segment=segment, element=0, says=f"opens {what} of nothing"
    )


def _set(read: SetRead, interchange: InterchangeRead, group: GroupRead, guide: Guide) -> SetSaid:
    around = [*interchange.problems, *group.problems, *read.problems]
    if read.set.identifier != IDENTIFIER:
        other = _not_taken_in(read.set.position, "ST", "another set than an 834")
        return SetSaid(position=read.set.position, members=(), findings=(*_findings(around), *other.findings))
    version = read.set.version or ("" if group.header is None else group.header.version)
    parsed = parse(transaction_set=read.set)
    found = validate(enrollment=parsed.enrollment, guide=guide)
    findings = [*_findings(around), *_findings(parsed.problems), *_findings(found.problems)]
    if version != VERSION:
        findings.append(
            Finding(
                fault="set-version-unknown",
                position=read.set.position,
                segment="ST",
                element=3,
                says=f"is not {VERSION}",
            )
        )
    return SetSaid(
        position=read.set.position,
        members=tuple(
            _member(member, [*syntax, *meaning])
            for member, syntax, meaning in zip(
                parsed.enrollment.members, parsed.member_problems, found.member_problems, strict=True
            )
        ),
        findings=tuple(findings),
    )


def _member(member: Member, problems: Iterable[Problem]) -> MemberSaid:
    coverage = member.coverages[0] if member.coverages else Coverage(maintenance_type="", insurance_line="")
    return MemberSaid(
        position=member.position,
        is_subscriber=member.is_subscriber,
        subscriber=member.subscriber_id,
        member=member.member_id,
        kind=inbound_kind(member=member),
        policy=coverage.policy or member.policy,
        policy_conflicts=bool(coverage.policy and member.policy and coverage.policy != member.policy),
        plan=coverage.plan,
        begin=coverage.begin,
        eligibility_begin=member.eligibility_begin,
        paid_through=coverage.paid_through,
        issuer_subscriber=member.issuer_subscriber_id,
        issuer_policy=coverage.issuer_policy,
        findings=_findings(problems),
    )
