"""Which entries of the bank's statements are which movements of the books (PAY-13)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeVar

from bulkhead.kernel.calendar import add_business_days
from bulkhead.kernel.ids import derived_id
from payments.domain.bank_file import as_called
from payments.domain.bank_statements import BankEntry
from payments.domain.parameters import PaymentsParameters
from payments.domain.trust_movements import TrustMovement, day_of

T = TypeVar("T", BankEntry, TrustMovement)


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Entries and movements that are the same money: their sums are the same."""

    entries: tuple[BankEntry, ...]
    movements: tuple[TrustMovement, ...]

    @property
    def match(self) -> str:
        """Its id: what is in it says it."""
        return derived_id(
            "bank-match",
            *sorted(each.entry for each in self.entries),
            *sorted(each.movement for each in self.movements),
        )

    @property
    def settled_on(self) -> date:
        """The day from which both sides are there."""
        return max((*(each.day for each in self.entries), *(each.on for each in self.movements)))

    def settled(self, by: str) -> tuple[list[BankEntry], list[TrustMovement]]:
        """Return both sides as matched."""
        day = self.settled_on
        return (
            [replace(each, state="matched", settled_by=by, settled_on=day) for each in self.entries],
            [replace(each, state="matched", settled_by=by, settled_on=day) for each in self.movements],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Matching:
    """What is the same, and what is ``apart``: called like something of the other side that it is not."""

    matches: tuple[Match, ...]
    apart_entries: tuple[BankEntry, ...]
    apart_movements: tuple[TrustMovement, ...]


def matched(
    entries: Iterable[BankEntry],
    movements: Iterable[TrustMovement],
    *,
    taken: Mapping[str, str],
    parameters: PaymentsParameters,
) -> Matching:
    """Return what is the same among open entries and movements, in three rounds; each is matched once.

    First those that are called the same, on whatever days; then those of the same amount within so many banking days;
    then one of one side that is the sum of all that the other has of a file of debits, or of a kind and day. What is
    called like a movement and is not it is left for a person, then and in every later run, and so is that movement: it
    is of another amount, or the movement is ``taken``: by what it is called, those that nothing is matched with any
    more. Of several of the same amount the earliest are taken first: which is which is the same to the cent.
    """
    left = _Left(
        sorted(entries, key=lambda each: (each.booked_on, each.day, each.line)),
        sorted(movements, key=lambda each: (each.on, each.kind, each.of)),
        days=parameters.bank_match_business_days,
        holidays=parameters.extra_holidays,
    )
    left.pair_by_reference(taken)
    left.set_apart()
    left.pair_by_amount()
    left.pair_by_sum()
    return Matching(
        matches=tuple(left.found),
        apart_entries=tuple(left.apart_entries.values()),
        apart_movements=tuple(left.apart_movements.values()),
    )


def names_of(entry: BankEntry) -> set[str]:
    """Return what an entry is called, as it is compared."""
    return {as_called(entry.reference), as_called(entry.bank_reference)} - {""}


class _Left:
    """What is not matched yet."""

    def __init__(
        self,
        entries: Sequence[BankEntry],
        movements: Sequence[TrustMovement],
        *,
        days: int,
        holidays: frozenset[date],
    ) -> None:
        self.entries = {each.entry: each for each in entries}
        self.movements = {each.movement: each for each in movements}
        self.apart_entries = dict[str, BankEntry]()
        self.apart_movements = dict[str, TrustMovement]()
        self.found: list[Match] = []
        self._days = days
        self._holidays = holidays
        self._until = dict[date, date]()

    def pair_by_reference(self, taken: Mapping[str, str]) -> None:
        """Take what is called the same and is of the same amount; note both sides of what is not."""
        called = _grouped(self.movements.values(), lambda each: each.called or "")
        called.pop("", None)
        apart = dict[str, set[str]]()
        for entry in list(self.entries.values()):
            names = names_of(entry) & (called.keys() | taken.keys())
            same = [
                each
                for name in sorted(names)
                for each in called.get(name, ())
                if each.movement in self.movements and each.signed_cents == entry.signed_cents
            ]
            if same:
                self._take([entry], same[:1])
            elif names:
                apart[entry.entry] = names
        for entry, names in apart.items():
            open_ones = [each for name in sorted(names) for each in called.get(name, ())]
            for each in open_ones:
                if each.movement in self.movements:
                    self.apart_movements.setdefault(each.movement, replace(each, apart_from=entry))
            others = [each.movement for each in open_ones] + [
                taken[each] for each in sorted(names & taken.keys())
            ]
            self.apart_entries[entry] = replace(self.entries[entry], apart_from=others[0])

    def set_apart(self) -> None:
        """Leave aside what is apart, by this run or one before: it is matched by what it is called, or by a person."""
        for entry in list(self.entries.values()):
            if entry.entry in self.apart_entries or entry.apart_from is not None:
                del self.entries[entry.entry]
        for each in list(self.movements.values()):
            if each.movement in self.apart_movements or each.apart_from is not None:
                del self.movements[each.movement]

    def pair_by_amount(self) -> None:
        """Take what is of the same amount and at most so many banking days apart."""
        amounts = _grouped(self.movements.values(), lambda each: each.signed_cents)
        for entry in list(self.entries.values()):
            for each in amounts.get(entry.signed_cents, ()):
                if each.movement in self.movements and self._near(entry.booked_on, each.on):
                    self._take([entry], [each])
                    break

    def pair_by_sum(self) -> None:
        """Take one of a side that is the sum of what the other has of a batch or a file of debits, or of a kind and a
        day.
        """
        for each in (_batch_of, _file_of, _day_of):
            self._pair_movements_by_sum(each)
        groups = _grouped(
            self.entries.values(), lambda each: (each.code, each.direction, each.booked_on, each.day)
        )
        for several in groups.values():
            total = sum(each.signed_cents for each in several)
            for each in list(self.movements.values()):
                if each.signed_cents == total and self._near(several[0].booked_on, each.on):
                    self._take(several, [each])
                    break

    def _pair_movements_by_sum(self, by: Callable[[TrustMovement], Hashable | None]) -> None:
        """Take one entry that is the sum of all movements of a group; ``by`` says of which each is, None of none."""
        groups = _grouped(self.movements.values(), by)
        groups.pop(None, None)
        for together in groups.values():
            total = sum(each.signed_cents for each in together)
            on = max(each.on for each in together)
            for entry in list(self.entries.values()):
                if entry.signed_cents == total and self._near(entry.booked_on, on):
                    self._take([entry], together)
                    break

    def _take(self, entries: Sequence[BankEntry], movements: Sequence[TrustMovement]) -> None:
        self.found.append(Match(entries=tuple(entries), movements=tuple(movements)))
        for entry in entries:
            del self.entries[entry.entry]
        for each in movements:
            del self.movements[each.movement]

    def _near(self, one: date, other: date) -> bool:
        first, last = sorted((one, other))
        if first not in self._until:
            self._until[first] = add_business_days(first, self._days, extra_holidays=self._holidays)
        return last <= self._until[first]


def _batch_of(movement: TrustMovement) -> Hashable | None:
    return None if movement.file is None else (movement.kind, day_of(movement), movement.file)


def _file_of(movement: TrustMovement) -> Hashable | None:
    return movement.file


def _day_of(movement: TrustMovement) -> Hashable | None:
    return movement.kind, movement.on


def _grouped(items: Iterable[T], by: Callable[[T], Hashable]) -> dict[Hashable, list[T]]:
    found = defaultdict[Hashable, list[T]](list)
    for each in items:
        found[by(each)].append(each)
    return dict(found)
