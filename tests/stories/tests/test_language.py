"""The language: what a story may say, and what its author is told when it says something else."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from bulkhead.kernel.calendar import CoverageMonth, local
from stories.errors import NotBuilt, StoryError
from stories.language import read_story, read_story_file
from stories.tests.builders import FIRST_STEP_LINE, FRAME, story_of, text_of
from stories.vocabulary import DO, EXPECT

SCENARIOS = Path(__file__).resolve().parents[3] / "scenarios"


def problem_of(*steps: str) -> str:
    with pytest.raises(StoryError) as raised:
        story_of(*steps)
    return str(raised.value)


def test_both_exhibits_are_read_whole() -> None:
    three, four = (read_story_file(SCENARIOS / f"exhibit-{number}.yaml") for number in (3, 4))
    assert (three.name, three.clock, three.carriers, len(three.steps)) == (
        "exhibit-3",
        date(2015, 12, 1),
        ("BCBSVT",),
        9,
    )
    assert four.households[0].aptc_cents == 50_000
    assert four.steps[0].deed is not None
    assert four.steps[0].deed.fields["pays"] == {"amount": 30_000, "by": "card"}


def test_every_scalar_is_text_first_so_that_on_is_a_word_and_money_is_cents() -> None:
    story = story_of(
        "- {at: 2016-02-01T23:00, expect: [{listed: {carrier: BCBSVT, on: 2016-02-01, household: june, past_due: 0.10}}]}"
    )
    fields = story.steps[0].expectations[0].fields
    assert fields == {"carrier": "BCBSVT", "on": date(2016, 2, 1), "household": "june", "past_due": 10}


def test_a_time_is_local_time_in_the_exchanges_zone() -> None:
    story = story_of("- {at: 2016-07-01T23:00, expect: {books: {balanced: true}}}")
    assert story.steps[0].at == local(date(2016, 7, 1), 23, 0)
    assert story.steps[0].at.utcoffset() == local(date(2016, 7, 1)).utcoffset()


def test_expectations_may_be_a_list_a_mapping_or_a_bare_word_and_stand_beside_what_must_never_be() -> None:
    story = story_of(
        """\
- at: 2016-01-01T00:00
  expect: {grace: {household: june, none: true}, books: {balanced: true}}
  never: [{sent: {carrier: BCBSVT}}]
