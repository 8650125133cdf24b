"""Any 820 comes back as it went, in whatever pieces; no bytes make its reader fail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from remittance_builders import balance, entity, payment, read820, written820

from bulkhead.kernel.calendar import CoverageMonth
from bulkhead.kernel.personal import Masked
from carrier_gateway.x12.remittance820.model import Entity, Item, Payment, Subscriber
from carrier_gateway.x12.segments import Cutter, tokenize

FIXTURES = sorted((Path(__file__).parents[1] / "fixtures" / "faults").iterdir())
PLAIN = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef0123456789 -./'", min_size=2, max_size=20).map(str.strip)
IDS = PLAIN.filter(lambda text: len(text) >= 2)
CENTS = st.integers(-10_000_000, 10_000_000)


@st.composite
def items(draw: st.DrawFn) -> Item:
    month = CoverageMonth.of(date(draw(st.integers(2014, 2030)), draw(st.integers(1, 12)), 1))
    return Item(
        payment_type=draw(st.sampled_from(["PREM", "PREMADJ"])),
        cents=draw(CENTS),
        first=month.first_day,
        last=month.last_day,
        report=draw(st.none() | st.tuples(st.sampled_from(["ZZ", "0N"]), IDS)),
    )


@st.composite
def remittances(draw: st.DrawFn) -> tuple[Payment, list[Entity]]:
    entities = [
        replace(
            entity(number, *draw(st.lists(items(), min_size=1, max_size=4))),
            subscriber=Subscriber(
                identifier=draw(IDS),
                last_name=draw(st.none() | IDS.map(Masked)),
                first_name=draw(st.none() | IDS.map(Masked)),
            ),
            policy=draw(IDS),
            plan=draw(st.just("") | IDS),
            issuer_policy=draw(st.just("") | IDS),
            issuer_subscriber=draw(st.just("") | IDS),
        )
        for number in range(1, draw(st.integers(0, 5)) + 1)
    ]
    net = sum(each.cents for one in entities for each in one.items)
    if net < 0:
        entities.append(balance(len(entities) + 1, -net))
    return payment(max(net, 0), trace=draw(IDS), telephone=draw(st.just("") | IDS)), entities


@st.composite
def cut(draw: st.DrawFn, data: bytes) -> list[bytes]:
    places = sorted(draw(st.lists(st.integers(0, len(data)), max_size=8)))
    return [data[begin:end] for begin, end in zip([0, *places], [*places, len(data)], strict=True)]


@given(st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_820_comes_back_as_it_went_in_whatever_pieces_and_without_a_problem(drawn: st.DataObject) -> None:
    made, entities = drawn.draw(remittances())
    chunks = drawn.draw(cut(written820(made, *entities)))
    assert read820(chunks) == ((made,), entities, [])


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_a_file_is_cut_into_the_same_segments_in_whatever_pieces_it_comes(drawn: st.DataObject) -> None:
    data = drawn.draw(
        st.binary(max_size=40).map(lambda more: b"\xef\xbb\xbf \r\n" + more)
        | st.sampled_from(FIXTURES).map(Path.read_bytes)
    )
    cutter = Cutter()

    def segments() -> Iterator[object]:
        for chunk in drawn.draw(cut(data)):
            yield from cutter.feed(chunk)
        yield from cutter.close()

    found = list(segments())
    whole = tokenize(data=data)
    assert (found, cutter.problems) == (list(whole.segments), list(whole.problems))


@given(st.binary(max_size=400))
@settings(max_examples=100, deadline=None)
def test_no_bytes_make_the_reader_fail(data: bytes) -> None:
    assert read820([data])[2]


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_no_damage_makes_the_reader_fail_and_every_problem_has_a_place(drawn: st.DataObject) -> None:
    data = bytearray(
        drawn.draw(st.sampled_from([each for each in FIXTURES if each.suffix == ".820"])).read_bytes()
    )
    for _ in range(drawn.draw(st.integers(1, 6))):
        at = drawn.draw(st.integers(0, len(data)))
        match drawn.draw(st.sampled_from(["cut", "put", "swap"])):
            case "cut":
                del data[at : at + drawn.draw(st.integers(1, 40))]
            case "put":
                data[at:at] = drawn.draw(
                    st.binary(min_size=1, max_size=9) | st.sampled_from([b"~", b"ENT*2~"])
                )
            case _:
                data[at : at + 1] = drawn.draw(st.sampled_from([b"~", b"*", b":", b"9", b"-", b"\xff"]))
    segments = len(tokenize(data=bytes(data)).segments)
    for problem in read820([bytes(data)])[2]:
        assert 1 <= problem.position <= segments + 1
