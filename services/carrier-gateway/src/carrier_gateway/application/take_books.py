"""Carriers' books: kept whole, a piece at a time, then staged to be compared (CAR-6)."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta

from bulkhead.kernel.ids import derived_id
from bulkhead.persistence.ports import UnitOfWork
from carrier_gateway.domain.books import (
    BookAnswer,
    BookContent,
    BookFault,
    BookRow,
    BookState,
    CarrierBook,
    PieceRead,
    answer_head,
    answer_name,
    is_known_by,
    only_named,
    piece_after,
    pieces_of,
    read_piece,
    refused_book,
)
from carrier_gateway.domain.carriers import CarrierProfile
from carrier_gateway.domain.records import InboundFile
from carrier_gateway.domain.said import InterchangeSaid

IN_ORDER = ("came_at", "file")
"""A carrier's books are compared in the order they came in."""

REFUSED = "REFUSED"
"""What the one line of the answer to a book that is refused begins with."""

BRINGING_TAKES = timedelta(days=1)
"""No book takes so long to be brought in."""

COMPARED_LATER = "A book of a later day was compared before it."


def book_id(*, carrier: str, sha256: str) -> str:
    """Return the id of the file of these bytes."""
    return derived_id(carrier, sha256)


async def taken_before(uow: UnitOfWork, *, file: str, lies_in_box: bool = True) -> InboundFile | None:
    """Return the file where the same bytes were kept before, and count the copy; None where they are new.

    They are a copy once the first ones have been moved out of the way.
    """
    known = await uow.records(InboundFile).get(file=file)
    if known is not None and known.filed and lies_in_box:
        known = replace(known, copies=known.copies + 1)
        await uow.records(InboundFile).put([known])
    return known


async def keep_pieces(
    uow: UnitOfWork, *, file: str, contents: Iterable[bytes], after: BookContent | None = None
) -> BookContent | None:
    """Keep pieces of a book before they are read, those that come ``after`` one; return the last one there is."""
    last = after
    for content in contents:
        last = piece_after(last, file=file, content=content, kept_at=uow.now)
        await uow.records(BookContent).add_new([last])
    return last


async def forget_pieces(uow: UnitOfWork, *, file: str) -> None:
    """Forget what was kept of a file that was another one by its end."""
    await uow.records(BookContent).remove(file=file)


async def forget_unowned(uow: UnitOfWork) -> None:
    """Forget the pieces of books that were never kept whole, and that nobody is at any more: their bringing ended."""
    begun = await uow.records(BookContent).distinct("file", number=1, kept_at__lt=uow.now - BRINGING_TAKES)
    if not begun:
        return
    owned = set(await uow.records(CarrierBook).distinct("file", file=begun))
    unowned = [each for each in begun if each not in owned]
    if unowned:
        await uow.records(BookContent).remove(file=unowned)


async def keep_book(
    uow: UnitOfWork,
    *,
    carrier: str,
    name: str,
    sha256: str,
    size_bytes: int,
    pieces: int,
    lies_in_box: bool = True,
) -> InboundFile:
    """Note that a book is kept whole; return its file."""
    file = InboundFile(
        file=book_id(carrier=carrier, sha256=sha256),
        carrier=carrier,
        name=name,
        sha256=sha256,
        size_bytes=size_bytes,
        stored_at=uow.now,
        state="stored",
        copies=0,
        filed=not lies_in_box,
        reasons=(),
    )
    book = CarrierBook(file=file.file, carrier=carrier, layout="RCNI", came_at=uow.now, pieces=pieces)
    if await uow.records(InboundFile).add_new([file]):
        await uow.records(CarrierBook).add([book])
    return file


async def keep_whole_book(uow: UnitOfWork, *, carrier: str, name: str, data: bytes) -> InboundFile:
    """Keep a book that came in one request; return its file, or the one of the same bytes that came before."""
    sha256 = hashlib.sha256(data).hexdigest()
    file = book_id(carrier=carrier, sha256=sha256)
    known = await taken_before(uow, file=file)
    if known is not None:
        return known
    last = await keep_pieces(uow, file=file, contents=pieces_of(data))
    return await keep_book(
        uow,
        carrier=carrier,
        name=name,
        sha256=sha256,
        size_bytes=len(data),
        pieces=0 if last is None else last.number,
        lies_in_box=False,
    )


async def open_books(uow: UnitOfWork, *, leave: Collection[str]) -> list[CarrierBook]:
    """Return of each carrier that has a profile the book to be gone on with: one after the other, as they came. Those
    to ``leave``, which failed, hold up none that came after them.
    """
    states: list[BookState] = ["stored", "loaded", "compared", "refused"]
    found: dict[str, CarrierBook] = {}
    for book in await uow.records(CarrierBook).select(state=states, order_by=IN_ORDER):
        if book.file not in leave:
            found.setdefault(book.carrier, book)
    known = await uow.records(CarrierProfile).distinct("carrier", carrier=sorted(found)) if found else []
    return [found[carrier] for carrier in known]


async def book_of(uow: UnitOfWork, file: str) -> CarrierBook | None:
    """Return a book."""
    return await uow.records(CarrierBook).get(file=file)


