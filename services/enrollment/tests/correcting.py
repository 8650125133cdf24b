"""Staff at a desk who correct what was told wrong."""

from __future__ import annotations

from datetime import date

from bulkhead.kernel.corrections import CorrectionStep
from bulkhead.kernel.personal import Masked
from enrollment.application import ask_corrections
from enrollment.application.corrections import Asked, decide_correction, reverse_correction
from enrollment.application.redate_selections import redate_selection
from enrollment.domain.changes import LeaveKind
from enrollment.domain.corrections import Correction, SelectionDates
from enrollment.domain.selections import Selection
from services.enrollment.tests.builders import Desk


class Corrector:
    """Staff who ask for corrections, approve them and take them back."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._asked = 0

    def _ask(self, by: str) -> Asked:
        self._asked += 1
        return Asked(correction=f"c{self._asked}", because="keying-error", note=Masked("a note"), operator=by)

    async def redate_selection(
        self, selected_on: date, event_on: date | None = None, *, by: str = "ann"
    ) -> Correction:
        """Correct the dates of the household's latest selection."""
        desk = self.desk
        selections = sorted(await desk.stored(Selection), key=lambda each: each.number)
        async with desk.uows.begin(now=desk.now, households=["h"]) as uow:
            return await redate_selection(
                uow,
                "h",
                selections[-1].selection,
                dates=SelectionDates(selected_on=selected_on, event_on=event_on),
                asked=self._ask(by),
                parameters=desk.parameters,
            )

    async def redate_end(self, *plans: str, through: date | None, by: str = "ann") -> Correction:
        """Correct with which day coverage ends."""
        desk = self.desk
        async with desk.uows.begin(now=desk.now, households=["h"]) as uow:
            return await ask_corrections.redate_end(
                uow,
                "h",
                plans=plans or None,
                through=through,
                asked=self._ask(by),
                parameters=desk.parameters,
            )

    async def redate_departure(
        self, member: str, kind: LeaveKind | None = None, on: date | None = None, *, by: str = "ann"
    ) -> Correction:
        """Correct when somebody left, and have another approve it."""
        desk = self.desk
        async with desk.uows.begin(now=desk.now, households=["h"]) as uow:
            made = await ask_corrections.redate_departure(
                uow, "h", member, kind=kind, on=on, asked=self._ask(by), parameters=desk.parameters
            )
        return await self.decide(made)

    async def correct_birth_date(self, member: str, born: str, *, by: str = "ann") -> Correction:
        """Correct when somebody was born."""
        desk = self.desk
        async with desk.uows.begin(now=desk.now, households=["h"]) as uow:
            return await ask_corrections.correct_birth_date(
                uow, "h", member, born=Masked(born), asked=self._ask(by), parameters=desk.parameters
            )

    async def rerate(self, since: date, *, by: str = "ann") -> Correction:
        """Rate the household's policies anew."""
        desk = self.desk
        async with desk.uows.begin(now=desk.now, households=["h"]) as uow:
            return await ask_corrections.rerate_household(
                uow, "h", since=since, asked=self._ask(by), parameters=desk.parameters
            )

    async def decide(
        self, correction: Correction, what: CorrectionStep = "approve", *, by: str = "bea"
    ) -> Correction:
        """Approve or decline a correction."""
        desk = self.desk
        async with desk.uows.begin(now=desk.now, households=["h"]) as uow:
            return await decide_correction(
                uow, correction.correction, what, operator=by, parameters=desk.parameters
            )

    async def reverse(self, correction: Correction, *, by: str = "ann") -> Correction:
        """Take a correction back."""
        desk = self.desk
        async with desk.uows.begin(now=desk.now, households=["h"]) as uow:
            return await reverse_correction(
                uow, correction.correction, self._ask(by), parameters=desk.parameters
            )
