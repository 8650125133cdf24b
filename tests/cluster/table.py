"""What is told at the end: a row for each step, and whether all of it is as it must be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

HEADS = ("step", "seconds", "requests", "kills", "failed", "missing", "doubled")


@dataclass(slots=True, kw_only=True)
class Row:
    """A step: how long it took, and what was asked and found meanwhile.

    ``failed`` are requests that no answer came to, or one of 5xx, at services that the step left alone; ``missing`` and
    ``doubled`` are acts begun in it, None where no recorder ran. ``wrong`` says what else was not as it must be.
    """

    step: str
    seconds: float
    requests: int = 0
    kills: int = 0
    failed: int = 0
    missing: int | None = None
    doubled: int | None = None
    wrong: str = ""

    @property
    def held(self) -> bool:
        """Whether the step was as it must be."""
        return not (self.failed or self.missing or self.doubled or self.wrong)

    def texts(self) -> list[str]:
        """Return its columns."""
        figures = (self.requests, self.kills, self.failed, self.missing, self.doubled)
        return [self.step, f"{self.seconds:.0f}", *("·" if each is None else str(each) for each in figures)]


def lines(rows: Sequence[Row]) -> list[str]:
    """Return the table as lines of text, a sum below, and under it what is wrong."""
    total = Row(
        step="in all",
        seconds=sum(each.seconds for each in rows),
        requests=sum(each.requests for each in rows),
        kills=sum(each.kills for each in rows),
        failed=sum(each.failed for each in rows),
        missing=sum(each.missing or 0 for each in rows),
        doubled=sum(each.doubled or 0 for each in rows),
    )
    texts = [list(HEADS), *(each.texts() for each in rows), total.texts()]
    widths = [max(len(row[column]) for row in texts) for column in range(len(HEADS))]
    shown = [
        "  ".join(
            text.ljust(width) if column == 0 else text.rjust(width)
            for column, (text, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in texts
    ]
    rule = "-" * len(shown[0])
    wrong = [f"NOT as it must be: {each.step}: {reason(each)}" for each in rows if not each.held]
    return [shown[0], rule, *shown[1:-1], rule, shown[-1], *wrong]


def reason(row: Row) -> str:
    """Return why a step is not as it must be."""
    figures = {"failed requests": row.failed, "missing": row.missing, "doubled": row.doubled}
    return "; ".join(
        [*(f"{count} {what}" for what, count in figures.items() if count), *filter(None, [row.wrong])]
    )


def held(rows: Sequence[Row]) -> bool:
    """Whether there was a step, and all were as they must be."""
    return bool(rows) and all(each.held for each in rows)
