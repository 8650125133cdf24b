"""The drill as a person reads it: one page that needs nothing besides, and the same in Markdown for `docs/`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape

from drill import svg
from drill.headline import Headline
from drill.stage import Outage
from recorder.verdicts import Verdict

_STYLE = """\
body { font: 1rem/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 62rem; padding: 0 1rem; color: #1a1a1a; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0; }
th, td { border: 1px solid #767676; padding: .3rem .6rem; text-align: left; vertical-align: top; }
td.n { text-align: right; font-variant-numeric: tabular-nums; } caption { text-align: left; font-weight: bold; }
.wrong { background: #f8d7da; font-weight: bold; } svg { width: 100%; height: auto; margin: .5rem 0; }
.wide { overflow-x: auto; }
"""

_HOW = (
    "Everything was asked over HTTP through the public doors of five service processes, with Kafka, PostgreSQL, a"
    " sandbox of the card processor, one of the federal hub and a mail server that keeps what it gets; checks came as"
    " lockbox files. Nothing was put into a database. The exchange's clock was moved by its own operation."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """How a drill was made: at which share of the numbers, when, on what, and how long it took."""

    scale: float
    made_at: datetime
    machine: str
    seconds: float
    processor_seconds: float
    """Of the drill's own processes, whatever else ran."""

    @property
    def sentence(self) -> str:
        """It, in words."""
        share = "" if self.scale == 1 else " What must be is that share of what was reported."
        return (
            f"Made with make drill SCALE={self.scale:g} on {self.made_at:%B} {self.made_at.day}, {self.made_at.year},"
            f" on {self.machine}, in {self.seconds:,.0f} s. Its processes, Kafka and PostgreSQL among them, took"
            f" {self.processor_seconds:,.0f} processor seconds.{share}"
        )


def html(headlines: Sequence[Headline], run: Run) -> str:
    """Return the page."""
    parts = [
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>The drill</title><style>{_STYLE}</style></head><body><main><h1>The drill</h1>",
        f"<p>{escape(run.sentence)}</p><p>{escape(_HOW)}</p>",
        *(_section(each) for each in headlines),
        "</main></body></html>\n",
    ]
    return "\n".join(parts)


def _section(headline: Headline) -> str:
    return "\n".join(
        [
            f'<section id="{headline.name}"><h2>{escape(headline.title)}</h2>',
            f"<p>{escape(_who(headline))}</p>",
            f"<ul>{''.join(f'<li>{escape(each)}</li>' for each in headline.chosen)}</ul>",
            _table("What was reported, and what came of it here", _FIGURES, _figures(headline)),
            f"<p>{escape(_kept(headline))}</p>",
            svg.said_by_hour(headline),
            svg.left_by_hour(headline),
            svg.notices(headline),
            _table("What was away", _OUTAGES, [_outage(each) for each in headline.outages]),
            _table("How long it took, in seconds of the wall's clock", _AGES, _ages(headline)),
            _table("Without it, from the same data", _WITHOUT, _without(headline)),
            "</section>",
        ]
    )


def _table(caption: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    top = "".join(f'<th scope="col">{escape(each)}</th>' for each in heads)
    body = "".join(
        f"<tr{' class=wrong' if 'WRONG' in row else ''}>{''.join(_cell(each) for each in row)}</tr>"
        for row in rows
    )
    return (
        f'<div class="wide" role="region" tabindex="0" aria-label="{escape(caption)}"><table>'
        f"<caption>{escape(caption)}</caption><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _cell(text: str) -> str:
    number = text.replace(",", "").replace(".", "").isdigit()
    return f"<td{' class=n' if number else ''}>{escape(text)}</td>"


def markdown(headlines: Sequence[Headline], run: Run) -> str:
    """Return the page for `docs/`: its pictures are files beside it."""
    lines = [
        "# The drill", "",
        "`make drill` lives through the three headlines that this project exists for, on real processes, and writes",
        "`.local/drill/index.html`. This page is of a real run.", "",
        f"{run.sentence}", "", _HOW, "",
    ]  # fmt: skip
    for each in headlines:
        lines += [
            f"## {each.title}", "", _who(each), "", *(f"- {text}" for text in each.chosen), "",
            *_markdown_table(_FIGURES, _figures(each)), "", _kept(each), "",
            f"![What each service said, hour by hour](drill/{each.name}-said.svg)", "",
            f"![What each had left to do](drill/{each.name}-left.svg)", "",
            f"![Who was told what](drill/{each.name}-notices.svg)", "",
            *_markdown_table(_OUTAGES, [_outage(outage) for outage in each.outages]), "",
            *_markdown_table(_AGES, _ages(each)), "",
            *_markdown_table(_WITHOUT, _without(each)), "",
        ]  # fmt: skip
    return "\n".join(lines)


def pictures(headline: Headline) -> dict[str, str]:
    """Return the pictures of a headline by the names of their files."""
    return {
        f"{headline.name}-said.svg": svg.said_by_hour(headline),
        f"{headline.name}-left.svg": svg.left_by_hour(headline),
        f"{headline.name}-notices.svg": svg.notices(headline),
    }


def _markdown_table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return [
        f"| {' | '.join(heads)} |",
        f"|{'---|' * len(heads)}",
        *(f"| {' | '.join(row)} |" for row in rows),
    ]


_FIGURES = ("figure", "reported", "must be", "found", "")
_OUTAGES = ("what", "from", "to", "known to machines")
_AGES = ("from → to", "half within", "99 of 100 within", "longest")
_WITHOUT = ("without", "rule", "people", "would have")


def _who(headline: Headline) -> str:
    return (
        f"{headline.source}. {headline.people:,} people in {headline.households:,} households,"
        f" {headline.requests:,} requests, {headline.journal.events:,} events, {headline.seconds:,.0f} s."
        " Chosen, where the report is silent:"
    )


def _figures(headline: Headline) -> list[list[str]]:
    return [
        [
            each.what,
            each.reported,
            shown(each.expected),
            shown(each.found),
            "" if each.right else "WRONG",
        ]
        for each in headline.figures
    ]


def shown(value: int | str) -> str:
    """Return a figure's value as a person reads it."""
    return f"{value:,}" if isinstance(value, int) else str(value)


def _kept(headline: Headline) -> str:
    return (
        f"By the recorder's own book: {headline.missing} missing, {headline.doubled} doubled,"
        f" {headline.table.total(Verdict.CONTRADICTED)} contradicted, {headline.table.total(Verdict.UNASKED)} unasked,"
        f" {headline.table.total(Verdict.ONCE):,} found exactly once where they must be."
    )


def _outage(outage: Outage) -> list[str]:
    ended = "" if outage.ended is None else f"{outage.ended:%b %d, %H:%M}"
    known = (
        "told by staff or the pack"
        if outage.noticed_after_seconds is None or outage.known_at is None
        else f"at {outage.known_at:%H:%M:%S}, after {outage.noticed_after_seconds:.1f} s of the wall's clock"
    )
    return [outage.what, f"{outage.began:%b %d, %H:%M}", ended, known]


def _ages(headline: Headline) -> list[list[str]]:
    busy: dict[str, float] = {}
    for look in headline.looks:
        busy[look.service] = max(look.busy_seconds, busy.get(look.service, 0.0))
    longest = [
        [f"{name}: had something left, without a pause", "", "", f"{most:.1f}"] for name, most in busy.items()
    ]
    return [
        *(
            [each.called, f"{each.half:.1f}", f"{each.nearly_all:.1f}", f"{each.longest:.1f}"]
            for each in headline.ages
        ),
        *longest,
    ]


def _without(headline: Headline) -> list[list[str]]:
    return [[each.guard, each.rule, f"{each.people:,}", each.would] for each in headline.without]
