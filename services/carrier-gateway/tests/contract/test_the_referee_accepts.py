"""An independent referee of X12 syntax (pyx12) accepts everything we send, and refuses what we refuse."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from carriers_desk import effectuation_of
from gateway_builders import (
    FAMILY,
    SMOKERS,
    Gateway,
    activated,
    bereaved,
    canceled,
    changed,
    contact,
    member,
    paid,
    reinstated,
    renewed,
    selected,
    since_death,
    terminated,
    terms,
)
from hypothesis import HealthCheck, given, settings
from x12_builders import answering, written
from x12_strategies import acknowledgements, enrollments, interchange_acknowledgements

from bulkhead.kernel.personal import Masked
from bulkhead_testing import referee
from carrier_gateway.domain.records import MemberRate
from carrier_gateway.x12.acknowledgement999.model import Acknowledgement, SegmentError
from carrier_gateway.x12.enrollment834.model import EnrollmentSet
from carrier_gateway.x12.faults import Fault
from carrier_gateway.x12.interchange_acknowledgement import InterchangeAcknowledgement

GOLDEN = Path(__file__).parents[1] / "golden"
FAULTS = Path(__file__).parents[1] / "fixtures" / "faults"
# The referee knows the standard's maps. What sums, names and dates mean together it does not look at.
SEEN_BY_US_ALONE = {
    Fault.ACKNOWLEDGED_COUNT_WRONG,
    Fault.ACKNOWLEDGEMENT_CONTRADICTS,
    Fault.ACTION_WRONG,
    Fault.CATEGORY_DATE_WRONG,
    Fault.CATEGORY_NOT_THE_SUBSCRIBERS,
    Fault.CATEGORY_QUALIFIER_WRONG,
    Fault.CATEGORY_REPEATED,
    Fault.CATEGORY_UNKNOWN,
    Fault.CATEGORY_VALUE_WRONG,
    Fault.COVERAGE_MISSING,
    Fault.COVERAGE_ON_AN_END,
    Fault.DEPENDENT_IS_SELF,
    Fault.DEPENDENT_ON_AN_END,
    Fault.END_BEFORE_BEGIN,
    Fault.NOTE_CONTRADICTS,
    Fault.PREMIUM_TOTAL_WRONG,
    Fault.QUALIFIER_REPEATED,
    Fault.QUANTITY_DEPENDENTS_WRONG,
    Fault.QUANTITY_TOTAL_WRONG,
    Fault.REPORTING_LOOP_NOT_CLOSED,
    Fault.REPORTING_NUMBER_WRONG,
    Fault.RESPONSIBILITY_TOTAL_WRONG,
    Fault.SEGMENT_OUTSIDE,
    Fault.SUBSCRIBER_ID_DIFFERS,
    Fault.SUBSCRIBER_MISSING,
    Fault.SUBSCRIBER_NOT_SELF,
    Fault.SUBSCRIBER_TWICE,
}
PEOPLE = ("june-1", "june-2", "june-3")
FAMILY_TERMS = {"members": PEOPLE, "gross_cents": 140500, "aptc_cents": 50000, "subsidy_cents": 10500}
BY_AGE: dict[str, Any] = {
    "members": PEOPLE,
    "gross_cents": 63500,
    "rating_area": 1,
    "rates": tuple(
        MemberRate(member=each, cents=cents)
        for each, cents in zip(PEOPLE, (27000, 24500, 12000), strict=True)
    ),
}
NO_ASSISTANCE: dict[str, Any] = {}
ACTING = Masked("Eva Example")


@pytest.fixture(scope="module", autouse=True)
def quick_referee() -> Iterator[None]:
    """Let the referee read its maps once."""
    with referee.maps_read_once():
        yield


def accepted(text: str | bytes, tmp_path: Path) -> bool:
    """Whether the referee accepts a file."""
    return referee.accepted(text if isinstance(text, bytes) else text.encode("ascii"), tmp_path)


async def sets_after(*heard: Any, people: Any = (), options: dict[str, Any] = NO_ASSISTANCE) -> list[str]:
    gateway = await Gateway(**options).open()
    await gateway.hear(contact(*people))
    for fact in heard:
        await gateway.tell(fact)
    return gateway.sets()


CASES: dict[str, tuple[tuple[Any, ...], Any, dict[str, Any]]] = {
    "initial-single": ((selected(), paid()), (), {}),
    "initial-family-with-assistance": ((selected(terms(**FAMILY_TERMS)), paid()), FAMILY, {}),
    "initial-zero-aptc-no-address": ((selected(), paid()), (), {"acknowledge": False, "usage": "T"}),
    "initial-nothing-to-pay": ((selected(terms(aptc_cents=50000), binder=False),), (), {}),
    "initial-dental": ((selected(terms(kind="dental", plan="SMILE", gross_cents=3000)), paid()), (), {}),
    "initial-month-by-month": ((selected(terms(**FAMILY_TERMS)), paid()), FAMILY, {"monthly_amounts": True}),
    "initial-without-time-code": ((selected(), paid()), (), {"time_code": False, "master_policy": "GROUP7"}),
    "initial-use-of-tobacco": ((selected(terms(**BY_AGE)), paid()), SMOKERS, {}),
    "renewal": ((renewed(),), (), {}),
    "renewal-new-to-issuer": ((renewed(carrier_before="MVP"),), (), {}),
    "cancel-carried-forward": ((renewed(), canceled(reason="prior-year-ended")), (), {}),
    "cancel-requested": ((selected(), paid(), canceled(reason="requested")), (), {}),
    "cancel-error": ((selected(), paid(), canceled(reason="error")), (), {}),
    "termination-non-payment": ((selected(), paid(), activated(), terminated(date(2016, 6, 30))), (), {}),
    "termination-requested": (
        (selected(), paid(), activated(), terminated(date(2016, 6, 30), reason="requested")),
        (),
        {},
    ),
    "termination-death": (
        (selected(), paid(), activated(), terminated(date(2016, 6, 30), reason="death")),
        (),
        {},
    ),
    "termination-error": (
        (selected(), paid(), activated(), terminated(date(2016, 6, 30), reason="error")),
        (),
        {},
    ),
    "termination-with-loop-2300": (
        (selected(), paid(), activated(), terminated(date(2016, 6, 30))),
        (),
        {"coverage_on_end": True},
    ),
    "reinstatement-family": (
        (selected(terms(**FAMILY_TERMS)), paid(), terminated(date(2016, 6, 30)), reinstated()),
        FAMILY,
        {},
    ),
    "change-of-assistance": ((selected(), paid(), activated(), changed()), (), {}),
    "change-of-subscriber": (
        (
            selected(terms(members=PEOPLE)),
            paid(),
            activated(),
            contact(*FAMILY, version=2),
            bereaved("june-2", "june-3", died=10),
        ),
        FAMILY,
        {},
    ),
    "change-of-subscriber-to-a-child": (
        (
            selected(terms(members=("june-1", "june-3"))),
            paid(),
            activated(),
            contact(
                *FAMILY,
                version=2,
                responsible_name=ACTING,
                responsible_latin_name=ACTING,
                responsible_until_age=18,
            ),
            bereaved("june-3", died=10),
        ),
        FAMILY,
        {},
    ),
    "change-of-subscriber-taken-back": (
        (
            selected(terms(members=PEOPLE)),
            paid(),
            activated(),
            contact(*FAMILY, version=2),
            bereaved("june-2", "june-3", died=15),
            contact(*FAMILY, version=3),
            changed(since_death("june-1", "june-3", died=12), since_death("june-3", died=15), version=3),
        ),
        FAMILY,
        {},
    ),
}


@pytest.mark.parametrize("case", CASES)
async def test_CAR_2_the_referee_accepts_every_kind_we_send(case: str, tmp_path: Path) -> None:
    heard, people, options = CASES[case]
    for text in await sets_after(*heard, people=people, options=options):
        assert accepted(text, tmp_path)


async def test_medical_and_dental_together_are_accepted(tmp_path: Path) -> None:
    dental = terms("june-dental", plan="SMILE", kind="dental", gross_cents=3000)
    sets = await sets_after(selected(terms(), dental), paid("june-medical", "june-dental"))
    assert len(sets) == 2
    assert all(accepted(text, tmp_path) for text in sets)


async def test_a_contact_with_nothing_but_names_is_accepted(tmp_path: Path) -> None:
    gateway = await Gateway().open()
    bare = contact(address=None, email=None, phone=None)
    await gateway.tell(bare, selected(), paid())
    assert accepted(gateway.sets()[0], tmp_path)


async def test_a_name_and_address_from_far_away_are_accepted(tmp_path: Path) -> None:
    gateway = await Gateway().open()
    abroad = contact(
        member(name="Zoë Ñandú-O’Brien Jr."), address=Masked("Ålesund*gate 5~, St. Johnsbury, VT 05819-1234")
    )
    await gateway.tell(abroad, selected(), paid())
    assert accepted(gateway.sets()[0], tmp_path)


@given(made=enrollments())
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))  # pyright: ignore[reportArgumentType]
def test_any_enrollment_the_codec_writes_is_accepted(made: EnrollmentSet, tmp_path: Path) -> None:
    assert accepted(written(made), tmp_path)


GOLDEN_SETS: dict[str, tuple[str, int]] = {
    "initial-family-with-assistance": ("initial-family-with-assistance", -1),
    "initial-use-of-tobacco": ("initial-use-of-tobacco", -1),
    "renewal": ("renewal", -1),
    "renewal-new-to-issuer": ("renewal-new-to-issuer", -1),
    "change-of-assistance": ("change-of-assistance", -1),
    "change-of-subscriber-1-ends": ("change-of-subscriber", -2),
    "change-of-subscriber-2-begins": ("change-of-subscriber", -1),
    "change-of-subscriber-2-begins-with-a-child": ("change-of-subscriber-to-a-child", -1),
    "change-of-subscriber-called-off": ("change-of-subscriber-taken-back", 3),
    "termination-non-payment": ("termination-non-payment", -1),
    "termination-death": ("termination-death", -1),
    "termination-error": ("termination-error", -1),
    "cancel-requested": ("cancel-requested", -1),
    "cancel-carried-forward": ("cancel-carried-forward", -1),
    "reinstatement-family": ("reinstatement-family", -1),
}
"""Each file that partners were shown: the case, and which of its sets."""


@pytest.mark.parametrize("name", GOLDEN_SETS)
async def test_CAR_2_what_partners_were_shown_is_what_they_get_and_can_be_read(
    name: str, tmp_path: Path
) -> None:
    case, position = GOLDEN_SETS[name]
    heard, people, options = CASES[case]
    sets = await sets_after(*heard, people=people, options=options)
    shown = (GOLDEN / f"{name}.834").read_text(encoding="ascii")
    assert sets[position] == shown
    assert accepted(shown, tmp_path)


NAME = "NM1*IL*1*Example*June****34*900123456"
INSURER = "N1*IN*Green Mountain Health*94*BCBSVT"
BROKEN: dict[str, dict[str, Any]] = {
    "sound": {},
    "a-name-is-missing": {"replacing": [(NAME, NAME.replace("Example", ""))]},
    "a-code-is-unknown": {"replacing": [(INSURER, INSURER.replace("94", "XX"))]},
    "a-loop-is-missing": {"leaving_out": ["N1*P5"]},
    "a-segment-is-repeated": {"replacing": [("LS*2700", "HD*021**HLT")]},
}


async def answers_to(text: str) -> dict[str, str]:
    """Return what a carrier is told became of its file, by the file's name."""
    gateway = await Gateway().open()
    await gateway.tell(contact(), selected(), paid(), activated())
    await gateway.drop("confirmation.834", text)
    await gateway.work()
    return {name: text for name, text in gateway.outbound().items() if not name.endswith(".834")}


