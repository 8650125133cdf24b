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
from bulkhead.kernel.parameters import ParameterFault, outside
from bulkhead.policy import PackParameters, PolicyError, PolicyPack


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    first: date
    last: date

    def faults(self) -> list[ParameterFault]:
        late = self.first > self.last
        return [ParameterFault(parameter="last", problem="is before first", rule="ENR-1")] if late else []


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
        ("cites: bulletin 7", "cites: ''", ":7: due_day has an entry that cites nothing"),
        ("cites: bulletin 7", "cites: null", ":7: due_day has an entry that cites nothing"),
        ("cites: bulletin 7", "cites: ~", ":7: due_day has an entry that cites nothing"),
        ("cites: ENR-1", "cites:", ":14: windows has an entry that cites nothing"),
        (
            "cites: ENR-1",
            "# chosen\n          cites: # by whom?\n\n      # and",
            ":15: windows has an entry that cites",
        ),
        ("pack: vermont-2016", "pack:", ":2: pack must be vermont-2016"),
        (
            "by_day: [{from: 2015-01-01, value: true, cites: CFR 155.240(e)}]",
            "by_day:",
            ":15: by_day has no entry",
        ),
        (
            "- {first: 2015-11-01, last: 2016-01-31}",
            "-",
            ":13: windows from 2015-01-01 must be a map of first",
        ),
        (", cites: bulletin 7", "", ":7: an entry of due_day says no cites"),
        ("cites: bulletin 7", "cite: bulletin 7", ":7: an entry of due_day has the unknown key cite"),
        ("cites: bulletin 7", "cites: a, cites: b", ":7: an entry of due_day has cites twice"),
        ("from: 2016-07-01", "from: soon", ":7: the 'from' of due_day is 'soon': it must be a date"),
        ("2016-07-01", "2014-07-01", ":7: due_day is out of order at 2014-07-01"),
        ("2016-07-01", "2015-01-01", ":7: due_day has two entries from 2015-01-01"),
        ("due_day:", "due_days:", ":5: unknown parameter due_days (known: due_day, binder_late"),
        ("due_day:", "due_days:", ":1: parameter due_day is missing"),
        ("binder_late:", "due_day:", ":8: parameters has due_day twice"),
        (
            "2015-01-01, value: cancel",
            "2019-01-01, value: cancel",
            ":8: parameter binder_late has no value on 2015",
        ),
        ("value: 25", "value: &due 25", ":7: an anchor has no place in a pack"),
        ("due_day:\n", "due_day: &days\n", ":5: an anchor has no place in a pack"),
        ("- {from: 2016-07-01", "- &last {from: 2016-07-01", ":7: an anchor has no place in a pack"),
        ("    pack: vermont", "    &all pack: vermont", ":2: an anchor has no place in a pack"),
        ("on: 3, no: 4", "on: 3, on: 4", ":18: lead_days from 2015-01-01 has on twice"),
        ("      by_day", "\tby_day", ":15: a tab has no place here: use spaces"),
        ("bulletin 7", "bulletin \0", ":7: has a character that is no text"),
        (
            "    pack: vermont",
            "    valid: always\n    pack: vermont",
            ":2: the file has the unknown key valid",
        ),
        ("service: invoicing", "service: payments", ":3: service must be invoicing"),
        ("parameters:", "parameters: {", "invoicing.yaml:"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, before: str, after: str, says: str) -> None:
    pack = pack_of(tmp_path, WHOLE.replace(before, after))
    with pytest.raises(PolicyError, match=r"vermont-2016/invoicing\.yaml") as raised:
        pack.load("invoicing", Parameters, date(2016, 1, 5))
    assert says in str(raised.value)


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        (
            "value: cancel",
            "value: perhaps",
            "9: binder_late from 2015-01-01 is 'perhaps': it must be one of: cancel, roll_forward",
        ),
        (
            "value: 26",
            "value: twenty-six",
            "6: due_day from 2015-01-01 is 'twenty-six': it must be a whole number",
        ),
        ("value: 26", "value: ", "6: due_day from 2015-01-01 is empty: it must be a whole number, as 26"),
        ("value: 26", f"value: {'9' * 5000}", "it must be a whole number, as 26"),
        ("value: 26", "value: [26]", "6: due_day from 2015-01-01 must be a whole number, as 26, and no list"),
        ("value: true", "value: yes", "15: by_day from 2015-01-01 is 'yes': it must be true or false"),
        (
            "value: 2016-01,",
            "value: January,",
            "16: first_month from 2015-01-01 is 'January': it must be a month",
        ),
        (
            "2016-08-16",
            "2016-13-01",
            "17: holidays from 2015-01-01 is '2016-13-01': there is no day 2016-13-01",
        ),
        ("[2016-08-16]", "2016-08-16", "17: holidays from 2015-01-01 must be a list"),
        ("on: 3", "on: three", "18: lead_days from 2015-01-01: on is 'three': it must be a whole number"),
        ("{on: 3, no: 4}", "3", "18: lead_days from 2015-01-01 must be a map"),
        (
            "last: 2016-01-31",
            "last: 2016-02-30",
            "13: windows from 2015-01-01: last is '2016-02-30': there is no day",
        ),
        (
            "last: 2016-01-31",
            "lasts: 2016-01-31",
            "13: windows from 2015-01-01 has the unknown key lasts (known: first",
        ),
        (", last: 2016-01-31", "", "13: windows from 2015-01-01 says no last"),
        (
            "last: 2016-01-31",
            "last: 2016-01-31, note: x",
            "13: windows from 2015-01-01 has the unknown key note",
        ),
        ("last: 2016-01-31", "last: 2015-10-31", "13: windows from 2015-01-01: last is before first (ENR-1)"),
        (
            "{first: 2015-11-01, last: 2016-01-31}",
            "none",
            "13: windows from 2015-01-01 must be a map of first, last",
        ),
        (
            "[{from: 2015-01-01, value: 2016-01,",
            "[{from: 2015-02-30, value: 2016-13,",
            "16: the 'from' of first_month",
        ),
        (
            "[{from: 2015-01-01, value: 2016-01,",
            "[{from: 2015-02-30, value: 2016-13,",
            "16: first_month from 2015-02",
        ),
    ],
)
def test_what_a_value_must_be_is_said_on_its_own_line_beside_what_it_is(
    tmp_path: Path, before: str, after: str, says: str
) -> None:
    pack = pack_of(tmp_path, WHOLE.replace(before, after))
    with pytest.raises(PolicyError) as raised:
        pack.check("invoicing", Parameters)
    assert says in str(raised.value)


