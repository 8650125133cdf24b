"""What the pages say of tests, duties, kinds and length is so."""

from __future__ import annotations

import ast
import re
from functools import cache
from math import ceil
from pathlib import Path

import pytest

from carrier_gateway.application import find_overdue as find_overdue_at_carriers
from enrollment.application import find_overdue as find_overdue_at_enrollment
from invoicing.application import look_for_overdue
from notifications.application import find_overdue as find_overdue_of_notices
from payments.application import find_overdue as find_overdue_of_payments
from runbooks import REPOSITORY

PAGES = sorted(
    each
    for each in REPOSITORY.rglob("*.md")
    if not any(part.startswith(".") for part in each.relative_to(REPOSITORY).parts)
)
RUNBOOKS = REPOSITORY / "docs" / "runbooks"
DECISIONS = sorted((REPOSITORY / "docs" / "adr").glob("0*.md"))
SOURCES = sorted(REPOSITORY.glob("services/*/src/**/*.py")) + sorted(REPOSITORY.glob("libs/*/src/**/*.py"))
A_PAGE, COLUMNS = 50, 150
"""So many lines of so many columns are read at once."""


@cache
def known_tests() -> frozenset[str]:
    """The functions and files of tests, by name."""
    files = [
        each
        for folder in ("services", "libs", "apps", "deploy", "tests")
        for each in (REPOSITORY / folder).rglob("test_*.py")
    ]
    functions = {name for each in files for name in re.findall(r"def (test_\w+)", each.read_text("utf-8"))}
    return frozenset({*functions, *(each.stem for each in files)})


def keywords(call: str, keyword: str) -> set[str]:
    """The texts that calls of a name have as a keyword, in the code of services and libraries."""
    return {
        each.value.value
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == call
        for each in node.keywords
        if each.arg == keyword and isinstance(each.value, ast.Constant) and isinstance(each.value.value, str)
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda each: str(each.relative_to(REPOSITORY)))
def test_the_tests_that_a_page_names_are_there(page: Path) -> None:
    text = page.read_text("utf-8")
    named = {each for each in re.findall(r"(?<!\w)test_\w+", text) if not each.endswith("_")}
    assert named - known_tests() == set()
    for path in re.findall(r"`((?:\w[\w.-]*/)+test_\w+\.py)`", text):
        assert any((folder / path).exists() for folder in (page.parent, REPOSITORY)) or path_below(path), path


def path_below(path: str) -> bool:
    """Whether a path is one within a service or library, as a page of all of them names it."""
    return any(True for each in ("services", "libs", "deploy") for _ in REPOSITORY.glob(f"{each}/*/{path}"))


def test_the_page_about_late_duties_names_every_duty() -> None:
    page = (RUNBOOKS / "BulkheadDutyLate.md").read_text("utf-8")
    duties = keywords("Duty", "name")
    assert len(duties) > 10
    assert {each for each in duties if f"`{each}`" not in page} == set()


def test_the_page_about_what_is_overdue_names_every_kind() -> None:
    page = (RUNBOOKS / "BulkheadOverdue.md").read_text("utf-8")
    kinds = [
        *find_overdue_at_carriers.KINDS,
        *find_overdue_at_enrollment.OVERDUE_KINDS,
        *look_for_overdue.KINDS,
        *find_overdue_of_notices.KINDS,
        *find_overdue_of_payments.KINDS,
    ]
    assert [each for each in kinds if f"`{each}`" not in page] == []


@pytest.mark.parametrize("decision", DECISIONS, ids=lambda each: each.stem[:4])
def test_a_decision_is_a_page(decision: Path) -> None:
    lines = decision.read_text("utf-8").splitlines()
    assert sum(max(1, ceil(len(each) / COLUMNS)) for each in lines) <= A_PAGE
