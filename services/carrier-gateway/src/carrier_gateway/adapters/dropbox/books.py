"""Carriers' books: brought in a piece at a time, staged, compared and answered (CAR-6)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from functools import partial

from bulkhead.files import Files, NoSuchFile
from bulkhead.persistence.ports import UnitOfWorkFactory
from bulkhead.retries.one_by_one import NotNow, do_one_by_one
from carrier_gateway.adapters.dropbox.boxes import DropBoxes, may_be, pieces_of
from carrier_gateway.application.compare_books import answer_piece, compare_more, mark_answered
from carrier_gateway.application.inbound_files import inbound_folder
from carrier_gateway.application.ports import Parameters
from carrier_gateway.application.send_transmissions import outbound_path
from carrier_gateway.application.take_books import (
    book_id,
    book_of,
    forget_pieces,
    forget_unowned,
    keep_book,
    keep_pieces,
    load_more,
    open_books,
    taken_before,
)
from carrier_gateway.application.waiting import BOOKS, carrier_lock
from carrier_gateway.domain.books import PIECE_BYTES, BookAnswer, BookContent, CarrierBook, Cut, read_piece
from carrier_gateway.domain.records import InboundFile

STEPS_A_TURN = 20
"""So many pieces or stretches of a carrier's book are done in one turn, each in a transaction of its own."""

_TO_ANSWER = ("compared", "refused")


async def bring_book(
    boxes: DropBoxes,
    path: str,
    *,
    carrier: str,
    name: str,
    uows: UnitOfWorkFactory,
    now: datetime,
    most_bytes: int,
) -> InboundFile:
    """Keep a book that lies in a drop-box; return its file, or the one of the same bytes that came before. It is read
    twice: what it is known by, its hash, comes first. Of what does not begin as a book the first piece is kept, which
    is refused.

    Raises `NoSuchFile`, `DropBoxAway`, and `NotNow` for one that is longer than ``most_bytes`` or still being written.
    """
    if (length := await boxes.size(path)) > most_bytes:
        raise NotNow(f"the book is of {length} bytes: it must be of {most_bytes} at most")
    sha256 = await _hashed(boxes, path)
    file = book_id(carrier=carrier, sha256=sha256)
    async with uows.begin(now=now, households=[carrier_lock(carrier)]) as uow:
        await forget_unowned(uow)
        known = await taken_before(uow, file=file)
    if known is not None:
        return known
    cut, digest, size, begins_well = Cut(), hashlib.sha256(), 0, True
    last: BookContent | None = None
    async for data in boxes.pieces(path, piece_bytes=PIECE_BYTES):
        digest.update(data)
        size += len(data)
        if not begins_well:
            continue
        is_first = last is None
        last = await _keep(uows, now, file=file, contents=cut.feed(data), after=last)
        if is_first and last is not None:
            begins_well = not read_piece(last).against
    if begins_well:
        last = await _keep(uows, now, file=file, contents=cut.close(), after=last)
    if digest.hexdigest() != sha256:
        async with uows.begin(now=now) as uow:
            await forget_pieces(uow, file=file)
        raise NotNow("the file changed while it was read")
    pieces = 0 if last is None else last.number
    async with uows.begin(now=now, households=[carrier_lock(carrier)]) as uow:
        return await keep_book(uow, carrier=carrier, name=name, sha256=sha256, size_bytes=size, pieces=pieces)


async def _keep(
    uows: UnitOfWorkFactory, now: datetime, *, file: str, contents: Iterable[bytes], after: BookContent | None
) -> BookContent | None:
    async with uows.begin(now=now) as uow:
        return await keep_pieces(uow, file=file, contents=contents, after=after)


async def _hashed(boxes: DropBoxes, path: str) -> str:
    digest = hashlib.sha256()
    async for data in boxes.pieces(path, piece_bytes=PIECE_BYTES):
        digest.update(data)
    return digest.hexdigest()


class BookPoller:
    """One turn goes on with each carrier's next book: stages it, compares it, and writes the answer."""

    name = "books"

    def __init__(self, *, uows: UnitOfWorkFactory, files: Files, parameters: Parameters) -> None:
        self._uows = uows
        self._parameters = parameters
        self._boxes = DropBoxes(uows=uows, files=files, side="outbound")

    async def turn(self, now: datetime) -> int:
        """Return how many steps were done. A book that fails delays itself alone."""
        away = await self._boxes.resting(now)

        async def go_on(book: CarrierBook) -> int:
            return await self._go_on(book, now, away)

        return await do_one_by_one(
            await self._open(now, away),
            retries=BOOKS,
            uows=self._uows,
            now=now,
            key=lambda book: book.file,
            do=go_on,
        )

    async def pending(self, now: datetime) -> int:
        """Return how many carriers' books can be gone on with."""
        return len(await self._open(now, await self._boxes.resting(now)))

    async def _open(self, now: datetime, away: set[str]) -> list[CarrierBook]:
        async with self._uows.begin(now=now) as uow:
            resting = await BOOKS.resting(uow)
            books = await open_books(uow, leave=resting)
        return [each for each in books if not (each.state in _TO_ANSWER and each.carrier in away)]

    async def _go_on(self, book: CarrierBook, now: datetime, away: set[str]) -> int:
        if book.state in _TO_ANSWER:
            return await self._answer(book, now, away)
        for done in range(STEPS_A_TURN):
            async with self._uows.begin(now=now, households=[carrier_lock(book.carrier)]) as uow:
                await BOOKS.forget(uow, [book.file])
                went_on = await load_more(uow, book.file) or await compare_more(
                    uow, book.file, parameters=self._parameters
                )
            if not went_on:
                return done
        return STEPS_A_TURN

    async def _answer(self, book: CarrierBook, now: datetime, away: set[str]) -> int:
        async with self._uows.begin(now=now) as uow:
            known = await book_of(uow, book.file)
        if known is None or known.state not in _TO_ANSWER or known.answer is None:
            return 0  # another replica was faster
        path = outbound_path(carrier=book.carrier, file=known.answer)
        pieces = pieces_of(self._uows, now, read=partial(answer_piece, file=book.file), content=_content)

        async def put() -> None:
            await self._boxes.put_in_pieces(path, pieces)
            if known.state == "refused" and known.layout == "RCNI":
                await self._move_refused(known, now)

        if not await self._boxes.reached(book.carrier, put(), away=away, now=now):
            return 0
        async with self._uows.begin(now=now, households=[carrier_lock(book.carrier)]) as uow:
            await BOOKS.forget(uow, [book.file])
            await mark_answered(uow, book.file)
        return 1

    async def _move_refused(self, book: CarrierBook, now: datetime) -> None:
        """Move a book that lies among what was processed to what is refused. One that came in a request lies nowhere,
        and another of its name may: only its own bytes are moved.
        """
        async with self._uows.begin(now=now) as uow:
            (file,) = await uow.records(InboundFile).select(file=book.file)
        folder = inbound_folder(book.carrier)
        for path in await self._boxes.names(f"{folder}/processed"):
            if may_be(path, name=file.name, sha256=file.sha256):
                with suppress(NoSuchFile):  # another replica was faster
                    if await _hashed(self._boxes, path) == file.sha256:
                        await self._boxes.put_away(path, folder=f"{folder}/refused", sha256=file.sha256)


def _content(piece: BookAnswer) -> bytes:
    return piece.content.encode()
