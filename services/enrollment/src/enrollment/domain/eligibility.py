"""A household's eligibility, from what it attests to what the hub or its documents confirm (ENR-9, ENR-10).

It is accepted on what it attests (45 CFR 155.315(f)(4)). What the hub confirms counts from then on; what it contradicts
is to be documented in time, and else counts as the hub has it: coverage too, where that is whether somebody may enroll.
Where nothing was confirmed in time, there is no assistance any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final, get_args

from bulkhead.kernel.calendar import CoverageMonth
from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import Conflict
from bulkhead.kernel.money import format_cents
from bulkhead.kernel.personal import Masked
from enrollment.domain import verification
from enrollment.domain.assistance import NO_ASSISTANCE, Assistance
from enrollment.domain.determination import BEYOND_ASSISTANCE, Attested, Determination
from enrollment.domain.households import AssistanceChange, Household, LastDay, Member
from enrollment.domain.parameters import EnrollmentParameters
from enrollment.domain.policies import Policy
from enrollment.domain.verification import pending_until

_CITATION: Final = "45 CFR 155.315(f)"

# Without an answer nobody knows of Medicaid: what an application itself is accepted on is to be documented.
_WITHOUT_AN_ANSWER: Final[tuple[Attested, ...]] = ("income", "citizenship", "incarceration")


class NothingToVerify(Conflict):
    """The household's eligibility is verified already: no documents are wanted."""

    kind = "nothing-to-verify"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attesting:
    """A person of a household, as the hub has to know them. ``born`` is an ISO date."""

    member: str
    name: Masked
    born: Masked
    ssn: Masked | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a household attests, for the hub to confirm. ``income_cents`` is a year's, None where none was stated.

    The assistance is what it has on its attestation, in cents a month, from the day on which an answer would count.
    """

    household: str
    people: tuple[Attesting, ...]
    income_cents: int | None
    assistance: Assistance


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A household after its verification changed: the assistance that counts from a day on, and why.

    ``change`` is the first change of its assistance, None where that stays as it is, ``covered_through`` the last day
    on which anybody may be covered, None where coverage goes on.
    """

    household: Household
    change: AssistanceChange | None
    reasons: tuple[Reason, ...]
    covered_through: date | None = None


def counts_from(policies: Iterable[Policy], *, today: date) -> date:
    """Return the day from which an answer of today counts (chosen): the first of the next month where somebody is
    covered now (45 CFR 155.330(f)), else the first of this one, so that all of coverage to come has it.
    """
    month = CoverageMonth.of(today)
    covered = any(each.overlaps(first=today, last=today) for each in policies)
    return month.plus(1).first_day if covered else month.first_day


def question_of(
    household: Household, *, members: Sequence[Member], policies: Iterable[Policy], today: date
) -> Question:
    """Return what the hub is asked about a household today."""
    return Question(
        household=household.household,
        people=tuple(
            Attesting(member=each.member, name=each.name, born=each.born, ssn=each.ssn)
            for each in members
            if each.belongs_on(today)
        ),
        income_cents=household.income_cents,
        assistance=household.attested_assistance_on(counts_from(policies, today=today)),
    )


def answered(
    household: Household,
    determination: Determination,
    *,
    since: date,
    today: date,
    parameters: EnrollmentParameters,
) -> Decided:
    """Return the household after the hub's answer, which counts for its assistance from a day on.

    What it confirms is verified, also after the last day (chosen). What it contradicts is pending for as long again as
    an application is, from this day on, with the documents that are wanted; what was wanted already keeps its day, so
    that nobody has more time for attesting again, nor less than they were told. After the last day the answer counts,
    but not about who may enroll where that was not in doubt before (chosen).
    """
    again = household.verification == "verified"
    shown = _without_income(household.documented) if again else household.documented
    known = replace(household, determination=determination, documented=shown, awaits_hub=False)
    if not known.wanted:
        return _verified(known, determination.assistance, since=since, by="the hub")
    opened = pending_until(applied_on=today, inconsistency_days=parameters.inconsistency_days)
    known = replace(known, last_days=_last_days(household, determination, opened))
    until = _until(known)
    if (
        household.verification == "pending"
    ):  # they were asked for documents by then: no answer takes that back
        until = max(until, household.verification_until)
    facts = {"wanted": " ".join(known.wanted)}
    if household.verification == "failed" and (until < today or not in_doubt(known)):
        over = household.verification_until
        known = replace(known, last_days=_last_days(household, determination, over))
        says = f"The hub does not confirm {_listed(known.wanted)}, and the time for documents is over."
        return _with_assistance(
            known,
            determination.assistance,
            since=since,
            reason=Reason(rule="ENR-10", says=says, citation=_CITATION + "(5)", facts=facts),
        )
    says = f"The hub does not confirm {_listed(known.wanted)}: documents are wanted by {until}."
    reason = Reason(
        rule="ENR-10",
        says=says,
        citation=parameters.citation("inconsistency_days"),
        facts=facts | {"until": str(until)},
    )
    return Decided(household=_open_until(known, until), change=None, reasons=(reason,))


