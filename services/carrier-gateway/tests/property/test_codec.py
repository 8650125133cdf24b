"""Any enrollment comes back as it went; no bytes whatever make the reader fail."""

from __future__ import annotations

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from x12_builders import answering, problems_of, written
from x12_strategies import acknowledgements, enrollments, interchange_acknowledgements

from carrier_gateway.x12.acknowledgement999.model import Acknowledgement
from carrier_gateway.x12.acknowledgement999.parse import parse as parse_999
from carrier_gateway.x12.enrollment834.model import EnrollmentSet
from carrier_gateway.x12.enrollment834.parse import parse
from carrier_gateway.x12.interchange_acknowledgement import (
    InterchangeAcknowledgement,
    parse_interchange_acknowledgement,
)
from carrier_gateway.x12.reading import read_file
from carrier_gateway.x12.segments import allowed, tokenize
from carrier_gateway.x12.text import to_x12

FIXTURES = sorted((Path(__file__).parents[1] / "fixtures" / "faults").iterdir())


@given(enrollments())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_enrollment_comes_back_as_it_went_and_without_a_problem(made: EnrollmentSet) -> None:
    data = written(made)
    assert problems_of(data) == []
    transaction_set = read_file(data=data).interchanges[0].groups[0].sets[0].set
    assert parse(transaction_set=transaction_set).enrollment == made


@given(acknowledgements(), st.none() | interchange_acknowledgements())
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_acknowledgement_comes_back_as_it_went_and_without_a_problem(
    made: Acknowledgement, of_interchange: InterchangeAcknowledgement | None
) -> None:
    data = answering(made, of_interchange=of_interchange)
    assert problems_of(data) == []
    (read,) = read_file(data=data).interchanges
    assert parse_999(transaction_set=read.groups[0].sets[0].set).acknowledgement == made
    said = [parse_interchange_acknowledgement(segment=each)[0] for each in read.acknowledgements]
    assert said == ([of_interchange] if of_interchange else [])


@given(st.binary(max_size=400))
@settings(max_examples=200, deadline=None)
def test_no_bytes_make_the_reader_fail(data: bytes) -> None:
    assert problems_of(data)


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_no_damage_to_a_file_makes_the_reader_fail_and_every_problem_has_a_place(
    drawn: st.DataObject,
) -> None:
    data = bytearray(drawn.draw(st.sampled_from(FIXTURES)).read_bytes())
    for _ in range(drawn.draw(st.integers(1, 6))):
        at = drawn.draw(st.integers(0, len(data)))
        match drawn.draw(st.sampled_from(["cut", "put", "swap"])):
            case "cut":
                del data[at : at + drawn.draw(st.integers(1, 40))]
            case "put":
                data[at:at] = drawn.draw(
                    st.binary(min_size=1, max_size=12) | st.sampled_from([b"~", b"*", b"INS*Y~"])
                )
            case _:
                data[at : at + 1] = drawn.draw(st.sampled_from([b"~", b"*", b":", b"9", b"\x00", b"\xff"]))
    segments = len(tokenize(data=bytes(data)).segments)
    for problem in problems_of(bytes(data)):
        assert 1 <= problem.position <= segments + 1


@given(st.text(max_size=120), st.integers(1, 60))
@settings(max_examples=200, deadline=None)
def test_any_text_can_be_made_to_fit(text: str, most: int) -> None:
    fitted = to_x12(text=text, most=most)
    assert len(fitted) <= most
    assert allowed(fitted)
    assert not set(fitted) & set("*^:~")
    assert to_x12(text=fitted, most=most) == fitted
