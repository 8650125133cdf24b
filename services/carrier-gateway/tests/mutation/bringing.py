"""A changed file brought to the gateway as its carrier does: the whole use case, on a copy of a gateway in memory."""

from __future__ import annotations

from collections.abc import Sequence

from gateway_builders import PACK

from bulkhead.kernel.decisions import Reason
from bulkhead_testing.contact_keys import CONTACT_KEYS
from bulkhead_testing.files import MemoryFiles
from bulkhead_testing.memory import MemoryDatabase
from carrier_gateway.bootstrap import assemble
from carrier_gateway.domain.books import CarrierBook
from carrier_gateway.domain.records import (
    InboundFile,
    InboundRecord,
    Policy,
    ReceivedAcknowledgement,
    Transmission,
    WrittenAcknowledgement,
)
from mutation.sound import READER, Sound
from mutation.verdicts import Outcome, Wrong, nobody_is_told
from mutation.written import between, cut

_MOST_TURNS = 20


async def bring(sound: Sound, data: bytes, by_itself: Outcome) -> tuple[Reason, ...]:
    """Bring a file to the gateway and return why it, or what of it, is not taken up; nothing where nobody brings it.

    Raises `Wrong` where it is stuck, is passed over, or is judged otherwise than by itself.
    """
    if sound.gateway is None:
        return ()
    database = sound.gateway.database.copied()
    known = {each.file for each in database.rows(InboundFile)}
    await _brought(sound, data, database)
    (file,) = [each for each in database.rows(InboundFile) if each.file not in known]
    records = [each for each in database.rows(InboundRecord) if each.file == file.file]
    received = [each for each in database.rows(ReceivedAcknowledgement) if each.file == file.file]
    if sound.kind == "book":
        _book(database.rows(CarrierBook), file, by_itself)
    else:
        _records(sound, file, records, received, by_itself)
        _noted_of_what_was_sent(received, database.rows(Transmission), data)
        if not any(each.outcome == "accepted" for each in records):
            _nothing_changed(sound.gateway.database, database)
    for each in database.rows(WrittenAcknowledgement):
        if each.file == file.file:
            _answer_is_sound(each.content.encode("ascii"), sound)
    reasons = [*file.reasons, *(one for each in (*records, *received) for one in each.reasons)]
    nobody_is_told(each.says for each in reasons)
    if file.state == "refused" and not reasons:
        raise Wrong("it is refused, and no reason says why")
    return tuple(reasons)


async def _brought(sound: Sound, data: bytes, database: MemoryDatabase) -> None:
    """Have the gateway of a copy take a file in, and do all that follows."""
    if sound.gateway is None:
        return
    boxes = MemoryFiles()
    boxes.content.update(sound.gateway.boxes.content)
    path = f"{sound.profile.carrier}/inbound/{sound.file}"
    await boxes.put(path, data)
    pollers = assemble(pack=PACK, dropbox=boxes, contact_keys=CONTACT_KEYS).pollers(database.units_of_work)
    for _ in range(_MOST_TURNS):
        if not sum([await each.turn(sound.gateway.now) for each in pollers]):
            break
    else:
        raise Wrong("the gateway does not come to rest")
    if path in boxes.content:
        raise Wrong("it is stuck in the drop-box")


def _records(
    sound: Sound,
    file: InboundFile,
    records: Sequence[InboundRecord],
    received: Sequence[ReceivedAcknowledgement],
    by_itself: Outcome,
) -> None:
    """A file is processed where anything of it is taken up, and what is not has its reason."""
    if any(each.outcome == "refused" and not each.reasons for each in records):
        raise Wrong("a record is refused, and no reason says why")
    if any(each.outcome == "set-apart" and not each.reasons for each in received):
        raise Wrong("an acknowledgement is set apart, and no reason says why")
    taken = [each for each in records if each.outcome == "accepted"]
    noted = [each for each in received if each.outcome != "set-apart"]
    if file.state != ("processed" if taken or noted else "refused"):
        raise Wrong(f"it is {file.state}, and {len(taken)} of its records are accepted")
    if by_itself.verdict == "refused" and file.state == "processed":
        raise Wrong("by itself it is refused, and in the gateway it is not")
    if by_itself.verdict in ("the same", "taken up") and sound.kind == "word" and not taken:
        raise Wrong("by itself it is taken up, and in the gateway it is not")


def _nothing_changed(before: MemoryDatabase, after: MemoryDatabase) -> None:
    if before.rows(Policy) != after.rows(Policy) or len(before.emitted) != len(after.emitted):
        raise Wrong("it is refused, and something has changed")


def _noted_of_what_was_sent(
    received: Sequence[ReceivedAcknowledgement], sent: Sequence[Transmission], data: bytes
) -> None:
    """What is noted of a set accepts or rejects that set, by its number and kind, and counts it alone."""
    numbers = {each.transmission: each.control_number for each in sent}
    noted = [each for each in received if each.outcome == "noted"]
    lines = cut(data) if noted else []
    for each in noted:
        first = lines[each.position - 1]
        inside = [first, *between(lines, each.position, "SE")] if first.tag == "ST" else [first]
        if each.transmission is None or numbers[each.transmission] != each.control_number:
            raise Wrong("an acknowledgement is noted of another set than it answers")
        for line in inside:
            if (line.tag, line.get(1)) not in (("AK1", "BE"), ("AK2", "834")) and line.tag in ("AK1", "AK2"):
                raise Wrong("an acknowledgement is noted of a set of another kind")
            if line.tag == "AK2" and int(line.get(2)) != each.control_number:
                raise Wrong("an acknowledgement is noted that names another set")
            if line.tag == "AK9" and line.get(1) in "AE" and {int(line.get(at)) for at in (2, 3, 4)} != {1}:
                raise Wrong("an acknowledgement is noted that counts other sets")


def _answer_is_sound(answer: bytes, sound: Sound) -> None:
    said = READER.read(answer, profile=sound.profile)
    found = [*said.findings]
    for interchange in said.interchanges:
        found += [one for each in interchange.acknowledgements for one in each.findings]
    if found or not said.interchanges or any(each.note != "000" for each in said.interchanges):
        raise Wrong("what is answered is not sound itself")


def _book(books: Sequence[CarrierBook], file: InboundFile, by_itself: Outcome) -> None:
    states = [each.state for each in books if each.file == file.file]
    if states not in (["answered"], ["returned"]):
        raise Wrong(f"a book is left {states}")
    if (states == ["returned"]) != (by_itself.verdict == "refused"):
        raise Wrong("a book is judged otherwise than by itself")
