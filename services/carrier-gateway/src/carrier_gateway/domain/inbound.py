"""What carriers may say, and when it is accepted: the matrix of CAR-5 and the checks around it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final, Literal, TypeAlias

from bulkhead.kernel.decisions import Reason
from carrier_gateway.domain.carriers import CarrierProfile
from carrier_gateway.domain.echo import covered_by, differences
from carrier_gateway.domain.records import CarrierReason, CarrierWord, InboundKind, Lifecycle, Policy
from carrier_gateway.domain.said import Finding, MemberSaid, SetSaid
from carrier_gateway.domain.telling import told_since
from carrier_gateway.domain.versions import version_on

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

_GUIDE = "CMS 834 companion guide v7.2"


_A: Final[Mapping[InboundKind, str]] = {
    "effectuation": "An effectuation",
    "cancellation": "A cancellation",
    "termination": "A termination",
    "maintenance": "Maintenance",
    "reinstatement": "A reinstatement",
}
_OF_THE_WHOLE_GROUP: Final[frozenset[InboundKind]] = frozenset({"effectuation", "reinstatement"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known where a carrier's set is judged: who it is, the policy it names, and what it was told.

    ``told`` are the last set that began the policy's coverage or restored it, and the changes since, as they were
    sent, in order: one of them it answers. ``today`` is the day it is judged on. ``end_waits`` tells that the carrier
    has ended the policy by itself, which was set apart and waits: to the carrier it has ended.
    """

    profile: CarrierProfile
    policy: Policy | None
    told: tuple[SetSaid, ...]
    today: date
    end_waits: bool = False


def standing(policy: Policy, *, of: Collection[str]) -> Standing:
    """Return how a policy stands to these people, for the matrix: what is so, told to the carrier or not, and what the
    carrier itself said last.

    Who came onto it since it was effectuated is not confirmed yet: to them it stands as it did to the first ones.
    """
    effectuated = policy.effectuated_on is not None and set(of) <= set(policy.confirmed)
    match _lifecycle(policy):
        case "canceled":
            return "canceled"
        case "terminated":
            return "terminated-effectuated" if effectuated else "terminated-initial"
        case "selected" | "active":
            return "effectuated" if effectuated else "initial"


def _lifecycle(policy: Policy) -> Lifecycle:
    match policy.carrier_word:
        case CarrierWord(kind="cancellation"):
            return "canceled"
        case CarrierWord(kind="termination"):
            return "terminated"
        case CarrierWord(kind="reinstatement"):
            return "active"
        case _:
            return policy.lifecycle


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
    policy = known.policy
    if policy is None or policy.carrier != known.profile.carrier:
        # Whether another carrier has such a policy is not this one's to know.
        place = {"position": str(subscriber.position), "segment": "REF", "element": "2"}
        return (_refusal("This carrier has no such policy (1L, REF02).", policy=subscriber.policy, **place),)
    if policy.told == "nothing" or not known.told:
        return (_refusal("This carrier was not told of the policy yet.", policy=policy.policy),)
    kind = subscriber.kind
    stands = standing(policy, of={member.member for member in said.members})
    takes_back = kind == "reinstatement" and known.end_waits and stands in ("initial", "effectuated")
    against = () if takes_back else _against_matrix(subscriber, kind, policy, stands)
    reasons = [*against, *_told_otherwise(said, known, kind, policy)]
    if kind == "reinstatement":
        reasons += _against_reinstatement(policy)
    ends = kind in ("cancellation", "termination")
    findings = [
        *(_end_findings(subscriber, kind, policy, today=known.today) if ends else ()),
        *_kind_findings(said, kind),
        *_paid_through_findings(said, policy, needed=kind == "effectuation"),
        *_own_id_findings(said, subscriber),
    ]
    return (*reasons, *(finding.reason for finding in findings))


def _of_no_kind(member: MemberSaid) -> Finding:
    return Finding(
        fault="combination-unknown",
        position=member.position,
        segment="INS",
        element=3,
        says="with INS04 and the additional reason (ADDL MAINT REASON, REF02) it makes a combination that"
        " means nothing here",
    )


def _against_matrix(
    subscriber: MemberSaid, kind: InboundKind, policy: Policy, stands: Standing
) -> Iterator[Reason]:
    """Yield why a carrier may not say this of a policy that stands so."""
    answer = ACCEPTS[kind, stands]
    facts = {"policy": policy.policy, "standing": stands}
    if answer == "refused":
        says = f"{_A[kind]} is not accepted for a policy that stands as {stands}."
        if kind == "effectuation" and stands == "canceled":
            says += " A late effectuation never revives it."
        yield _refusal(says, citation=f"{_GUIDE}, table 16", **facts)
    ends = _known_end(policy)
    if answer != "earlier-end-only" or subscriber.end is None or ends is None:
        return
    if subscriber.end >= ends:
        says = f"The policy ends with {ends} already: another end must be an earlier one."
        yield _refusal(says, citation=f"{_GUIDE}, table 16", **facts, ends=str(ends))


