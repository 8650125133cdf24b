"""Where everything that was accepted is looked for, and how long it took to get there."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any

from drill.headline import Age
from drill.looking import Journal
from drill.stage import Stage
from recorder.book import Book
from recorder.look import PLACES, events, look_for_everything
from recorder.verdicts import Table, classify

AGES: tuple[tuple[str, str, str], ...] = (
    ("selection", "PlansSelected", "a selection is accepted → its event is published"),
    ("payment", "PaymentReceived", "a payment is accepted → its event is published"),
    ("payment", "BinderSatisfied", "a payment is accepted → the binder is settled (invoicing)"),
    ("payment", "TransmissionSent", "a payment is accepted → the carrier is told (carrier-gateway)"),
)
"""What was asked, what came of it, and what that is called. A selection's payment comes later, so the later one of a
household's answers counts."""


async def look_for_everything_in(stage: Stage) -> Table:
    """Look for every act of the book at its owner, in its topic and where it travels to; return the verdicts."""

    def topic(name: str) -> AsyncIterator[Iterable[dict[str, Any]]]:
        full = f"{stage.instance.topic_prefix}{name}"
        return events(stage.instance.backing.kafka_operator(), full, partitions=stage.instance.partitions)

    await look_for_everything(stage.book, read=stage.crowd.read, topic=topic)
    return classify(stage.book, PLACES)


def ages_of(book: Book, journal: Journal) -> list[Age]:
    """Return how long it took from an answer to what came of it, where anything did."""
    found = list[Age]()
    for kind, type_, called in AGES:
        accepted, published = _accepted(book, kind), journal.published.get(type_, {})
        # the relay may be faster than the answer is on its way back
        ages = sorted(max(0.0, published[each] - at) for each, at in accepted.items() if each in published)
        if ages:
            nearly_all = ages[min(len(ages) - 1, len(ages) * 99 // 100)]
            found.append(Age(called, ages[len(ages) // 2], nearly_all, ages[-1]))
    return found


def _accepted(book: Book, kind: str) -> Mapping[str, float]:
    """Return when each household's act of a kind was accepted, by the wall's clock."""
    with sqlite3.connect(book.file) as reading:
        rows = reading.execute(
            "SELECT household, max(answered_at) FROM acts JOIN sends USING (act)"
            " WHERE kind = ? AND status BETWEEN 200 AND 299 GROUP BY household",
            (kind,),
        ).fetchall()
    reading.close()
    return dict(rows)
