"""What came of the attacks: a row for each kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

_SHOWN = 5


@dataclass(slots=True)
class Row:
    """One kind of attack at one door: how often it was tried, and each time that something did not hold."""

    door: str
    attack: str
    tries: int = 0
    broke: list[str] = field(default_factory=list[str])

    def tried(self, *, held: bool, what: str) -> None:
        """Count a try; ``what`` says what happened where it did not hold."""
        self.tries += 1
        if not held:
            self.broke.append(what)


def lines_of(rows: Sequence[Row]) -> list[str]:
    """Return the table, and below each row the first of what broke."""
    wide = max(len("attack"), *(len(row.attack) for row in rows))
    lines = [f"{'door':9} {'attack':{wide}} {'tried':>6}  outcome"]
    for row in rows:
        outcome = (
            "held" if row.tries and not row.broke else f"BROKE {len(row.broke)}" if row.tries else "NOT TRIED"
        )
        lines.append(f"{row.door:9} {row.attack:{wide}} {row.tries:6}  {outcome}")
        lines += [f"{'':10}{each}" for each in row.broke[:_SHOWN]]
    return lines


def held(rows: Sequence[Row]) -> bool:
    """Return whether each attack was tried and nothing broke."""
    return all(row.tries and not row.broke for row in rows)
