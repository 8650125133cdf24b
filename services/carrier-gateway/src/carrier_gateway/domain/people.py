"""Who is covered by a policy, who among them is the subscriber, and how the others are related to her."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from bulkhead.kernel.errors import Impossible
from carrier_gateway.domain.records import ContactMember

Relationship: TypeAlias = Literal["self", "spouse", "child", "sibling", "other"]

RELATIONSHIPS: Final[Mapping[tuple[str, str], Relationship]] = {
    ("self", "spouse"): "spouse",
    ("self", "child"): "child",
    ("spouse", "child"): "child",
    ("child", "child"): "sibling",
}
"""The subscriber's relation to the household's first person × another member's → hers to the subscriber."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """A person on a policy."""

    person: ContactMember
    relationship: Relationship


def covered_people(*, members: Sequence[str], contact: Sequence[ContactMember]) -> tuple[Covered, ...]:
    """Return a policy's people, the subscriber first: the household's own, else the first one covered.

    Raises `Impossible` for a policy of nobody, or of somebody its contact does not know.
    """
    known = {each.member: each for each in contact}
    if not members or any(member not in known for member in members):
        raise Impossible("a policy covers somebody its household's contact does not name")
    people = [known[member] for member in dict.fromkeys(members)]
    subscriber = next((each for each in people if each.relation == "self"), people[0])
    others = [each for each in people if each is not subscriber]
    return (
        Covered(person=subscriber, relationship="self"),
        *(
            Covered(
                person=each,
                relationship=RELATIONSHIPS.get((subscriber.relation, each.relation), "other"),
            )
            for each in others
        ),
    )
