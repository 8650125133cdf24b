"""Use case: send what is queued, each notice once.

No mail server can be told "only if you have not had it", so a crash in one narrow place can send a message
twice: after the server took it and before that is recorded here. To keep that window as small as it can be, a
notice is marked as being sent before, recorded right after, one by one, and repeated under the same
Message-ID, by which receivers know it. Only the end of the process, or a connection that breaks before the
server's answer is read, opens the window: an answer whose recording failed is kept, and recorded first the
next time.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final, Literal

from bulkhead.kernel.calendar import local_date
from bulkhead.persistence.ports import UnitOfWork
from notifications.application.outlets import Handed
from notifications.application.reach import find_reach, forgotten_without_contact
from notifications.application.set_channel import channel_states
from notifications.application.stop_notices import standing_stops
from notifications.application.waiting import NOTICES
from notifications.domain.amounts import after_decline, changed_since
from notifications.domain.announced import AnnouncedMaintenance
from notifications.domain.channels import open_doors
from notifications.domain.contacts import reading_language
from notifications.domain.copies import SentCopy, copy_of
from notifications.domain.coverage import Policy
from notifications.domain.events import NoticeSent
from notifications.domain.letters import Content, Written
from notifications.domain.money import Account, letter_sent
from notifications.domain.notices import (
    TO_SEND,
    By,
    Notice,
    NoticeFacts,
    NoticeType,
    claimed,
    forgotten_one,
    may_be_claimed,
    next_to_send,
    outdated_one,
    returned,
    stepped,
    turned,
    turned_to_paper,
)
from notifications.domain.outdated import TOLD_AGAIN, is_outdated
from notifications.domain.parameters import NotificationsParameters
from notifications.domain.preferences import Reach
from notifications.domain.print_batches import PrintedLetter, printed_letter
from notifications.domain.stops import NoticeStop, batches_that_may_leave, stopping

LEASE = timedelta(minutes=15)
"""For how long a sender has a notice to itself: longer than a batch takes with every answer timing out."""

LOOKS = 8
"""How many batches of households are looked at for something to send, where all of them have to rest."""


_OF_MONEY: Final[frozenset[NoticeType]] = frozenset(
    {
        "invoice",
        "invoice-voided",
        "autopay-begun",
        "autopay-ended",
        "autopay-declined",
        "deadline-moved",
        "deadline-moved-back",
        "maintenance",
    }
)
"""What is written from a household's money as it is when the letter is sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sendable:
    """Notices a sender may take now, and the household after which to look the next time."""

    notices: tuple[Notice, ...]
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """Notices that a sender got, each household's in order, and how many others go another way now."""

    notices: tuple[Notice, ...]
    turned: int


async def find_sendable(
    uow: UnitOfWork,
    *,
    by: By,
    sender: str,
    limit: int,
    after: str = "",
    leave: Collection[str] = (),
    held: Collection[NoticeType] = (),
) -> Sendable:
    """Return at most ``limit`` notices this sender may take now, each household's in the order of what they
    tell (NOT-1); those in ``leave`` have to rest.

    Households take turns: it goes on with the one after ``after``, and from the first again after the last,
    so that none waits for ever behind others that have much to be sent. What is stopped is passed over (NOT-3), and so
    are the types that are ``held`` for now: it holds back nothing, and nobody looks through it.
    """
    notices, stops = uow.records(Notice), await standing_stops(uow)
    found: list[Notice] = []
    from_the_first = after == ""
    for _ in range(LOOKS):
        households = await _households_with_some(uow, by=by, stops=stops, held=held, after=after, limit=limit)
        if not households:
            after = ""
            if found or from_the_first:
                break
            from_the_first = True
            continue
        unsent = await notices.select(state=list(TO_SEND), by=by, household=households)
        for after in households:
            own = [
                each
                for each in unsent
                if each.household == after and _may_leave(each, stops=stops, held=held)
            ]
            found += next_to_send(own, by=by, sender=sender, now=uow.now, resting=leave)
            if len(found) >= limit:
                return Sendable(notices=tuple(found[:limit]), after=after)
    return Sendable(notices=tuple(found), after=after)


async def _households_with_some(
    uow: UnitOfWork,
    *,
    by: By,
    stops: Sequence[NoticeStop],
    held: Collection[NoticeType],
    after: str,
    limit: int,
) -> list[str]:
    """Return, in order, households after the cursor with something unsent: those of which all is stopped are not among
    them, and of the others at least ``limit`` are not named by any stop, where there are so many.
    """
    named = {each.household for each in stops if each.household is not None}
    found: set[str] = set()
    for batch in batches_that_may_leave(stops):
        types = [each for each in batch.types if each not in held]
        if not types:
            continue
        conditions: dict[str, Any] = {"type": types}
        if batch.since is not None:
            conditions["created_at__ge"] = batch.since
        if batch.before is not None:
            conditions["created_at__lt"] = batch.before
        found.update(
            await uow.records(Notice).distinct(
                "household",
                **conditions,
                state=list(TO_SEND),
                by=by,
                household__gt=after,
                limit=limit + len(named),
            )
        )
    stopped = {each.household for each in stops if each.is_of_all_of_a_household}
    return [each for each in sorted(found)[: limit + len(named)] if each not in stopped]


