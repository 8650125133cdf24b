"""Where the rules are from by which an account is explained."""

from __future__ import annotations

from invoicing.domain import explaining, statements
from invoicing.domain.sources import SOURCES


def test_every_rule_that_an_account_is_explained_with_says_where_it_is_from() -> None:
    named = {
        *statements._BY_REASON.values(),
        *statements._BY_KIND.values(),
        *explaining._NOT_LISTED.values(),
        statements.rule_of_change("a reason nobody knows"),
    }
    assert named - SOURCES.keys() == set()
