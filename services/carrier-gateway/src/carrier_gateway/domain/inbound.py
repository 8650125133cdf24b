"""What carriers may say, and when it is accepted: the matrix of CAR-5 and the checks around it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal, TypeAlias

from bulkhead.kernel.decisions import Reason
from carrier_gateway.domain.records import InboundKind, Policy

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
class Finding:
    """Something wrong with what was read: the fault's name, its place, and what it says."""

    fault: str
    position: int
    segment: str
    element: int
    says: str

    @property
    def reason(self) -> Reason:
        """The finding as the reason of a refusal."""
        place = f"segment {self.position} {self.segment}".rstrip()
        facts = {"fault": self.fault, "position": str(self.position), "segment": self.segment}
        if self.element:
            place += f"{self.element:02d}"
            facts["element"] = str(self.element)
        return Reason(rule="CAR-5", says=f"{place}: {self.says}.", citation="005010X220A1", facts=facts)


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberSaid:
    """One member's record as read; ``policy`` is 1L, of the member or of her coverage.

    ``policy_conflicts``: the two are there and differ.
    """

    position: int
    is_subscriber: bool
    subscriber: str
    member: str
    kind: InboundKind | None
    policy: str
    policy_conflicts: bool
    plan: str
    begin: date | None
    eligibility_begin: date | None
    paid_through: date | None
    issuer_subscriber: str
    issuer_policy: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetSaid:
    """One set as read: an enrollment group."""

    position: int
    members: tuple[MemberSaid, ...]
    findings: tuple[Finding, ...]

    @property
    def subscriber(self) -> MemberSaid | None:
        """The subscriber's record: of a sound set the only one."""
        return next((member for member in self.members if member.is_subscriber), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSaid:
    """A file as read. ``findings`` are faults that take the whole file with them.

    ``interchanges`` are its control numbers; ``senders`` and ``receivers`` the ids they name.
    """

    interchanges: tuple[int, ...]
    senders: frozenset[str]
    receivers: frozenset[str]
    sets: tuple[SetSaid, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known where a carrier's record is judged: its policy, if any, and by what ids it goes."""

    carrier: str
    policy: Policy | None
    subscriber: str
    plan_id: str


def standing(policy: Policy) -> Standing:
    """Return how a policy stands for the matrix: what is so, whether the carrier was told of it or not."""
    match policy.lifecycle:
        case "canceled":
            return "canceled"
        case "terminated":
            return "terminated-initial" if policy.effectuated_on is None else "terminated-effectuated"
        case "selected" | "active":
            return "initial" if policy.effectuated_on is None else "effectuated"


def judge(said: SetSaid, known: Known) -> tuple[Reason, ...]:
    """Return why a set is refused, every reason there is; none where it is accepted (CAR-5).

    Faults of form come first: where there are any, nothing else is looked at.
    """
    findings = [*said.findings, *(finding for member in said.members for finding in member.findings)]
    subscriber = said.subscriber
    if findings or subscriber is None:
        return tuple(finding.reason for finding in findings)
    if subscriber.kind is None:
        says = "This combination of maintenance type, reason and additional reason means nothing here."
        return (_refusal(says, citation=f"{_GUIDE}, table 29"),)
    if subscriber.kind not in TAKEN_IN:
        says = f"A {subscriber.kind} from a carrier is not taken in yet: it waits for somebody to see to it."
        return (_refusal(says, kind=subscriber.kind),)
    return _judge_effectuation(said, subscriber, known)


def _judge_effectuation(said: SetSaid, subscriber: MemberSaid, known: Known) -> tuple[Reason, ...]:
    policy = known.policy
    if policy is None or policy.carrier != known.carrier:
        # Whether another carrier has such a policy is not this one's to know.
        return (_refusal("This carrier has no such policy.", policy=subscriber.policy),)
    if policy.told == "nothing":
        return (_refusal("This carrier was not told of the policy yet.", policy=policy.policy),)
    stands = standing(policy)
    reasons: list[Reason] = []
    if ACCEPTS["effectuation", stands] != "accepted":
        says = f"An effectuation is not accepted for a policy that stands as {stands}."
        if stands == "canceled":
            says += " A late effectuation never revives it."
        reasons.append(_refusal(says, citation=f"{_GUIDE}, table 16", policy=policy.policy, standing=stands))
    for member in said.members:
        reasons.extend(_member_reasons(member, policy, known))
    if {member.member for member in said.members} != set(policy.members):
        reasons.append(_refusal("An effectuation must name everybody on the policy.", policy=policy.policy))
    if subscriber.paid_through is None:
        reasons.append(_refusal("The subscriber's last paid day (543) must be there.", policy=policy.policy))
    return tuple(reasons)


def _member_reasons(member: MemberSaid, policy: Policy, known: Known) -> list[Reason]:
    reasons: list[Reason] = []
    at = {"position": str(member.position), "policy": policy.policy}
    begins = [day for day in (member.begin, member.eligibility_begin) if day is not None]
    if member.begin is None or any(day != policy.effective for day in begins):
        says = "E046: the begin date is not the one the policy has."
        reasons.append(_refusal(says, citation=f"{_GUIDE}, table 25", effective=str(policy.effective), **at))
    if member.policy != policy.policy or member.policy_conflicts:
        reasons.append(_refusal("A member's policy (1L) is not the subscriber's.", **at))
    if member.subscriber != known.subscriber:
        reasons.append(_refusal("The subscriber (0F) is not the policy's.", **at))
    if member.plan != known.plan_id:
        reasons.append(_refusal("The plan (CE) is not the policy's.", **at))
    return reasons


def _refusal(says: str, *, citation: str = "", **facts: str) -> Reason:
    return Reason(rule="CAR-5", says=says, citation=citation, facts=facts)
