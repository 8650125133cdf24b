"""A person's name, address and numbers as typed in, taken apart the way X12 wants them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from bulkhead.kernel.personal import Masked
from carrier_gateway.domain.records import ContactMember
from carrier_gateway.x12.enrollment834.model import Address
from carrier_gateway.x12.text import carries, to_x12

_SUFFIXES = frozenset({"JR", "SR", "II", "III", "IV", "V"})
_ADDRESS = re.compile(
    r"(?P<street>[^,\n]+?)\s*[,\n]\s*(?:(?P<second>[^,\n]+?)\s*[,\n]\s*)?"
    r"(?P<city>[^,\n]*[A-Za-z][^,\n]*?)\s*[,\n]?\s+(?P<state>[A-Za-z]{2})[\s,]+(?P<zip>\d{5})(?:-?(?P<plus>\d{4}))?\s*"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NameParts:
    """A name as NM1 has it."""

    last: Masked
    first: Masked | None
    middle: Masked | None
    suffix: Masked | None


def written_name(person: ContactMember) -> Masked:
    """Return the name a person is written by: as typed where X12 can carry all of it, else its Latin form."""
    return person.name if carries(text=person.name.reveal()) else person.latin_name


def name_parts(name: Masked) -> NameParts | None:
    """Return a name's parts: "First Middle Last Suffix" or "Last, First Middle"; None if none can be written.

    The last word is the last name: nothing in one line of text says where a longer one begins.
    """
    before, comma, after = name.reveal().partition(",")
    if comma and after.strip().rstrip(".").upper() not in _SUFFIXES:
        words = f"{after} {before.strip().replace(' ', '_')}".split()
    else:
        words = f"{before} {after}".split()
    suffix = words.pop().rstrip(".") if len(words) > 1 and words[-1].rstrip(".").upper() in _SUFFIXES else ""
    last = words.pop().replace("_", " ") if words else ""
    first = words.pop(0) if words else ""
    last, first = to_x12(text=last, most=60), to_x12(text=first, most=35)
    if not last:
        last, first = first, ""
    if not last:
        return None
    return NameParts(
        last=Masked(last),
        first=_masked(first),
        middle=_masked(to_x12(text=" ".join(words), most=25)),
        suffix=_masked(to_x12(text=suffix, most=10)),
    )


def address_of(text: Masked | None) -> Address | None:
    """Return an address of the form "street, [second line,] city, ST 12345"; None for what does not read so.

    An address X12 cannot carry in its parts is left out whole, as the standard allows.
    """
    match = None if text is None else _ADDRESS.fullmatch(text.reveal().strip())
    if match is None:
        return None
    street, city = to_x12(text=match["street"], most=55), to_x12(text=match["city"], most=30)
    if not street or len(city) < 2:
        return None
    return Address(
        street=Masked(street),
        second_line=_masked(to_x12(text=match["second"] or "", most=55)),
        city=Masked(city),
        state=match["state"].upper(),
        postal_code=Masked(match["zip"] + (match["plus"] or "")),
    )


def phone_digits(text: Masked | None) -> Masked | None:
    """Return a North American number's ten digits; None for anything else."""
    digits = "" if text is None else re.sub(r"\D", "", text.reveal())
    digits = digits[1:] if len(digits) == 11 and digits.startswith("1") else digits
    return Masked(digits) if len(digits) == 10 and digits.isascii() else None


def email_text(text: Masked | None) -> Masked | None:
    """Return an e-mail address if X12 can carry it unchanged, else None: a changed one is somebody else's."""
    if text is None or not text.reveal() or to_x12(text=text.reveal(), most=256) != text.reveal():
        return None
    return text


def ssn_digits(text: Masked | None) -> Masked | None:
    """Return a social security number's nine digits; None for anything else."""
    digits = "" if text is None else text.reveal().replace("-", "").replace(" ", "")
    return Masked(digits) if len(digits) == 9 and digits.isascii() and digits.isdigit() else None


def birth_date(text: Masked) -> Masked | None:
    """Return a birth date written CCYYMMDD; None for what is no ISO date."""
    try:
        return Masked(f"{date.fromisoformat(text.reveal()):%Y%m%d}")
    except ValueError:
        return None


def _masked(text: str) -> Masked | None:
    return Masked(text) if text else None
