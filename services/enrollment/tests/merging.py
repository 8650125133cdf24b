"""Staff who merge two households of one person."""

from __future__ import annotations

from bulkhead.kernel.corrections import CorrectionStep
from enrollment.application.corrections import (
    Asked,
    decide_correction,
    merge_households,
    reverse_correction,
)
from enrollment.domain.corrections import Correction
from enrollment.domain.households import Household
from services.enrollment.tests.builders import Desk


class Merger:
    """Staff who merge households, b into a unless said otherwise."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._asked = 0

    def _ask(self, by: str, *, preview: bool = False) -> Asked:
        self._asked += 1
        return Asked(
            correction=f"m{self._asked}",
            because="registered-twice",
            note=None,
            operator=by,
            preview=preview,
        )

    async def ask(
        self, household: str = "b", into: str = "a", *, by: str = "ann", preview: bool = False
    ) -> Correction:
        """Ask that a household be merged."""
        desk = self.desk
        async with desk.uows.begin(now=desk.now, households=[household, into]) as uow:
            return await merge_households(
                uow, household, into=into, asked=self._ask(by, preview=preview), parameters=desk.parameters
            )

    async def decide(
        self, correction: Correction, what: CorrectionStep = "approve", *, by: str = "bea"
    ) -> Correction:
        """Approve or decline what was asked for."""
        desk = self.desk
        async with desk.uows.begin(now=desk.now, households=correction.households) as uow:
            return await decide_correction(
                uow, correction.correction, what, operator=by, parameters=desk.parameters
            )

    async def reverse(self, correction: Correction, *, by: str = "ann") -> Correction:
        """Ask that a merge be taken back."""
        desk = self.desk
        async with desk.uows.begin(now=desk.now, households=correction.households) as uow:
            return await reverse_correction(
                uow, correction.correction, self._ask(by), parameters=desk.parameters
            )

    async def merged_into(self, household: str) -> str | None:
        """Return where a household went, None where it stands for itself."""
        return {each.household: each for each in await self.desk.stored(Household)}[household].merged_into
