"""Every kind of decision, with all that is said of it: rule, citation, words and figures, as members read them.

``GOLDEN=write`` in the environment writes the file anew; the difference is then read like a change of words.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import get_args

from invoicing.application import facts
from invoicing.domain.decisions import Decided, Decision
from services.invoicing.tests.builders import Book

GOLDEN = Path(__file__).parent / "decisions.txt"
IDS = ("decision", "undoes", "settlement", "refund", "payment", "invoice")
"""Facts that are hashes: they say which, and nothing else."""


async def live(book: Book) -> None:
    """Live through a year in which everything is decided: by one who pays no binder, one whose grace has three months
    and one whose has one, one whose payment is returned and whose invoice is void for a while, and two whose coverage
    stands again. A cut-off moves for a while, too, and one household with credit is merged into another for a while.
    """
    await book.advance(date(2015, 12, 3), 10)
    await book.select("never", net=30000)
    await book.select("posted", net=30000)
    for household in ("assisted", "asks"):
        await book.select(household, net={"silver": 50000, "dental": 4100}, assistance=20000)
        await book.pay(household, 54100, at_selection=True, selection="s1")
    for household in ("alone", "returned"):
        await book.select(household, net=40000)
        await book.pay(household, 41000)
    await book.select("twice", net=30000)
    await book.pay("twice", 10000)
    await book.cancel("twice")
    await book.hear("twice", facts.HouseholdMerged(household="twice", into="alone", correction="m1"))
    await book.hear(
        "twice", facts.MergeReversed(household="twice", into="alone", correction="m2", reverses="m1")
    )
    await book.advance(date(2015, 12, 20))
    await book.move_back(await book.move_cutoff(date(2015, 12, 25), date(2015, 12, 28)))
    await book.advance(date(2015, 12, 31), 9)
    await book.pay("posted", 30000, method="check", postmarked=date(2015, 12, 22))
    await book.advance(date(2016, 1, 20))
    await book.reverse(await book.void("returned"))
    for household in ("assisted", "asks"):
        await book.pay(household, 54100)
    for household in ("alone", "returned", "posted"):
        await book.pay(household, 40000)
    await book.advance(date(2016, 2, 10))
    back = await book.pay("returned", 40000)
    await book.refund("returned", 1000)
    await book.pay("asks", 54099)
    await book.advance(date(2016, 2, 20))
    await book.give_back("returned", back, 40000)
    await book.advance(date(2016, 3, 20))
    await book.pay("returned", 120000)
    await book.advance(date(2016, 4, 10))
    await book.pay("alone", 400000, method="check", postmarked=date(2016, 3, 31))
    await book.advance(date(2016, 7, 5))


def told(book: Book) -> Iterator[str]:
    """Yield each decision and its reasons, household by household, in their order."""
    for each in sorted(book.database.rows(Decision), key=lambda each: (each.household, each.number)):
        yield f"{each.household} {each.number}: {each.decided} on {each.on}, at {each.at:%Y-%m-%d %H:%M}"
        yield from (f"    {name}: {text}" for name, text in each.facts.items() if name not in IDS)
        for reason in each.reasons:
            yield f"  {reason.rule} ({reason.citation}): {reason.says}"
            yield from (f"    {name}: {text}" for name, text in reason.facts.items())


async def test_every_decision_says_why() -> None:
    book = Book()
    await live(book)
    text = "".join(f"{line}\n" for line in told(book))
    if os.environ.get("GOLDEN") == "write":
        GOLDEN.write_text(text, encoding="utf-8")
    assert text == GOLDEN.read_text(encoding="utf-8")


async def test_the_year_has_every_kind_of_decision() -> None:
    book = Book()
    await live(book)
    decided = {each.decided for each in book.database.rows(Decision)}
    assert set(get_args(Decided)) - decided == set()
