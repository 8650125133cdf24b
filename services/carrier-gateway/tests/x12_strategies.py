"""Any enrollment there can be, for properties of the codec."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time

from hypothesis import strategies as st
from x12_builders import acknowledgement, categories, enrollment, member

from bulkhead.kernel.personal import Masked
from carrier_gateway.x12.acknowledgement999.model import (
    Acknowledgement,
    Context,
    ElementError,
    ElementPlace,
    SegmentError,
    SetResponse,
)
from carrier_gateway.x12.enrollment834.model import (
    Address,
    Communication,
    Coverage,
    EnrollmentSet,
    Member,
    Person,
    Reference,
)
from carrier_gateway.x12.interchange_acknowledgement import InterchangeAcknowledgement

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 .,'-@#&()/"


def texts(least: int, most: int) -> st.SearchStrategy[str]:
    """Return texts as X12 writes them: never blank alone, never with a blank at the end."""
    written = st.text(_LETTERS, min_size=least, max_size=most).map(str.rstrip)
    return written.filter(lambda text: len(text) >= least and (not text or text.strip() != ""))


def masked(least: int, most: int) -> st.SearchStrategy[Masked]:
    return texts(least, most).map(Masked)


DAYS = st.dates(date(1900, 1, 1), date(2099, 12, 31))
FORMER = st.dates(date(2000, 1, 1), date(2019, 12, 31))
LATER = st.dates(date(2020, 1, 1), date(2099, 12, 31))

PEOPLE = st.builds(
    Person,
    last_name=masked(1, 60),
    first_name=st.none() | masked(1, 35),
    middle_name=st.none() | masked(1, 25),
    suffix=st.none() | masked(1, 10),
    number_qualifier=st.just("34"),
    number=st.from_regex(r"[0-9]{9}", fullmatch=True).map(Masked),
    communications=st.lists(
        st.builds(Communication, kind=st.sampled_from(["TE", "EM", "AP"]), number=masked(1, 256)), max_size=3
    ).map(tuple),
    address=st.none()
    | st.builds(
        Address,
        street=masked(1, 55),
        second_line=st.none() | masked(1, 55),
        city=masked(2, 30),
        state=st.sampled_from(["VT", "MA", ""]),
        postal_code=st.none() | st.from_regex(r"[0-9]{5}([0-9]{4})?", fullmatch=True).map(Masked),
        county=st.sampled_from(["", "007"]),
    ),
    born=DAYS.map(lambda day: Masked(f"{day:%Y%m%d}")),
    gender=st.sampled_from(["F", "M", "U"]),
    health=st.none() | st.sampled_from(["T", "N"]).map(Masked),
)

COVERAGES = st.builds(
    Coverage,
    maintenance_type=st.sampled_from(["021", "025"]),
    insurance_line=st.sampled_from(["HLT", "DEN"]),
    begin=FORMER,
    end=st.none() | LATER,
    paid_through=st.none() | LATER,
    plan=texts(1, 50),
    policy=texts(1, 50),
    issuer_policy=texts(0, 50),
    other_references=st.lists(texts(1, 50), max_size=1).map(
        lambda values: tuple(Reference(qualifier="ZX", value=value) for value in values)
    ),
)


@st.composite
def enrollments(draw: st.DrawFn) -> EnrollmentSet:
    """Any sound initial enrollment of one to five people."""
    count = draw(st.integers(1, 5))
    subscriber_id = draw(texts(1, 50))
    premium = f"{draw(st.integers(150, 99_999))}.00"
    owed = f"{int(premium[:-3]) - 150}.00"
    members: list[Member] = []
    for number in range(1, count + 1):
        own = categories(subscriber=number == 1, premium=premium)
        own = tuple(replace(each, value=owed) if each.name == "TOT RES AMT" else each for each in own)
        members.append(
            replace(
                member(number),
                subscriber_id=subscriber_id,
                member_id=draw(texts(1, 50)),
                policy=draw(texts(0, 50)),
                issuer_member_id=draw(texts(0, 50)),
                eligibility_begin=draw(FORMER),
                eligibility_end=draw(st.none() | LATER),
                person=draw(PEOPLE),
                coverages=tuple(draw(st.lists(COVERAGES, min_size=1, max_size=2))),
                categories=own,
            )
        )
    made_at = draw(st.times()).replace(microsecond=0)
    return enrollment(
        *members, created_on=draw(DAYS), created_at=time(made_at.hour, made_at.minute, made_at.second)
    )


_CODES = ("1", "8", "I6", "I9")
PLACES = st.builds(
    ElementPlace, element=st.integers(1, 99), component=st.integers(0, 99), repetition=st.integers(0, 99)
)
CONTEXTS = st.builds(
    Context,
    name=st.just("SITUATIONAL TRIGGER"),
    reference=st.none() | texts(1, 35).map(Masked),
    segment=st.sampled_from(["", "REF", "N1"]),
    position=st.none() | st.integers(1, 99999),
    loop=st.sampled_from(["", "2000", "2750"]),
    place=st.none() | PLACES,
    data_element=st.sampled_from(["", "127", "66"]),
)
ELEMENT_ERRORS = st.builds(
    ElementError,
    place=PLACES,
    code=st.sampled_from(_CODES),
    data_element=st.sampled_from(["", "127", "66"]),
    copy=st.none() | texts(1, 99).map(Masked),
    contexts=st.lists(CONTEXTS, max_size=2).map(tuple),
)
SEGMENT_ERRORS = st.builds(
    SegmentError,
    segment=st.sampled_from(["NM1", "REF", "N4"]),
    position=st.integers(1, 99999),
    code=st.sampled_from(["3", "8", "I9"]),
    loop=st.sampled_from(["", "2000", "2100"]),
    contexts=st.lists(CONTEXTS, max_size=2).map(tuple),
    elements=st.lists(ELEMENT_ERRORS, max_size=3).map(tuple),
)


@st.composite
def acknowledgements(draw: st.DrawFn) -> Acknowledgement:
    """Return a sound 999 of any verdict, which names some or all of its sets."""
    accepted, refused, unnamed = (draw(st.integers(0, 3)) for _ in range(3))
    sets = [
        SetResponse(
            identifier="834",
            control_number=f"{number:09d}",
            version=draw(st.sampled_from(["", "005010X220A1"])),
            verdict=draw(st.sampled_from(["R", "M", "W", "X"])) if number < refused else "A",
            errors=("5",) if number < refused else (),
            segments=tuple(draw(st.lists(SEGMENT_ERRORS, max_size=3))) if number < refused else (),
        )
        for number in range(refused + accepted)
    ]
    received = refused + accepted + unnamed
    good = accepted + unnamed
    verdict = "R" if not good else "P" if good < received else draw(st.sampled_from(["A", "E"]))
    return acknowledgement(
        verdict=verdict,
        group_number=draw(st.integers(1, 999_999_999)),
        included=draw(st.integers(0, 999_999)),
        received=received,
        accepted=good,
        errors=tuple(draw(st.lists(st.sampled_from(["1", "5", "19"]), max_size=5))),
        sets=tuple(sets),
    )


@st.composite
def interchange_acknowledgements(draw: st.DrawFn) -> InterchangeAcknowledgement:
    """Return any sound TA1."""
    verdict = draw(st.sampled_from(["A", "E", "R"]))
    made_at = draw(st.times()).replace(second=0, microsecond=0)
    return InterchangeAcknowledgement(
        control_number=draw(st.integers(0, 999_999_999)),
        created_on=draw(st.dates(date(2000, 1, 1), date(2099, 12, 31))),
        created_at=time(made_at.hour, made_at.minute),
        verdict=verdict,
        note="000" if verdict == "A" else f"{draw(st.integers(1, 31)):03d}",
    )