async def claim_notices(
    uow: UnitOfWork,
    *,
    notices: Collection[Notice],
    by: By,
    sender: str,
    reach: Mapping[str, Reach],
    leave: Collection[str] = (),
    held: Collection[NoticeType] = (),
) -> Claimed:
    """Take notices for this sender and return those it got; those that go another way by now are queued for that
    (NOT-1). Their households are locked.
    """
    wanted = {each.notice for each in notices}
    households = sorted({each.household for each in notices})
    unsent = await uow.records(Notice).select(household=households, state=list(TO_SEND), by=by)
    stops = await standing_stops(uow)
    taken, gone = list[Notice](), list[Notice]()
    for household in households:
        own = [
            each
            for each in unsent
            if each.household == household and _may_leave(each, stops=stops, held=held)
        ]
        takeable = next_to_send(own, by=by, sender=sender, now=uow.now, resting=leave)
        for each in takeable:
            if each.notice not in wanted:
                continue
            way = reach[household].way(each)
            if way == by:
                taken.append(claimed(each, sender=sender, until=uow.now + LEASE))
            else:
                gone.append(turned(each, by=way))
    await uow.records(Notice).put([*taken, *gone])
    return Claimed(notices=tuple(taken), turned=len(gone))


def _may_leave(notice: Notice, *, stops: Sequence[NoticeStop], held: Collection[NoticeType]) -> bool:
    return notice.type not in held and stopping(stops, notice) is None


async def withdraw_outdated(uow: UnitOfWork, *, notices: Collection[Notice], by: By, sender: str) -> int:
    """Have those of these notices not leave any more that tell what is not so, or was told since (NOT-1, NOT-3), and
    those of households that were forgotten; return how many those are. Their households are locked.
    """
    households = sorted({each.household for each in notices})
    wanted, records = sorted({each.notice for each in notices}), uow.records(Notice)
    stops = await standing_stops(uow)
    unsent = [
        each
        for each in await records.select(notice=wanted, state=list(TO_SEND))
        if may_be_claimed(each, by=by, sender=sender, now=uow.now) and stopping(stops, each) is None
    ]
    told = await records.select(household=households, type=list(TOLD_AGAIN))
    accounts = {each.household: each for each in await uow.records(Account).select(household=households)}
    policies = await uow.records(Policy).select(household=households)
    called_off = await _called_off(uow, unsent)
    forgotten = await forgotten_without_contact(uow, households)
    outdated = [
        each
        for each in unsent
        if each.household not in forgotten
        and is_outdated(
            each,
            household=[other for other in told if other.household == each.household],
            account=accounts.get(each.household),
            policies={other.policy: other for other in policies if other.household == each.household},
            year=uow.today.year,
            called_off=called_off,
        )
    ]
    to_nobody = [each for each in unsent if each.household in forgotten]
    await records.put(outdated_one(each) for each in outdated)
    await records.put(forgotten_one(each) for each in to_nobody)
    await uow.records(Account).put(with_no_letter(accounts, [*outdated, *to_nobody]))
    return len(outdated) + len(to_nobody)


async def _called_off(uow: UnitOfWork, notices: Sequence[Notice]) -> set[str]:
    """Return which maintenance is called off of which these notices tell."""
    named = {each.facts.maintenance.maintenance for each in notices if each.facts.maintenance is not None}
    if not named:
        return set()
    windows = uow.records(AnnouncedMaintenance)
    return set(await windows.distinct("maintenance", maintenance=sorted(named), withdrawn=True))


def with_no_letter(accounts: Mapping[str, Account], outdated: Sequence[Notice]) -> list[Account]:
    """Return the accounts of invoices whose letters do not leave any more: those need nothing kept."""
    found: dict[str, Account] = {}
    for each in outdated:
        account = found.get(each.household) or accounts.get(each.household)
        if each.facts.invoice is not None and account is not None:
            found[each.household] = letter_sent(account, each.facts.invoice.invoice)
    return list(found.values())