def _last_days(before: Household, determination: Determination, until: date) -> tuple[LastDay, ...]:
    """Return the last day of each fact that the hub contradicts: its own where it was wanted before, else this one."""
    known = {each.fact: each for each in before.last_days if each.fact in before.wanted}
    return tuple(known.get(each, LastDay(fact=each, until=until)) for each in determination.contradicts)


def _until(household: Household) -> date:
    """Return the last day of a household of which documents are wanted: where it is in doubt who may enroll the first
    one of that, else the last one of all, as there is only one assistance (chosen).
    """
    days = {each.fact: each.until for each in household.last_days}
    doubted = [days[each] for each in in_doubt(household)]
    return min(doubted) if doubted else max(days[each] for each in household.wanted)


def _open_until(household: Household, until: date) -> Household:
    return replace(
        household,
        verification=verification.after(state=household.verification, event="reopen"),
        verification_until=until,
        verification_reminded=household.verification_reminded and until == household.verification_until,
    )


def attested(household: Household, *, income_cents: int | None) -> Decided:
    """Return the household after it attested another income: the hub is asked again, and all stays as it is until that
    answers (45 CFR 155.330(c)). Documents of before show nothing of another income; the same one changes nothing.
    """
    facts = {"attested": "income"}
    if income_cents == household.income_cents:
        says = "The household attests the income that it attested already: nothing changes."
        same = Reason(rule="ENR-10", says=says, citation="45 CFR 155.330(c)", facts=facts)
        return Decided(household=household, change=None, reasons=(same,))
    shown = household.documented
    anew = replace(
        household,
        income_cents=income_cents,
        documented=shown if household.verification == "verified" else _without_income(shown),
        awaits_hub=True,
    )
    reason = Reason(
        rule="ENR-10",
        says="The household attests another income: the hub is asked again, and nothing changes until it answers.",
        citation="45 CFR 155.330(c)",
        facts=facts,
    )
    return Decided(household=anew, change=None, reasons=(reason,))


def _without_income(documented: Iterable[Attested]) -> tuple[Attested, ...]:
    return tuple(each for each in documented if each != "income")


def documents_accepted(
    household: Household, facts: Iterable[Attested], *, since: date, today: date
) -> Decided:
    """Return the household after documents showed that some of what it attests is so.

    With all that is wanted shown it is verified, and has the assistance of its attestation from a day on. What is still
    to be shown, and came into doubt later, has the time that is left of its own. Raises `NothingToVerify`.
    """
    if household.verification == "verified":
        says = "No documents are wanted: send none. What the household is granted is stated as a change of assistance."
        raise NothingToVerify(
            "the household's eligibility is verified already",
            field="/confirmed",
            reasons=(Reason(rule="ENR-10", says=says, citation=_CITATION),),
        )
    shown = {*household.documented, *facts}
    known = replace(household, documented=tuple(each for each in get_args(Attested) if each in shown))
    lacking = lacking_documents(known)
    if not lacking:
        granted = household.attested_assistance_on(since)
        # What an answer of before did not speak of is still to be confirmed.
        unheard = known.awaits_hub and known.determination is not None and "income" not in shown
        return _verified(replace(known, awaits_hub=unheard), granted, since=since, by="documents")
    if known.last_days and (household.verification == "pending" or _until(known) >= today):
        known = _open_until(known, max(_until(known), known.verification_until))
    says = f"Documents were accepted; {_listed(lacking)} is still to be shown."
    reason = Reason(rule="ENR-10", says=says, citation=_CITATION, facts={"wanted": " ".join(lacking)})
    return Decided(household=known, change=None, reasons=(reason,))


def lacking_documents(household: Household) -> tuple[Attested, ...]:
    """Return what of a household's attestation its documents have still to show, in the order of `Attested`."""
    wanted = _WITHOUT_AN_ANSWER if household.determination is None else household.determination.contradicts
    return tuple(each for each in wanted if each not in household.documented)


def in_doubt(household: Household) -> tuple[Attested, ...]:
    """Return what of its attestation decides whether its people may enroll at all, is contradicted and not shown."""
    return tuple(each for each in household.wanted if each in BEYOND_ASSISTANCE)


def may_not_enroll(household: Household, *, parameters: EnrollmentParameters) -> bool:
    """Whether it was not shown in time that a household's people may enroll, and the pack ends coverage for that."""
    doubted = household.verification == "failed" and in_doubt(household)
    return bool(doubted) and parameters.unverified_coverage == "ends"


