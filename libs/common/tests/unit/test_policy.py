"""Policy packs: dated, cited, and clear about what is wrong with them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from pathlib import Path
from textwrap import dedent
from typing import Literal

import pytest

from bulkhead.kernel.calendar import CoverageMonth
from bulkhead.policy import PackParameters, PolicyError, PolicyPack


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    first: date
    last: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    due_day: int
    binder_late: Literal["cancel", "roll_forward"]
    windows: tuple[Window, ...]
    by_day: bool = False
    first_month: CoverageMonth | None = None
    holidays: frozenset[date] = frozenset()
    lead_days: dict[str, int] | None = None


WHOLE = """
    pack: vermont-2016
    service: invoicing
    parameters:
      due_day:
        - {from: 2015-01-01, value: 26, cites: VHC section 3}
        - {from: 2016-07-01, value: 25, cites: bulletin 7}
      binder_late:
        - {from: 2015-01-01, value: cancel, cites: VHC section 2}
      windows:
        - from: 2015-01-01
          value:
            - {first: 2015-11-01, last: 2016-01-31}
          cites: ENR-1
      by_day: [{from: 2015-01-01, value: true, cites: CFR 155.240(e)}]
      first_month: [{from: 2015-01-01, value: 2016-01, cites: chosen}]
      holidays: [{from: 2015-01-01, value: [2016-08-16], cites: chosen}]
      lead_days: [{from: 2015-01-01, value: {on: 3, no: 4}, cites: chosen}]
"""


def pack_of(folder: Path, text: str) -> PolicyPack:
    (folder / "vermont-2016").mkdir()
    (folder / "vermont-2016" / "invoicing.yaml").write_text(dedent(text))
    return PolicyPack.named("vermont-2016", directory=folder)


def test_values_are_those_of_the_date(tmp_path: Path) -> None:
    pack = pack_of(tmp_path, WHOLE)
    assert pack.load("invoicing", Parameters, date(2016, 6, 30)) == Parameters(
        due_day=26,
        binder_late="cancel",
        windows=(Window(first=date(2015, 11, 1), last=date(2016, 1, 31)),),
        by_day=True,
        first_month=CoverageMonth(2016, 1),
        holidays=frozenset({date(2016, 8, 16)}),
        lead_days={"on": 3, "no": 4},
    )
    assert pack.load("invoicing", Parameters, date(2016, 7, 1)).due_day == 25


def test_what_stands_from_one_change_to_the_next_is_read_once(tmp_path: Path) -> None:
    pack = pack_of(tmp_path, WHOLE)
    before, last, after, later = (
        pack.load("invoicing", Parameters, day)
        for day in (date(2016, 1, 1), date(2016, 6, 30), date(2016, 7, 1), date(2019, 1, 1))
    )
    assert before is last
    assert after is later
    assert (last.due_day, after.due_day) == (26, 25)


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("cites: bulletin 7", "cites: ''", "parameter due_day has an entry that cites nothing"),
        (", cites: bulletin 7", "", "missing required field `cites`"),
        ("2016-07-01", "2014-07-01", "parameter due_day are not in ascending order"),
        ("due_day:", "due_days:", "unknown parameter due_days"),
        ("2015-01-01, value: cancel", "2019-01-01, value: cancel", "binder_late has no value on 2016-01-05"),
        ("value: cancel", "value: perhaps", "binder_late"),
        ("value: 26", "value: soon", "due_day"),
        ("value: 2016-01,", "value: January,", "month must be a month"),
        ("service: invoicing", "service: payments", "says it is vermont-2016/payments"),
        ("parameters:", "parameters: {", "invoicing.yaml"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, before: str, after: str, says: str) -> None:
    pack = pack_of(tmp_path, WHOLE.replace(before, after))
    with pytest.raises(PolicyError, match=r"vermont-2016/invoicing\.yaml") as raised:
        pack.load("invoicing", Parameters, date(2016, 1, 5))
    assert says in str(raised.value)


def test_a_pack_or_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    pack = pack_of(tmp_path, WHOLE)
    with pytest.raises(PolicyError, match=r"no policy pack maine-2016 \(known: vermont-2016\)"):
        PolicyPack.named("maine-2016", directory=tmp_path)
    with pytest.raises(PolicyError, match=r"vermont-2016/payments.yaml: there is no such file"):
        pack.load("payments", Parameters, date(2016, 1, 5))


def test_parameters_on_a_date_bring_the_citations_their_service_asks_for(tmp_path: Path) -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Cited(Parameters):
        citations: dict[str, str] = field(default_factory=dict[str, str])

    pack = pack_of(tmp_path, WHOLE)
    cited = PackParameters(pack, "invoicing", Cited).as_of(date(2016, 7, 1))
    assert (cited.due_day, cited.citations["due_day"], cited.citations["windows"]) == (
        25,
        "bulletin 7",
        "ENR-1",
    )
    plain = PackParameters(pack, "invoicing", Parameters)
    assert plain.as_of(date(2016, 6, 30)).due_day == 26
    assert plain.as_of(date(2016, 6, 30)) is plain.as_of(date(2016, 6, 30))
    with pytest.raises(PolicyError, match="parameter due_day has no value on 2014-12-31"):
        plain.as_of(date(2014, 12, 31))


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("2016-07-01, value: 25", "2016-07-01, value: soon", "due_day"),
        ("due_day:", "due_days:", "unknown parameter due_days"),
        ("cites: bulletin 7", "cite: bulletin 7", "unknown field `cite`"),
        (WHOLE[WHOLE.index("      due_day:") :], "{}\n", "has no value on"),
    ],
)
def test_a_service_finds_when_it_is_made_what_it_could_not_read_on_some_day(
    tmp_path: Path, before: str, after: str, says: str
) -> None:
    pack = pack_of(tmp_path, WHOLE.replace(before, after).replace("parameters:\n{}", "parameters: {}"))
    with pytest.raises(PolicyError, match=r"vermont-2016/invoicing\.yaml") as raised:
        PackParameters(pack, "invoicing", Parameters)
    assert says in str(raised.value)


def test_a_parameter_that_begins_later_than_others_is_no_fault_of_a_pack(tmp_path: Path) -> None:
    pack = pack_of(tmp_path, WHOLE.replace("2015-01-01, value: cancel", "2016-02-01, value: cancel"))
    parameters = PackParameters(pack, "invoicing", Parameters)
    assert parameters.as_of(date(2016, 2, 1)).binder_late == "cancel"
    with pytest.raises(PolicyError, match="binder_late has no value on 2016-01-31"):
        parameters.as_of(date(2016, 1, 31))


def test_a_share_is_exact(tmp_path: Path) -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Share:
        threshold: Fraction

    pack = pack_of(
        tmp_path,
        """
        pack: vermont-2016
        service: invoicing
        parameters:
          threshold: [{from: 2015-01-01, value: 0.95, cites: CFR 155.400(g)}]
        """,
    )
    assert pack.load("invoicing", Share, date(2016, 1, 5)).threshold == Fraction(95, 100)