async def forget_those_sent(uow: UnitOfWork, failed: Collection[str]) -> None:
    """Let nothing wait any more for notices that failed once and have gone out since, or go another way."""
    if failed:
        unsent = await uow.records(Notice).distinct("notice", notice=sorted(failed), state=list(TO_SEND))
        await NOTICES.forget(uow, set(failed).difference(unsent))


async def gather_content(
    uow: UnitOfWork,
    *,
    notices: Sequence[Notice],
    reach: Mapping[str, Reach],
    parameters: NotificationsParameters,
    languages: Sequence[str],
) -> list[Content]:
    """Return what these notices are written from, as things are now: newest contact, open doors (NOT-2), what lowers an
    invoice since it was made (NOT-1), and whether autopay draws it (PAY-8), in one of these ``languages``.
    """
    households = sorted({notice.household for notice in notices})
    policies = {each.policy: each for each in await uow.records(Policy).select(household=households)}
    doors = open_doors(parameters=parameters, states=await channel_states(uow))
    accounts = await _accounts(uow, notices)
    heard, ends = await _heard_of(uow, notices), await _ends_told(uow, notices)
    content = [
        Content(
            notice=_as_coverage_is(notice, policies, ends),
            contact=(contact := reach[notice.household].contact(notice.by or "paper")),
            language=reading_language(contact.language, languages),
            wording=parameters.wordings[notice.type],
            policies=_named(notice, policies),
            doors=doors,
            parameters=parameters,
            # What it tells of may have happened by another clock: no letter is older than that.
            today=max(uow.today, local_date(notice.occurred_at)),
        )
        for notice in notices
    ]
    return [_as_money_is(each, accounts.get(each.notice.household), policies, heard) for each in content]


async def _heard_of(uow: UnitOfWork, notices: Sequence[Notice]) -> set[str]:
    """Return which of the invoices were heard of whose draws were declined."""
    named = {each.facts.declined.invoice for each in notices if each.facts.declined is not None}
    if not named:
        return set()
    return set(await uow.records(Notice).distinct("about", type="invoice", about=sorted(named)))


async def _ends_told(uow: UnitOfWork, notices: Sequence[Notice]) -> set[tuple[str, date]]:
    """Return the last days that were told of policies whose end moved, each with its policy."""
    moved = [each for each in notices if each.facts.coverage is not None and each.facts.coverage.instead_of]
    if not moved:
        return set()
    told = await uow.records(Notice).select(
        household=sorted({each.household for each in moved}),
        type=["coverage-ended", "coverage-reinstated"],
        state="sent",
    )
    found = [each.facts.coverage for each in told if each.facts.coverage is not None]
    return {(each.policy, each.through) for each in found if each.through is not None}


def _as_coverage_is(
    notice: Notice, policies: Mapping[str, Policy], ends: Collection[tuple[str, date]]
) -> Notice:
    """Return a notice without what it tells of plans that are called off since, or chosen otherwise, and of an end that
    was not told: ``ends`` are those that were (NOT-1).
    """
    own = [each for each in policies.values() if each.household == notice.household]
    coverage, renewal = notice.facts.coverage, notice.facts.renewal
    if coverage is not None and coverage.instead_of is not None:
        if (coverage.policy, coverage.instead_of) not in ends:
            return replace(notice, facts=NoticeFacts(coverage=replace(coverage, instead_of=None)))
        return notice
    if coverage is not None and coverage.rolled_to is not None:
        anew = [each for each in own if (each.plan, each.effective) == (coverage.plan, coverage.rolled_to)]
        if anew and all(each.state != "selected" for each in anew):
            return replace(notice, facts=NoticeFacts(coverage=replace(coverage, rolled_to=None)))
    if renewal is None:
        return notice
    gone = {
        (each.plan, each.carrier)
        for each in own
        if each.selection == notice.about and each.state == "canceled"
    }
    plans = tuple(each for each in renewal.plans if (each.plan, each.carrier) not in gone)
    return replace(notice, facts=NoticeFacts(renewal=replace(renewal, plans=plans)))


async def as_doors_are(uow: UnitOfWork, content: Content) -> Content:
    """Return the content with the doors that are open now (NOT-2)."""
    states = await channel_states(uow)
    return replace(content, doors=open_doors(parameters=content.parameters, states=states))


async def _accounts(uow: UnitOfWork, notices: Sequence[Notice]) -> dict[str, Account]:
    """Return the money of the households whose letters speak of what is to be paid."""
    households = sorted({each.household for each in notices if each.type in _OF_MONEY})
    if not households:
        return {}
    return {each.household: each for each in await uow.records(Account).select(household=households)}


