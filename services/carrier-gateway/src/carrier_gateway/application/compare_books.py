"""Carriers' books are compared with ours, a stretch of policies at a time, and answered (CAR-6)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from bulkhead.kernel.ids import derived_id
from bulkhead.persistence.ports import UnitOfWork
from carrier_gateway.application.carriers import profile_of
from carrier_gateway.application.ports import Parameters
from carrier_gateway.application.take_books import book_of, refuse_superseded
from carrier_gateway.domain.books import (
    BookAnswer,
    BookFault,
    BookRow,
    BookState,
    CarrierBook,
    answer_head,
    answer_name,
)
from carrier_gateway.domain.discrepancies import Compared, Difference, Discrepancy, OurBook, compare
from carrier_gateway.domain.records import ContactMember, InboundFile, Policy

POLICIES_AT_ONCE: Final = 2_000
"""So many of our policies are compared in one transaction, with all the book has between the first and the last."""

FAULTS_AT_ONCE: Final = 5_000
"""So many fields that could not be read are told of in one transaction, and are in one piece of the answer."""

ANSWER_COLUMNS: Final = ("line", "policy", "member", "disposition", "ours", "theirs", "wins")
_ANSWERED: Final[Mapping[BookState, BookState]] = {"compared": "answered", "refused": "returned"}
UNREADABLE: Final = "unreadable"
AGREES: Final = "agrees"


async def compare_more(
    uow: UnitOfWork, file: str, *, parameters: Parameters, at_once: int = POLICIES_AT_ONCE
) -> bool:
    """Compare the next stretch of a book with ours; after the last, tell of what cannot be read in it, and end it.
    Return whether any was done.

    A difference that is new comes onto the work list; one that is there has been seen again, or is open again. When all
    is compared, those that this book does not show any more are closed. The caller holds the carrier's lock.
    """
    book = await book_of(uow, file)
    if book is None or book.state != "loaded" or book.as_of is None:
        return False
    if await refuse_superseded(uow, book):
        return True
    stretch = await _next_stretch(uow, book, at_once=at_once)
    if stretch is None:
        if not await _tell_unreadable(uow, book):
            await _end(uow, book, book.as_of)
        return True
    profile = await profile_of(uow, book.carrier)
    unplaced = await _unplaced(uow, book, stretch.ours)
    ours = OurBook(
        policies={each.policy: each for each in stretch.ours},
        people=await _people(uow, stretch.ours, stretch.rows),
        profile=profile,
        unplaced=unplaced,
    )
    compared = list(compare(ours, stretch.rows, as_of=book.as_of))
    pack = parameters.as_of(book.as_of)
    carrier_wins = frozenset(pack.carrier_wins)
    await _note(uow, book, book.as_of, compared, carrier_wins)
    if "" in unplaced:
        await _keep_of_missing(uow, book, compared)
    lines = "".join(_answer_line(each, carrier_wins) for person in compared for each in _said(person))
    await uow.records(BookAnswer).add(
        [BookAnswer(file=file, number=book.answer_pieces + 1, content=lines)] if lines else []
    )
    differing = sum(bool(each.differences) for each in compared)
    agreeing = sum(not each.differences and not each.is_faulty for each in compared)
    await uow.records(CarrierBook).put(
        [
            replace(
                book,
                compared_through=stretch.through,
                differing=book.differing + differing,
                agreeing=book.agreeing + agreeing,
                answer_pieces=book.answer_pieces + bool(lines),
            )
        ]
    )
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stretch:
    """All that both books have of the policies up to one."""

    ours: Sequence[Policy]
    rows: Sequence[BookRow]
    through: str


async def _next_stretch(uow: UnitOfWork, book: CarrierBook, *, at_once: int) -> _Stretch | None:
    """Return the next policies of either book; None after the last. Ids are in the order of their characters' codes,
    here as in the database.
    """
    most_rows = 3 * at_once
    ours = await uow.records(Policy).select(
        carrier=book.carrier, policy__gt=book.compared_through, order_by=("policy",), limit=at_once
    )
    # Bounded on both sides: what was staged just now has no statistics yet, and a plan that sorted all that is left
    # of it would do so again for each stretch.
    bounds = {"policy__le": ours[-1].policy} if len(ours) == at_once else {}
    rows = await uow.records(BookRow).select(
        file=book.file,
        policy__gt=book.compared_through,
        **bounds,
        order_by=("policy", "line"),
        limit=most_rows,
    )
    if not ours and not rows:
        return None
    ends: list[str] = []
    if len(ours) == at_once:
        ends.append(ours[-1].policy)
    if len(rows) == most_rows:
        last = rows[-1].policy
        # The last one's lines may not all be here. One that has more than all this has to be read whole.
        rows = [each for each in rows if each.policy < last] or await uow.records(BookRow).select(
            file=book.file, policy=last, order_by=("line",)
        )
        ends.append(rows[-1].policy)
    through = min(ends, default=max(each.policy for each in (*ours[-1:], *rows[-1:])))
    return _Stretch(
        ours=[each for each in ours if each.policy <= through],
        rows=[each for each in rows if each.policy <= through],
        through=through,
    )


async def _unplaced(uow: UnitOfWork, book: CarrierBook, policies: Sequence[Policy]) -> frozenset[str]:
    """Return who of these policies stands on a line of a book whose policy cannot be read; besides "" where it has a
    line of which neither can be.
    """
    if not book.bad_rows:
        return frozenset()
    people = sorted(
        {member for each in policies for version in each.versions for member in version.members} | {""}
    )
    return frozenset(await uow.records(BookRow).distinct("member", file=book.file, policy="", member=people))


async def _keep_of_missing(uow: UnitOfWork, book: CarrierBook, compared: Iterable[Compared]) -> None:
    """Keep open what is known of those whom a book does not name: they may be on a line that names nobody."""
    missing = [each for person in compared for each in person.differences if each.kind == "missing-there"]
    if missing:
        await uow.records(Discrepancy).update(
            {"file": book.file},
            carrier=book.carrier,
            state="open",
            policy=sorted({each.policy for each in missing}),
            member=sorted({each.member for each in missing}),
        )


async def _people(
    uow: UnitOfWork, policies: Sequence[Policy], rows: Sequence[BookRow]
) -> dict[tuple[str, str], ContactMember]:
    """Return the people of the policies that a book names, as of the contact that each needs."""
    named = {each.policy for each in rows}
    wanted = [each for each in policies if each.policy in named]
    households = sorted({each.household for each in wanted})
    members = await uow.records(ContactMember).select(household=households) if households else []
    by_contact: dict[tuple[str, int], list[ContactMember]] = {}
    for each in members:
        by_contact.setdefault((each.household, each.contact_version), []).append(each)
    return {
        (policy.policy, person.member): person
        for policy in wanted
        for person in by_contact.get((policy.household, policy.contact_version), ())
    }


async def _note(
    uow: UnitOfWork,
    book: CarrierBook,
    as_of: date,
    compared: Iterable[Compared],
    carrier_wins: frozenset[str],
) -> None:
    found = {
        made.discrepancy: made
        for person in compared
        for each in person.differences
        for made in [_discrepancy(book, as_of, each, carrier_wins)]
    }
    # Of whom a field cannot be read nothing is known to be put right.
    unread = [each for each in compared if each.is_faulty]
    if unread:
        still = {"file": book.file}
        policies = sorted({each.policy for each in unread})
        await uow.records(Discrepancy).update(still, carrier=book.carrier, state="open", policy=policies)
        # Of who is not known here the discrepancy names no policy.
        unknown = sorted(
            {derived_id(book.carrier, each.policy, each.member, "missing-here") for each in unread}
        )
        await uow.records(Discrepancy).update(still, carrier=book.carrier, state="open", discrepancy=unknown)
    if not found:
        return
    known = await uow.records(Discrepancy).select(discrepancy=sorted(found))
    for before in known:
        found[before.discrepancy] = _again(before, found[before.discrepancy])
    await uow.records(Discrepancy).put(found.values())


def _discrepancy(
    book: CarrierBook, as_of: date, difference: Difference, carrier_wins: frozenset[str]
) -> Discrepancy:
    policy = difference.known_policy
    return Discrepancy(
        discrepancy=derived_id(book.carrier, difference.policy, difference.member, difference.kind),
        carrier=book.carrier,
        household=None if policy is None else policy.household,
        policy="" if policy is None else policy.policy,
        member=difference.known_member,
        kind=difference.kind,
        ours=difference.ours,
        theirs=difference.theirs,
        wins="carrier" if difference.kind in carrier_wins else "exchange",
        file=book.file,
        line=difference.line,
        first_seen=as_of,
        open_since=as_of,
        last_seen=as_of,
    )


def _again(before: Discrepancy, now: Discrepancy) -> Discrepancy:
    """Return a difference that was seen before: since then, or again. One that has come again, or that differs
    otherwise than it did, is left to nobody. What a name or a birth date was is not kept.
    """
    is_back = before.state == "closed"
    is_same = (now.ours, now.theirs) == (before.ours, before.theirs)
    return replace(
        now,
        first_seen=before.first_seen,
        open_since=now.open_since if is_back else before.open_since,
        times=before.times + is_back,
        is_left=before.is_left and is_same and not is_back,
    )


async def _tell_unreadable(uow: UnitOfWork, book: CarrierBook) -> bool:
    """Write into the answer what cannot be read of the next lines, and forget it; return whether there was any."""
    faults = await uow.records(BookFault).select(
        file=book.file, order_by=("line", "field"), limit=FAULTS_AT_ONCE
    )
    if not faults:
        return False
    last = faults[-1].line
    if len(faults) == FAULTS_AT_ONCE and faults[0].line < last:
        # The last one's may not all be here.
        faults = [each for each in faults if each.line < last]
    lines = "".join(f"{each.line}|||{UNREADABLE}||{each.field}: {each.says}|\n" for each in faults)
    number = book.answer_pieces + 1
    await uow.records(BookAnswer).add([BookAnswer(file=book.file, number=number, content=lines)])
    await uow.records(BookFault).remove(file=book.file, line__le=faults[-1].line)
    await uow.records(CarrierBook).put([replace(book, answer_pieces=number)])
    return True


async def _end(uow: UnitOfWork, book: CarrierBook, as_of: date) -> None:
    """Close what this book shows no more, and forget the staged rows: the file is kept."""
    await uow.records(Discrepancy).update(
        {"state": "closed", "closed_on": as_of}, carrier=book.carrier, state="open", file__ne=book.file
    )
    head = f"{answer_head(carrier=book.carrier, as_of=as_of)}{'|'.join(ANSWER_COLUMNS)}\n"
    tail = f"END|{book.agreeing}|{book.differing}|{book.bad_rows}\n"
    await uow.records(BookAnswer).add(
        [
            BookAnswer(file=book.file, number=0, content=head),
            BookAnswer(file=book.file, number=book.answer_pieces + 1, content=tail),
        ]
    )
    await uow.records(BookRow).remove(file=book.file)
    answer = answer_name(file=book.file, on=as_of)
    await uow.records(CarrierBook).put([replace(book, state="compared", answer=answer)])
    file = await uow.records(InboundFile).get(file=book.file)
    if file is not None and file.state == "stored":
        await uow.records(InboundFile).put([replace(file, state="processed")])


def _said(person: Compared) -> Sequence[Difference | Compared]:
    """Return what a carrier is told of somebody: each difference, or that there is none. What cannot be read comes by
    itself.
    """
    return () if person.is_faulty and not person.differences else person.differences or (person,)


def _answer_line(said: Difference | Compared, carrier_wins: frozenset[str]) -> str:
    line = "" if said.line is None else said.line
    if isinstance(said, Compared):
        return f"{line}|{said.policy}|{said.member}|{AGREES}|||\n"
    wins = "carrier" if said.kind in carrier_wins else "exchange"
    # What is none of ours may be anything about anybody: the line says whom it names.
    policy = "" if said.known_policy is None else said.policy
    return f"{line}|{policy}|{said.known_member}|{said.kind}|{said.ours}|{said.theirs}|{wins}\n"


async def answer_piece(uow: UnitOfWork, number: int, *, file: str) -> BookAnswer | None:
    """Return the piece of an answer of that number; None after the last."""
    return await uow.records(BookAnswer).get(file=file, number=number)


async def mark_answered(uow: UnitOfWork, file: str) -> None:
    """Note that the answer to a book is whole in the drop-box. The caller holds the carrier's lock."""
    book = await book_of(uow, file)
    if book is not None and book.state in _ANSWERED:
        await uow.records(CarrierBook).put([replace(book, state=_ANSWERED[book.state])])
