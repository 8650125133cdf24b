"""An 820 that is taken says what is written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from remittance_builders import read820

from carrier_gateway.x12.remittance820.build import build_entity, build_payment
from mutation.sound import Sound
from mutation.verdicts import Outcome, Wrong, envelope_of, lines_of_file, nobody_is_told


def of_820(sound: Sound, data: bytes) -> Outcome:
    payments, entities, problems = read820([data])
    if problems:
        nobody_is_told([str(each) for each in problems])
        if any(each.position < 1 or not each.says for each in problems):
            raise Wrong("a problem has no place")
        if lines_of_file(data) == sound.lines:
            raise Wrong(f"it says the same, and is refused: {problems[0]}")
        return Outcome(verdict="refused", faults=tuple(dict.fromkeys(str(each.fault) for each in problems)))
    lines = lines_of_file(data)
    if lines is None:
        raise Wrong("it cannot be cut, and is taken up")
    if lines == sound.lines:
        return Outcome(verdict="the same")
    built = [each for one in payments for each in build_payment(payment=one)]
    built += [each for one in entities for each in build_entity(entity=one)]
    around = ("ISA", "GS", "ST", "SE", "GE", "IEA")
    written = [each for each in lines if each.tag not in around]
    for each in lines:
        if each.tag == "ST":
            envelope_of(lines, each.position)
    one = sorted(_as_built(each.tag, each.elements) for each in built)
    other = sorted(_as_built(each.tag, each.elements) for each in written)
    if one != other:
        raise Wrong(
            f"what was understood is not what is written: {[each for each in other if each not in one][:2]}"
        )
    return Outcome(verdict="taken up")


_OF_THE_BANKS: Final = range(11, 15)
"""BPR12 to BPR15, which name the payee's account, and are the bank's to read; counted from 0."""


def _as_built(tag: str, elements: Sequence[str]) -> tuple[str, ...]:
    """Return a segment with amounts in cents and without what an 820 is not read for."""
    kept = list(elements)
    amount = {"BPR": 1, "RMR": 3}.get(tag)
    if amount is not None and amount < len(kept):
        kept[amount] = str(round(float(kept[amount]) * 100))
    if tag == "BPR":
        kept = [each if at not in _OF_THE_BANKS else "" for at, each in enumerate(kept)]
        kept[4] = ""  # CCP or nothing: by BPR04
    if tag == "PER" and len(kept) > 1:
        kept[1] = ""  # who answers the telephone
    if tag == "ENT":
        kept = [str(int(kept[0])), *kept[1:]]
    return (tag, *kept)