async def confirmation(**changes: Any) -> str:
    (sent,) = await sets_after(selected(), paid(), activated())
    return effectuation_of(sent, number=31, **changes)


@pytest.mark.parametrize("case", BROKEN)
async def test_CAR_5_the_referee_accepts_every_answer_we_write(case: str, tmp_path: Path) -> None:
    answers = await answers_to(await confirmation(**BROKEN[case]))
    assert [name[:3] for name in answers] == ["999", "TA1"]
    assert all(accepted(text, tmp_path) for text in answers.values())


@pytest.mark.parametrize(
    ("right", "wrong"),
    [("*1*P*:~", "*1*T*:~"), ("GE*1*31", "GE*2*32"), ("GS*BE", "GS*RA"), ("IEA*1", "IEA*2")],
)
async def test_CAR_5_the_referee_accepts_what_we_say_of_broken_envelopes(
    right: str, wrong: str, tmp_path: Path
) -> None:
    answers = await answers_to((await confirmation()).replace(right, wrong))
    assert answers
    assert all(accepted(text, tmp_path) for text in answers.values())


@given(made=acknowledgements(), of_interchange=interchange_acknowledgements())
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))  # pyright: ignore[reportArgumentType]
def test_a_999_and_a_TA1_the_codec_writes_are_accepted(
    made: Acknowledgement, of_interchange: InterchangeAcknowledgement, tmp_path: Path
) -> None:
    # We write no context, and the referee knows a few alone.
    plain = [replace(each, segments=tuple(map(_without_contexts, each.segments))) for each in made.sets]
    assert accepted(answering(replace(made, sets=tuple(plain)), of_interchange=of_interchange), tmp_path)
    assert accepted(answering(of_interchange=of_interchange), tmp_path)


