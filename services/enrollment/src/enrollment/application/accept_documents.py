"""Staff accepts a household's documents in the place of what the hub did not confirm (45 CFR 155.315(f)(2)(ii))."""

from __future__ import annotations

from collections.abc import Collection

from bulkhead.persistence.ports import UnitOfWork
from enrollment.application.book import PolicyBook
from enrollment.application.decide_eligibility import note_decided
from enrollment.application.find_household import registered
from enrollment.application.ports import Parameters
from enrollment.domain.determination import Attested
from enrollment.domain.eligibility import Decided, counts_from, documents_accepted
from enrollment.domain.households import Household
from enrollment.domain.policies import Policy


async def accept_documents(
    uow: UnitOfWork, *, household: str, confirmed: Collection[Attested], parameters: Parameters
) -> Decided:
    """Note that documents show this of what a household attests; return what it makes of its verification.

    Raises `NotFound` for a household nobody registered, and `NothingToVerify`; then nothing happened.
    """
    book = await PolicyBook.load(uow, [household])
    known = registered(book.find(Household, household))
    since = counts_from(book.rows(Policy), today=uow.today)
    decided = documents_accepted(known, confirmed, since=since, today=uow.today)
    await note_decided(uow, book, decided, parameters=parameters.as_of(uow.today))
    return decided
