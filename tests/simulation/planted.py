"""Bugs planted on purpose, each at one place of the code under test: a simulation that misses one proves little.

`python -m simulation.planted` looks for each in one year after another and prints what found it; the tests play the
years that are known to (`Bug.seed`).
"""

from __future__ import annotations
import __future__

import asyncio
import inspect
import os
import re
import textwrap
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from itertools import count
from typing import Annotated, Any, TypeAlias
from unittest.mock import patch

import typer

import carrier_gateway.application.follow_policies
import enrollment.application.follow_carriers
import enrollment.domain.assistance
import enrollment.domain.eligibility
import enrollment.domain.months
import enrollment.domain.selections
import invoicing.application.approve_refund
import invoicing.domain.billing
import invoicing.domain.grace
import invoicing.domain.groups
import invoicing.domain.money
import payments.application.clear_payments
import payments.application.close_books
import payments.application.load_lockbox_files
import payments.application.remit_premiums
import payments.application.take_online_payment
import payments.domain.payments
import payments.entrypoints.api.intake
from bulkhead.duties.chunks import Chunks
from bulkhead.kernel.errors import Retryable
from bulkhead.messaging.arrivals import Arrival
from bulkhead.messaging.consumer import Consumer
from bulkhead.messaging.relay import Entry, Relay
from bulkhead.persistence.event_tables import OutboxRecord
from bulkhead.web.idempotency import RequestKey
from bulkhead_testing.broker import MemoryOutbox, MemorySubscription
from bulkhead_testing.memory import MemoryUnitOfWork
from carrier_gateway.domain.inbound import ACCEPTS
from carrier_gateway.domain.telling import NEXT
from invoicing.application.decided import ClosedBooks
from invoicing.domain.allocation import _Pile
from invoicing.domain.records import Payment
from payments.application.pay_refunds import RefundPoller
from simulation.workload import MOST_HOUSEHOLDS
from simulation.year import OFTEN, SHORT, Verdict, lead

MANY = 16
"""How many households at most live where a bug needs a rare household rather than a rare meeting."""

ROUGH = 0.4
"""How often something goes wrong where only a rare meeting shows a bug: in years as they are it takes many more."""

Planted: TypeAlias = AbstractContextManager[Any]

