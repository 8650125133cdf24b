"""What the routes of corrections of coverage take and show (OPS-5)."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field

from bulkhead.kernel.personal import Masked
from bulkhead.web.corrections import RecordedView, recorded
from bulkhead.web.fields import Body, HouseholdId, Id, WrittenLine
from enrollment.domain.changes import LeaveKind
from enrollment.domain.corrections import AskedEnd, Correction, Departure, SelectionRedated, WrongBecause
from enrollment.domain.ends import EndReason
from enrollment.domain.parameters import CorrectionKind
from enrollment.entrypoints.api.fields import Day, View


class ReasonBody(Body):
    """Why something is put right."""

    because: WrongBecause = Field(
        description="Why: the exchange mistyped it, whoever told it was mistaken, the catalog was wrong, somebody was "
        "registered twice, a correction of it was wrong itself, or else."
    )
    note: WrittenLine | None = Field(default=None, description="More of it, for other operators.")


class DatesBody(ReasonBody):
    """The dates of a selection as they are: both, also the one that was recorded right."""

    selected_on: Day = Field(
        description="The day that counts as that of the selection: of paper, its receipt."
    )
    event_on: Day | None = Field(default=None, description="When the event happened that it names.")


class EndBody(ReasonBody):
    """With which day coverage ends, of the plans named, else of all whose end was asked for."""

    plans: Annotated[list[Id], Field(min_length=1, max_length=20)] | None = None
    through: Day | None = Field(
        default=None, description="The last covered day; left out where nobody asked for an end."
    )


class DepartureBody(ReasonBody):
    """By what somebody left, and the day it happened; neither where they did not leave."""

    kind: LeaveKind | None = None
    on: Day | None = None


class BirthDateBody(ReasonBody):
    """When somebody was born."""

    born: Day


class MergeBody(ReasonBody):
    """The household of the same person that goes on in the place of this one."""

    into: HouseholdId


class RatesBody(ReasonBody):
    """Since when the catalog as it is now counts: a day of this plan year."""

    since: Annotated[Day, Field(alias="from")]


class SelectionDatesView(View):
    """When a selection was made, and when the event happened that it names."""

    selected_on: date
    event_on: date | None


class SelectionRedatedView(View):
    """What the dates of a selection are, and what they were recorded as."""

    before: SelectionDatesView
    after: SelectionDatesView

    @classmethod
    def of(cls, redated: SelectionRedated) -> SelectionRedatedView:
        """Return the view of a correction of dates."""
        before, after = (
            SelectionDatesView(selected_on=each.selected_on, event_on=each.event_on)
            for each in (redated.before, redated.after)
        )
        return cls(before=before, after=after)


class AskedEndView(View):
    """An end that somebody asked for; a day before the first one called coverage off."""

    on: date
    reason: EndReason

    @classmethod
    def of(cls, end: AskedEnd | None) -> AskedEndView | None:
        """Return the view of an end, None of none."""
        return None if end is None else cls(on=end.on, reason=end.reason)


class EndRedatedView(View):
    """What the end of a policy is, and what it was recorded as; null: it has none."""

    policy: str
    before: AskedEndView | None
    after: AskedEndView | None


class DepartureView(View):
    """The first day on which somebody is not of the household any more, and what ends coverage of the last one."""

    first: date
    reason: EndReason

    @classmethod
    def of(cls, departure: Departure | None) -> DepartureView | None:
        """Return the view of a departure, None of none."""
        return None if departure is None else cls(first=departure.first, reason=departure.reason)


class DepartureRedatedView(View):
    """When somebody left, and what that was recorded as; null: they did not."""

    before: DepartureView | None
    after: DepartureView | None


class CorrectionView(RecordedView, View):
    """A correction: what it does, why, who asked for it, and what became of it (OPS-5).

    ``amount_cents`` is by how much charges differ, through the present month. ``takes_two``: a second person approves
    it, for that amount or its kind, and until then it is only ``requested``. ``rerated`` are the policies that cost
    something else, or cover others. ``merged_into`` is the household that goes on in the place
    of this one.
    """

    household: str
    kind: CorrectionKind
    because: WrongBecause
    selection: str | None
    dates: SelectionRedatedView | None
    selected_as: str | None
    ends: list[EndRedatedView]
    member: str | None
    departure: DepartureRedatedView | None
    born: str | None
    born_before: str | None
    since: Annotated[date | None, Field(alias="from")]
    rerated: list[str]
    merged_into: str | None

    @classmethod
    def of(cls, correction: Correction) -> CorrectionView:
        """Return the view of a correction."""
        departure = correction.departure
        return cls(
            **recorded(correction),
            household=correction.household,
            kind=correction.kind,
            because=correction.because,
            selection=correction.selection,
            dates=None if correction.dates is None else SelectionRedatedView.of(correction.dates),
            selected_as=correction.selected_as,
            ends=[
                EndRedatedView(
                    policy=each.policy,
                    before=AskedEndView.of(each.before),
                    after=AskedEndView.of(each.after),
                )
                for each in correction.ends
            ],
            member=correction.member,
            departure=None
            if departure is None
            else DepartureRedatedView(
                before=DepartureView.of(departure.before), after=DepartureView.of(departure.after)
            ),
            born=_revealed(correction.born),
            born_before=_revealed(correction.born_before),
            since=correction.since,
            rerated=[each.policy for each in correction.rerated],
            merged_into=correction.merged_into,
        )


def _revealed(text: Masked | None) -> str | None:
    return None if text is None else text.reveal()
