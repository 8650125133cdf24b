"""Pictures: what each service did hour by hour, how much it had left to do, what was away, who was told what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from html import escape

from drill.headline import Headline
from drill.looking import hour_of

SERVICES = ("enrollment", "invoicing", "payments", "carrier-gateway", "notifications")
_WIDTH, _LEFT, _ROW, _GAP, _TOP = 960, 130, 44, 14, 30
_INK, _MUTED, _BAR, _QUEUE, _AWAY = "#1a1a1a", "#5a5a5a", "#0b4a8f", "#9a3412", "#f3c9c9"
_MAIL, _PAPER = "#0b4a8f", "#9a3412"
_FONT = 'font-family="system-ui, sans-serif"'


def said_by_hour(headline: Headline) -> str:
    """Return how many things each service said in each hour of the exchange's clock; what was away is shaded."""
    rows = {
        service: {
            hour: sum(counts.values())
            for (said_by, hour), counts in headline.journal.by_hour.items()
            if said_by == service
        }
        for service in SERVICES
    }
    return _rows(
        headline, rows, color=_BAR, title=f"{headline.title}: events said, hour by hour", unit="an hour"
    )


def left_by_hour(headline: Headline) -> str:
    """Return the most that each service had left to do in each hour."""
    rows: dict[str, dict[datetime, int]] = {service: {} for service in SERVICES}
    for look in headline.looks:
        hours = rows[look.service]
        hour = hour_of(look.at)
        hours[hour] = max(look.left, hours.get(hour, 0))
    title = f"{headline.title}: most that was left to do, hour by hour"
    return _rows(headline, rows, color=_QUEUE, title=title, unit="at once")


def _rows(
    headline: Headline, rows: Mapping[str, Mapping[datetime, int]], *, color: str, title: str, unit: str
) -> str:
    height = _TOP + len(rows) * (_ROW + _GAP) + 20
    hours = max(1, int((headline.ended - headline.began) / timedelta(hours=1)) + 1)
    wide = (_WIDTH - _LEFT - 10) / hours

    def x(at: datetime) -> float:
        return _LEFT + (at - headline.began) / timedelta(hours=1) * wide

    parts = list(_shades(headline, x, height))
    for number, (service, counts) in enumerate(rows.items()):
        base = _TOP + number * (_ROW + _GAP) + _ROW
        most = max(counts.values(), default=0)
        parts.append(_text(4, base - 18, service, size=13))
        parts.append(_text(4, base - 3, f"most {most:,} {unit}", size=10, color=_MUTED))
        parts.append(f'<path d="M{_LEFT} {base}H{_WIDTH - 10}" stroke="#bbb" fill="none"/>')
        bars = "".join(
            f"M{x(hour):.1f} {base}v-{max(0.7, count / most * _ROW):.1f}h{max(1.6, wide * 0.85):.1f}V{base}z"
            for hour, count in sorted(counts.items())
            if count and headline.began <= hour <= headline.ended
        )
        if bars:
            parts.append(f'<path d="{bars}" fill="{color}"/>')
    parts += _days(headline, x, height)
    return _picture(title, parts, height)


def _shades(headline: Headline, x, height: int) -> Iterator[str]:
    for outage in headline.outages:
        begins, ends = x(max(outage.began, headline.began)), x(outage.ended or headline.ended)
        width = max(1.5, ends - begins)
        yield (
            f'<rect x="{begins:.1f}" y="{_TOP - 8}" width="{width:.1f}" height="{height - _TOP - 8}"'
            f' fill="{_AWAY}" fill-opacity="0.6"><title>{escape(outage.what)} away</title></rect>'
        )


def _days(headline: Headline, x, height: int) -> Iterator[str]:
    days = (headline.ended - headline.began).days + 1
    every = max(1, days // 14)
    for number in range(0, days, every):
        day = headline.began + timedelta(days=number)
        yield f'<path d="M{x(day):.1f} {_TOP - 8}V{height - 16}" stroke="#ddd" fill="none"/>'
        yield _text(x(day) + 2, height - 4, f"{day:%b} {day.day}", size=10, color=_MUTED)


def notices(headline: Headline) -> str:
    """Return how many notices of each kind left, and by which way."""
    by_type: dict[str, Counter[str]] = {}
    for (type_, way), count in headline.journal.notices.items():
        by_type.setdefault(type_, Counter())[way] += count
    height = _TOP + max(1, len(by_type)) * 24 + 10
    most = max((sum(ways.values()) for ways in by_type.values()), default=1)
    parts = list[str]()
    for number, (type_, ways) in enumerate(sorted(by_type.items(), key=lambda each: -sum(each[1].values()))):
        y, begins = _TOP + number * 24, float(_LEFT)
        parts.append(_text(4, y + 12, type_, size=12))
        for way, color in (("email", _MAIL), ("paper", _PAPER)):
            width = ways[way] / most * (_WIDTH - _LEFT - 190)
            parts.append(
                f'<rect x="{begins:.1f}" y="{y}" width="{width:.1f}" height="16" fill="{color}"/>'
                if ways[way]
                else ""
            )
            begins += width
        said = f"{ways['email']:,} by e-mail, {ways['paper']:,} on paper"
        parts.append(_text(begins + 6, y + 12, said, size=11, color=_MUTED))
    return _picture(f"{headline.title}: who was told what", parts, height)


def _text(x: float, y: float, text: str, *, size: int, color: str = _INK) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{color}">{escape(text)}</text>'


def _picture(title: str, parts: Sequence[str], height: int) -> str:
    heading = _text(4, 14, title, size=13)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" {_FONT}>'
        f'<title>{escape(title)}</title><rect width="{_WIDTH}" height="{height}" fill="#fff"/>'
        f"{heading}{''.join(parts)}</svg>\n"
    )
