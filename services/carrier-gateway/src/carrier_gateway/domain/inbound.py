"""What carriers may say, and when it is accepted: the matrix of CAR-5 and the checks around it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias

from bulkhead.kernel.decisions import Reason
from carrier_gateway.domain.carriers import CarrierProfile
from carrier_gateway.domain.echo import covered_by, differences
from carrier_gateway.domain.records import InboundKind, Policy
from carrier_gateway.domain.said import Finding, MemberSaid, SetSaid

Standing: TypeAlias = Literal[
    "initial", "effectuated", "terminated-initial", "terminated-effectuated", "canceled"
]
Answer: TypeAlias = Literal["accepted", "refused", "earlier-end-only"]

_STANDINGS: tuple[Standing, ...] = (
    "initial",
    "effectuated",
    "terminated-initial",
    "terminated-effectuated",
    "canceled",
)


def _row(kind: InboundKind, *answers: Answer) -> dict[tuple[InboundKind, Standing], Answer]:
    return {(kind, standing): answer for standing, answer in zip(_STANDINGS, answers, strict=True)}


ACCEPTS: Final[Mapping[tuple[InboundKind, Standing], Answer]] = {
    **_row("effectuation", "accepted", "refused", "accepted", "refused", "refused"),
    **_row("cancellation", "accepted", "accepted", "accepted", "accepted", "refused"),
    **_row("termination", "accepted", "accepted", "earlier-end-only", "earlier-end-only", "refused"),
    **_row("maintenance", "refused", "accepted", "refused", "accepted", "refused"),
    **_row("reinstatement", "refused", "refused", "accepted", "accepted", "accepted"),
}
"""What a carrier says × how the policy stands → what becomes of it (CMS 834 companion guide, table 16)."""

TAKEN_IN: frozenset[InboundKind] = frozenset({"effectuation"})
"""The kinds this gateway acts upon so far; the others wait in the work queue."""

_GUIDE = "CMS 834 companion guide v7.2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known where a carrier's set is judged: who it is, the policy it names, and what it was told.

    ``told`` are the last set that began the policy's coverage or restored it, and the changes since, as they were
    sent, in order: one of them it answers.
    """

    profile: CarrierProfile
    policy: Policy | None
    told: tuple[SetSaid, ...]


def standing(policy: Policy, *, of: Collection[str]) -> Standing:
    """Return how a policy stands to these people, for the matrix: what is so, told to the carrier or not.

    Who came onto it since it was effectuated is not confirmed yet: to them it stands as it did to the first ones.
    """
    effectuated = policy.effectuated_on is not None and set(of) <= set(policy.confirmed)
    match policy.lifecycle:
        case "canceled":
            return "canceled"
        case "terminated":
            return "terminated-effectuated" if effectuated else "terminated-initial"
        case "selected" | "active":
            return "effectuated" if effectuated else "initial"


def judge(said: SetSaid, known: Known) -> tuple[Reason, ...]:
    """Return why a set is refused, every reason there is; none where it is accepted (CAR-5).

    Faults of form come first: where there are any, nothing else is looked at.
    """
    findings = [*said.findings, *(finding for member in said.members for finding in member.findings)]
    subscriber = said.subscriber
    if findings or subscriber is None:
        return tuple(finding.reason for finding in findings)
    if said.audited is not None:
        return ()  # it is compared, and changes nothing (CAR-6)
    if subscriber.kind is None:
        return (_of_no_kind(subscriber).reason,)
    if subscriber.kind not in TAKEN_IN:
        says = f"A {subscriber.kind} from a carrier is not taken in yet: it waits for somebody to see to it."
        return (_refusal(says, kind=subscriber.kind),)
    return _judge_effectuation(said, subscriber, known)


def _of_no_kind(member: MemberSaid) -> Finding:
    return Finding(
        fault="combination-unknown",
        position=member.position,
        segment="INS",
        element=3,
        says="with INS04 and the additional reason (ADDL MAINT REASON, REF02) it makes a combination that"
        " means nothing here",
    )


