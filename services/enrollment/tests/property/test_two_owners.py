"""Enrollment's decisions and invoicing's, in whatever order they meet: each stands until its own is undone.

Each owner's decisions keep their order; those of the other fall anywhere between them. Invoicing's are heard
late, twice, and again after they were undone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from enrollment.domain.announcements import announcements
from enrollment.domain.ends import Undoing, of_owner
from enrollment.domain.events import PlansSelected, PolicyTerms
from enrollment.domain.policies import (
    Policy,
    activate,
    call_off,
    end_asked,
    end_unpaid,
    lapse,
    months_of,
    premiums_of,
    reinstate,
    reinstate_binder,
    restore,
)
from services.enrollment.tests.builders import WHY, policy, version
from services.enrollment.tests.reader import told, truth

SELECTED = policy()
VERSIONS = [version(SELECTED)]
FIRST = SELECTED.effective


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One decision, or an echo of it: what it does to a policy, and what it undoes for others to know.

    ``needs_coverage``: it ends or restores what has begun; before the binder is paid its request is refused.
    """

    does: Callable[[Policy], Policy]
    undoing: Undoing | None = None
    needs_coverage: bool = False


def unpaid(number: int, through: date) -> Decision:
    return Decision(does=lambda p: end_unpaid(p, decision=f"unpaid-{number}", through=through, reason=WHY))


def undone(number: int, ended: str) -> Decision:
    return Decision(
        does=lambda p: reinstate(p, undoes=ended, reason=WHY),
        undoing=Undoing(
            decided_by="invoicing", decision=f"granted-{number}", undoes=ended, ground="postmark"
        ),
    )


LAPSED = Decision(does=lambda p: lapse(p, decision="lapse", reason=WHY))
RESTORED = Decision(
    does=lambda p: reinstate_binder(p, undoes="lapse", on=FIRST, reason=WHY),
    undoing=Undoing(decided_by="invoicing", decision="granted", undoes="lapse", ground="postmark"),
)
PAID = Decision(does=lambda p: activate(p, on=FIRST, reason=WHY))


@st.composite
def invoicing(draw: st.DrawFn) -> list[Decision]:
    """What invoicing decides of a policy, in its order, each heard once or more often."""
    said = [LAPSED, RESTORED, PAID] if draw(st.booleans()) else [PAID]
    for number in range(draw(st.integers(0, 3))):
        through = FIRST + timedelta(days=draw(st.integers(-40, 400)))
        said.append(unpaid(number, through))
        if number < 2 or draw(st.booleans()):
            said.append(undone(number, f"unpaid-{number}"))
    for _ in range(draw(st.integers(0, 4))):
        echo = draw(st.integers(0, len(said) - 1))
        said.insert(draw(st.integers(echo + 1, len(said))), said[echo])
    return said


@st.composite
def enrollment(draw: st.DrawFn) -> list[Decision]:
    """What enrollment decides itself: ends that are asked for, and staff's undoing of some decisions."""
    said: list[Decision] = []
    known: list[str] = []
    for number in range(draw(st.integers(0, 4))):
        own = f"own-{number}"
        match draw(st.sampled_from(["end", "call off", "restore"])):
            case "end":
                through = FIRST + timedelta(days=draw(st.integers(-40, 400)))
                said.append(asked(own, through))
                known.append(own)
            case "call off":
                said.append(called_off(own))
                known.append(own)
            case _:
                unpaid_ends = draw(st.sets(st.sampled_from(["unpaid-0", "unpaid-1", "unpaid-2"])))
                said.append(restored(own, [*known, *sorted(unpaid_ends)]))
                known = []
    return said


def asked(decision: str, through: date) -> Decision:
    return Decision(
        does=lambda p: end_asked(p, decision=decision, through=through, end_reason="requested", reason=WHY),
        needs_coverage=through >= FIRST,
    )


def called_off(decision: str) -> Decision:
    return Decision(does=lambda p: call_off(p, decision=decision, end_reason="error", reason=WHY))


def restored(decision: str, undoes: Sequence[str]) -> Decision:
    named = undoes[-1] if undoes else "none"
    return Decision(
        does=lambda p: restore(p, undoes=undoes, reason=WHY),
        undoing=Undoing(decided_by="enrollment", decision=decision, undoes=named, ground="error"),
        needs_coverage=True,
    )


