"""A carrier that answers what it was sent, written apart from the gateway's own codec."""

from __future__ import annotations

from collections.abc import Sequence

from gateway_builders import segments


def effectuation_of(
    sent: str,
    *,
    number: int = 1,
    replacing: Sequence[tuple[str, str]] = (),
    leaving_out: Sequence[str] = (),
    kind: tuple[str, str, str] = ("021", "28", "CONFIRM"),
) -> str:
    """Return the carrier's confirmation of an initial set.

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
    subscriber = False
    for line in lines:
        if line.startswith(
            ("BGN", "QTY", "N1*P5", "N1*IN", "REF*0F", "REF*17*june-", "DTP*356", "NM1", "REF*CE")
        ):
            body.append(line)
        elif line.startswith("INS"):
            subscriber = line.startswith("INS*Y")
            parts = line.split("*")
            parts[3], parts[4] = maintenance, reason
            body.append("*".join(parts))
        elif line.startswith("HD"):
            body.append(line)
        elif line.startswith("DTP*348"):
            body += [line, "DTP*543*D8*20160131"] if subscriber else [line]
        elif line.startswith("REF*1L"):
            body += [line, "REF*X9*ISSUER-77"]
        elif line == "LS*2700":
            body += ["LS*2700", "LX*1", "N1*75*ADDL MAINT REASON", f"REF*17*{additional}", "LE*2700"]
    return body
