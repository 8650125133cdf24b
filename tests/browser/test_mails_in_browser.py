"""E-mails in a real browser: anybody can read each notice, in each language, on a telephone too (axe, WCAG)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from notifications.domain.letters import Content
from services.notifications.tests.golden.test_notices import CASES, LANGUAGES
from services.notifications.tests.office import WRITER
from tests.browser.looking import NARROW, NEEDS_A_BROWSER, looked_at

pytestmark = NEEDS_A_BROWSER


def one_of_each() -> dict[str, Callable[[str], Content]]:
    """Return a case of each type of notice, and the one with taglines in all languages of a pack."""
    found: dict[str, Callable[[str], Content]] = {}
    for make in CASES.values():
        found.setdefault(make("en").notice.type, make)
    return {**found, "taglines": CASES["receipt-with-taglines"]}


@pytest.mark.parametrize("language", LANGUAGES)
async def test_NOT_1_anybody_can_read_each_e_mail(language: str, tmp_path: Path) -> None:
    pages: list[tuple[str, int, None]] = []
    for name, make in one_of_each().items():
        page = tmp_path / f"{name}.html"
        page.write_text(WRITER.write(make(language)).html, encoding="utf-8")
        pages.append((page.as_uri(), NARROW, None))
    found = await looked_at(*pages)
    assert len(found) == len(pages)
    for each in found:
        assert (each["url"], each["violations"]) == (each["url"], [])
        assert each["passes"] > 10  # axe did look
        assert each["language"] == language
        assert each["requests"] == [each["url"]]  # nothing more is fetched, and nobody told that it was read
        assert each["complaints"] == []
    assert [each["url"] for each in found if each["overflows"]] == []
