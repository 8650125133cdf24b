"""The carriers' test bench against a gateway, which does what the bench's checklist says, for each profile."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import httpx2
import pytest
from gateway_builders import FAMILY, JANUARY, Gateway, activated, contact, paid, selected, terms

from bulkhead.files import LocalFiles
from bulkhead_testing.auth import TestIssuer
from bulkhead_testing.clock import FixedClock
from bulkhead_testing.web import app_of, client_of
from carrier_gateway.domain.events import CoverageEffectuated
from carrier_gateway.domain.records import InboundRecord, Transmission
from carrier_gateway.entrypoints.api.profile_files import read_profile_file
from carrier_sim.adapters.folder import FolderDoor
from carrier_sim.adapters.https import HttpsDoor
from carrier_sim.adapters.lists import names_in, shipped_checklist
from carrier_sim.adapters.notebook import FolderNotebook
from carrier_sim.application.answer import answer, send
from carrier_sim.application.certify import follow
from carrier_sim.application.fetch import fetch
from carrier_sim.application.ports import Desk, Unreachable
from carrier_sim.domain.behaviours import BEHAVIOURS
from carrier_sim.domain.checklist import Expectation, Step
from carrier_sim.domain.report import report_of

PROFILES = Path(__file__).parents[2] / "profiles"
CARRIERS = sorted(path.stem for path in PROFILES.iterdir())
NOT_CERTIFIED = {
    "rejecting-interchange": "somebody must then decide about the set",
    "rejecting-group": "likewise",
    "acknowledgements": "the same comes out of order",
    "twice": "the confirmation is there once: see below",
    "byte-order-mark": "likewise",
    "blanks-between-segments": "likewise",
}


class Stage:
    """A gateway that told one carrier of a family of two, and that carrier's desk."""

    def __init__(self, carrier: str, folder: Path) -> None:
        self.carrier, self.profile = carrier, PROFILES / f"{carrier}.yaml"
        (folder / "boxes").mkdir()
        self.gateway = Gateway(files=LocalFiles(folder / "boxes"))
        self.desk = Desk(
            door=FolderDoor(folder / "boxes" / carrier),
            notebook=FolderNotebook(folder / "notebook"),
            now=lambda: self.gateway.now,
            pause=self._pause,
            names=names_in(self.profile),
        )

    async def _pause(self, seconds: float) -> None:
        """Let the gateway's pollers turn, and so much time pass."""
        self.gateway.later(seconds=seconds)
        await self.gateway.work()

    async def open(self, *, begins: date = JANUARY) -> Stage:
        await self.gateway.profile(read_profile_file(self.profile).profile)
        own: dict[str, Any] = {"carrier": self.carrier, "members": ("june-1", "june-2"), "effective": begins}
        own |= {"kind": "dental", "plan": "SMILE"} if self.carrier == "MVD" else {}
        await self.gateway.tell(contact(*FAMILY), selected(terms(**own)), paid(), activated())
        await self.gateway.work()
        return self


@pytest.mark.parametrize("carrier", CARRIERS)
async def test_CAR_5_a_carrier_of_each_profile_passes_the_certification_checklist(
    carrier: str, tmp_path: Path
) -> None:
    stage = await Stage(carrier, tmp_path).open()
    results = await follow(stage.desk, shipped_checklist(), patience=5)
    assert [each for each in results if not each.passed] == [], report_of(results)
    assert [each.carrier for each in stage.gateway.said(CoverageEffectuated)] == [carrier]
    (sent,) = stage.gateway.rows(Transmission)
    assert sent.answer == "accepted"


@pytest.mark.parametrize("begins", [date(2016, 12, 1), date(2016, 12, 17), date(2016, 12, 29)])
async def test_CAR_5_the_checklist_is_passed_by_a_set_that_begins_in_a_plan_year_s_last_month(
    begins: date, tmp_path: Path
) -> None:
    stage = await Stage("GMH", tmp_path).open(begins=begins)
    results = await follow(stage.desk, shipped_checklist(), patience=5)
    assert [each for each in results if not each.passed] == [], report_of(results)


def test_everything_a_carrier_can_send_is_on_the_checklist_or_left_out_for_a_reason() -> None:
    listed = {name for step in shipped_checklist() for name in step.sends}
    assert listed | set(NOT_CERTIFIED) == set(BEHAVIOURS)
    assert listed.isdisjoint(NOT_CERTIFIED)