SEEDS = 200
"""In so many years each bug must show."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bug:
    """A bug, and a year that finds it, which holds without it: ``says`` is what is wrong, ``breaks`` which rule or guarantee
    that breaks. ``seed`` is None where no such year is known: a bug that is looked for and was not found yet.
    """

    name: str
    says: str
    breaks: str
    plant: Callable[[], Planted]
    seed: int | None
    months: int
    often: float
    most_households: int

    def __str__(self) -> str:
        return self.name


BUGS: dict[str, Bug] = {}


def bug(
    breaks: str,
    *,
    seed: int | None,
    months: int = SHORT,
    often: float = OFTEN,
    most_households: int = MOST_HOUSEHOLDS,
) -> Callable[[Callable[[], Planted]], Callable[[], Planted]]:
    """Keep a function that plants a bug under its own name."""

    def keep(plant: Callable[[], Planted]) -> Callable[[], Planted]:
        name = plant.__name__.replace("_", " ")
        BUGS[name] = Bug(
            name=name,
            says=plant.__doc__ or "",
            breaks=breaks,
            plant=plant,
            seed=seed,
            months=months,
            often=often,
            most_households=most_households,
        )
        return plant

    return keep


@contextmanager
def instead(function: Any, right: str, wrong: str) -> Iterator[None]:
    """Let a function have other code in one place, for all who hold it, as long as this lasts."""
    source = textwrap.dedent(inspect.getsource(function))
    source = source[re.search(r"^(async )?def ", source, re.MULTILINE).start() :]  # pyright: ignore[reportOptionalMemberAccess]
    if source.count(right) != 1:
        raise ValueError(f"{right!r} is {source.count(right)} times in {function.__qualname__}")
    flags = __future__.annotations.compiler_flag
    found: dict[str, Any] = {}
    exec(
        compile(source.replace(right, wrong), "<planted>", "exec", flags=flags, dont_inherit=True),
        function.__globals__,
        found,
    )
    right_code = function.__code__
    function.__code__ = found[function.__name__].__code__
    try:
        yield
    finally:
        function.__code__ = right_code


# What carries events and work


@bug("I8: every event has its effect once", seed=1)
def the_inbox_is_dropped() -> Planted:
    """An event that comes again has its effect again."""

    async def all_of_them(_self: Consumer, _uow: object, arrivals: Sequence[Arrival]) -> list[Arrival]:
        return list(arrivals)

    return patch.object(Consumer, "_not_seen_before", all_of_them)


@bug("outbox: what is said and what is done are one", seed=4, months=2, often=ROUGH)
def published_before_the_commit() -> Planted:
    """What a transaction has said is in the outbox although it fails."""
    leave = MemoryUnitOfWork.__aexit__

    async def publish_and_leave(unit: Any, *why: Any) -> None:
        if unit.emitted:
            records = {(each.seq,): each for each in unit._database.number(unit.emitted)}
            unit._database.commit({OutboxRecord: records}, unit.emitted)
            unit.emitted.clear()
        await leave(unit, *why)

    return patch.object(MemoryUnitOfWork, "__aexit__", publish_and_leave)


@bug("outbox: nothing that was committed is lost", seed=1)
def marked_before_it_is_published() -> Planted:
    """The relay remembers an event as published, then publishes it."""
    read = MemoryOutbox.read

    async def read_and_mark(outbox: MemoryOutbox, *, limit: int) -> list[Entry]:
        entries = await read(outbox, limit=limit)
        if entries:
            await outbox.mark(entries[-1].position)
        return entries

    return patch.object(MemoryOutbox, "read", read_and_mark)


@bug("outbox: in the order of households", seed=1)
def published_backwards() -> Planted:
    """What a household's events say last is published first."""
    messages = Relay._messages

    def backwards(*of: Any) -> Any:
        written, origins = messages(*of)
        return written[::-1], origins[::-1]

    return patch.object(Relay, "_messages", backwards)


@bug("locks: one at a time works on a household", seed=None, months=2, often=ROUGH)
def the_lock_is_forgotten() -> Planted:
    """Households are not locked."""

    async def pass_by(_unit: MemoryUnitOfWork) -> None:
        return

    return patch.object(MemoryUnitOfWork, "_lock", pass_by)


@bug("inbox: what failed is tried again", seed=26, months=2, often=ROUGH)
def the_seek_is_lost() -> Planted:
    """After a failure the consumer reads on instead of going back."""

    async def read_on(_subscription: MemorySubscription) -> None:
        return

    return patch.object(MemorySubscription, "rewind", read_on)


@bug("inbox: what failed is tried again", seed=10, months=2, often=ROUGH)
def what_failed_is_committed() -> Planted:
    """A batch that failed is dropped."""
    take = Consumer._take

    async def try_to_take(consumer: Consumer, messages: Any, *, through: Any) -> None:
        with suppress(Retryable):
            await take(consumer, messages, through=through)

    return patch.object(Consumer, "_take", try_to_take)


@bug("PAY-2", seed=10, months=2, often=ROUGH)
def the_answer_is_not_kept() -> Planted:
    """A request that comes again is done again."""

    async def forget(*_of: object) -> None:
        return

    return patch.object(RequestKey, "keep", forget)


@bug("PAY-2", seed=5, months=2, often=ROUGH)
def the_answer_is_not_looked_for() -> Planted:
    """A request that comes again gets no answer."""

    async def none(*_of: object) -> None:
        return

    return patch.object(RequestKey, "answered", none)


@bug("duties: each chunk is done once", seed=None, months=2, often=ROUGH)
def a_claim_is_done_twice() -> Planted:
    """Who does the households of a claim does not look whether another has."""
    return instead(Chunks._do_together, "if not await", "if None is await")