def merged(one: Sequence[Decision], other: Sequence[Decision], picks: Sequence[int]) -> list[Decision]:
    """Return both in one order that keeps each; ``picks`` says how many of the first come before each other."""
    left, order = list(one), list[Decision]()
    for decision, pick in zip(other, picks, strict=True):
        taken = min(pick, len(left))
        order += [*left[:taken], decision]
        left = left[taken:]
    return order + left


def begin(theirs: Sequence[Decision], ours: Sequence[Decision]) -> int:
    """Return how much of what invoicing says comes before anything that enrollment decides."""
    return theirs.index(PAID) + 1 if any(each.needs_coverage for each in ours) else 0


def play(decisions: Sequence[Decision]) -> tuple[Policy, list[Any]]:
    """Return what becomes of a selected policy, and what is said of it."""
    now = SELECTED
    events: list[Any] = [selected()]
    for decision in decisions:
        after = decision.does(now)
        events += announcements(
            before=now, after=after, versions=VERSIONS, contact_version=1, undoing=decision.undoing
        )
        now = after
        assert told(events)[now.policy] == truth(now, months_of(now, VERSIONS))
    return now, events


def selected() -> PlansSelected:
    terms = PolicyTerms(
        policy=SELECTED.policy,
        plan=SELECTED.plan,
        carrier=SELECTED.carrier,
        kind=SELECTED.kind,
        effective=SELECTED.effective,
        coverage_ends=SELECTED.coverage_ends,
        tier=SELECTED.tier,
        gross_cents=SELECTED.gross_cents,
        aptc_cents=SELECTED.aptc_cents,
        subsidy_cents=SELECTED.subsidy_cents,
        net_cents=SELECTED.net_cents,
        members=SELECTED.members,
        months=premiums_of(SELECTED, VERSIONS),
    )
    return PlansSelected(
        household="h",
        selection="s",
        contact_version=1,
        selected_on=FIRST,
        entered_on=FIRST,
        via="web",
        effective=FIRST,
        binder_required=True,
        policies=(terms,),
    )


def facts_of(policy: Policy) -> tuple[Any, ...]:
    """Return how a policy stands; of two ends of one day the first heard gives the reason, and either may."""
    return (
        policy.lifecycle,
        policy.through,
        policy.activated_on,
        policy.standing,
        set(policy.ends),
        policy.undone,
    )


@settings(max_examples=250, deadline=None)
@given(st.data(), invoicing())
def test_a_thing_is_decided_once_and_the_two_owners_decisions_meet_in_any_order(
    data: st.DataObject, theirs: list[Decision]
) -> None:
    ours = data.draw(enrollment())
    begun = begin(theirs, ours)
    orders = [
        data.draw(st.lists(st.integers(0, len(theirs)), min_size=len(ours), max_size=len(ours)))
        for _ in range(2)
    ]
    (one, _), (other, _) = (play(theirs[:begun] + merged(theirs[begun:], ours, picks)) for picks in orders)
    assert facts_of(one) == facts_of(other)


@settings(max_examples=120, deadline=None)
@given(st.data(), invoicing())
def test_what_invoicing_decided_no_echo_changes(data: st.DataObject, theirs: list[Decision]) -> None:
    heard_once = list(dict.fromkeys(theirs))
    now, events = play(theirs)
    once, told_once = play(heard_once)
    assert facts_of(now) == facts_of(once)
    assert events == told_once


@settings(max_examples=120, deadline=None)
@given(st.data(), invoicing(), enrollment())
def test_neither_owner_s_decisions_take_away_the_other_s(
    data: st.DataObject, theirs: list[Decision], ours: list[Decision]
) -> None:
    begun = begin(theirs, ours)
    picks = data.draw(st.lists(st.integers(0, len(theirs)), min_size=len(ours), max_size=len(ours)))
    both, _ = play(theirs[:begun] + merged(theirs[begun:], ours, picks))
    alone, _ = play(theirs[:begun] + ours)
    assert of_owner(both.ends, "enrollment") == of_owner(alone.ends, "enrollment")
