"""A carrier that reads and answers what it was sent, written apart from the gateway's own codec."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from gateway_builders import segments


@dataclass(slots=True)
class Record:
    """One member's record: what it is (INS03), the first or last covered day it says, and its amounts.

    ``amounts`` are by category, with the day they hold from, ``periods`` those of the monthly ones.
    """

    maintenance: str
    member: str = ""
    begin: date | None = None
    end: date | None = None
    amounts: dict[str, tuple[str, str]] = field(default_factory=lambda: dict[str, tuple[str, str]]())
    periods: list[str] = field(default_factory=lambda: list[str]())


def records_of(sent: str) -> list[Record]:
    """Return what a set says of each of its members, in order."""
    found: list[Record] = []
    category = value = ""
    for line in segments(sent):
        match line.split("*"):
            case ["INS", _, _, maintenance, *_]:
                found.append(Record(maintenance=maintenance))
            case ["REF", "17", member] if not found[-1].member:
                found[-1].member = member
            case ["DTP", "348", _, day]:
                found[-1].begin = date.fromisoformat(day)
            case ["DTP", "357", _, day]:
                found[-1].end = date.fromisoformat(day)
            case ["N1", "75", category]:
                pass
            case ["REF", "9X" | "9V", value]:
                pass
            case ["DTP", "007", "D8", day] if category.endswith(("AMT", "TOT", "1")):
                found[-1].amounts[category] = value, date.fromisoformat(day).isoformat()
            case ["DTP", "007", "RD8", period]:
                found[-1].periods.append(period)
            case _:
                pass
    return found


def effectuation_of(
    sent: str,
    *,
    number: int = 1,
    replacing: Sequence[tuple[str, str]] = (),
    leaving_out: Sequence[str] = (),
    kind: tuple[str, str, str] = ("021", "28", "CONFIRM"),
) -> str:
    """Return the carrier's confirmation of a set: of everybody it covers.

    ``replacing`` exchanges whole segments, ``leaving_out`` drops those that begin so; counts are made to fit.
    """
    lines = segments(sent)
    isa, gs = lines[0].split("*"), lines[1].split("*")
    isa[6], isa[8], isa[13] = isa[8], isa[6], f"{number:09d}"
    gs[2], gs[3], gs[6] = gs[3], gs[2], str(number)
    body = [f"ST*834*{number:09d}*005010X220A1", *_body(lines, kind)]
    changed = dict(replacing)
    body = [changed.get(line, line) for line in body if not line.startswith(tuple(leaving_out) or ("\0",))]
    trailer = [f"SE*{len(body) + 1}*{number:09d}", f"GE*1*{number}", f"IEA*1*{number:09d}"]
    return "".join(f"{line}~\n" for line in ("*".join(isa), "*".join(gs), *body, *trailer))


def _body(lines: Sequence[str], kind: tuple[str, str, str]) -> list[str]:
    maintenance, reason, additional = kind
    body: list[str] = []
    subscriber, gone = False, False
    covered = [line for line in lines if line.startswith("INS") and line.split("*")[3] != "024"]
    for line in lines:
        if line.startswith("INS"):
            subscriber, gone = line.startswith("INS*Y"), line not in covered
        if gone:
            continue
        if line.startswith(
            ("BGN", "N1*P5", "N1*IN", "REF*0F", "REF*17*june-", "DTP*356", "NM1", "HLH", "REF*CE")
        ):
            body.append(line)
        elif line.startswith("QTY*TO"):
            body.append(f"QTY*TO*{len(covered)}")
        elif line.startswith("QTY*DT"):
            body += [f"QTY*DT*{len(covered) - 1}"] if len(covered) > 1 else []
        elif line.startswith("INS"):
            parts = line.split("*")
            parts[3], parts[4] = maintenance, reason
            body.append("*".join(parts))
        elif line.startswith("HD"):
            body.append("*".join(["HD", "021", *line.split("*")[2:]]))
        elif line.startswith("DTP*348"):
            body += [line, "DTP*543*D8*20160131"] if subscriber else [line]
        elif line.startswith("REF*1L"):
            body += [line, "REF*X9*ISSUER-77"]
        elif line == "LS*2700":
            body += ["LS*2700", "LX*1", "N1*75*ADDL MAINT REASON", f"REF*17*{additional}", "LE*2700"]
    return body