@bug("INV-17", seed=9)
def the_watermark_is_skipped() -> Planted:
    """Adverse acts do not wait for closed books."""
    return patch.object(ClosedBooks, "cover", lambda *_of: True)


@bug("PAY-10", seed=1)
def the_books_close_without_a_file() -> Planted:
    """The books of a day close although its lockbox file is awaited."""

    async def none(*_of: object, **_more: object) -> list[date]:
        return []

    return patch.object(payments.application.close_books, "_missing_days", none)


@bug("PAY-6", seed=None, months=3, often=ROUGH, most_households=MANY)
def a_late_remittance_takes_todays_date() -> Planted:
    """A remittance that is made late carries what has cleared only since its date."""
    return instead(payments.application.remit_premiums.remit_premiums, "by=duty_date)", "by=uow.today)")


@bug("PAY-4", seed=3)
def a_late_clearing_takes_todays_date() -> Planted:
    """Money clears on the day on which that is done."""
    return instead(
        payments.application.clear_payments.clear_payments,
        "clear(payment)",
        "clear(__import__('dataclasses').replace(payment, clears_on=uow.today))",
    )


# Money that comes and goes


@bug("PAY-2: no card is charged twice", seed=13, months=2, often=ROUGH)
def the_payment_has_an_id_of_its_own() -> Planted:
    """A payment's id does not come from its request's key."""
    ids = count()
    return patch.object(payments.entrypoints.api.intake, "_payment_id", lambda _key: f"payment-{next(ids)}")


@bug("PAY-2: no card is charged twice", seed=1)
def the_instant_is_in_the_id() -> Planted:
    """A payment's id comes from its request's key and from the clock."""
    return instead(
        payments.entrypoints.api.intake._take_online,
        "_online_order(household, body, key)",
        "__import__('dataclasses').replace(_online_order(household, body, key),"
        " payment=derived_id('payment', key.key, str(command.now)))",
    )


@bug("PAY-2: no card is charged twice", seed=1)
def each_try_is_a_charge() -> Planted:
    """The processor is given another reference at each try."""
    return instead(
        payments.application.take_online_payment.ask_the_processor,
        "reference=order.payment",
        "reference=f'{order.payment}.{attempt.open_tries}'",
    )


@bug("INV-6", seed=79)
def more_goes_back_than_is_due() -> Planted:
    """The processor is asked for twice what a refund takes from a payment."""
    return instead(RefundPoller._give_back, "amount_cents=part.cents", "amount_cents=2 * part.cents")


@bug("INV-6", seed=52)
def held_money_is_refunded() -> Planted:
    """A refund may be more than the credit: what is held for a month as well."""
    return instead(
        invoicing.application.approve_refund.approve_refund, "credit_cents, sum", "unapplied_cents, sum"
    )


@bug("PAY-3", seed=3)
def the_same_check_is_credited_again() -> Planted:
    """A check that comes in another file again is another payment."""

    async def none(*_of: object) -> set[Any]:
        return set()

    return patch.object(payments.application.load_lockbox_files, "_seen", none)


@bug("PAY-4", seed=1)
def money_clears_at_once() -> Planted:
    """Money clears on the day of its receipt."""
    return instead(
        payments.domain.payments.receive,
        "clearing_date(received_on=tender.received_on, parameters=parameters)",
        "tender.received_on",
    )


@bug("PAY-6", seed=10)
def remitted_before_it_clears() -> Planted:
    """A carrier is paid with money that has not cleared."""
    return instead(payments.application.remit_premiums._cleared, ", cleared_on__le=by", "")


@bug("PAY-7", seed=9, months=6)
def nothing_is_taken_back() -> Planted:
    """A month that is reversed after its remittance stays with the carrier."""
    return instead(
        payments.application.remit_premiums.remit_premiums,
        "fallen = await",
        "fallen = [] and await",
    )


# What is charged, settled and ended


