"""Nothing that a carrier says is passed over: taken up, refused by name, or known to mean nothing (CAR-5).

One element, one segment is changed at a time, and everything the standard knows is said where it was not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pytest
from carriers_desk import MAINTAINED, REINSTATED, effectuation_of, end_of
from gateway_builders import (
    FAMILY,
    JANUARY,
    PACK,
    SMOKERS,
    TODAY,
    Gateway,
    contact,
    paid,
    profile,
    selected,
    terms,
)
from mutants import Mutant, element_mutants, insertions, known_segments, lines_of, segment_mutants

from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.personal import Masked
from bulkhead.policy import PackParameters
from carrier_gateway.adapters.x12.inbound import Reader834
from carrier_gateway.application.facts import RecordedMember
from carrier_gateway.domain.echo import (
    ECHOES,
    MEANINGLESS,
    SAME_AS,
    TAKEN_UP,
    Echo,
    envelope_differences,
)
from carrier_gateway.domain.inbound import Known, judge
from carrier_gateway.domain.parameters import GatewayParameters
from carrier_gateway.domain.records import InboundKind, Policy
from carrier_gateway.domain.said import FileSaid, SetSaid

READER = Reader834()
EXCHANGE = PackParameters(PACK, "carrier-gateway", GatewayParameters).as_of(TODAY)
JUNE_30 = date(2016, 6, 30)
SAID_LESS_OF = {"1000B N1*IN 03": "FI: a tax number, where the profile has none to compare it with"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A sound confirmation, or what else a carrier says, and all that it is judged by."""

    policy: Policy
    told: SetSaid
    sound: bytes
    sent: tuple[str, ...]
    kind: InboundKind = "effectuation"

    def read(self, data: bytes) -> FileSaid:
        return READER.read(data, profile=profile())

    def reasons(self, said: FileSaid) -> tuple[Reason, ...]:
        """Return why a file is refused, as `judge_file` has it; none where it takes effect."""
        findings = [*said.findings]
        for each in said.interchanges:
            findings += envelope_differences(each, profile=profile(), exchange=EXCHANGE)
        if findings or not said.sets:
            return tuple(finding.reason for finding in findings)
        known = Known(profile=profile(), policy=self.policy, told=(self.told,), today=TODAY)
        return tuple(reason for each in said.sets for reason in judge(each, known))

    def effect(self, said: FileSaid) -> list[tuple[object, ...]]:
        """Return what of it is taken up."""
        return [
            (
                *(each.member, each.issuer_subscriber, each.issuer_member, each.issuer_policy),
                *(each.paid_through, each.kind, each.end, each.because),
            )
            for one in said.sets
            for each in one.members
        ]

    def said_anew(self, said: FileSaid) -> set[tuple[str, Masked]]:
        """Return every element, with its value, that the sound confirmation does not have."""
        return _said(said) - _said(self.read(self.sound))


def _said(said: FileSaid) -> set[tuple[str, Masked]]:
    parts = [part for each in said.interchanges for part in each.parts]
    for one in said.sets:
        parts += [*one.parts, *(part for member in one.members for part in member.parts)]
    return {(part.key, part.value) for part in parts}


async def desk_of(*people: str, household: Sequence[RecordedMember] = FAMILY, **other: Any) -> Desk:
    gateway = await Gateway().open()
    await gateway.tell(contact(*household), selected(terms(members=people, **other)), paid())
    (sent,) = gateway.sets()
    told = READER.read(sent.encode("ascii"), profile=profile()).sets[0]
    return Desk(policy=gateway.policy(), told=told, sound=effectuation_of(sent).encode("ascii"), sent=(sent,))


@pytest.fixture(
    params=[("june-1",), ("june-1", "june-2", "june-3"), ("june-2",)], ids=["single", "family", "tobacco"]
)
async def desk(request: pytest.FixtureRequest) -> Desk:
    if request.param == ("june-2",):
        return await desk_of("june-2", household=SMOKERS, rating_area=1)
    return await desk_of(*request.param)


def names(reasons: Iterable[Reason], mutant: Mutant) -> bool:
    """Whether some reason names what was changed: the element; of a segment, or of an element that only tells
    segments apart, the segment or where it stands. What was left out has nothing to be named."""
    if not mutant.element and mutant.what == "leave out":
        return True
    # What a record is about decides what must be in it: then that is named, where the record begins.
    by_segment = not mutant.element or mutant.tells_apart or (mutant.segment, mutant.element) == ("INS", 3)
    named = mutant.segment if by_segment else f"{mutant.segment}{mutant.element:02d}"
    return any(
        named in reason.says
        or (by_segment and reason.facts.get("position") in (str(mutant.position), str(mutant.position + 1)))
        for reason in reasons
    )