async def load_more(uow: UnitOfWork, file: str) -> bool:
    """Stage the next piece of a book, and refuse the book or have it compared after the last; return whether any was
    done.

    A book of another carrier, of a day to come or before that of the last one, without an end or with another number of
    lines than its end counts, is refused whole: what is missing in it is missing by mistake. The caller holds the
    carrier's lock.
    """
    book = await book_of(uow, file)
    if book is None or book.state != "stored":
        return False
    if await refuse_superseded(uow, book):
        return True
    piece = await uow.records(BookContent).get(file=file, number=book.loaded_pieces + 1)
    read = None if piece is None else read_piece(piece)
    against = "It is empty." if read is None else await _against(uow, book, read)
    if read is None or against:
        await _refuse(uow, book if read is None else replace(book, as_of=book.as_of or read.as_of), against)
        return True
    await uow.records(BookRow).add(read.rows)
    await uow.records(BookFault).add(read.faults)
    loaded = replace(
        book,
        as_of=book.as_of or read.as_of,
        loaded_pieces=book.loaded_pieces + 1,
        rows=book.rows + _people_named(read.rows),
        bad_rows=book.bad_rows + read.bad_rows,
    )
    if loaded.loaded_pieces == loaded.pieces:
        loaded = replace(loaded, state="loaded")
    await uow.records(CarrierBook).put([loaded])
    return True


async def stage_audit(uow: UnitOfWork, *, file: InboundFile, interchanges: Sequence[InterchangeSaid]) -> None:
    """Stage what the audit sets of a file say as its carrier's book, which is whole in one file; none where it has
    none.

    Of who is in a set that is not sound nothing is compared. The caller holds the carrier's lock.
    """
    sets = [each for interchange in interchanges for each in interchange.sets if each.audited is not None]
    if not sets:
        return
    days = [each.created_on for each in interchanges if each.created_on is not None]
    as_of = min(max(days, default=uow.today), uow.today)
    rows: list[BookRow] = []
    faults: list[BookFault] = []
    bad = 0
    for each in sets:
        findings = [*each.findings, *(one for member in each.members for one in member.findings)]
        for row in each.audited or ():
            is_known = is_known_by(row.policy) and is_known_by(row.member)
            bad += bool(findings) or not is_known
            rows.append(replace(row if is_known and not findings else only_named(row), file=file.file))
            if not is_known:
                says = "it must have a policy id (1L) and a member id (17), of 1 to 50 plain characters without blanks"
                faults.append(_fault(file, row, says))
            faults += [_fault(file, row, f"{one.segment}: {one.says}") for one in findings[:1] if is_known]
    book = CarrierBook(
        file=file.file,
        carrier=file.carrier,
        layout="834",
        came_at=uow.now,
        pieces=0,
        state="loaded",
        as_of=as_of,
        rows=_people_named(rows),
        bad_rows=bad,
    )
    await uow.records(CarrierBook).add([book])
    await uow.records(BookRow).add(rows)
    await uow.records(BookFault).add(faults)


async def refuse_superseded(uow: UnitOfWork, book: CarrierBook) -> bool:
    """Refuse a book where one of a later day was compared since it came, and return whether it was: it would close
    what that one found. The caller holds the carrier's lock.
    """
    if book.as_of is None or not await _compared_later(uow, carrier=book.carrier, as_of=book.as_of):
        return False
    await _refuse(uow, book, COMPARED_LATER)
    return True


def _people_named(rows: Iterable[BookRow]) -> int:
    return sum(bool(each.policy and each.member) for each in rows)


def _fault(file: InboundFile, row: BookRow, says: str) -> BookFault:
    return BookFault(file=file.file, line=row.line, field="", says=says)


async def _compared_later(uow: UnitOfWork, *, carrier: str, as_of: date) -> int:
    return await uow.records(CarrierBook).count(
        carrier=carrier, state=["compared", "answered"], as_of__gt=as_of
    )


async def _against(uow: UnitOfWork, book: CarrierBook, read: PieceRead) -> str:
    """Return why a book is refused for what its next piece says; empty where it is not."""
    is_last = book.loaded_pieces + 1 == book.pieces
    if read.against:
        return read.against
    if book.loaded_pieces == 0:
        if read.carrier != book.carrier:
            return "Its first line names another carrier."
        if read.as_of is None or read.as_of > uow.today:
            return "It is of a day that has not come."
        if await _compared_later(uow, carrier=book.carrier, as_of=read.as_of):
            return COMPARED_LATER
    if not is_last:
        return "" if read.end is None else "Lines come after its last one, which counts them."
    if read.end is None:
        return "It has no last line that counts the others: it may have been cut off."
    if read.end != await _lines_of_people(uow, book, read):
        return "Its last line counts other than its lines."
    return ""


async def _lines_of_people(uow: UnitOfWork, book: CarrierBook, read: PieceRead) -> int:
    """Return how many lines of people a book has: all but its first two and its last."""
    last = await uow.records(BookContent).get(file=book.file, number=book.pieces)
    return 0 if last is None else last.first_line + read.lines - 1 - 3


async def _refuse(uow: UnitOfWork, book: CarrierBook, against: str) -> None:
    """Refuse a book whole, forget what was staged of it, and make the answer that says why."""
    await uow.records(BookRow).remove(file=book.file)
    await uow.records(BookFault).remove(file=book.file)
    await uow.records(BookAnswer).remove(file=book.file)
    file = await uow.records(InboundFile).get(file=book.file)
    name = "" if file is None else file.name
    head = answer_head(carrier=book.carrier, as_of=book.as_of)
    content = f"{head}{REFUSED}|{against}|{name}\n"
    await uow.records(BookAnswer).add([BookAnswer(file=book.file, number=0, content=content)])
    answer = answer_name(file=book.file, on=book.as_of or uow.today)
    await uow.records(CarrierBook).put([replace(book, state="refused", answer=answer)])
    if file is not None:
        reason = refused_book(against, file=file.name)
        # As an 834 the file was judged and acknowledged before its turn came.
        state = file.state if book.layout == "834" else "refused"
        await uow.records(InboundFile).put([replace(file, state=state, reasons=(*file.reasons, reason))])
