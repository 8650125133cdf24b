"""Whatever becomes of a household, the lines of its balance add up to it, and what is owed is owed for something."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bulkhead.kernel.timelines import placed
from invoicing.application.explain import explain_charge_of, statement_of
from invoicing.application.timeline import history_of, place_of, timeline_of
from invoicing.domain.decisions import Decision
from invoicing.domain.records import Adjustment, Charge, Invoice, Payment, Transfer
from services.invoicing.tests.builders import Book
from services.invoicing.tests.property.test_any_year import acts, live


async def lived(steps: list[tuple[int, str, int]], *, assisted: bool) -> Book:
    """Return the book after a life of these steps."""
    book = Book()
    await live(book, steps, assisted=assisted)
    return book


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=acts, assisted=st.booleans(), limit=st.sampled_from([1, 2, 7, 500]))
async def test_INV_16_the_sum_of_the_lines_is_the_balance_to_the_cent(
    steps: list[tuple[int, str, int]], assisted: bool, limit: int
) -> None:
    book = await lived(steps, assisted=assisted)
    async with book.database.begin(now=book.now) as uow:
        statement = await statement_of(uow, "h", limit=limit)
        whole = await statement_of(uow, "h", limit=500)
    owed, held, credit = await book.balance("h")
    assert statement.balance_cents == sum(each.cents for each in statement.lines)
    assert statement.balance_cents == owed - held - credit + statement.position.owed_back_cents
    assert statement.lines == () or statement.lines[-1].balance_cents == statement.balance_cents
    assert len(statement.lines) <= limit + 1
    assert sum(each.owed_cents for each in statement.owed_for) == owed
    assert all(0 < each.owed_cents <= each.cents for each in statement.owed_for)
    assert all(line in whole.lines for line in statement.lines if line.number)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=acts, assisted=st.booleans())
async def test_INV_3_the_sum_of_a_charges_lines_is_what_is_owed_of_it(
    steps: list[tuple[int, str, int]], assisted: bool
) -> None:
    book = await lived(steps, assisted=assisted)
    parameters = book.service.dependencies.parameters
    async with book.database.begin(now=book.now) as uow:
        for charge in book.database.rows(Charge):
            found = await explain_charge_of(
                uow, household="h", policy=charge.policy, month=charge.month, parameters=parameters
            )
            assert sum(each.cents for each in found.lines) == charge.owed_cents


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=acts, assisted=st.booleans())
async def test_a_history_has_all_that_became_of_a_household_once_and_in_order_of_its_instants_too(
    steps: list[tuple[int, str, int]], assisted: bool
) -> None:
    book = await lived(steps, assisted=assisted)
    parameters = book.service.dependencies.parameters
    async with book.database.begin(now=book.now) as uow:
        history = await history_of(uow, "h")
        told = [each for _, each in placed(await timeline_of(uow, "h", parameters=parameters))]
    kept = [row for kind in (Invoice, Payment, Adjustment, Decision) for row in book.database.rows(kind)]
    assert history == sorted(kept, key=place_of)
    assert [each.at for each in told] == sorted(each.at for each in told)
    own = [each for each in told if each.what not in ("charged", "settled")]
    ours = {Invoice: "invoiced", Payment: "received", Adjustment: "adjusted"}
    assert [each.what for each in own] == [
        each.decided if isinstance(each, Decision) else ours[type(each)] for each in history
    ]
    transfers = [each.cents for each in book.database.rows(Transfer) if each.kind in ("charged", "settled")]
    assert sum(each.cents or 0 for each in told if each not in own) == sum(transfers)
