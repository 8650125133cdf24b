"""Facts about policies, their people and their binders, taken into the book."""

from __future__ import annotations

from dataclasses import replace

from bulkhead.service import Occasion
from carrier_gateway.application.book import Book
from carrier_gateway.application.facts import (
    BinderSatisfied,
    CarrierRecordDecided,
    ContactRecorded,
    PlansRenewed,
    PlansSelected,
    PolicyActivated,
    PolicyCanceled,
    PolicyChanged,
    PolicyReinstated,
    PolicyTerminated,
    SelectedPolicy,
)
from carrier_gateway.domain import policies
from carrier_gateway.domain.carrier_words import as_carrier_has_it
from carrier_gateway.domain.records import (
    BinderRelease,
    Contact,
    ContactMember,
    Policy,
    RenewedFrom,
    VersionTerms,
)


def take_up_selection(book: Book, fact: PlansSelected, _occasion: Occasion) -> None:
    """Take up a selection's policies; those with no binder left to pay may be told of (ENR-5, ENR-7)."""
    for selected in fact.policies:
        if book.find(Policy, selected.policy):
            continue  # already so
        policy = _policy(fact, selected)
        release = book.find(BinderRelease, policy.policy)
        if release is not None:
            policy = policies.release(policy, on=release.satisfied_on)
        elif not fact.binder_required:
            policy = policies.release(policy, on=fact.entered_on)
        book.change(policy)


def take_up_renewal(book: Book, fact: PlansRenewed, _occasion: Occasion) -> None:
    """Take up what goes on into the next year: it may be told of at once (ENR-5, ENR-14)."""
    for renewed in fact.policies:
        if book.find(Policy, renewed.policy):
            continue  # already so
        origin: RenewedFrom = "same-carrier" if renewed.carrier == renewed.carrier_before else "other-carrier"
        policy = replace(_policy(fact, renewed), renewed_from=origin)
        book.change(policies.activate(policy, on=fact.renewed_on, contact_version=fact.contact_version))


def _policy(fact: PlansSelected | PlansRenewed, selected: SelectedPolicy) -> Policy:
    return Policy(
        policy=selected.policy,
        household=fact.household,
        selection=fact.selection,
        plan=selected.plan,
        carrier=selected.carrier,
        kind=selected.kind,
        effective=selected.effective,
        coverage_ends=selected.coverage_ends,
        versions=(
            VersionTerms(
                since=selected.effective,
                members=selected.members,
                gross_cents=selected.gross_cents,
                aptc_cents=selected.aptc_cents,
                subsidy_cents=selected.subsidy_cents,
                net_cents=selected.net_cents,
                rating_area=selected.rating_area,
                rates=selected.rates,
            ),
        ),
        months=selected.months,
        contact_version=fact.contact_version,
        billing="exchange" if selected.billed_by_carrier is None else "carrier",
    )


def release_binder(book: Book, fact: BinderSatisfied, _occasion: Occasion) -> None:
    """Let the binder's policies be told of; one not known yet will be when its selection comes (ENR-5)."""
    for policy in fact.policies:
        book.add(BinderRelease(policy=policy, household=fact.household, satisfied_on=fact.satisfied_on))
        if book.find(Policy, policy):
            known = book.policy(policy, household=fact.household)
            book.change(policies.release(known, on=fact.satisfied_on))


def activate_policy(book: Book, fact: PolicyActivated, occasion: Occasion) -> None:
    """Note that the policy stands: enrollment knows of the binder too (ENR-5)."""
    policy = book.policy(fact.policy, household=fact.household)
    book.change(policies.activate(policy, on=occasion.happened_on, contact_version=fact.contact_version))


def cancel_policy(book: Book, fact: PolicyCanceled, _occasion: Occasion) -> None:
    """Note that the coverage never began."""
    policy = book.policy(fact.policy, household=fact.household)
    book.change(policies.cancel(policy, reason=fact.reason, contact_version=fact.contact_version))


def terminate_policy(book: Book, fact: PolicyTerminated, _occasion: Occasion) -> None:
    """Note the policy's last covered day."""
    policy = book.policy(fact.policy, household=fact.household)
    ended = policies.terminate(
        policy,
        through=fact.through,
        reason=fact.reason,
        asked="asked" if fact.decided_by == "enrollment" else "decided",
        months=fact.months,
        contact_version=fact.contact_version,
    )
    book.change(ended)


def change_policy(book: Book, fact: PolicyChanged, _occasion: Occasion) -> None:
    """Note that the policy costs something else, or covers others, since a day (ENR-13)."""
    policy = book.policy(fact.policy, household=fact.household)
    changed = policies.change(
        policy, versions=fact.versions, months=fact.months, contact_version=fact.contact_version
    )
    book.change(changed)


def reinstate_policy(book: Book, fact: PolicyReinstated, occasion: Occasion) -> None:
    """Note that the policy stands again without a gap (INV-12), until an end that was asked for, if any."""
    policy = book.policy(fact.policy, household=fact.household)
    standing = policies.reinstate(
        policy,
        coverage_ends=fact.coverage_ends,
        ground="error" if fact.reason == "error" else "paid",
        on=occasion.happened_on,
        versions=fact.versions,
        months=fact.months,
        contact_version=fact.contact_version,
    )
    book.change(standing)


def note_decided_word(book: Book, fact: CarrierRecordDecided, _occasion: Occasion) -> None:
    """Note what became of what a carrier said by itself: where it is so, the carrier knows it and is not told it.

    What was held back meanwhile is decided now. What was set apart its carrier is told of when somebody says so.
    """
    policy = book.policy(fact.policy, household=fact.household)
    if fact.outcome != "set-apart":
        policy = as_carrier_has_it(policy, kind=fact.kind, through=fact.through)
    if fact.outcome == "taken-up":
        policy = replace(policy, ended_by_carrier=fact.kind != "reinstatement")
    if policy.carrier_word is not None and policy.carrier_word.record == fact.record:
        policy = replace(policy, carrier_word=None)
    book.change(policy)


def record_contact(book: Book, fact: ContactRecorded, _occasion: Occasion) -> None:
    """Keep a version of the household's contact, as it is named in 834s."""
    contact = Contact(
        household=fact.household,
        contact_version=fact.contact_version,
        email=fact.email,
        address=fact.address,
        phone=fact.phone,
        responsible_name=fact.responsible_name,
        responsible_latin_name=fact.responsible_latin_name,
        responsible_until_age=fact.responsible_until_age,
    )
    members = [
        ContactMember(
            household=fact.household,
            contact_version=fact.contact_version,
            member=each.member,
            number=number,
            relation=each.relation,
            name=each.name,
            latin_name=each.latin_name,
            born=each.born,
            ssn=each.ssn,
            tobacco=each.tobacco,
        )
        for number, each in enumerate(fact.members, start=1)
    ]
    book.add_contact(contact, members)