async def test_what_is_not_as_the_list_says_fails_and_is_told(tmp_path: Path) -> None:
    stage = await Stage("GMH", tmp_path).open()
    steps = [
        Step(
            name="half-a-file", sends=("half-a-file",), expects=(Expectation(file="processed", ta1="A/000"),)
        ),
        Step(name="not-x12", sends=("not-x12",), expects=(Expectation(file="refused"),)),
        Step(
            name="name-missing", sends=("name-missing",), expects=(Expectation(file="refused", ta1="A/000"),)
        ),
        Step(name="twice", sends=("twice",), expects=(Expectation(file="processed"),) * 3),
    ]
    results = await follow(stage.desk, steps, patience=2)
    assert report_of(results).splitlines() == [
        "  1 FAILED  half-a-file: A confirmation that breaks off in the middle of the set.",
        "       expected processed, TA1 A/000, 999 none",
        "       came     refused, TA1 R/023, 999 none",
        "  2 passed  not-x12: A file that is no interchange.",
        "  3 FAILED  name-missing: NM103, a member's last name, is empty.",
        "       expected refused, TA1 A/000, 999 none",
        "       came     refused, TA1 A/000, 999 R",
        "  4 FAILED  twice: A confirmation, and the same bytes again under another name.",
        "       2 files are sent, and 3 expected",
        "4 steps, 1 passed, 3 failed",
    ]


@pytest.mark.parametrize("name", ["twice", "byte-order-mark", "blanks-between-segments"])
async def test_CAR_5_a_confirmation_with_noise_or_twice_takes_effect_once(name: str, tmp_path: Path) -> None:
    stage = await Stage("LCH", tmp_path).open()
    (result,) = await follow(
        stage.desk, [Step(name=name, sends=(name,), expects=(Expectation(file="processed"),))], patience=1
    )
    # The copy of a file is not answered anew: that it came again is counted.
    assert [str(each) for each in result.got] == [
        "processed, TA1 A/000, 999 A",
        "processed, TA1 none, 999 none",
    ][: len(result.got)]
    assert len(stage.gateway.said(CoverageEffectuated)) == 1


async def test_CAR_4_rejections_reach_the_transmission(tmp_path: Path) -> None:
    stage = await Stage("GMH", tmp_path).open()
    await follow(stage.desk, [Step(name="fetch")], patience=1)
    for name in ("rejecting-group", "rejecting-interchange"):
        await send(stage.desk, name)
        await stage.gateway.work()
    (sent,) = stage.gateway.rows(Transmission)
    assert sent.answer == "rejected"


async def test_a_carrier_answers_what_it_fetched_once(tmp_path: Path) -> None:
    stage = await Stage("NEK", tmp_path).open()
    (fetched,) = await fetch(stage.desk, removing=True)
    assert (fetched.kind, fetched.faults) == ("834", ())
    assert await stage.desk.door.names() == []
    assert [each.name for each in await answer(stage.desk)] == [
        "ta1-000000001.ta1",
        "999-000000002.999",
        "confirmation-000000003.834",
    ]
    assert await answer(stage.desk) == []
    await stage.gateway.work()
    assert [each.outcome for each in stage.gateway.rows(InboundRecord)] == ["accepted", "accepted"]


async def test_CAR_1_by_HTTPS_a_carrier_passes_the_same_checklist(tmp_path: Path) -> None:
    stage = await Stage("GMH", tmp_path).open()
    door = HttpsDoor(client_with_token(stage.gateway, carrier="GMH"))
    results = await follow(replace(stage.desk, door=door), shipped_checklist(), patience=5)
    assert [each for each in results if not each.passed] == [], report_of(results)
    assert len(stage.gateway.said(CoverageEffectuated)) == 1


async def test_CAR_1_by_HTTPS_a_carrier_is_told_why_it_gets_nothing(tmp_path: Path) -> None:
    stage = await Stage("GMH", tmp_path).open()
    door = HttpsDoor(client_with_token(stage.gateway, carrier="GMH"))
    with pytest.raises(Unreachable, match=r"^GET /v1/outbound-files/nothing\.834: 404 "):
        await door.get("nothing.834")
    await door.remove("nothing.834")
    assert await HttpsDoor(client_with_token(stage.gateway, carrier="MVD")).names() == []


def client_with_token(gateway: Gateway, *, carrier: str) -> httpx2.AsyncClient:
    issuer = TestIssuer()
    clock = FixedClock(gateway.now)
    client = client_of(app_of(gateway.service, uows=gateway.uows, clock=clock, verifier=issuer.verifier()))
    client.headers.update(issuer.headers("carrier", carrier=carrier))
    return client
