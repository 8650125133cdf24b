"""Personal data that hides itself: a name, an address, a birth date or an SSN prints as ``***``."""

from __future__ import annotations

from typing import Final


class Masked:
    """A text about a person. It equals, hashes and is ordered by its value, and shows it only to `reveal`.

    Not a dataclass, so that no serializer, log processor or debugger reads its fields by itself.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value: Final = value

    def reveal(self) -> str:
        """Return the text itself: for the edge that must write it, and nowhere else."""
        return self._value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Masked) and self._value == other._value

    def __lt__(self, other: Masked) -> bool:
        return self._value < other._value

    def __le__(self, other: Masked) -> bool:
        return self._value <= other._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __repr__(self) -> str:
        return "***"

    def __format__(self, spec: str) -> str:
        return "***"