def _known_end(policy: Policy) -> date | None:
    word = policy.carrier_word
    return word.through if word is not None and word.kind == "termination" else policy.through


def _told_otherwise(said: SetSaid, known: Known, kind: InboundKind, policy: Policy) -> Iterator[Reason]:
    """Yield what a set says otherwise than the one it answers: one of those that cover whom it names.

    A confirmation and a reinstatement are of the whole group: where none covers just whom they name, they are held
    against the last one. Maintenance may be about some, an end is about the subscriber for all.
    """
    named = {member.member for member in said.members}
    sets = [covered_by(each) for each in reversed(known.told)]
    if kind in _OF_THE_WHOLE_GROUP:
        answered = [each for each in sets if {member.member for member in each.members} == named]
        if not answered:
            says = f"{_A[kind]} must name everybody on the set it answers."
            yield _refusal(says, policy=policy.policy)
    else:
        answered = sets
    against = (
        differences(said=said, told=each, profile=known.profile, kind=kind) for each in answered or sets[:1]
    )
    yield from (finding.reason for finding in min(against, key=len))


def _end_findings(
    subscriber: MemberSaid, kind: InboundKind, policy: Policy, *, today: date
) -> Iterator[Finding]:
    """Yield what is wrong with the day on which a carrier ends coverage (companion guide, tables 29 and 30)."""
    parts = (subscriber.part("2000 DTP*357 03"), subscriber.part("2300 DTP*349 03"))
    part, ends = next((each for each in parts if each is not None), None), subscriber.end
    if part is None or ends is None:
        yield Finding(
            fault="end-wrong",
            position=subscriber.position,
            segment="DTP",
            element=3,
            says="the last covered day (357) must be there",
        )
        return
    if (says := _wrong_end(ends, kind, subscriber.because, policy, today=today)) is not None:
        yield part.finding(fault="end-wrong", says=says)


def _wrong_end(
    ends: date, kind: InboundKind, because: CarrierReason | None, policy: Policy, *, today: date
) -> str | None:
    begins = told_since(policy)
    if kind == "cancellation":
        if ends in (begins, begins - timedelta(days=1)):
            return None
        return f"E046: a cancellation ends with the first covered day, {begins}, or the day before it"
    if ends < begins:
        return f"coverage begins on {begins}: it cannot end before that"
    if ends == begins:
        return "E148: coverage of one day is not terminated: it must be a cancellation"
    if ends > policy.coverage_ends:
        return f"the plan year ends with {policy.coverage_ends}: coverage cannot end after it"
    if because == "non-payment" and ends == policy.coverage_ends:
        sayable = _non_payment_sayable(policy)
        if today < sayable:
            return f"an end for non-payment with the plan year's last day may not be said before {sayable}"
    return None


def _non_payment_sayable(policy: Policy) -> date:
    """Return the first day on which a plan year's end can be one for non-payment: grace is over then (INV-8)."""
    terms = version_on(policy.versions, policy.coverage_ends)
    assisted = terms.aptc_cents + terms.subsidy_cents > 0
    return date(policy.coverage_ends.year + 1, 3 if assisted else 1, 1)


def _against_reinstatement(policy: Policy) -> Iterator[Reason]:
    """Yield why a carrier may not reinstate a policy: only what it had ended by itself is its to reinstate."""
    word = policy.carrier_word
    own = policy.ended_by_carrier if word is None else word.kind != "reinstatement"
    if _lifecycle(policy) in ("canceled", "terminated") and not own:
        says = "A carrier reinstates only what it had ended by itself."
        yield _refusal(says, citation=f"{_GUIDE}, reinstatements", policy=policy.policy)


def _kind_findings(said: SetSaid, kind: InboundKind) -> Iterator[Finding]:
    """Yield every record that is not what the subscriber's is."""
    for member in said.members:
        if member.kind is None:
            yield _of_no_kind(member)
        elif member.kind != kind:
            yield replace(_of_no_kind(member), says=f"it is a {member.kind}, beside the subscriber's record")


def _paid_through_findings(said: SetSaid, policy: Policy, *, needed: bool) -> Iterator[Finding]:
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
        elif part is None and member.is_subscriber and needed:
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