def test_all_that_is_wrong_in_one_value_is_said(tmp_path: Path) -> None:
    pack = pack_of(
        tmp_path, WHOLE.replace("first: 2015-11-01, last: 2016-01-31", "first: soon, last: 2016-02-30, x: y")
    )
    with pytest.raises(PolicyError) as raised:
        pack.check("invoicing", Parameters)
    assert str(raised.value).replace(
        "vermont-2016/invoicing.yaml:13: windows from 2015-01-01", ""
    ).splitlines() == [
        " has the unknown key x (known: first, last)",
        ": first is 'soon': it must be a date, as 2016-01-31",
        ": last is '2016-02-30': there is no day 2016-02-30",
    ]


def test_a_file_in_another_encoding_is_refused_by_its_line(tmp_path: Path) -> None:
    pack = pack_of(tmp_path, WHOLE)
    path = tmp_path / "vermont-2016" / "invoicing.yaml"
    path.write_bytes(path.read_text().replace("bulletin 7", "bulletin é").encode("latin-1"))
    with pytest.raises(
        PolicyError, match=r"^vermont-2016/invoicing\.yaml:7: is not UTF-8: save the file as UTF-8$"
    ):
        pack.check("invoicing", Parameters)


def test_a_file_that_no_service_reads_is_refused(tmp_path: Path) -> None:
    pack = pack_of(tmp_path, WHOLE)
    (tmp_path / "vermont-2016" / "paymnets.yaml").write_text("pack: vermont-2016\n")
    with pytest.raises(
        PolicyError, match=r"^vermont-2016/paymnets\.yaml: no service reads it \(they read carrier-"
    ):
        PackParameters(pack, "invoicing", Parameters)


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
    with pytest.raises(PolicyError, match=r"says nothing of 2014-12-31, its first day is 2015-01-01"):
        plain.as_of(date(2014, 12, 31))


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("2016-07-01, value: 25", "2016-07-01, value: soon", "due_day"),
        ("due_day:", "due_days:", "unknown parameter due_days"),
        ("cites: bulletin 7", "cite: bulletin 7", "unknown key cite"),
        (WHOLE[WHOLE.index("      due_day:") :], "{}\n", "parameter due_day is missing"),
    ],
)
def test_a_service_finds_when_it_is_made_what_it_could_not_read_on_some_day(
    tmp_path: Path, before: str, after: str, says: str
) -> None:
    pack = pack_of(tmp_path, WHOLE.replace(before, after).replace("parameters:\n{}", "parameters: {}"))
    with pytest.raises(PolicyError, match=r"vermont-2016/invoicing\.yaml") as raised:
        PackParameters(pack, "invoicing", Parameters)
    assert says in str(raised.value)