def _as_money_is(
    content: Content, account: Account | None, policies: Mapping[str, Policy], heard: Collection[str]
) -> Content:
    """Return the content with what is asked for, as the household's money is now; ``heard`` are invoices that were
    heard of, whether they are kept or not.
    """
    facts, household = content.notice.facts, content.notice.household
    own = {each.policy: each for each in policies.values() if each.household == household}
    if facts.declined is not None:
        known = facts.declined.invoice in heard
        return replace(content, after=after_decline(facts.declined, account, own, heard=known))
    if account is None:
        return content
    if facts.voided is not None:
        return replace(
            content,
            called_off=account.has_called_off(facts.voided.invoice),
            binder=_binder(facts.voided.selection, account, own),
        )
    if facts.invoice is None:
        return replace(content, autopay_on=account.autopay is not None)
    invoice = facts.invoice.invoice
    return replace(
        content,
        since=changed_since(account, invoice=invoice, policies=own),
        draw=account.find_draw(invoice),
        not_drawn=account.leaves_to_its_payer(invoice),
    )


def _binder(
    selection: str | None, account: Account, policies: Mapping[str, Policy]
) -> Literal["open", "paid"] | None:
    """Return how a selection's binder stands, None where none of its coverage is to begin or has begun."""
    states = {each.state for each in policies.values() if each.selection == selection}
    closed = account.find_closed(selection)
    if closed is None:
        return "open" if "selected" in states else None
    return "paid" if closed.end == "paid" and states & {"selected", "active"} else None


def _named(notice: Notice, policies: Mapping[str, Policy]) -> dict[str, Policy]:
    return {policy: policies[policy] for policy in sorted(notice.facts.policies)}


async def record_sent(
    uow: UnitOfWork, *, content: Content, written: Written, handed: Handed, by: By, sender: str
) -> int:
    """Record that a notice is out, keep what left, and say so (NOT-1).

    Return 1, or 0 where this sender has it no more.
    """
    held = await _held(uow, notices=[content.notice.notice], sender=sender)
    if not held:
        return 0
    notice = held[0]
    sent = replace(
        notice,
        state=stepped(notice, "sent"),
        by=by,
        claimed_by=None,
        claimed_until=None,
        attempts=notice.attempts + 1,
        problem=None,
        sent_on=content.today,
        language=content.language,
        wording=content.wording,
        doors=content.doors.names,
        subject=written.subject,
        says=written.says,
    )
    await uow.records(Notice).put([sent])
    copy = copy_of(
        handed.content, notice=notice.notice, by=by, household=notice.household, sent_on=content.today
    )
    await uow.records(SentCopy).put([copy])
    if by == "paper":
        await uow.records(PrintedLetter).put(
            [
                printed_letter(
                    notice=notice.notice,
                    household=notice.household,
                    printed_on=content.today,
                    file=handed.file,
                    sha256=copy.sha256,
                    pages=handed.pages,
                    parameters=content.parameters,
                )
            ]
        )
    if notice.facts.invoice is not None:
        accounts = await uow.records(Account).select(household=notice.household)
        invoice = notice.facts.invoice.invoice
        await uow.records(Account).put(letter_sent(each, invoice) for each in accounts)
    uow.emit(
        NoticeSent(
            household=notice.household,
            notice=notice.notice,
            notice_type=notice.type,
            by=by,
            sent_on=content.today,
        ),
        household=notice.household,
        business_date=content.today,
    )
    return 1


async def turn_to_paper(uow: UnitOfWork, *, notice: str, sender: str) -> int:
    """Queue a notice to go on paper because its e-mail was refused for good, and keep that it was (NOT-4).

    Return how many notices went on: none where this sender has it no more.
    """
    held = await _held(uow, notices=[notice], sender=sender)
    await uow.records(Notice).put(turned_to_paper(each, on=uow.today) for each in held)
    return len(held)


async def return_notices(
    uow: UnitOfWork,
    *,
    notices: Collection[str],
    sender: str,
    problem: str,
    attempts: int,
    step: Literal["returned", "failed"] = "returned",
) -> None:
    """Put notices back that did not go out, to go later: queued, or stuck where they ``failed``. They go the same way,
    unless their household chose another one meanwhile (NOT-1).

    ``problem`` is why, in fixed words, for those who look; ``attempts`` counts the times each was tried.
    """
    held = await _held(uow, notices=notices, sender=sender)
    reach = await find_reach(uow, [each.household for each in held])
    back = [returned(each, problem=problem, attempts=attempts, step=step) for each in held]
    await uow.records(Notice).put(
        # Of a household that was forgotten meanwhile it is withdrawn as it is to go again.
        replace(each, by=reach[each.household].way(each)) if each.household in reach else each
        for each in back
    )


async def _held(uow: UnitOfWork, *, notices: Collection[str], sender: str) -> list[Notice]:
    return await uow.records(Notice).select(notice=sorted(notices), state="sending", claimed_by=sender)
