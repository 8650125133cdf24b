"""The 820: written, read a piece at a time, and judged."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from itertools import pairwise

import pytest
from remittance_builders import (
    balance,
    entity,
    item,
    payment,
    pieces,
    problems_of_820,
    read820,
    written820,
)
from x12_builders import file_of, lines_of

from carrier_gateway.x12.faults import Fault
from carrier_gateway.x12.remittance820.build import build_entity
from carrier_gateway.x12.remittance820.model import Entity
from carrier_gateway.x12.remittance820.parse import cents_of
from carrier_gateway.x12.remittance820.reading import RemittanceReader
from carrier_gateway.x12.remittance820.validate import Guide

REVERSED = entity(1, item("PREMADJ", -600_00), item("PREMADJ", 500_00), item("PREM", 610_00, month=2))


def test_CAR_2_an_820_says_what_is_paid_for_whom_and_which_month() -> None:
    assert lines_of(written820(payment(), entity()))[2:] == [
        "ST*820*000000001*005010X306",
        "BPR*I*500.00*C*ACH*CCP***********20160106",
        "TRN*3*BCBSVT 2016-01-06 1",
        "N1*PE*Green Mountain Health*FI*030123456",
        "N1*RM*Vermont Health Connect*58*VT0",
        "PER*IC**TE*8555550100",
        "ENT*1",
        "NM1*IL*1*Example*June****C1*june-1",
        "REF*38*SILVER",
        "REF*POL*june-medical",
        "REF*AZ*ISSUER-77",
        "REF*0F*GMH-1",
        "RMR*ZZ*PREM**500.00",
        "DTM*582****RD8*20160101-20160131",
        "SE*15*000000001",
        "GE*1*1",
        "IEA*1*000000001",
    ]


def test_what_is_written_is_what_is_read_whatever_pieces_it_comes_in() -> None:
    data = written820(payment(510_00), REVERSED)
    whole = read820([data])
    assert whole == ((payment(510_00),), [REVERSED], [])
    assert read820(data[at : at + 1] for at in range(len(data))) == whole


def test_PAY_7_nothing_is_paid_where_a_balance_is_carried() -> None:
    data = written820(payment(0), entity(1, item("PREMADJ", -600_00)), balance(2, 600_00))
    assert "BPR*I*0.00*C*NON************20160106" in lines_of(data)
    assert lines_of(data)[-5:-3] == ["ENT*2", "RMR*ZZ*BAL**600.00"]
    assert problems_of_820(data) == []


def test_a_single_plan_may_stand_in_the_header() -> None:
    whole = replace(payment(), plan="SILVER", issuer_plan="GMH-SILVER")
    data = written820(whole, entity(1, item(), plan=""))
    assert lines_of(data)[5:7] == ["REF*38*SILVER", "REF*TV*GMH-SILVER"]
    assert read820([data]) == ((whole,), [entity(1, item(), plan="")], [])


def test_a_carriers_own_words_are_none_of_ours() -> None:
    data = written820(payment(), entity(1, item("INTPREM", 500_00)))
    (problem,) = problems_of_820(data)
    assert (problem.fault, problem.segment, problem.element) == (Fault.PAYMENT_TYPE_UNKNOWN, "RMR", 2)
    assert read820([data], Guide(of_months=frozenset({"INTPREM"})))[2] == []


def test_the_sum_is_of_one_set_alone() -> None:
    lines = lines_of(written820(payment(), entity()))
    body = lines[2:-2]
    second = [line.replace("000000001", "000000002") for line in body]
    again = [*lines[:2], *body, *second, "GE*2*1", lines[-1]]
    assert problems_of_820(file_of(again)) == []


@pytest.mark.parametrize("last", [date(2016, 1, 30), date(2016, 2, 29), date(9999, 12, 31)])
def test_a_coverage_month_is_a_whole_one(last: date) -> None:
    (problem,) = problems_of_820(written820(payment(), entity(1, item(last=last))))
    assert (problem.floor, problem.fault, problem.position) == ("member", Fault.COVERAGE_MONTH_WRONG, 15)


@pytest.mark.parametrize(
    ("text", "cents"),
    [("0", 0), ("-600", -600_00), ("500.5", 500_50), (".05", 5), ("-.5", -50), ("1.", 100)],
)
def test_amounts_are_exact_and_have_a_sign(text: str, cents: int) -> None:
    assert cents_of(text) == cents


@pytest.mark.parametrize("text", ["", "-", ".", "1.005", "+1", "1e3", "1 000"])
def test_what_is_no_amount_of_cents_is_none(text: str) -> None:
    assert cents_of(text) is None


def test_OPS_1_it_is_built_and_read_without_ever_being_in_memory() -> None:
    def peak(count: int) -> int:
        def entities() -> Iterator[Entity]:
            return (entity(number) for number in range(1, count + 1))

        inside = len(list(build_entity(entity=entity())))
        tracemalloc.start()
        reader = RemittanceReader(guide=Guide())
        for piece in pieces(payment(500_00 * count), entities(), inside=inside * count):
            reader.feed(piece)
        read = reader.close()
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert read.problems == ()
        return most

    peak(10)  # what is loaded once
    few, many = peak(200), peak(4_000)
    assert many < few + 500_000  # all of it as models would be some megabytes


def test_every_position_is_where_the_segment_stands() -> None:
    _, entities, _ = read820([written820(payment(510_00), REVERSED)])
    positions = [entities[0].position, *(each.position for each in entities[0].items)]
    assert positions == [9, 15, 17, 19]
    assert all(one < other for one, other in pairwise(positions))
