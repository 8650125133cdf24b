"""Use of tobacco, where rates may differ by it: who is asked, from when on it counts, how far they differ (ENR-17)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import InvalidValue, Refused
from bulkhead.kernel.money import format_cents, round_half_up
from bulkhead.kernel.personal import Masked
from enrollment.domain.age_rates import AGE_BANDS, AgeRates, first_age_of
from enrollment.domain.endings import AskedBy
from enrollment.domain.events import ToldTobaccoUse
from enrollment.domain.households import Member, TobaccoUse
from enrollment.domain.parameters import EnrollmentParameters, TobaccoRating


class TobaccoNotAsked(InvalidValue):
    """Somebody is said to use tobacco where no rate may differ by it, and so nobody is asked."""

    kind = "tobacco-not-asked"


class CannotStateTobaccoUse(Refused):
    """Use of tobacco cannot be stated for that day by whoever states it."""

    kind = "cannot-state-tobacco-use"


@dataclass(frozen=True, slots=True, kw_only=True)
class TobaccoStatement:
    """Whether a member uses tobacco from a day on, and who says so."""

    member: str
    since: date
    uses: bool
    by: AskedBy


@dataclass(frozen=True, slots=True, kw_only=True)
class TobaccoFault:
    """What of the rates of who uses tobacco is not allowed here: at which place of `AGE_BANDS`, and why not."""

    place: int
    problem: str
    reason: Reason


def check_asked(*, uses: bool, field: str, parameters: EnrollmentParameters) -> None:
    """Check that people are asked whether they use tobacco where somebody is said to; raises `TobaccoNotAsked`."""
    if uses and parameters.tobacco is None:
        raise _not_asked(field, parameters)


def check_statement(statement: TobaccoStatement, *, today: date, parameters: EnrollmentParameters) -> None:
    """Check that use of tobacco is asked here, and that a household states none of days gone by: staff does (ENR-13).

    Raises `TobaccoNotAsked`, `CannotStateTobaccoUse`.
    """
    if parameters.tobacco is None:
        raise _not_asked("/uses_tobacco", parameters)
    if statement.by == "household" and statement.since < today:
        raise CannotStateTobaccoUse(
            "use of tobacco is stated from today on",
            field="/from",
            reasons=(
                Reason(
                    rule="ENR-13",
                    says=f"Premiums of days gone by are changed by staff only; {today} would do.",
                    citation="45 CFR 155.330(b)",
                    facts={"would_do": str(today)},
                ),
            ),
        )


def stated(member: Member, statement: TobaccoStatement) -> Member:
    """Return a member as somebody who uses tobacco, or does not, from a day on."""
    use = TobaccoUse(since=statement.since, uses=statement.uses)
    return replace(member, tobacco_uses=(*member.tobacco_uses, use))


def told_uses(member: Member, *, parameters: EnrollmentParameters) -> tuple[ToldTobaccoUse, ...]:
    """Return whether a member uses tobacco, as whoever is told of it needs it: from the beginning, and from each day on
    from which it is otherwise; nothing where no rate may differ by it.
    """
    if parameters.tobacco is None:
        return ()
    days = sorted({each.since for each in member.tobacco_uses})
    uses = [(None, member.uses_tobacco), *((day, member.uses_tobacco_on(day)) for day in days)]
    return tuple(
        ToldTobaccoUse(since=since, uses=Masked("yes" if now else "no"))
        for (since, now), before in zip(uses, [None, *(each for _, each in uses)], strict=False)
        if now != before
    )


def use_stated(*, since: date, parameters: EnrollmentParameters) -> Reason:
    """Return the reason of a statement: the day from which on it counts, not what it says, nor of whom."""
    return Reason(
        rule="ENR-13",
        says=f"From {since} use of tobacco counts as it was stated then.",
        citation=parameters.citation("tobacco"),
        facts={"tobacco_since": str(since)},
    )


def in_words(terms: TobaccoRating) -> str:
    """Return who counts as somebody who uses tobacco."""
    return (
        f"who is {terms.from_age} or older and used tobacco {terms.times_a_week} or more times a week within the past "
        f"{terms.within_months} months"
    )


def rated_by_tobacco(
    rates: AgeRates, tobacco_cents: tuple[int, ...], *, parameters: EnrollmentParameters
) -> AgeRates:
    """Return rates with those of who uses tobacco, by `AGE_BANDS`, where any differs; the age from which on they count
    is the pack's, and kept with them.
    """
    if tobacco_cents in ((), rates.cents):
        return rates
    terms = parameters.tobacco
    return replace(
        rates, tobacco_cents=tobacco_cents, tobacco_from_age=None if terms is None else terms.from_age
    )


def tobacco_faults(rates: AgeRates, *, parameters: EnrollmentParameters) -> list[TobaccoFault]:
    """Return what of the rates of who uses tobacco the pack does not allow, by age: none differ where it has no terms,
    and else each is the rate of who uses none, or more, so many times it at most. Below its age nobody pays them.
    """
    terms = parameters.tobacco
    found: list[TobaccoFault] = []
    for place, (cents, tobacco) in enumerate(zip(rates.cents, rates.tobacco_cents, strict=False)):
        band, most = AGE_BANDS[place], cents
        if terms is not None and first_age_of(place) >= terms.from_age:
            most = round_half_up(cents * terms.most_times)
        if cents <= tobacco <= most or (terms is not None and first_age_of(place) < terms.from_age):
            continue
        would_do = format_cents(cents) if most == cents else f"{format_cents(cents)} to {format_cents(most)}"
        because = (
            "no rate differs by use of tobacco here" if terms is None else "that is how far rates may differ"
        )
        problem = f"of {band} is {format_cents(tobacco)}, and must be {would_do}: {because}"
        found.append(
            TobaccoFault(
                place=place,
                problem=problem,
                reason=Reason(
                    rule="ENR-17",
                    says=f"The rate of who uses tobacco {problem}.",
                    citation=parameters.citation("tobacco"),
                    facts={
                        "plan": rates.plan,
                        "age": band,
                        "cents": str(cents),
                        "tobacco_cents": str(tobacco),
                        "tobacco_most_cents": str(most),
                    },
                ),
            )
        )
    return found


def _not_asked(field: str, parameters: EnrollmentParameters) -> TobaccoNotAsked:
    return TobaccoNotAsked(
        field=field,
        problem="must be left out: no rate differs by use of tobacco here, and nobody is asked",
        reasons=(
            Reason(
                rule="ENR-17",
                says="No rate differs by use of tobacco here, so nobody is asked whether they use it.",
                citation=parameters.citation("tobacco"),
                facts={"tobacco": "not-asked"},
            ),
        ),
    )
