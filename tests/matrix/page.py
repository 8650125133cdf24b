"""The matrix as a person reads it: a table in the terminal, and a page with the timeline of every cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape

from matrix.acts import ACTS
from matrix.expected import ASKS, wrong
from matrix.run import CALM, Cell, Row

_STYLE = """\
body { font: 1rem/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 80rem; padding: 0 1rem; color: #1a1a1a; }
table { border-collapse: collapse; } .wide { overflow-x: auto; }
th, td { border: 1px solid #767676; padding: .35rem .6rem; text-align: left; vertical-align: top; }
.waits { background: #fff3cd; } .wrong { background: #f8d7da; font-weight: bold; }
a { color: #0b4a8f; } time { font-variant-numeric: tabular-nums; }
"""


def short(cell: Cell) -> str:
    """Return a cell in a few words: what it was answered, and when its effect was there."""
    status = ""
    if cell.act in ASKS:
        answered = 0 if cell.answer is None else cell.answer.status
        status = f"{answered or 'no answer'}, "
    return f"{status}{cell.effect}" + (" WRONG" if wrong(cell) else "")


def table(rows: Sequence[Row]) -> list[str]:
    """Return the matrix as lines of text: a line for each thing that is away."""
    heads = ["away", *ACTS]
    body = [[row.outage, *(short(row.cells[act]) for act in ACTS)] for row in rows]
    widths = [max(len(line[column]) for line in [heads, *body]) for column in range(len(heads))]
    return [
        "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip()
        for line in [heads, *body]
    ]


def page(rows: Sequence[Row], differing: Mapping[str, Sequence[str]], *, made_at: datetime) -> str:
    """Return the matrix as a page that needs nothing besides: the table, and under it each cell's timeline."""
    parts = [
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>Outage matrix</title><style>{_STYLE}</style></head><body><main>",
        "<h1>Outage matrix</h1>",
        "<p>Each row is an exchange from which one thing was away from Sunday, January 31, 8 p.m. to Friday,"
        " February 5, noon. Each column is something it was asked, or had to do by itself, meanwhile."
        f" Made {made_at:%Y-%m-%d %H:%M}.</p>",
        '<div class="wide" role="region" aria-label="Outage matrix" tabindex="0">',
        "<table><caption>What came of each act</caption>",
        '<thead><tr><th scope="col">Away</th>',
        *(f'<th scope="col">{escape(act)}</th>' for act in ACTS),
        "</tr></thead><tbody>",
        *(_line(row) for row in rows),
        "</tbody></table></div>",
        *(_section(row, differing.get(row.outage, ())) for row in rows),
        "</main></body></html>\n",
    ]  # fmt: skip
    return "\n".join(parts)


def _line(row: Row) -> str:
    cells = "".join(_field(row.cells[act]) for act in ACTS)
    return f'<tr><th scope="row">{escape(row.outage)}</th>{cells}</tr>'


def _field(cell: Cell) -> str:
    link = f'<a href="#{_anchor(cell.outage, cell.act)}">{escape(short(cell))}</a>'
    return f'<td class="{_look(cell)}">{link}</td>'


def _look(cell: Cell) -> str:
    return "wrong" if wrong(cell) else "goes-on" if cell.effect == "at once" else "waits"


def _section(row: Row, differing: Sequence[str]) -> str:
    title = "Nothing away" if row.outage == CALM else f"Away: {row.outage}"
    if row.outage == CALM:
        said = "<p>What the others are compared with.</p>"
    elif differing:
        said = "<p class='wrong'>Afterwards not the same facts:</p><ul>"
        said += "".join(f"<li>{escape(each)}</li>" for each in differing) + "</ul>"
    else:
        said = "<p>Afterwards all facts are those of the exchange from which nothing was away.</p>"
    return f"<section><h2>{escape(title)}</h2>{said}{''.join(_timeline(row.cells[act]) for act in ACTS)}</section>"


def _timeline(cell: Cell) -> str:
    items = "".join(
        f'<li><time datetime="{at.isoformat()}">{at:%b %d, %H:%M}</time> {escape(what)}</li>'
        for at, what in cell.timeline
    )
    faults = "".join(f"<p class='wrong'>{escape(each)}</p>" for each in wrong(cell))
    return f'<h3 id="{_anchor(cell.outage, cell.act)}">{escape(cell.act)}</h3><ol>{items}</ol>{faults}'


def _anchor(outage: str, act: str) -> str:
    return f"{outage}-{act}".lower().replace(" ", "-")