def _judge_effectuation(said: SetSaid, subscriber: MemberSaid, known: Known) -> tuple[Reason, ...]:
    policy = known.policy
    if policy is None or policy.carrier != known.profile.carrier:
        # Whether another carrier has such a policy is not this one's to know.
        place = {"position": str(subscriber.position), "segment": "REF", "element": "2"}
        return (_refusal("This carrier has no such policy (1L, REF02).", policy=subscriber.policy, **place),)
    if policy.told == "nothing" or not known.told:
        return (_refusal("This carrier was not told of the policy yet.", policy=policy.policy),)
    stands = standing(policy, of={member.member for member in said.members})
    reasons: list[Reason] = []
    if ACCEPTS["effectuation", stands] != "accepted":
        says = f"An effectuation is not accepted for a policy that stands as {stands}."
        if stands == "canceled":
            says += " A late effectuation never revives it."
        reasons.append(_refusal(says, citation=f"{_GUIDE}, table 16", policy=policy.policy, standing=stands))
    reasons += _told_otherwise(said, known, policy)
    findings = [
        *_kind_findings(said),
        *_paid_through_findings(said, policy),
        *_own_id_findings(said, subscriber),
    ]
    return (*reasons, *(finding.reason for finding in findings))


def _told_otherwise(said: SetSaid, known: Known, policy: Policy) -> Iterator[Reason]:
    """Yield what a confirmation says otherwise than the set it answers: one of those that cover whom it names.

    Where none does, it is held against the last one.
    """
    named = sorted(member.member for member in said.members)
    sets = [covered_by(each) for each in reversed(known.told)]
    answered = [each for each in sets if sorted(member.member for member in each.members) == named]
    if not answered:
        yield _refusal("An effectuation must name everybody on the set it answers.", policy=policy.policy)
    against = (differences(said=said, told=each, profile=known.profile) for each in answered or sets[:1])
    yield from (finding.reason for finding in min(against, key=len))


def _kind_findings(said: SetSaid) -> Iterator[Finding]:
    """Yield every record that is not what the subscriber's is."""
    for member in said.members:
        if member.kind is None:
            yield _of_no_kind(member)
        elif member.kind != "effectuation":
            yield replace(_of_no_kind(member), says=f"it is a {member.kind}, beside the subscriber's record")


def _paid_through_findings(said: SetSaid, policy: Policy) -> Iterator[Finding]:
    """Yield what is wrong with the last paid day: the subscriber's alone, in the time she is covered."""
    for member in said.members:
        part = member.part("2300 DTP*543 03")
        if part is not None and not member.is_subscriber:
            yield part.finding(
                fault="paid-through-wrong", says="the last paid day (543) is the subscriber's alone"
            )
        elif part is not None and not (
            member.paid_through is not None
            and policy.effective <= member.paid_through <= policy.coverage_ends
        ):
            yield part.finding(
                fault="paid-through-wrong", says="the last paid day (543) is not one she is covered on"
            )
        elif part is None and member.is_subscriber:
            yield Finding(
                fault="paid-through-wrong",
                position=member.position,
                segment="DTP",
                element=3,
                says="the subscriber's last paid day (543) must be there",
            )


def _own_id_findings(said: SetSaid, subscriber: MemberSaid) -> Iterator[Finding]:
    """Yield the carrier's own ids of the subscriber and the policy where one record has others than another."""
    of_subscriber = {key: subscriber.part(key) for key in ("2000 REF*ZZ 02", "2300 REF*X9 02")}
    for member in said.members:
        for key, first in of_subscriber.items():
            part = member.part(key)
            if part is not None and (first is None or part.value != first.value):
                yield part.finding(fault="own-id-differs", says="is not the same in the subscriber's record")


def _refusal(says: str, *, citation: str = "", **facts: str) -> Reason:
    return Reason(rule="CAR-5", says=says, citation=citation, facts=facts)
