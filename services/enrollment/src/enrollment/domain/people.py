"""The people an application names: who is who is stated, and must be possible (ENR-16)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from bulkhead.kernel.calendar import add_months
from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import InvalidValue
from bulkhead.kernel.personal import Masked
from enrollment.domain.ages import last_day_as_child
from enrollment.domain.households import Relation
from enrollment.domain.parameters import EnrollmentParameters
from enrollment.domain.sources import SOURCES


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person as an application names them. Without a Latin name one is proposed."""

    name: Masked
    born: Masked
    relation: Relation
    latin_name: Masked | None = None
    ssn: Masked | None = None
    uses_tobacco: bool = False


class RelationsUnclear(InvalidValue):
    """The people of a household are not one subscriber, at most one spouse, and children."""

    kind = "relations-unclear"


class SsnNamedTwice(InvalidValue):
    """One social security number is given for two people."""

    kind = "ssn-named-twice"


class PersonNamedTwice(InvalidValue):
    """Somebody of this name and date of birth is named already."""

    kind = "person-named-twice"


class BirthDateImplausible(InvalidValue):
    """A date of birth cannot be right, or not for this relation."""

    kind = "birth-date-implausible"


class TooOldForChild(InvalidValue):
    """Somebody is registered as a child who is too old to be covered as one."""

    kind = "too-old-for-a-child"


def check_people(people: Sequence[Person], *, today: date, parameters: EnrollmentParameters) -> None:
    """Check that these people can be a household (ENR-16).

    Raises `RelationsUnclear` for no people, no subscriber, or more than one subscriber or spouse;
    `SsnNamedTwice`; `PersonNamedTwice`; and `BirthDateImplausible` for someone not born yet, for a spouse who is
    younger than the pack's age, and for a child who is older than the subscriber and the spouse; `TooOldForChild` for
    one who is too old to be covered as a child (ENR-13).
    """
    _check_relations([person.relation for person in people])
    _check_numbers([person.ssn for person in people])
    _check_names(people)
    _check_births(people, today=today, parameters=parameters)
    _check_children(people, today=today, parameters=parameters)


def check_newcomer(
    person: Person,
    *,
    household: Sequence[Person],
    there: Sequence[Person],
    today: date,
    parameters: EnrollmentParameters,
) -> None:
    """Check that somebody can come to the people who are of a household then (ENR-16); ``household`` are all it ever
    had: nobody comes twice. Raises as `check_people` does, about ``/person``.
    """
    people = [*there, person]
    try:
        _check_numbers([*(each.ssn for each in household), person.ssn])
        _check_names(people)
        _check_relations([each.relation for each in people])
        _check_births(people, today=today, parameters=parameters)
        _check_children([person], today=today, parameters=parameters)
    except InvalidValue as refusal:
        about = (refusal.field or "").rpartition("/")[2]
        within = f"/{about}" if about in ("born", "name", "ssn") else ""
        raise type(refusal)(
            field=f"/person{within}",
            problem=refusal.message.removeprefix(f"{refusal.field} "),
            reasons=refusal.reasons,
        ) from None


def check_born(
    person: Person, *, others: Sequence[Person], today: date, parameters: EnrollmentParameters
) -> None:
    """Check that somebody can have been born on another day than was recorded, among others of a household (ENR-16).

    Raises `BirthDateImplausible`, `PersonNamedTwice` and `TooOldForChild` as `check_people` does, about ``/born``.
    """
    people = [*others, person]
    try:
        _check_names(people)
        if any(each.relation != "child" for each in people):
            _check_births(people, today=today, parameters=parameters)
        _check_children([person], today=today, parameters=parameters)
    except InvalidValue as refusal:
        raise type(refusal)(
            field="/born",
            problem=refusal.message.removeprefix(f"{refusal.field} "),
            reasons=refusal.reasons,
        ) from None


