"""The 834: read, judged, and understood."""

from __future__ import annotations

from dataclasses import replace

import pytest
from x12_builders import JANUARY, category, enrollment, file_of, lines_of, member, problems_of, written

from bulkhead.kernel.personal import Masked
from carrier_gateway.x12.enrollment834.categories import amount_cents, is_timestamp
from carrier_gateway.x12.enrollment834.kinds import INBOUND, inbound_kind
from carrier_gateway.x12.enrollment834.model import Communication, EnrollmentSet, Person
from carrier_gateway.x12.enrollment834.parse import parse
from carrier_gateway.x12.enrollment834.validate import Guide
from carrier_gateway.x12.faults import Fault
from carrier_gateway.x12.reading import read_file


def read(data: bytes) -> EnrollmentSet:
    return parse(transaction_set=read_file(data=data).interchanges[0].groups[0].sets[0].set).enrollment


def test_what_is_written_is_what_is_read() -> None:
    assert read(written(enrollment())) == enrollment()


def test_the_subscriber_is_the_one_there_is() -> None:
    found = read(written(enrollment())).subscriber
    assert found is not None
    assert found.member_id == "june-1"
    assert found.category("TOT RES AMT") == "350.00"
    assert found.category("SEP REASON") == ""


def test_identifiers_of_one_place_may_come_in_any_order() -> None:
    lines = lines_of(written(enrollment()))
    at = lines.index("REF*17*june-1")
    lines[at : at + 1] = ["REF*23*ISSUER-1", "REF*17*june-1", "REF*1L*june-medical"]
    data = file_of(lines)
    assert problems_of(data) == []
    first = read(data).members[0]
    assert (first.policy, first.issuer_member_id) == ("june-medical", "ISSUER-1")


def test_loops_the_model_has_no_use_for_are_checked_and_passed_over() -> None:
    lines = lines_of(written(enrollment()))
    at = next(index for index, line in enumerate(lines) if line.startswith("HD*"))
    lines[at:at] = [
        "NM1*31*1",
        "N3*PO Box 7",
        "N4*Barre*VT*05641",
        "NM1*S1*1*Example*Robin",
        "PER*RP**TE*8025550134",
        "DSB*2",
        "DTP*360*D8*20150101",
    ]
    at = lines.index("LS*2700")
    lines[at:at] = [
        "LX*1",
        "NM1*P3*1*Doctor*Ann****XX*1234567893*25",
        "COB*P*POL7*1",
        "NM1*IN*2*Other Health",
    ]
    assert problems_of(file_of(lines)) == []
    found = read(file_of(lines))
    first, *others = found.members
    assert replace(found, members=(replace(first, responsible=None), *others)) == enrollment()


def test_who_acts_for_a_member_is_read_as_written() -> None:
    whole = enrollment()
    phone = Communication(kind="TE", number=Masked("8025550134"))
    acts = Person(last_name=Masked("Example"), first_name=Masked("Eva"), communications=(phone,))
    acted_for = replace(whole, members=(replace(whole.members[0], responsible=acts), *whole.members[1:]))
    assert "PER*RP**TE*8025550134" in lines_of(written(acted_for))
    assert read(written(acted_for)) == acted_for


def test_a_segment_of_an_unknown_qualifier_is_judged_where_it_stands() -> None:
    lines = lines_of(written(enrollment()))
    lines.insert(lines.index("REF*17*june-1") + 1, "REF*ABC*7")
    (problem,) = problems_of(file_of(lines))
    assert (problem.fault, problem.segment, problem.element) == (Fault.ELEMENT_CODE_UNKNOWN, "REF", 1)


def test_a_member_whose_first_segment_is_wrong_is_still_a_member_of_its_own() -> None:
    lines = lines_of(written(enrollment()))
    at = next(index for index, line in enumerate(lines) if line.startswith("INS*N"))
    lines[at] = "INS*X*19*021*EC*A"
    transaction_set = read_file(data=file_of(lines)).interchanges[0].groups[0].sets[0].set
    read_as = parse(transaction_set=transaction_set)
    assert [len(problems) for problems in read_as.member_problems] == [0, 1]


def test_a_carriers_guide_allows_what_ours_does_not() -> None:
    own = category("FAVOURITE COLOUR", "17", "BLUE")
    data = written(enrollment(member(1, categories=(*member(1).categories, own))))
    assert {problem.fault for problem in problems_of(data)} == {Fault.CATEGORY_UNKNOWN}
    assert problems_of(data, Guide(other_categories=frozenset({"FAVOURITE COLOUR"}))) == []


def test_quantities_may_be_left_to_the_reader() -> None:
    lines = [line for line in lines_of(written(enrollment())) if not line.startswith("QTY")]
    assert problems_of(file_of(lines)) == []


@pytest.mark.parametrize(("codes", "kind"), INBOUND.items())
def test_every_agreed_combination_is_understood(codes: tuple[str, str, str], kind: str) -> None:
    maintenance, reason, additional = codes
    said = member(
        1,
        maintenance_type=maintenance,
        reason=reason,
        categories=(category("ADDL MAINT REASON", "17", additional.replace("-", " - ")),),
    )
    assert inbound_kind(member=said) == kind


def test_a_combination_nobody_agreed_on_means_nothing() -> None:
    assert inbound_kind(member=member(1)) is None


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("0", 0),
        ("500", 50000),
        ("500.5", 50050),
        ("500.05", 50005),
        ("500.", 50000),
        ("-1.00", None),
        ("1.005", None),
    ],
)
def test_amounts_are_exact(text: str, cents: int | None) -> None:
    assert amount_cents(text) == cents


def test_a_timestamp_has_14_to_17_digits() -> None:
    assert [is_timestamp("2" * count) for count in (13, 14, 17, 18)] == [False, True, True, False]


def test_positions_do_not_count_when_models_are_compared() -> None:
    assert read(written(enrollment())).members[1].position == 51
    assert enrollment().members[1].position == 0
    assert read(written(enrollment())).members[1].eligibility_begin == JANUARY
