"""Which file is changed how: drawn from a seed and a number, the same again each time."""

from __future__ import annotations

import hashlib
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import SequenceMatcher
from random import Random
from types import FrameType
from typing import Final

from mutation.bringing import bring
from mutation.changes import ALL, Plan, changed, lines_of, plan_of
from mutation.oracle import outcome
from mutation.sound import Kind, Sound, pool_of
from mutation.verdicts import Outcome, Wrong

SECONDS: Final = 2.0
"""Of the processor: who needs more for one file hangs."""

BROUGHT_EACH: Final = 20
"""Of so many files one is brought to the gateway whole, the others are read and judged."""

WEIGHTS: Final[Mapping[Kind, int]] = {
    "word": 40,
    "acknowledgement": 18,
    "audit": 10,
    "ours": 14,
    "remittance": 10,
    "book": 8,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A changed file: of which sound one, by which plan."""

    sound: Sound
    plan: Plan
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A file of which something became that may not: what, and of which kind that is."""

    kind: str
    says: str


class Drawing:
    """Draws changed files, and says of each what became of it."""

    def __init__(self, sounds: Mapping[str, Sound], *, seed: int) -> None:
        self._seed = seed
        self._by_kind = {kind: [one for one in sounds.values() if one.kind == kind] for kind in WEIGHTS}
        self._pools = {
            "x12": pool_of(*(one.data for one in sounds.values() if one.layout == "x12")),
            "book": tuple(line for one in self._by_kind["book"] for line in lines_of(one.data, "book")),
        }
        text = repr((seed, ALL, WEIGHTS, sorted((each.name, each.data) for each in sounds.values())))
        self.drawn_by = hashlib.sha256(text.encode()).hexdigest()[:16]
        """Names what is drawn: another seed, other sound files or other changes draw others."""

    def draw(self, number: int) -> Drawn:
        """Return the changed file of a number."""
        rng = Random(f"{self._seed}:{number}")
        kind = rng.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        sound = rng.choice(self._by_kind[kind])
        plan = plan_of(rng)
        return Drawn(sound=sound, plan=plan, data=self.made(sound, plan, number))

    def made(self, sound: Sound, plan: Plan, number: int) -> bytes:
        """Return a sound file to which a plan was done, as it is in the file of that number."""
        seed = f"{self._seed}:{number}"
        return changed(sound.data, layout=sound.layout, pool=self._pools[sound.layout], plan=plan, seed=seed)


async def tried(sound: Sound, data: bytes, *, whole: bool) -> Outcome | Failure:
    """Return what became of a changed file; brought to the gateway too where the ``whole`` way is asked for."""
    try:
        with _in_time():
            found = outcome(sound, data)
            if whole:
                await bring(sound, data, found)
    except Wrong as wrong:
        return Failure(kind=f"wrong: {_form(str(wrong))}", says=str(wrong))
    except _Hang:
        return Failure(kind="hang", says=f"it takes more than {SECONDS} s of the processor")
    except Exception as error:  # noqa: BLE001 - whatever is raised is what is looked for
        return Failure(kind=f"crash: {type(error).__name__}", says=repr(error))
    return found


async def shortest(sound: Sound, data: bytes, failure: Failure, *, whole: bool) -> bytes:
    """Return a file that still fails in the same way, with as little changed in the sound one as can be left."""
    while True:
        for smaller in _smaller(sound.data, data):
            became = await tried(sound, smaller, whole=whole) if smaller != data else None
            if isinstance(became, Failure) and became.kind == failure.kind:
                data = smaller
                break
        else:
            return data


def _smaller(sound: bytes, data: bytes) -> Iterator[bytes]:
    """Yield files in which one of the differences from the sound one is taken back."""
    one, other = _pieces(sound), _pieces(data)
    for tag, begin, end, first, last in SequenceMatcher(a=one, b=other, autojunk=False).get_opcodes():
        if tag != "equal":
            yield b"".join((*other[:first], *one[begin:end], *other[last:]))
            for at in range(first, last):
                yield b"".join((*other[:at], *other[at + 1 :]))


def _pieces(data: bytes) -> list[bytes]:
    return data.splitlines(keepends=True)


def _form(says: str) -> str:
    return "".join("#" if each.isdigit() else each for each in says)[:60]


class _Hang(BaseException):
    """A file takes too long."""


@contextmanager
def _in_time() -> Iterator[None]:
    def over(_signal: int, _frame: FrameType | None) -> None:
        raise _Hang

    before = signal.signal(signal.SIGVTALRM, over)
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