def _check_births(people: Sequence[Person], *, today: date, parameters: EnrollmentParameters) -> None:
    born = [date.fromisoformat(person.born.reveal()) for person in people]
    for position, day in enumerate(born):
        if day > today:
            raise BirthDateImplausible(
                field=f"/members/{position}/born",
                problem=f"must be {today} or earlier",
                reasons=(
                    Reason(
                        rule="ENR-16",
                        says="Nobody is registered before they are born.",
                        citation=SOURCES["ENR-16"],
                    ),
                ),
            )
    eldest = min(day for person, day in zip(people, born, strict=True) if person.relation != "child")
    for position, (person, day) in enumerate(zip(people, born, strict=True)):
        if person.relation == "spouse":
            _check_spouse(day, position=position, today=today, parameters=parameters)
        if person.relation == "child" and day < eldest:
            raise BirthDateImplausible(
                field=f"/members/{position}/born",
                problem="must not be before that of the subscriber and the spouse",
                reasons=(
                    Reason(
                        rule="ENR-16",
                        says="A child is not older than both the subscriber and the spouse.",
                        citation=SOURCES["ENR-16"],
                    ),
                ),
            )


def _check_relations(relations: Sequence[Relation]) -> None:
    problem = None
    if not relations:
        problem = "must name at least one person"
    elif relations.count("self") != 1:
        problem = "must have exactly one person whose relation is self"
    elif relations.count("spouse") > 1:
        problem = "must have at most one person whose relation is spouse"
    if problem is not None:
        says = "A household is one subscriber, at most one spouse, and children."
        raise RelationsUnclear(
            field="/members",
            problem=problem,
            reasons=(Reason(rule="ENR-16", says=says, citation=SOURCES["ENR-16"]),),
        )


def _check_numbers(numbers: Sequence[Masked | None]) -> None:
    for position, number in enumerate(numbers):
        if number is not None and number in numbers[:position]:
            raise SsnNamedTwice(
                field=f"/members/{position}/ssn",
                problem="is that of another person named",
                reasons=(
                    Reason(
                        rule="ENR-16",
                        says="One social security number stands for one person.",
                        citation=SOURCES["ENR-16"],
                    ),
                ),
            )


def _check_names(people: Sequence[Person]) -> None:
    # Newborns have no number yet, and are told of twice: by the parents, and by whoever helps them.
    known = [(" ".join(each.name.reveal().split()).casefold(), each.born.reveal()) for each in people]
    for position, each in enumerate(known):
        if each in known[:position]:
            raise PersonNamedTwice(
                field=f"/members/{position}/name",
                problem="is that of another person named, born on the same day",
                reasons=(
                    Reason(
                        rule="ENR-16",
                        says="One person is named once; of two with one name say which is which by a middle name.",
                        citation=SOURCES["ENR-16"],
                    ),
                ),
            )


def _check_children(people: Sequence[Person], *, today: date, parameters: EnrollmentParameters) -> None:
    limit = parameters.child_age_limit
    for position, person in enumerate(people):
        born = date.fromisoformat(person.born.reveal())
        if person.relation == "child" and last_day_as_child(born, parameters) < today:
            raise TooOldForChild(
                field=f"/members/{position}/born",
                problem=f"must be that of somebody under {limit} for a child",
                reasons=(
                    Reason(
                        rule="ENR-13",
                        says=f"Who is {limit} is not covered as a child: register them as a household of their own.",
                        citation=parameters.citation("child_age_limit"),
                        facts={"child_age_limit": str(limit), "child_leaves": parameters.child_leaves},
                    ),
                ),
            )


def _check_spouse(born: date, *, position: int, today: date, parameters: EnrollmentParameters) -> None:
    latest = add_months(today, -12 * parameters.min_spouse_age)
    if born > latest:
        raise BirthDateImplausible(
            field=f"/members/{position}/born",
            problem=f"must be {latest} or earlier for a spouse",
            reasons=(
                Reason(
                    rule="ENR-16",
                    says=f"A spouse is at least {parameters.min_spouse_age} years old.",
                    citation=parameters.citation("min_spouse_age"),
                    facts={"min_spouse_age": str(parameters.min_spouse_age), "born_by": str(latest)},
                ),
            ),
        )