def _without_contexts(error: SegmentError) -> SegmentError:
    elements = tuple(replace(each, contexts=()) for each in error.elements)
    return replace(error, contexts=(), elements=elements)


GOLDEN_ANSWERS = {
    "interchange-accepted.ta1": ("sound", "TA1"),
    "group-accepted.999": ("sound", "999"),
    "group-rejected.999": ("a-name-is-missing", "999"),
}
"""Each answer that partners were shown: what they had sent, and which answer to it."""


@pytest.mark.parametrize("name", GOLDEN_ANSWERS)
async def test_CAR_5_the_answers_partners_were_shown_are_those_they_get(name: str, tmp_path: Path) -> None:
    case, kind = GOLDEN_ANSWERS[name]
    answers = await answers_to(await confirmation(**BROKEN[case]))
    shown = (GOLDEN / name).read_text(encoding="ascii")
    assert [text for file, text in answers.items() if file.startswith(kind)] == [shown]
    assert accepted(shown, tmp_path)


def test_every_golden_file_is_read_by_a_test() -> None:
    read = {f"{name}.834" for name in GOLDEN_SETS} | {"DELINQ_2016-06-01_1.csv", *GOLDEN_ANSWERS}
    read |= {"remittance.820", "remittance.csv", "remittance-reversed.820", "remittance-carried.820"}
    assert {path.name for path in GOLDEN.iterdir() if path.is_file() and path.suffix != ".py"} == read


@pytest.mark.parametrize(
    "fault", sorted(Fault(path.stem) for path in FAULTS.iterdir() if path.suffix != ".820")
)
def test_the_referee_refuses_what_we_refuse_but_for_what_only_we_see(fault: Fault, tmp_path: Path) -> None:
    (path,) = FAULTS.glob(f"{fault.value}.*")
    data = path.read_bytes()
    assert accepted(data, tmp_path) == (fault in SEEN_BY_US_ALONE)
