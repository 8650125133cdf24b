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
    after: Sequence[tuple[str, str]] = (),
    kind: tuple[str, str, str] = ("021", "28", "CONFIRM"),
) -> str:
    """Return the carrier's confirmation of a set: of everybody it covers.

    ``replacing`` exchanges whole segments, ``leaving_out`` drops those that begin so, ``after`` puts one behind
    another; counts are made to fit.
    """
    lines = segments(sent)
    isa, gs = lines[0].split("*"), lines[1].split("*")
    isa[6], isa[8], isa[13] = isa[8], isa[6], f"{number:09d}"
    gs[2], gs[3], gs[6] = gs[3], gs[2], str(number)
    body = [f"ST*834*{number:09d}*005010X220A1", *_body(lines, kind)]
    changed = dict(replacing)
    body = [changed.get(line, line) for line in body if not line.startswith(tuple(leaving_out) or ("\0",))]
    for place, line in after:
        body.insert(body.index(place) + 1, line)
    trailer = [f"SE*{len(body) + 1}*{number:09d}", f"GE*1*{number}", f"IEA*1*{number:09d}"]
    return "".join(f"{line}~\n" for line in ("*".join(isa), "*".join(gs), *body, *trailer))


REINSTATED = ("025", "", "ISSUER - REINSTATEMENT")
MAINTAINED = ("001", "25", "ISSUER MAINT")
NO_CHANGE = ("001", "", "NO CHANGE")


def end_of(
    sent: str,
    kind: tuple[str, str],
    ends: date,
    *,
    number: int = 1,
    replacing: Sequence[tuple[str, str]] = (),
    after: Sequence[tuple[str, str]] = (),
) -> str:
    """Return that a carrier ended, of itself, what a set began: its reason and additional reason, and the last day.

    ``after`` puts a segment behind another, ``replacing`` exchanges whole ones.
    """
    lines = segments(sent)
    first = next(place for place, line in enumerate(lines) if line.startswith("INS*Y"))
    (name,) = [line for line in lines if line.startswith("NM1*IL") and line in _until(lines, first)]
    policy = next(line for line in lines if line.startswith("REF*1L"))
    ids = [line for line in _until(lines, first) if line.startswith(("REF*0F", "REF*17*june-"))]
    body = [
        f"ST*834*{number:09d}*005010X220A1",
        *(line for line in lines if line.startswith("BGN")),
        "QTY*TO*1",
        *(line for line in lines if line.startswith(("N1*P5", "N1*IN"))),
        f"INS*Y*18*024*{kind[0]}*A***TE",
        ids[0],
        policy,
        *ids[1:2],
        f"DTP*357*D8*{ends:%Y%m%d}",
        name,
        *("LS*2700", "LX*1", "N1*75*ADDL MAINT REASON", f"REF*17*{kind[1]}", "LE*2700"),
    ]
    for place, line in after:
        body.insert(body.index(place) + 1, line)
    body = [dict(replacing).get(line, line) for line in body]
    isa, gs = lines[0].split("*"), lines[1].split("*")
    isa[6], isa[8], isa[13] = isa[8], isa[6], f"{number:09d}"
    gs[2], gs[3], gs[6] = gs[3], gs[2], str(number)
    trailer = [f"SE*{len(body) + 1}*{number:09d}", f"GE*1*{number}", f"IEA*1*{number:09d}"]
    return "".join(f"{line}~\n" for line in ("*".join(isa), "*".join(gs), *body, *trailer))


def _until(lines: Sequence[str], first: int) -> Sequence[str]:
    """Return a member's segments: from the first to the next member's."""
    following = (place for place in range(first + 1, len(lines)) if lines[place].startswith(("INS", "SE")))
    return lines[first : next(following)]


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
            body.append("*".join(["HD", maintenance, *line.split("*")[2:]]))
        elif line.startswith("DTP*348"):
            body += [line, "DTP*543*D8*20160131"] if subscriber else [line]
        elif line.startswith("REF*1L"):
            body += [line, "REF*X9*ISSUER-77"]
        elif line == "LS*2700":
            body += ["LS*2700", "LX*1", "N1*75*ADDL MAINT REASON", f"REF*17*{additional}", "LE*2700"]
    return body


def _envelope(sent: str, number: int, *, usage: str = "P", asks: str = "0") -> list[str]:
    """Return the header of an interchange that goes back the way a file came."""
    isa = segments(sent)[0].split("*")
    isa[5], isa[6], isa[7], isa[8] = isa[7], isa[8], isa[5], isa[6]
    isa[13], isa[14], isa[15] = f"{number:09d}", asks, usage
    return isa


def control_number_of(sent: str) -> int:
    """Return the number under which a file was sent (ISA13)."""
    return int(segments(sent)[0].split("*")[13])


def interchange_answer_of(
    sent: str,
    *,
    number: int,
    verdict: str = "A",
    note: str = "000",
    usage: str = "P",
    answers: int | None = None,
) -> str:
    """Return a TA1 that answers a file, alone in an interchange; ``answers`` another number than the file's."""
    isa = segments(sent)[0].split("*")
    answered = control_number_of(sent) if answers is None else answers
    lines = [
        "*".join(_envelope(sent, number, usage=usage)),
        f"TA1*{answered:09d}*{isa[9]}*{isa[10]}*{verdict}*{note}",
        f"IEA*0*{number:09d}",
    ]
    return "".join(f"{line}~\n" for line in lines)


REJECTS = ("AK2*834*{set}*005010X220A1", "IK3*NM1*9*2100*8", "IK4*3*1035*1*Example", "IK5*R*5", "AK9*R*1*1*0")
ACCEPTS = ("AK2*834*{set}*005010X220A1", "IK5*A", "AK9*A*1*1*1")
ACCEPTS_WITH_ERRORS = ("AK2*834*{set}*005010X220A1", "IK3*PER*11**5", "IK5*E*5", "AK9*E*1*1*1")
UNNAMED = ("AK9*R*1*1*0*4",)


def group_answer_of(
    *sent: str, number: int, says: Sequence[str] = ACCEPTS, usage: str = "P", answers: int | None = None
) -> str:
    """Return 999s that answer files, all in one group: what ``says`` says of each, with its set's number in it."""
    gs = ["GS", "FA", "77566VT0040001", "VT0", "20151211", "0900", str(number), "X", "005010X231A1"]
    lines = ["*".join(_envelope(sent[0], number, usage=usage)), "*".join(gs)]
    for place, each in enumerate(sent, start=1):
        answered = control_number_of(each) if answers is None else answers
        body = [f"AK1*BE*{answered}*005010X220A1", *(line.format(set=f"{answered:09d}") for line in says)]
        own = f"{number:05d}{place:04d}"
        lines += [f"ST*999*{own}*005010X231A1", *body, f"SE*{len(body) + 2}*{own}"]
    lines += [f"GE*{len(sent)}*{number}", f"IEA*1*{number:09d}"]
    return "".join(f"{line}~\n" for line in lines)