def not_shown(household: Household, *, parameters: EnrollmentParameters) -> Reason:
    """Return why nobody of a household may enroll: what documents have still to show."""
    doubted = in_doubt(household)
    return Reason(
        rule="ENR-10",
        says=f"Nobody may enroll until documents show that {_listed(doubted)} is as attested.",
        citation=parameters.citation("unverified_coverage"),
        facts={"wanted": " ".join(doubted), "verification": household.verification},
    )


def ran_out(household: Household, *, today: date, parameters: EnrollmentParameters) -> Decided:
    """Return a household whose eligibility nobody confirmed in time: it has the assistance that the hub's answer gives,
    none without an answer, from the first of a month that is far enough away to be told of (45 CFR 155.315(f)(5)).

    Its coverage ends before that where the hub contradicts that its people may enroll: never for what nobody knows.
    """
    failed = replace(
        household, verification=verification.after(state=household.verification, event="run-out")
    )
    return unconfirmed(failed, today=today, parameters=parameters)


def unconfirmed(failed: Household, *, today: date, parameters: EnrollmentParameters) -> Decided:
    """Return a household whose verification has failed with the assistance, and the coverage, that leaves it."""
    since = first_of_month_after(today + timedelta(days=parameters.unverified_notice_days))
    answer = failed.determination
    says = (
        f"Nobody confirmed by {failed.verification_until} what the household attests."
        if answer is None
        else f"No documents showed by {failed.verification_until} that {_listed(failed.wanted)} is as attested."
    )
    facts = {"until": str(failed.verification_until), "since": str(since)}
    assistance = NO_ASSISTANCE if answer is None else answer.assistance
    if may_not_enroll(failed, parameters=parameters):
        through = since - timedelta(days=1)
        reason = Reason(
            rule="ENR-10",
            says=f"{says} Coverage ends with {through}.",
            citation=parameters.citation("unverified_coverage"),
            facts=facts | {"through": str(through), "wanted": " ".join(in_doubt(failed))},
        )
        decided = _with_assistance(failed, assistance, since=since, reason=reason)
        return replace(decided, covered_through=through)
    reason = Reason(
        rule="ENR-10",
        says=f"{says} Coverage stays; assistance is as the exchange can show it from {since} on.",
        citation=parameters.citation("unverified_notice_days"),
        facts=facts,
    )
    return _with_assistance(failed, assistance, since=since, reason=reason)


def first_of_month_after(day: date) -> date:
    """Return the first of a month that is this day or the next one after it."""
    month = CoverageMonth.of(day)
    return day if day == month.first_day else month.plus(1).first_day


def _verified(household: Household, assistance: Assistance, *, since: date, by: str) -> Decided:
    verified = replace(
        household,
        verification=verification.after(state=household.verification, event="confirm"),
    )
    reason = Reason(
        rule="ENR-10",
        says=f"What the household attests is confirmed by {by}.",
        citation="45 CFR 155.315",
        facts={"by": by},
    )
    # What was stated for later still counts from then on.
    later = {each.since for each in household.assistance_changes if each.because != "verification"}
    stated = {day: household.attested_assistance_on(day) for day in sorted(later) if day > since}
    return _with_assistance(verified, assistance, since=since, reason=reason, then=stated)


def _with_assistance(
    household: Household,
    assistance: Assistance,
    *,
    since: date,
    reason: Reason,
    then: Mapping[date, Assistance] | None = None,
) -> Decided:
    """Return the household with this assistance from a day on, and other amounts ``then``, in the order of days."""
    decided = Decided(household=household, change=None, reasons=(reason,))
    for day, amounts in {since: assistance, **(then or {})}.items():
        if decided.household.assistance_on(day) != amounts:
            decided = _and_from(decided, day, amounts)
    return decided


def _and_from(decided: Decided, day: date, assistance: Assistance) -> Decided:
    change = AssistanceChange(
        since=day,
        aptc_cents=assistance.aptc_cents,
        subsidy_cents=assistance.subsidy_cents,
        because="verification",
    )
    counts = Reason(
        rule="ENR-10",
        says=f"From {day} the household has {format_cents(assistance.aptc_cents)} APTC and "
        f"{format_cents(assistance.subsidy_cents)} state subsidy a month.",
        citation="45 CFR 155.330(f)",
        facts={
            "since": str(day),
            "aptc_cents": str(assistance.aptc_cents),
            "subsidy_cents": str(assistance.subsidy_cents),
        },
    )
    changes = (*decided.household.assistance_changes, change)
    return replace(
        decided,
        household=replace(decided.household, assistance_changes=changes),
        change=decided.change or change,
        reasons=(*decided.reasons, counts),
    )


def _listed(facts: Sequence[Attested]) -> str:
    return " and ".join(facts)
