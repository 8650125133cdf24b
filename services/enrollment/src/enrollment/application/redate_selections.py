"""A selection's dates were recorded wrong: it is called off, and made anew by the right ones (OPS-5, ENR-3, ENR-11)."""

from __future__ import annotations

from dataclasses import replace

from bulkhead.kernel.errors import NotFound
from bulkhead.persistence.ports import UnitOfWork
from enrollment.application.corrections import Asked, draft_of, load_book, make_correction
from enrollment.application.ports import Parameters
from enrollment.application.select_anew import select_anew
from enrollment.domain.corrections import Correction, SelectionDates, SelectionRedated
from enrollment.domain.redated_selections import check_dates, dates_of
from enrollment.domain.selections import Selection


async def redate_selection(
    uow: UnitOfWork,
    household: str,
    selection: str,
    *,
    dates: SelectionDates,
    asked: Asked,
    parameters: Parameters,
) -> Correction:
    """Correct when a selection was made, and when its event happened; return the correction.

    Raises `NotFound`, `NothingToCorrect`, `NotCorrected`, `InvalidValue`, `OutsideEnrollment` where it could not have
    been made then, and what selecting the plans anew raises.
    """
    found = await uow.records(Selection).get(selection=selection)
    if found is None or found.household != household:
        raise NotFound("the household has no such selection")
    check_dates(found, dates)
    draft = replace(
        draft_of(asked, household, "redate-selection", now=uow.now),
        selection=selection,
        dates=SelectionRedated(before=dates_of(found), after=dates),
    )
    return await make_correction(
        uow, draft, await load_book(uow, household), asked, do=select_anew, parameters=parameters
    )