def test_a_parameter_that_can_do_without_a_value_may_begin_later(tmp_path: Path) -> None:
    pack = pack_of(tmp_path, WHOLE.replace("2015-01-01, value: true", "2016-02-01, value: true"))
    parameters = PackParameters(pack, "invoicing", Parameters)
    assert (parameters.as_of(date(2016, 1, 31)).by_day, parameters.as_of(date(2016, 2, 1)).by_day) == (
        False,
        True,
    )


def test_all_faults_of_a_file_are_said_at_once_in_the_order_of_its_lines(tmp_path: Path) -> None:
    text = WHOLE.replace("value: 25", "value: late").replace("value: cancel", "value: perhaps")
    pack = pack_of(tmp_path, text.replace("lead_days:", "leads:").replace("cites: ENR-1", "cites: ''"))
    with pytest.raises(PolicyError) as raised:
        pack.check("invoicing", Parameters)
    lines = str(raised.value).splitlines()
    assert [each.partition(": ")[0] for each in lines] == [
        f"vermont-2016/invoicing.yaml:{line}" for line in (7, 9, 14, 18)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    run_day: int
    due_day: int

    def faults(self) -> list[ParameterFault]:
        found = outside(self, "INV-2", "due_day", least=1, most=28)
        if self.due_day <= self.run_day:
            found.append(ParameterFault(parameter="due_day", problem="is not after run_day", rule="INV-3"))
        return found


@pytest.mark.parametrize(
    ("due_days", "says"),
    [
        (("26", "40"), [":7: due_day from 2016-07-01 is 40: it must be 1 to 28 (INV-2)"]),
        (("3", "25"), [":6: due_day from 2015-01-01 is not after run_day (INV-3)"]),
        (("3", "40"), [":6: due_day from 2015", ":7: due_day from 2016"]),
    ],
)
def test_what_a_service_says_cannot_be_meant_is_found_for_every_period(
    tmp_path: Path, due_days: tuple[str, str], says: list[str]
) -> None:
    first, second = due_days
    pack = pack_of(
        tmp_path,
        f"""
        pack: vermont-2016
        service: invoicing
        parameters:
          due_day:
            - {{from: 2015-01-01, value: {first}, cites: a}}
            - {{from: 2016-07-01, value: {second}, cites: b}}
          run_day:
            - {{from: 2015-01-01, value: 5, cites: a}}
            - {{from: 2019-07-01, value: 6, cites: a}}
        """,
    )
    with pytest.raises(PolicyError) as raised:
        pack.check("invoicing", Days)
    lines = str(raised.value).splitlines()
    assert len(lines) == len(says)
    assert all(expected in line for expected, line in zip(says, lines, strict=True))


@pytest.mark.parametrize(
    "text", ["", "- a\n", "pack: vermont-2016\n", "parameters: []\n", "a: b: c\n", "? [a]\n: b\n"]
)
def test_a_file_that_is_no_pack_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(PolicyError, match=r"vermont-2016/invoicing\.yaml:1: "):
        pack_of(tmp_path, text).check("invoicing", Parameters)


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
