"""Each rule that a service puts into a reason can be told, in every language, with whatever facts were kept with it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bulkhead.kernel.explanations import LANGUAGES, Language
from bulkhead.sentences import WrittenSentences
from tests.architecture.test_edges import ROOT

EXPLAINING = ("enrollment", "invoicing")
"""The services that answer "why?"."""

_RULE = re.compile(r"(CAL|ENR|INV|PAY|CAR|NOT|OPS)-[0-9]+")


def rules_of(source: str) -> set[str]:
    """Return the rules that a module names, each alone in a text: what its reasons may be about."""
    return {
        each.value
        for each in ast.walk(ast.parse(source))
        if isinstance(each, ast.Constant) and isinstance(each.value, str) and _RULE.fullmatch(each.value)
    }


def reasons_in(source: str) -> list[ast.Call]:
    """Return the reasons that a module gives."""
    return [
        each
        for each in ast.walk(ast.parse(source))
        if isinstance(each, ast.Call) and getattr(each.func, "id", None) == "Reason"
    ]


def cites(reason: ast.Call) -> bool:
    """Whether a reason says where its rule is from, in every case."""
    citation = next((each.value for each in reason.keywords if each.arg == "citation"), None)
    return citation is not None and not any(
        isinstance(each, ast.Constant) and each.value == "" for each in ast.walk(citation)
    )


def modules(service: str) -> Iterator[Path]:
    """Yield the modules of a service, but for that of its parameters: their faults are told when it starts."""
    for path in (ROOT / "services" / service / "src").rglob("*.py"):
        if path.name != "parameters.py":
            yield path


def rules_in(service: str) -> set[str]:
    return {rule for path in modules(service) for rule in rules_of(path.read_text(encoding="utf-8"))}


def test_rules_are_found_however_they_are_given() -> None:
    source = 'Reason(rule="INV-1", says="by INV-9"); refused(rule="INV-2" if late else "INV-3"); RULES = {"a": "ENR-4"}'
    assert rules_of(source) == {"INV-1", "INV-2", "INV-3", "ENR-4"}
    assert {"ENR-2", "CAL-3", "ENR-13", "INV-12"} <= rules_in("enrollment")
    assert {"INV-1", "INV-8", "CAR-3"} <= rules_in("invoicing")


@pytest.mark.parametrize("service", EXPLAINING)
def test_every_reason_says_where_its_rule_is_from(service: str) -> None:
    kernel = ROOT / "libs" / "common" / "src" / "bulkhead" / "kernel"
    without = [
        f"{path.name}:{call.lineno}"
        for path in (*modules(service), *kernel.glob("*.py"))
        for call in reasons_in(path.read_text(encoding="utf-8"))
        if not cites(call)
    ]
    assert without == []


def test_a_reason_that_cites_nothing_in_some_case_cites_nothing() -> None:
    source = 'Reason(rule=1), Reason(citation=""), Reason(citation=a if late else ""), Reason(citation=SOURCES[rule])'
    assert [cites(each) for each in reasons_in(source)] == [False, False, False, True]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("service", EXPLAINING)
def test_every_rule_in_a_reason_has_its_sentence_in_every_language(service: str, language: Language) -> None:
    assert rules_in(service) - WrittenSentences(service).names(language) == set()


@pytest.mark.parametrize("service", EXPLAINING)
def test_every_language_has_the_same_sentences(service: str) -> None:
    sentences = WrittenSentences(service)
    assert {sentences.names(language) for language in LANGUAGES} == {sentences.names("en")}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("service", EXPLAINING)
def test_a_rules_sentence_can_be_said_without_any_fact(service: str, language: Language) -> None:
    sentences = WrittenSentences(service)
    for name in sorted(each for each in sentences.names(language) if _RULE.fullmatch(each)):
        said = sentences.say(name, {}, language=language)
        assert said.endswith(".") and "{" not in said and "  " not in said, (name, said)