@bug("INV-5", seed=9)
def the_newest_month_is_settled_first() -> Planted:
    """Money goes to the newest open month."""
    return instead(_Pile.months_open, "each.key))", "each.key), reverse=True)")


@bug("INV-5", seed=29)
def a_month_is_settled_for_one_policy_alone() -> Planted:
    """Each policy's charge of a month is settled by itself."""
    return instead(
        invoicing.domain.groups.group_key,
        "month_key(charge.month)",
        "month_key(charge.month) + charge.policy",
    )


@bug("INV-3", seed=1)
def a_month_is_skipped() -> Planted:
    """The run passes over every second month."""
    return instead(invoicing.domain.money.next_to_bill, "plus(1)", "plus(2)")


@bug("INV-4", seed=20, months=6, most_households=MANY)
def an_adjustment_is_on_every_invoice() -> Planted:
    """An invoice does not remember which adjustments it has shown."""
    return instead(
        invoicing.domain.billing._monthly,
        "account.put(replace(each, invoice=identity, invoiced_at=run.now))",
        "account.rows(Adjustment)",
    )


@bug("INV-4: a binder is paid as its invoice asks", seed=6)
def a_binder_rises_after_its_invoice() -> Planted:
    """A first premium that has risen since its invoice is to be paid before anything is covered."""
    return instead(
        invoicing.domain.money.refresh_charges,
        "not is_month(group_key(account, charge)) and _is_invoiced(account, charge)",
        "False",
    )


@bug("INV-17", seed=None)
def an_invoice_asks_for_what_was_before_it() -> Planted:
    """What an invoice asks for now was asked for before it was made."""
    return instead(invoicing.domain.groups.as_asked, "not each.shown_by(at)", "each.invoice is None")


@bug("INV-8", seed=None)
def grace_is_as_long_as_assistance_lasts() -> Planted:
    """The length of grace follows from what assistance has become since its cut-off."""
    return instead(
        invoicing.domain.grace._decide_first, "policy.known_at(then).is_assisted", "policy.is_assisted"
    )


@bug("INV-18", seed=5)
def a_part_of_a_month_is_rounded_down() -> Planted:
    """The cents of a month that is covered in part are cut off."""
    return instead(
        enrollment.domain.months._part,
        "round_half_up(Fraction(sum(cents * days for cents, days in shares), of))",
        "sum(cents * days for cents, days in shares) // of",
    )


@bug("ENR-8", seed=1)
def the_subsidy_is_forgotten() -> Planted:
    """The state's subsidy lowers no premium."""
    return instead(enrollment.domain.assistance.lower_premiums, "min(subsidy, gross - used_aptc)", "0")


@bug("INV-8", seed=4)
def grace_is_a_month_with_assistance() -> Planted:
    """Grace lasts one month for everybody."""
    return instead(invoicing.domain.grace._decide_first, "if assisted and paid_a_month", "if not True")


@bug("INV-11", seed=None, months=6, most_households=MANY)
def coverage_ends_with_grace() -> Planted:
    """With assistance too coverage ends on the last day of grace."""
    return instead(
        invoicing.domain.grace._expire, "through = grace.first_month.last_day", "through = grace.last_day"
    )


@bug("INV-12", seed=None, most_households=MANY)
def the_postmark_is_ignored() -> Planted:
    """Money counts from its receipt."""
    on_time_date: Any = Payment.on_time_date
    return instead(on_time_date.fget, "if self.postmarked_on is None", "if True")


# What carriers are told, and say


@bug("ENR-5", seed=5)
def the_dental_plan_is_not_held() -> Planted:
    """A carrier hears of the second plan before the binder is paid."""
    return instead(
        carrier_gateway.application.follow_policies.take_up_selection,
        "elif not fact.binder_required:",
        "elif not fact.binder_required or selected.kind == 'dental':",
    )


@bug("ENR-12: the first month is paid before coverage", seed=3)
def who_comes_over_pays_later() -> Planted:
    """Who comes over from a carrier needs no binder."""
    return instead(
        enrollment.domain.selections.select,
        "binder_required=binder.required",
        "binder_required=binder.required and carrier is None",
    )


