"""One person's two households become one: the absorbed goes on as the surviving one (OPS-5, ENR-16).

A policy keeps its household for good: carriers, charges and remittances know it by that. So only a household that
covers nobody any more is absorbed; what it was is read where it was. The one that goes on may be merged itself later:
then all that went on as it do so as the other. What stands is merged into what stands, so no chain of them closes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import ClassVar, Literal, TypeAlias

from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import Conflict, InvalidValue, Refused
from enrollment.domain.households import Member
from enrollment.domain.policies import Policy
from enrollment.domain.sources import SOURCES

_ONE_PERSON = (
    "Only households of one person are merged: one social security number, or one name and birth date."
)

OnePersonBy: TypeAlias = Literal["number", "name"]
"""By what two subscribers are one person: one social security number, or one name and birth date."""


class NotMerged(Refused):
    """Two households cannot become one; the reasons say what stands in the way (OPS-5)."""

    kind: ClassVar[str] = "not-merged"


class HouseholdMergedAway(Conflict):
    """A household goes on as another one: what is asked of it is asked of that one (OPS-5)."""

    kind: ClassVar[str] = "household-merged"


def merged_away(survivor: str) -> HouseholdMergedAway:
    """Return the refusal of what is asked of a household that goes on as the survivor."""
    return HouseholdMergedAway(
        f"the household goes on as {survivor}, into which it was merged: ask it of that one",
        reasons=(of_merged(survivor),),
    )


def of_merged(survivor: str) -> Reason:
    """Return the reason of what becomes of a household that goes on as the survivor, through all merges since."""
    return Reason(
        rule="OPS-5",
        says="A household that was merged goes on as the one it was merged into.",
        citation=SOURCES["OPS-5"],
        facts={"into": survivor},
    )


def check_another(household: str, *, into: str) -> None:
    """Raise `InvalidValue` where a household is to be merged into itself."""
    if household == into:
        raise InvalidValue(field="/into", problem="is the household itself: name the one that goes on")


def check_covers_nobody(policies: Sequence[Policy], *, today: date) -> None:
    """Raise `NotMerged` where one of a household's policies covers somebody today or later, or may come to."""
    covering = [each for each in policies if covers_from(each, today)]
    if covering:
        raise _refused(
            "coverage of this household goes on, or may begin: end it first, or merge the other into this one",
            says="Policies stay with their household: one that covers somebody today or later is not absorbed.",
            rule="OPS-5",
            facts={
                "policies": " ".join(sorted(each.policy for each in covering)),
                "from": str(today),
            },
        )


def covers_from(policy: Policy, day: date) -> bool:
    """Whether a policy covers somebody on a day or later, or may: its binder is not decided."""
    return policy.lifecycle != "canceled" and policy.last_covered_day >= day


def check_same_person(absorbed: Sequence[Member], survivor: Sequence[Member]) -> None:
    """Raise `NotMerged` where the households' subscribers are not one person: by their numbers where both have one,
    else by name and birth date (ENR-16).
    """
    if one_person_by(absorbed, survivor) is not None:
        return
    one, other = _subscriber(absorbed), _subscriber(survivor)
    raise _other_numbers(one, other) or _refused(
        "the subscribers of the two households are not known to be one person: name or birth date differ, and not both "
        "have a number",
        says=_ONE_PERSON,
        rule="ENR-16",
        facts={"member": one.member, "other_member": other.member},
    )


def check_one_number(merged: Iterable[Sequence[Member]]) -> None:
    """Raise `NotMerged` where two of all households that are to go on as one have subscribers with different numbers:
    who has none may be known by name to be each of two people, and is not both (ENR-16).
    """
    numbered = [each for each in map(_subscriber, merged) if each.ssn is not None]
    for one in numbered[1:]:
        refused = _other_numbers(one, numbered[0])
        if refused is not None:
            raise refused


def _other_numbers(one: Member, other: Member) -> NotMerged | None:
    if one.ssn is None or other.ssn is None or one.ssn == other.ssn:
        return None
    return _refused(
        "the subscribers of the households have different social security numbers",
        says=_ONE_PERSON,
        rule="ENR-16",
        facts={"member": one.member, "other_member": other.member},
    )


def one_person_by(absorbed: Sequence[Member], survivor: Sequence[Member]) -> OnePersonBy | None:
    """Return how the subscribers of two households are known to be one person, None where they are not (ENR-16)."""
    one, other = _subscriber(absorbed), _subscriber(survivor)
    if one.ssn is not None and other.ssn is not None:
        return "number" if one.ssn == other.ssn else None
    return "name" if _known_as(one) & _known_as(other) and one.born == other.born else None


def _subscriber(people: Sequence[Member]) -> Member:
    (found,) = [each for each in people if each.relation == "self"]
    return found


def _known_as(member: Member) -> set[str]:
    names = (member.name.reveal(), member.latin_name.reveal())
    return {" ".join(each.split()).casefold() for each in names}


def _refused(says_what: str, *, says: str, rule: str, facts: dict[str, str]) -> NotMerged:
    return NotMerged(
        says_what,
        field="/into",
        reasons=(Reason(rule=rule, says=says, citation=SOURCES[rule], facts=facts),),
    )