def passed_over(desk: Desk, mutants: Iterable[Mutant]) -> list[str]:
    """Return those mutants that are neither taken up, nor refused by name, nor known to mean nothing."""
    wrong: list[str] = []
    for mutant in mutants:
        said = desk.read(mutant.data)
        reasons = desk.reasons(said)
        if reasons:
            if not names(reasons, mutant):
                wrong.append(f"{mutant}: refused without its name: {[each.says for each in reasons]}")
            continue
        unexplained = {key for key, _ in desk.said_anew(said) if not _explained(key, ECHOES[desk.kind])}
        if unexplained and desk.effect(said) == desk.effect(desk.read(desk.sound)):
            wrong.append(f"{mutant}: accepted and ignored: {sorted(unexplained)}")
    return wrong


def _explained(key: str, echo: Echo) -> bool:
    place = key.rpartition(" ")[0]
    known = key in MEANINGLESS or key in echo.meaningless or key in echo.fixed or key in SAID_LESS_OF
    return known or place in SAME_AS or place in echo.end_again


def test_CAR_5_the_sound_confirmation_takes_effect(desk: Desk) -> None:
    assert desk.reasons(desk.read(desk.sound)) == ()


async def test_CAR_5_no_element_is_passed_over() -> None:
    desk = await desk_of("june-1")
    mutants = list(element_mutants(desk.sound))
    assert len(mutants) > 500
    assert passed_over(desk, mutants) == []


async def desk_with(kind: InboundKind) -> Desk:
    """Return a desk on which a carrier says something by itself of a policy that stands as it must for that."""
    desk = await desk_of("june-1")
    (sent,) = desk.sent
    confirmed = replace(desk.policy, effectuated_on=TODAY, confirmed=("june-1",))
    match kind:
        case "termination" | "cancellation":
            codes, ends = (
                (("", "TERM-OTH"), JUNE_30) if kind == "termination" else (("14", "CANCEL-FLC"), JANUARY)
            )
            return replace(desk, policy=confirmed, sound=end_of(sent, codes, ends).encode("ascii"), kind=kind)
        case "reinstatement":
            ended = replace(
                confirmed,
                lifecycle="terminated",
                through=JUNE_30,
                end_reason="carrier",
                ended_by_carrier=True,
            )
            said = effectuation_of(sent, kind=REINSTATED)
            return replace(desk, policy=ended, sound=said.encode("ascii"), kind=kind)
        case "maintenance" | "effectuation":
            said = effectuation_of(sent, kind=MAINTAINED, leaving_out=["DTP*543"])
            return replace(desk, policy=confirmed, sound=said.encode("ascii"), kind=kind)


@pytest.mark.parametrize("kind", ["termination", "cancellation", "reinstatement", "maintenance"])
async def test_CAR_5_nothing_that_a_carrier_says_by_itself_is_passed_over(kind: InboundKind) -> None:
    desk = await desk_with(kind)
    assert desk.reasons(desk.read(desk.sound)) == ()
    mutants = [*element_mutants(desk.sound), *segment_mutants(desk.sound)]
    assert len(mutants) > 400
    assert passed_over(desk, mutants) == []


async def test_CAR_5_no_element_of_a_dependent_is_passed_over() -> None:
    desk = await desk_of("june-1", "june-2", "june-3")
    first, second = (at for at, line in enumerate(lines_of(desk.sound), start=1) if line[:2] == ["INS", "N"])
    mutants = [each for each in element_mutants(desk.sound) if first <= each.position < second]
    assert len(mutants) > 300
    assert passed_over(desk, mutants) == []


def test_CAR_5_no_segment_is_passed_over(desk: Desk) -> None:
    assert passed_over(desk, segment_mutants(desk.sound)) == []


async def test_CAR_5_nothing_the_standard_knows_can_be_said_and_passed_over() -> None:
    desk = await desk_of("june-1")
    wrong: list[str] = []
    placed = 0
    for added in known_segments():
        for mutant in insertions(desk.sound, added):
            said = desk.read(mutant.data)
            if any(each.findings or any(m.findings for m in each.members) for each in said.sets):
                continue  # it has no place there, and that is said
            placed += 1
            wrong += passed_over(desk, [mutant])
            break
    assert placed > 120
    assert wrong == []


async def test_what_means_nothing_is_listed_only_where_it_is_met() -> None:
    desk = await desk_of("june-1", "june-2", "june-3")
    lines = lines_of(desk.sound)
    stamp = [["LX", "2"], ["N1", "75", "REQUEST SUBMIT TIMESTAMP"], ["REF", "17", "2016010110000000"]]
    end = lines.index(["LE", "2700"])
    stamped = await _with(desk, [*lines[:end], *stamp, *lines[end:]])
    met = {part.key for each in stamped.interchanges for part in each.parts}
    met |= {part.key for part in stamped.sets[0].parts}
    met |= {part.key for member in stamped.sets[0].members for part in member.parts}
    assert set(MEANINGLESS) <= met
    own = {"2000 REF*ZZ 01", "2000 REF*ZZ 02", "2000 REF*23 01", "2000 REF*23 02"}
    assert set(TAKEN_UP) - met == own
    assert desk.reasons(stamped) == ()


async def _with(desk: Desk, lines: list[list[str]]) -> FileSaid:
    from mutants import file_of, recounted

    return desk.read(file_of(recounted(lines)))