@bug("ENR-10: what nobody confirmed in time gives no assistance", seed=8)
def what_runs_out_goes_on() -> Planted:
    """Verification that ran out changes no assistance."""
    return instead(
        enrollment.domain.eligibility.ran_out,
        "_NO_ASSISTANCE if answer is None",
        "household.assistance_on(since) if answer is None",
    )


@bug("ENR-10: the hub is asked until it answers", seed=16)
def the_hub_is_given_up() -> Planted:
    """Nobody is asked about any more once their time is over."""
    return instead(
        enrollment.domain.eligibility.is_asked_about,
        'household.verification != "verified"',
        'household.verification == "pending"',
    )


@bug("I4: carriers know what is so", seed=14)
def a_termination_is_not_told() -> Planted:
    """A carrier does not hear that coverage has ended."""
    return patch.dict(NEXT, {("covered", "ended"): None})  # pyright: ignore[reportArgumentType]


@bug("CAR-5", seed=None, most_households=MANY)
def an_effectuation_of_what_was_canceled_is_accepted() -> Planted:
    """A late effectuation is taken in although the policy was canceled."""
    return patch.dict(ACCEPTS, {("effectuation", "canceled"): "accepted"})  # pyright: ignore[reportArgumentType]


@bug("CAR-5", seed=None, most_households=MANY)
def an_effectuation_revives() -> Planted:
    """A policy that has ended stands again because its carrier confirms it."""
    return instead(
        enrollment.application.follow_carriers.note_effectuation,
        'acknowledge(before, event="effectuate")',
        "__import__('dataclasses').replace(acknowledge(before, event='effectuate'), lifecycle='active', ends=())",
    )


# Looking for them

app = typer.Typer(add_completion=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What came of looking for a bug: the first seed that shows it and how, None where none does."""

    bug: str
    seed: int | None
    oracle: str
    says: str


def look_for(name: str, seeds: Sequence[int]) -> Found:
    """Lead years with a bug until one shows it that holds without."""
    planted = BUGS[name]
    for seed in seeds:
        verdict = lead_with(planted, seed)
        if verdict.broken and not asyncio.run(_lead(planted, seed)).broken:
            return Found(bug=name, seed=seed, oracle=verdict.oracle, says=verdict.broken[0])
    return Found(bug=name, seed=None, oracle="", says="NOT FOUND")


def lead_with(planted: Bug, seed: int) -> Verdict:
    """Lead a year with a bug in the code."""
    with planted.plant():
        return asyncio.run(_lead(planted, seed))


async def _lead(planted: Bug, seed: int) -> Verdict:
    return await lead(
        seed, months=planted.months, often=planted.often, most_households=planted.most_households
    )


@app.command()
def main(
    names: Annotated[list[str] | None, typer.Argument(help="Bugs by part of their names, else all.")] = None,
    *,
    seeds: Annotated[int, typer.Option(min=1, help="In how many years each must show.")] = SEEDS,
    first: Annotated[int, typer.Option(help="The first seed.")] = 1,
    side_by_side: Annotated[int, typer.Option(min=1, help="Processes.")] = os.cpu_count() or 1,
) -> None:
    """Look for each planted bug, and print the first year that shows it and what found it; exit 1 where one is missed."""
    from simulation.__main__ import quietly

    wanted = [name for name in BUGS if not names or any(each in name for each in names)]
    missed = 0
    with ProcessPoolExecutor(side_by_side, initializer=quietly) as pool:
        looking = [pool.submit(look_for, name, range(first, first + seeds)) for name in wanted]
        for each in as_completed(looking):
            found = each.result()
            missed += found.seed is None
            print(
                f"{found.bug:<50} {found.seed or '-':>4}  {BUGS[found.bug].months:>2}  {found.says}",
                flush=True,
            )
    raise typer.Exit(1 if missed else 0)


if __name__ == "__main__":
    app()
