"""No changed file brings the gateway down, or is taken for what it does not say (CAR-5): `make mutants` tries more."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from mutation import drawing, oracle
from mutation.changes import ALL
from mutation.drawing import BROUGHT_EACH, Drawing, Failure, shortest, tried
from mutation.oracle import outcome
from mutation.sittings import Chunk, OtherFiles, Sittings
from mutation.sound import Sound, sound_files
from mutation.verdicts import Outcome, Wrong

from bulkhead.kernel.personal import Masked
from carrier_gateway.adapters.x12.inbound import Reader834
from carrier_gateway.domain.carriers import CarrierProfile
from carrier_gateway.domain.said import FileSaid, InterchangeSaid, MemberSaid, SetSaid

CORPUS = Path(__file__).parents[1] / "fixtures" / "mutants"
WENT_WRONG = sorted(path.name for path in CORPUS.iterdir())
"""Each file that was once taken for what it does not say, by the sound file that it was made of."""

INPUTS = 800


@pytest.fixture
async def sounds() -> dict[str, Sound]:
    return await sound_files()


async def test_CAR_5_nothing_is_wrong_with_a_sound_file(sounds: dict[str, Sound]) -> None:
    assert {each.kind for each in sounds.values()} == set(drawing.WEIGHTS)
    for each in sounds.values():
        assert await tried(each, each.data, whole=True) == Outcome(verdict="the same")


async def test_CAR_5_no_changed_file_is_taken_for_what_it_does_not_say(sounds: dict[str, Sound]) -> None:
    drawn = Drawing(sounds, seed=1)
    wrong: list[object] = []
    verdicts: set[str] = set()
    for number in range(INPUTS):
        made = drawn.draw(number)
        became = await tried(made.sound, made.data, whole=number % BROUGHT_EACH == 0)
        if isinstance(became, Failure):
            wrong.append((number, made.sound.name, made.plan, became))
        else:
            verdicts.add(became.verdict)
    assert wrong == []
    assert verdicts == {"refused", "taken up", "taken up in part", "the same"}


@pytest.mark.parametrize("name", WENT_WRONG)
async def test_CAR_5_what_went_wrong_once_is_refused(name: str, sounds: dict[str, Sound]) -> None:
    sound = sounds[name.partition(".")[0]]
    became = await tried(sound, (CORPUS / name).read_bytes(), whole=True)
    assert isinstance(became, Outcome), became


async def test_a_number_draws_the_same_file_again_and_another_seed_another(sounds: dict[str, Sound]) -> None:
    one, same, other = (Drawing(sounds, seed=seed) for seed in (1, 1, 2))
    assert [one.draw(each).data for each in range(20)] == [same.draw(each).data for each in range(20)]
    assert [one.draw(each).data for each in range(20)] != [other.draw(each).data for each in range(20)]
    assert one.drawn_by == same.drawn_by != other.drawn_by


async def test_every_change_is_drawn_and_changes_something(sounds: dict[str, Sound]) -> None:
    drawn = Drawing(sounds, seed=1)
    changing: set[str] = set()
    for number in range(3000):
        made = drawn.draw(number)
        if len(made.plan) == 1 and made.data != made.sound.data:
            changing.add(made.plan[0][0])
    assert changing | {"counts made to fit", "numbers made to fit"} == set(ALL)


class Raises(Reader834):
    """A reader that fails on a sign that it does not know."""

    def read(self, data: bytes, *, profile: CarrierProfile) -> FileSaid:
        """Return what a file says."""
        data.decode("ascii")
        return super().read(data, profile=profile)


class Hangs(Reader834):
    """A reader that does not come to an end where a count is wrong."""

    def read(self, data: bytes, *, profile: CarrierProfile) -> FileSaid:
        """Return what a file says."""
        said = super().read(data, profile=profile)
        while any(each.fault == "set-count-wrong" for one in said.sets for each in one.findings):
            time.process_time()
        return said


class Deaf(Reader834):
    """A reader that does not hear some faults of a set."""

    deaf_to: str

    def read(self, data: bytes, *, profile: CarrierProfile) -> FileSaid:
        """Return what a file says."""
        return _changed(super().read(data, profile=profile), self._of_set)

    def _of_set(self, said: SetSaid) -> SetSaid:
        return replace(said, findings=tuple(each for each in said.findings if each.fault != self.deaf_to))


class MiscountsSegments(Deaf):
    """A reader that takes any SE01."""

    deaf_to = "set-count-wrong"


class MiscountsNumbers(Deaf):
    """A reader that takes any SE02."""

    deaf_to = "set-number-differs"


class PassesOver(Reader834):
    """A reader that passes reporting categories of members over."""

    def read(self, data: bytes, *, profile: CarrierProfile) -> FileSaid:
        """Return what a file says."""
        return _changed(super().read(data, profile=profile), self._of_set)

    def _of_set(self, said: SetSaid) -> SetSaid:
        return replace(said, members=tuple(self._of_member(each) for each in said.members))

    def _of_member(self, said: MemberSaid) -> MemberSaid:
        return replace(said, parts=tuple(each for each in said.parts if "SOURCE EXCHANGE" not in each.place))


class Misreads(PassesOver):
    """A reader that takes one last paid day for another."""

    def _of_member(self, said: MemberSaid) -> MemberSaid:
        day = said.paid_through
        return replace(said, paid_through=day if day is None or day.day > 30 else day.replace(day=1))


class Rewrites(PassesOver):
    """A reader that takes every policy for the one that was told."""

    def _of_member(self, said: MemberSaid) -> MemberSaid:
        parts = [
            replace(each, value=Masked("june-medical")) if each.key == "2300 REF*1L 02" else each
            for each in said.parts
        ]
        return replace(said, policy="june-medical", parts=tuple(parts))


def _changed(said: FileSaid, of_set: Callable[[SetSaid], SetSaid]) -> FileSaid:
    def of_interchange(each: InterchangeSaid) -> InterchangeSaid:
        return replace(each, sets=tuple(of_set(one) for one in each.sets))

    return replace(said, interchanges=tuple(of_interchange(each) for each in said.interchanges))


PLANTED: Mapping[type[Reader834], tuple[str, bytes, bytes]] = {
    Raises: ("crash: UnicodeDecodeError", b"*Example*", b"*Ex\xffmple*"),
    Hangs: ("hang", b"SE*2", b"SE*7"),
    MiscountsSegments: ("wrong: SE## counts ##, there are ##, and it is taken up", b"SE*2", b"SE*3"),
    MiscountsNumbers: (
        "wrong: SE## is not the number of ST, and it is taken up",
        b"*000000031~\nGE",
        b"*000000032~\nGE",
    ),
    Misreads: (
        "wrong: paid_through of record # is taken for another thing",
        b"543*D8*20160131",
        b"543*D8*20160130",
    ),
    Rewrites: ("wrong: REF## of segment ## is taken for another thing", b"REF*1L*june", b"REF*1L*jane"),
}
"""A bug, what it is found by, and in which change of a sound file."""


@pytest.mark.parametrize("bug", PLANTED, ids=lambda each: each.__name__)
async def test_a_planted_bug_is_found(
    bug: type[Reader834], sounds: dict[str, Sound], monkeypatch: pytest.MonkeyPatch
) -> None:
    kind, before, after = PLANTED[bug]
    sound = sounds["effectuation-single"]
    data = sound.data.replace(before, after)
    assert data != sound.data
    assert isinstance(await tried(sound, data, whole=False), Outcome)
    monkeypatch.setattr(oracle, "READER", bug())
    monkeypatch.setattr(drawing, "SECONDS", 0.05)
    became = await tried(sound, data, whole=False)
    assert isinstance(became, Failure)
    assert became.kind == kind[:66]


async def test_an_element_that_is_passed_over_is_found(
    sounds: dict[str, Sound], monkeypatch: pytest.MonkeyPatch
) -> None:
    sound = sounds["ours-initial-family-with-assistance"]
    monkeypatch.setattr(oracle, "READER", PassesOver())
    with pytest.raises(Wrong, match=r"N101 of segment .* is passed over"):
        outcome(sound, sound.data.replace(b"*VT0\n", b"*VT1\n"))


async def test_a_file_that_fails_is_made_short(
    sounds: dict[str, Sound], monkeypatch: pytest.MonkeyPatch
) -> None:
    sound = sounds["effectuation-family"]
    monkeypatch.setattr(oracle, "READER", Raises())
    data = sound.data.replace(b"REF*17", b"REF*71").replace(b"*Example*June", b"*Ex\xffmple*Jane")
    failure = await tried(sound, data, whole=False)
    assert isinstance(failure, Failure)
    short = await shortest(sound, data, failure, whole=False)
    changed = [each for each in short.splitlines() if each not in sound.data.splitlines()]
    assert len(changed) == 1
    assert b"\xff" in changed[0]


def chunk(number: int, **verdicts: int) -> Chunk:
    return Chunk(number=number, count=500, verdicts=verdicts, slowest_ms=1.5)


def test_what_was_tried_is_gone_on_from_in_another_sitting(tmp_path: Path) -> None:
    state = tmp_path / "kept" / "state"
    first = Sittings(state, drawn_by="these")
    first.keep(chunk(0, refused=499, accepted=1))
    first.keep(
        Chunk(number=1000, count=500, verdicts={"word: FAILED hang": 2, "refused": 498}, slowest_ms=9.0)
    )
    again = Sittings(state, drawn_by="these")
    assert again.chunks == first.chunks
    assert (again.tried, again.failed) == (1000, 2)
    assert _counted(again.table()) == {
        "refused": "997",
        "accepted": "1",
        "word: FAILED hang": "2",
        "longest of the processor, ms": "9.0",
    }
    with pytest.raises(OtherFiles):
        Sittings(state, drawn_by="others")


def _counted(lines: Iterable[str]) -> dict[str, str]:
    return {line[:46].strip(): line[46:].strip() for line in list(lines)[1:]}