- {at: 2016-01-01T00:00, expect: accepted}
- {at: 2016-01-01T00:00, expect: [{accepted: }]}
"""
    )
    told = [[(each.word, each.never) for each in step.expectations] for step in story.steps]
    assert told == [
        [("grace", False), ("books", False), ("sent", True)],
        [("accepted", False)],
        [("accepted", False)],
    ]


def test_a_story_with_one_household_need_not_name_it_in_what_is_done() -> None:
    alone = FRAME.replace(next(line for line in FRAME.splitlines() if line.startswith("  may:")) + "\n", "")
    story = read_story(alone + "  - {at: 2015-12-03T10:00, do: select, plans: SILVER}\n")
    assert story.steps[0].deed is not None
    assert story.steps[0].deed.fields == {"household": "june", "plans": ("SILVER",)}


@pytest.mark.parametrize(
    ("members", "relations"),
    [
        ("{name: A, born: 1980-03-02}", ["self"]),
        ("{name: A, born: 1980-03-02}, {name: B, born: 1996-12-01}", ["self", "spouse"]),
        ("{name: A, born: 1980-03-02}, {name: B, born: 1996-12-02}", ["self", "child"]),
        ("{name: A, born: 1980-03-02}, {name: B, born: 2010-01-01}, {name: C, born: 1981-01-01}", ["self", "child", "spouse"]),
        ("{name: A, born: 1960-03-02}, {name: B, born: 1985-01-01, relation: child}, {name: C, born: 1961-01-01}", ["self", "child", "spouse"]),
        ("{name: A, born: 1960-03-02}, {name: B, born: 1985-01-01}, {name: C, born: 1961-01-01, relation: spouse}", ["self", "child", "spouse"]),
        ("{name: A, born: 1960-03-02}, {name: B, born: 1961-01-01}, {name: C, born: 1962-01-01}", ["self", "spouse", "child"]),
    ],
)  # fmt: skip
def test_relations_left_out_follow_from_the_order_and_from_age(members: str, relations: list[str]) -> None:
    text = FRAME.replace("members: [{name: June Example, born: 1980-03-02}]", f"members: [{members}]")
    story = read_story(text + "  - {at: 2015-12-01T10:00, expect: {books: {balanced: true}}}\n")
    assert [each.relation for each in story.households[0].members] == relations


def test_qualifying_events_may_be_written_as_the_rules_write_them() -> None:
    kinds = (
        "birth",
        "adoption",
        "foster placement",
        "marriage",
        "loss of coverage",
        "move",
        "income change",
        "other",
    )
    for kind in kinds:
        story = story_of(
            f"- {{at: 2015-12-03T10:00, do: select, household: june, plans: [SILVER], event: {{kind: {kind}, on: 2015-12-01}}}}"
        )
        assert story.steps[0].deed is not None
        assert story.steps[0].deed.fields["event"]["kind"] == kind.split()[0]


@pytest.mark.parametrize(
    ("step", "told"),
    [
        ("- {at: 2015-12-03T10:00, do: selct, household: june}", "unknown word 'selct' after 'do'; nearest known word: 'select'"),
        ("- {at: 2015-12-03T10:00, expct: {}}", "unknown word 'expct' of a step that does nothing; nearest known word: 'expect'"),
        ("- {at: 2015-12-03T10:00, do: select, household: june, plan: [SILVER]}", "unknown word 'plan' of 'select'; nearest known word: 'plans'"),
        ("- {at: 2015-12-03T10:00, expect: [{ballance: {household: june}}]}", "unknown word 'ballance' after 'expect'; nearest known word: 'balance'"),
        ("- {at: 2015-12-03T10:00, never: [{setled: {household: june}}]}", "unknown word 'setled' after 'never'; nearest known word: 'settled'"),
        ("- {at: 2015-12-03T10:00, expect: {balance: {household: june, owing: 1.00}}}", "unknown word 'owing' of 'balance'; nearest known word: 'owed'"),
        ("- {at: 2015-12-03T10:00, expect: {coverage: {household: june, is: active, zzz: 2016-01-01}}}", "unknown word 'zzz' of 'coverage'; nearest known word: 'from' (known here: from, household,"),
        ("- {at: 2015-12-03T10:00, expect: {coverage: {household: june, is: cancelled}}}", "unknown word 'cancelled' here; nearest known word: 'canceled'"),
        ("- {at: 2015-12-03T10:00, do: pay, household: june, amount: 1.00, by: cheque}", "unknown word 'cheque' here; nearest known word: 'check'"),
        ("- {at: 2015-12-03T10:00, do: down, service: payment}", "unknown word 'payment' here; nearest known word: 'payments'"),
        ("- {at: 2015-12-03T10:00, do: select, household: jun, plans: [SILVER]}", "this story has no household 'jun'; nearest known word: 'june'"),
        ("- {at: 2015-12-03T10:00, do: select, household: june, plans: [SLIVER]}", "this story has no plan 'SLIVER'; nearest known word: 'SILVER'"),
        ("- {at: 2015-12-03T10:00, expect: {sent: {carrier: BCBS}}}", "this story has no carrier 'BCBS'; nearest known word: 'BCBSVT'"),
        ("- {at: 2015-12-03T10:00, do: select, household: june, plans: [SILVER], pays: {amount: 1.00, with: card}}", "unknown word 'with' of 'pays'"),
        ("- {at: 2015-12-03T10:00, do: pay, household: june, amount: 500, by: card}", "'500' is not an amount with two decimals, such as 500.00"),
        ("- {at: 2015-12-03T10:00, do: pay, household: june, amount: 500.0, by: card}", "'500.0' is not an amount"),
        ("- {at: 2015-12-03T10:00, do: pay, household: june, by: card}", "'amount' is missing of 'pay'"),
        ("- {at: 2015-12-03T10:00, do: pay, amount: 1.00, by: card}", "'household' is missing of 'pay'"),
        ("- {at: 2015-12-03, expect: {books: {balanced: true}}}", "'2015-12-03' is not a local time such as 2016-01-31T10:00"),
        ("- {at: 2015-12-03T25:00, expect: {books: {balanced: true}}}", "there is no time '2015-12-03T25:00'"),
        ("- {at: 2016-03-03T10:00, expect: {effective: {household: june, on: 2016-02-30}}}", "there is no day '2016-02-30'"),
        ("- {at: 2016-03-03T10:00, expect: {settled: {household: june, month: 2016-13}}}", "'2016-13' is not a month such as 2016-01"),
        ("- {at: 2016-03-03T10:00, expect: {grace: {household: june, month: one}}}", "'one' is not a number such as 3"),
        ("- {at: 2016-03-03T10:00, expect: {books: {balanced: yes}}}", "'yes' is neither true nor false"),
        ("- {at: 2016-03-03T10:00}", "the step neither does nor expects anything"),
        ("- {do: select, household: june, plans: [SILVER]}", "'at' is missing of a step"),
        ("- {at: 2015-11-30T23:59, expect: {books: {balanced: true}}}", "'at: 2015-11-30T23:59' is before the story's clock, 2015-12-01T00:00"),
        ("- {at: 2015-12-03T10:00, at: 2015-12-04T10:00, expect: accepted}", "'at' stands twice here, first on line"),
        ("- {at: 2015-12-03T10:00, do: down, service: kafka, carrier: BCBSVT}", "'down' takes one of 'service' and 'carrier'"),
        ("- {at: 2015-12-03T10:00, do: advance, to: 2015-12-03T09:00}", "'to' is before 'at'"),
        ("- {at: 2015-12-03T10:00, do: pay, household: june, amount: 1.00, by: bank, card: lost}", "'card' says what becomes of a card, and this is paid by bank"),
        ("- {at: 2015-12-03T10:00, do: pay, for: unknown, amount: 1.00, by: check, names: invoice}", "'names' is of a household, and this is 'for' somebody else"),
        ("- {at: 2015-12-03T10:00, do: pay, household: june, amount: 1.00, by: card, card: stolen}", "unknown word 'stolen' here; nearest known word: "),
        ("- {at: 2015-12-03T10:00, do: pay, household: june, amount: 1.00, by: card, names: july}", "unknown word 'july' here"),
        ("- {at: 2015-12-03T10:00, do: select, household: june, plans: [SILVER], event: {kind: birth, on: 2015-12-01, starts: never}}", "unknown word 'never' here"),
        ("- {at: 2015-12-03T10:00, do: kill, service: smtp}", "unknown word 'smtp' here"),
        ("- {at: 2015-12-03T10:00, do: reinstate-error, household: june, by: sue}", "'reason' is missing of 'reinstate-error'"),
        ("- {at: 2015-12-03T10:00, expect: {facts: {household: june, standing: behind}}}", "unknown word 'behind' here"),
        ("- {at: 2015-12-03T10:00, expect: {notice: {household: june, count: few}}}", "'few' is not a number such as 0 or 3"),
        ("- {at: 2015-12-03T10:00, expect: {suspense: {reason: lost}}}", "unknown word 'lost' here"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_line_and_the_nearest_known_word(step: str, told: str) -> None:
    assert problem_of(step).startswith(f"trial.yaml:{FIRST_STEP_LINE}: {told}")


def test_a_rule_there_is_not_cannot_be_cited_and_another_source_can() -> None:
    text = text_of("- {at: 2015-12-03T10:00, expect: {books: {balanced: true}}}")
    with pytest.raises(
        StoryError, match=r"^trial\.yaml:3: there is no rule 'ENR-99'; nearest known word: 'ENR-9'"
    ):
        read_story(text.replace("[INV-1]", "[INV-1, ENR-99]"), file="trial.yaml")
    cited = read_story(text.replace("[INV-1]", '[INV-1, "VHC exhibit 3"]'), file="trial.yaml").cites
    assert cited == ("INV-1", "VHC exhibit 3")


def test_a_later_step_is_not_before_an_earlier_one_and_the_line_told_is_its_own() -> None:
    told = problem_of(
        "- {at: 2015-12-03T10:00, expect: {books: {balanced: true}}}",
        "- at: 2015-12-03T09:59\n  expect: {books: {balanced: true}}",
    )
    assert told == (
        f"trial.yaml:{FIRST_STEP_LINE + 1}: 'at: 2015-12-03T09:59' is before the step on line {FIRST_STEP_LINE}, 2015-12-03T10:00"
    )


def test_after_time_was_advanced_nothing_happens_before_that() -> None:
    steps = (
        "- {at: 2015-12-03T10:00, do: advance, to: 2016-01-01}",
        "- {at: 2015-12-31T23:59, expect: {books: {balanced: true}}}",
    )
    assert "is before the step on line" in problem_of(*steps)


def test_an_autumn_hour_that_comes_twice_keeps_its_order() -> None:
    story = story_of(
        "- {at: 2016-11-06T01:30, expect: {books: {balanced: true}}}",
        "- {at: 2016-11-06T02:00, expect: {books: {balanced: true}}}",
    )
    assert len(story.steps) == 2


@pytest.mark.parametrize(
    ("step", "word"),
    [
        ("- {at: 2015-12-03T10:00, do: change, household: june, from: 2016-02-01, plans: [SILVER]}", "change plans"),
        ("- {at: 2015-12-03T10:00, do: up, carrier: BCBSVT}", "up carrier: BCBSVT"),
        ("- {at: 2015-12-03T10:00, do: end-coverage, household: june, on: 2016-01-31, reason: medicaid}", "end-coverage reason: medicaid"),
        ("- {at: 2015-12-03T10:00, do: channel, name: payments-online, is: not-opened}", "channel"),
        ("- {at: 2015-12-03T10:00, do: correct, what: {charge: 2016-01}, reason: typo, by: sue, second: pat}", "correct"),
        ("- {at: 2015-12-03T10:00, expect: {adjustment: {household: june, month: 2016-01, amount: -5.00}}}", "adjustment"),
        ("- {at: 2015-12-03T10:00, expect: {alarm: {kind: overdue}}}", "alarm"),
        ("- {at: 2015-12-03T10:00, expect: {noticed: {channel: payments-online, is: down, within: 30}}}", "noticed"),
        ("- {at: 2015-12-03T10:00, expect: {audit: {carrier: BCBSVT, household: june}}}", "audit"),
    ],
)  # fmt: skip
def test_a_known_word_that_is_not_acted_out_yet_is_told_apart_from_an_unknown_one(
    step: str, word: str
) -> None:
    with pytest.raises(NotBuilt) as raised:
        story_of(step)
    assert str(raised.value) == f"trial.yaml:{FIRST_STEP_LINE}: not built yet: {word}"
    assert raised.value.exit_code == 3


def test_an_unknown_word_of_a_word_that_is_not_built_yet_is_an_unknown_word() -> None:
    told = problem_of("- {at: 2015-12-03T10:00, do: return-payment, household: june, nht: 1}")
    assert "unknown word 'nht' of 'return-payment'; nearest known word: 'nth'" in told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "t:1: the file is empty"),
        ("- a\n- b\n", "t:1: a story is a mapping that begins with 'scenario:'"),
        ("scenario: x\nclock: 2015-12-01\n", "t:1: 'steps:' is missing at the top of the story"),
        ("scenario: x\nclok: 2015-12-01\nsteps: []\n", "t:2: unknown word 'clok' at the top of the story; nearest known word: 'clock'"),
        ("scenario: x\nclock: [\n", "t:3: not readable as YAML"),
        ("scenario: x\nclock: tomorrow\nsteps: []\n", "t:2: 'tomorrow' is not a date such as 2016-01-31"),
        ("scenario: x\nclock: 2015-12-01\nsteps: []\n---\nscenario: y\n", "t:4: not readable as YAML: expected a single document in the stream"),
        ("scenario: x\nclock: 2015-12-01\nclock: 2015-12-02\nsteps: []\n", "t:3: 'clock' stands twice here, first on line 2"),
        ("scenario: x\nclock: 2015-12-01\nhouseholds: {unknown: {members: [{name: A, born: 1980-01-01}]}}\nsteps: []\n", "t:3: 'unknown' has a meaning of its own"),
        ("scenario: x\nclock: 2015-12-01\nhouseholds: {a b: {members: [{name: A, born: 1980-01-01}]}}\nsteps: []\n", "t:3: the household 'a b'"),
        ("scenario: x\nclock: 2015-12-01\nhouseholds: {a: {membres: []}}\nsteps: []\n", "t:3: unknown word 'membres' of a household; nearest known word: 'members'"),
        ("scenario: x\nclock: 2015-12-01\nhouseholds: {a: {members: [{name: A, borm: 1980-01-01}]}}\nsteps: []\n", "t:3: unknown word 'borm' of a member; nearest known word: 'born'"),
        ("scenario: x\nclock: 2015-12-01\ncatalog: [{plan: A, carrier: C, kind: medicl, monthly: {single: 1.00}}]\nsteps: []\n", "t:3: unknown word 'medicl' here; nearest known word: 'medical'"),
        ("scenario: x\nclock: 2015-12-01\ncatalog: [{plan: A, carrier: C, kind: medical, monthly: {singel: 1.00}}]\nsteps: []\n", "t:3: unknown word 'singel' of monthly premiums; nearest known word: 'single'"),
        ("scenario: x\nclock: 2015-12-01\ncatalog:\n  - {plan: A, carrier: C, kind: medical, monthly: {single: 1.00}}\n  - {plan: A, carrier: C, kind: medical, monthly: {single: 1.00}}\nsteps: []\n", "t:5: the plan 'A' stands twice in the catalog"),
        ("scenario: x\nclock: 2015-12-01\ncatalog:\n  - {plan: A, carrier: C, kind: medical, monthly: {single: 1.00}}\n  - {plan: B, carrier: C, kind: medical, monthly: {single: 1.00}, carrier_bills_from: 2016}\nsteps: []\n", "t:5: 'carrier_bills_from' of the plan 'B' is not that of the carrier's other plans"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_story_is_told_what_is_missing(text: str, told: str) -> None:
    with pytest.raises(StoryError) as raised:
        read_story(text, file="t")
    assert str(raised.value).startswith(told)


def test_a_file_that_is_not_there_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(StoryError, match="cannot be read: No such file or directory"):
        read_story_file(tmp_path / "nowhere.yaml")


def test_charges_are_read_by_month() -> None:
    story = story_of(
        "- {at: 2016-02-05T23:00, expect: {invoice: {household: june, charges: {2016-02: 1.00, 2016-03: 2.00}}}}"
    )
    charges = story.steps[0].expectations[0].fields["charges"]
    assert charges == {CoverageMonth(2016, 2): 100, CoverageMonth(2016, 3): 200}


@pytest.mark.parametrize(
    ("written", "standing"),
    [("binder-due", "binder-due"), ("in-grace", "in-grace"), ("in grace month 2", "in-grace 2"), ("in-grace 3", "in-grace 3"), ("ended", "ended")],
)  # fmt: skip
def test_a_standing_in_grace_may_name_its_month(written: str, standing: str) -> None:
    story = story_of(
        f"- {{at: 2016-02-05T23:00, expect: {{facts: {{household: june, standing: {written}}}}}}}"
    )
    assert story.steps[0].expectations[0].fields["standing"] == standing


def test_members_are_how_many_or_who() -> None:
    story = story_of(
        "- {at: 2016-02-05T23:00, expect: {policy-month: {household: june, month: 2016-02, members: 2}}}",
        "- {at: 2016-02-05T23:00, expect: {policy-month: {household: june, month: 2016-02, members: [June Example]}}}",
    )
    found = [step.expectations[0].fields["members"] for step in story.steps]
    assert found == [2, ("June Example",)]


def test_the_words_are_those_of_the_scenarios_page() -> None:
    done = (
        "select pay call-back pay-each-invoice autopay return-payment refund change end-coverage ask-reinstatement reinstate-error"
        " transfer-in change-plan medicaid renew carrier down up maintenance withdraw-maintenance end-maintenance stop-notices resume-notices advance"
        " lockbox assign-suspense dismiss-return move-payment redate-payment void-invoice redate-selection redate-end redate-departure correct-birth-date rerate merge-households"
        " decide-correction reverse-correction third-party return-third-party channel relief withdraw-relief bounce member tobacco correct acknowledge send-again decide-record book decide-difference kill"
        " apply attest accept-documents statement note-entry"
    )
    expected = (
        "effective refused accepted invoice balance settled grace coverage renewal listed sent remitted remittance remittance-file notice"
        " extended conflicts announced channel books bank-day unexplained"
        " policy-month facts suspense autopay adjustment alarm work noticed explain audit difference debited"
        " verification acknowledged answered reconciled"
    )
    assert sorted(DO) == sorted(done.split())
    assert sorted(EXPECT) == sorted(expected.split())


def test_text_of_puts_steps_where_the_first_step_line_says() -> None:
    assert text_of("- {at: x}").splitlines()[FIRST_STEP_LINE - 1] == "  - {at: x}"
