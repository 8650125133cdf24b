"""Reading an 834 as a carrier would, and answering it."""

from __future__ import annotations

from datetime import date

import pytest

from bulkhead.kernel.calendar import CoverageMonth, local
from stories.edi import NotWhole, effectuation_of, read_820, read_interchange

ISA = "ISA*00*          *00*          *ZZ*VT0            *ZZ*BCBSVT         *151210*0930*^*00501*000000007*1*T*:~"


def interchange(*body: str, count: int | None = None, control: str = "000000007") -> bytes:
    segments = ["ST*834*0001*005010X220A1", *body]
    end = f"SE*{count or len(segments) + 1}*0001"
    return (
        ISA + "GS*BE*VT0*77001VT0010001*20151210*0930*7*X*005010X220A1~"
        + "".join(f"{each}~" for each in (*segments, end)) + f"GE*1*7~IEA*1*{control}~"
    ).encode()  # fmt: skip


PARTIES = ("N1*P5*EXCHANGE*FI*030000001", "N1*IN*BLUE CROSS*FI*030000002")
SUBSCRIBER = (
    "INS*Y*18*021*EC*A***AC", "REF*0F*june-1", "REF*17*june-1", "DTP*356*D8*20160101", "NM1*IL*1*EXAMPLE*JUNE",
    "HD*021**HLT**IND", "DTP*348*D8*20160101", "REF*CE*SILVER", "REF*1L*pol-1",
)  # fmt: skip
DEPENDENT = ("INS*N*01*021*EC*A", "REF*0F*june-1", "REF*17*june-2", "HD*021**HLT", "DTP*348*D8*20160101")


def reason(code: str) -> tuple[str, ...]:
    return ("LS*2700", "LX*1", "N1*75*ADDL MAINT REASON", f"REF*17*{code}", "LE*2700")


@pytest.mark.parametrize(
    ("body", "kind", "effective"),
    [
        (SUBSCRIBER, "initial", date(2016, 1, 1)),
        (("INS*Y*18*024*59*A***TE", "REF*0F*june-1", "DTP*357*D8*20160229", *reason("TERM")), "termination", date(2016, 2, 29)),
        (("INS*Y*18*024*14*A***TE", "REF*0F*june-1", "DTP*357*D8*20160229", *reason("TERM")), "termination", date(2016, 2, 29)),
        (("INS*Y*18*024*14*A***TE", "REF*0F*june-1", "DTP*357*D8*20160101", *reason("CANCEL")), "cancel", date(2016, 1, 1)),
        (("INS*Y*18*025*41*A***AC", "REF*0F*june-1", "HD*025**HLT", "DTP*348*D8*20160101", *reason("REINSTATEMENT")), "reinstatement", date(2016, 1, 1)),
        (("INS*Y*18*021*41*A***AC", "REF*0F*june-1", "HD*021**HLT", "DTP*348*D8*20170101", *reason("PASSIVE")), "renewal", date(2017, 1, 1)),
        (("INS*Y*18*001*43*A***AC", "REF*0F*june-1", "DTP*303*D8*20160301", "HD*001**HLT", "DTP*348*D8*20160101"), "change", date(2016, 3, 1)),
    ],
)  # fmt: skip
def test_a_sets_kind_and_day_are_read_from_its_segments(
    body: tuple[str, ...], kind: str, effective: date
) -> None:
    (found,) = read_interchange(interchange(*body))
    assert (found.household, found.kind, found.effective) == ("june", kind, effective)


def test_a_household_whose_name_ends_in_a_number_keeps_it() -> None:
    (found,) = read_interchange(
        interchange("INS*Y*18*021*EC*A***AC", "REF*0F*day-60-1", "DTP*348*D8*20160601")
    )
    assert found.household == "day-60"


def test_dependents_belong_to_their_subscriber() -> None:
    (found,) = read_interchange(interchange(*SUBSCRIBER, *DEPENDENT))
    assert sum(segment[0] == "INS" for segment in found.segments) == 2


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"ISA*00~",
        interchange(*SUBSCRIBER)[:-15],
        interchange(*SUBSCRIBER, count=3),
        interchange(*SUBSCRIBER, control="000000008"),
    ],
)
def test_what_is_not_whole_is_not_read(data: bytes) -> None:
    with pytest.raises(NotWhole):
        read_interchange(data)


def test_a_carrier_confirms_every_member_and_echoes_our_ids() -> None:
    (sent,) = read_interchange(interchange(*PARTIES, *SUBSCRIBER, *DEPENDENT))
    data = effectuation_of(sent, number=3, now=local(date(2015, 12, 14), 9))
    segments = data.decode().split("~")
    assert segments[0].split("*")[5:9] == ["ZZ", "BCBSVT         ", "ZZ", "VT0            "]
    assert segments[0].split("*")[13] == "000000003"
    (answer,) = read_interchange(data)
    assert (answer.household, answer.policy, answer.kind, answer.effective) == (
        "june",
        "pol-1",
        "effectuation",
        date(2016, 1, 1),
    )
    assert [each for each in segments if each.startswith("INS*")] == [
        "INS*Y*18*021*28*A***AC",
        "INS*N*01*021*28*A",
    ]
    assert [each for each in segments if each.startswith("N1*") and "ADDL" not in each] == list(PARTIES)
    assert "DTP*543*D8*20160131" in segments
    assert segments.count("REF*17*CONFIRM") == 2
    assert [each for each in segments if each.startswith("REF*17*june")] == ["REF*17*june-1", "REF*17*june-2"]


def test_an_820_is_read_by_what_it_pays_and_for_whom() -> None:
    body = (
        "BPR*I*0.00*C*NON************20160127", "TRN*3*BCBSVT 2016-01-27 3", "ENT*1", "NM1*IL*1*EXAMPLE*JUNE****C1*june-1",
        "REF*POL*pol-1", "RMR*ZZ*PREMADJ**-500.5", "DTM*582****RD8*20160101-20160131", "ENT*2", "RMR*ZZ*BAL**500.50",
    )  # fmt: skip
    whole = interchange(*body).replace(b"GS*BE", b"GS*RA").replace(b"ST*834", b"ST*820")
    found = read_820(whole)
    assert (found.cents, found.method, found.paid_on, found.trace) == (
        0,
        "NON",
        date(2016, 1, 27),
        "BCBSVT 2016-01-27 3",
    )
    first, balance = found.amounts
    assert (first.household, first.policy, first.month, first.payment_type, first.cents) == (
        "june",
        "pol-1",
        CoverageMonth(2016, 1),
        "PREMADJ",
        -500_50,
    )
    assert (balance.household, balance.policy, balance.month, balance.cents) == (None, None, None, 500_50)
    with pytest.raises(NotWhole):
        read_820(interchange(*body))
