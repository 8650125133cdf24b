"""The bank of a simulated year, which writes down what it saw, and the books held against it (PAY-13).

It sees what was handed in and what left: lockbox files, what the processor took and gave back, files of debits, cash, what carriers were
paid by their files, checks that were written, payments that went back. It shares no code with payments.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise
from typing import TypeAlias, cast

from bulkhead.kernel.calendar import is_business_day, local
from bulkhead.kernel.money import parse_cents
from bulkhead_testing.memory import MemoryDatabase
from payments.adapters.processor.sandbox import MemoryStore
from payments.application.write_journal import write_journal
from payments.domain.bank_statements import BankEntry, BankFile, BankStatement
from payments.domain.journal import TRUST, balances
from payments.domain.payments import Payment
from payments.domain.refunds import RefundPart
from payments.domain.remittances import Remittance
from payments.domain.return_files import ReturnItem
from payments.domain.trust_movements import TrustDay, TrustMovement
from simulation.debited import batches
from simulation.money import HandedIn
from simulation.sight import Sight
from stories.bank_statements import Booked, bai2, camt
from stories.exchange import Place
from stories.stages.simulation import World

_PROCESSOR, _COUNTER, _DEBITS = "processor", "counter", "debits"
_Item: TypeAlias = BankEntry | TrustMovement


@dataclass(slots=True)
class Bank:
    """What the bank saw, by its own days, and what it has told of them.

    ``came_back`` are the payments that it took back at an operator's desk, by their ids. It is ``silent`` where the story
    says itself what the bank writes.
    """

    opened: date
    seen: dict[str, int] = field(default_factory=dict[str, int])
    days: dict[date, list[Booked]] = field(
        default_factory=lambda: cast("dict[date, list[Booked]]", defaultdict(list))
    )
    closed: dict[date, int] = field(default_factory=dict[date, int])
    came_back: dict[str, int] = field(default_factory=dict[str, int])
    silent: bool = False

    def look(self, world: World, *, handed_in: HandedIn) -> None:
        """Book what is new, the processor's a banking day later, and drop the statement of each banking day that is over."""
        if self.silent:
            return
        today = _next(world.now.date() - timedelta(days=1))
        sums = Counter[str]()
        for name, cents in self._there(world, handed_in).items():
            if name in self.seen or not cents:
                continue
            self.seen[name] = cents
            kind, _, called = name.partition("/")
            if kind == _DEBITS:  # its bank posts each batch on the day on which it is to move
                self.days[_next(today)].append(Booked(cents=cents))
            elif kind in (_PROCESSOR, _COUNTER):
                sums[kind] += cents
            else:
                self.days[today].append(Booked(cents=cents, called=called))
        for kind, cents in sums.items():
            self.days[_next(today) if kind == _PROCESSOR else today].append(Booked(cents=cents))
        self._tell(world, until=world.now.date())

    def _tell(self, world: World, *, until: date) -> None:
        """Write the statements of the days before one, in one format and the other by turns."""
        last = max(self.closed, default=self.opened - timedelta(days=1))
        for offset in range(1, (until - last).days):
            day = last + timedelta(days=offset)
            if not is_business_day(day):
                continue
            booked, opening = self.days[day], self.closed.get(max(self.closed, default=day), 0)
            odd = day.toordinal() % 2
            data = (camt if odd else bai2)(booked, day=day, opening=opening)
            self.closed[day] = opening + sum(each.cents for each in booked)
            world.files_in[Place.STATEMENTS].content[f"S_{day}.{'xml' if odd else 'bai'}"] = data
            world.files_in[Place.STATEMENTS].changes += 1

    def _there(self, world: World, handed_in: HandedIn) -> dict[str, int]:
        """Return all that moved until now, each under a name: its kind, and what it is called."""
        store = cast(MemoryStore, world.processor.store)
        rows = world.exchange.databases["payments"].rows
        found = {f"{_COUNTER}/{key}": cents for key, cents in handed_in.counter.items()}
        for each in store.charges.values():
            if each.status == "approved":
                found[f"{_PROCESSOR}/{each.reference}"] = each.amount_cents
        for refund in store.refunds.values():
            found[f"refund/{refund.reference}"] = -refund.amount_cents
        for part in rows(RefundPart):
            if part.way == "check" and part.state == "paid":
                found[f"refund/{part.reference}"] = -part.cents
        for name, cents in batches(world.files_in[Place.DEBITS]).items():
            found[f"{_DEBITS}/{name}"] = cents
        found |= _of_lockbox(world) | _of_remittances(world)
        called = {each.identification: each for each in rows(Payment) if each.identification}
        for name, cents in _of_returns(world):
            payment = called.get(name)
            if payment is not None and cents == payment.amount_cents:
                found[f"return/{payment.payment}"] = -cents
        return found | {f"return/{payment}": -cents for payment, cents in self.came_back.items()}


def _next(day: date) -> date:
    """Return the banking day after a day: on it the processor pays out."""
    day += timedelta(days=1)
    while not is_business_day(day):
        day += timedelta(days=1)
    return day


def _of_lockbox(world: World) -> dict[str, int]:
    """Return the deposit of each lockbox file: the sum of its checks."""
    found = dict[str, int]()
    for content in world.files_in[Place.LOCKBOX].content.values():
        lines = content.decode().splitlines()
        if (
            lines[0][0] == "1"
        ):  # as the bank writes it: places 15 to 20 of a record 5, 22 to 31 of the record 2
            on = next(line[14:20] for line in lines if line[0] == "5")
            called = f"LOCKBOX 20{on[:2]}-{on[2:4]}-{on[4:]} {int(lines[1][21:31])}"
            found[f"lockbox/{called}"] = sum(int(line[7:17]) for line in lines if line[0] == "6")
            continue
        _, day, sequence = lines[0].split(",")
        rows = [line.split(",") for line in lines[2:-1]]
        found[f"lockbox/LOCKBOX {day} {sequence}"] = sum(parse_cents(row[3]) for row in rows)
    return found


def _of_remittances(world: World) -> dict[str, int]:
    """Return what each carrier was paid, by its files."""
    found = dict[str, int]()
    for path, content in world.files_in[Place.REMITTANCES].content.items():
        head = dict(line.split(",") for line in content.decode().splitlines()[:6])
        sequence = path.rpartition("_")[2].removesuffix(".csv")
        found[f"remittance/{head['carrier']} {head['business date']} {int(sequence)}"] = -parse_cents(
            head["total"]
        )
    return found


def _of_returns(world: World) -> list[tuple[str, int]]:
    """Return name and cents of each entry of the return files that are whole."""
    return [
        (entry[39:54].strip(), int(entry[29:39]))
        for path, content in world.files_in[Place.RETURNS].content.items()
        if not path.startswith("refused/")
        for entry, _ in pairwise(content.decode("ascii").splitlines())
        if entry[0] == "6"
    ]


def wrong(sight: Sight, *, bank: Bank) -> list[str]:
    """Return what payments says of the trust account that is not so; nothing where all is as the bank has it."""
    if "payments" in sight.away or bank.silent:
        return []
    found = [
        f"PAY-13: {each.name} of the bank is {each.state}: {each.refusal}"
        for each in sight.rows("payments", BankFile)
        if each.state not in ("stored", "loaded")
    ]
    statements = sorted(sight.rows("payments", BankStatement), key=lambda each: each.day)
    found += [
        f"PAY-13: the bank closed {each.day} with {bank.closed.get(each.day)}, and {each.closing_cents} is kept"
        for each in statements
        if bank.closed.get(each.day) != each.closing_cents
    ]
    entries, movements = sight.rows("payments", BankEntry), sight.rows("payments", TrustMovement)
    found += _matches(entries, movements)
    days = {each.day: each for each in sight.rows("payments", TrustDay)}
    found += [
        f"PAY-13: the ledger has {each.ledger_cents} on {each.day}, and its movements are {each.movements_cents}"
        for each in days.values()
        if each.ledger_cents != each.movements_cents
    ]
    kept = {each.day for each in statements}
    lacking = min((day for day in bank.closed if day not in kept), default=date.max)
    for each in statements[-3:]:
        if each.day not in days or each.day > lacking:  # what a statement before it has is not there yet
            continue
        expected = (
            days[each.day].ledger_cents
            - _alone(movements, {one.movement: one.on for one in movements}, through=each.day)
            + _alone(entries, {one.entry: one.day for one in entries}, through=each.day)
        )
        if expected != each.closing_cents:
            found.append(
                f"PAY-13: the bank has {each.closing_cents} on {each.day}, and the books {expected} with what is open"
            )
    return found


def _alone(items: list[BankEntry] | list[TrustMovement], days: dict[str, date], *, through: date) -> int:
    """Return the sum of what is there till a day and not on the other side till then."""
    return sum(
        each.signed_cents
        for each, day in zip(items, days.values(), strict=True)
        if day <= through and (each.settled_on is None or each.settled_on > through)
    )


def _matches(entries: list[BankEntry], movements: list[TrustMovement]) -> list[str]:
    """Return matches whose sides are not the same, and what is called the same and is not matched."""
    sides: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
    for side, items in enumerate((entries, movements)):
        for each in items:
            if each.state == "matched":
                sides[each.settled_by or ""][side] += each.signed_cents
    found = [
        f"PAY-13: {bank} of the bank is matched with {books} of the books"
        for bank, books in sides.values()
        if bank != books
    ]
    called = {each.reference: each for each in movements if each.reference}
    for each in entries:
        same = called.get(each.reference or "")
        if same is not None and each.settled_by != same.settled_by:
            found.append(f"PAY-13: {each.reference} is {each.amount_cents} at the bank, and is not matched")
    return found


async def wrong_in_the_end(payments: MemoryDatabase, *, bank: Bank, first: date, last: date) -> list[str]:
    """Return by how much the bank's balance of all that it saw is not the ledger's of the trust account, once all is
    known to everybody; nothing where a person has still to say what went back.
    """
    if bank.silent or any(each.state not in ("recorded", "confirmed") for each in payments.rows(ReturnItem)):
        return []
    if any(each.file_state != "written" for each in payments.rows(Remittance)):
        return []
    known = {each.payment for each in payments.rows(Payment)}
    at_bank = sum(
        cents
        for name, cents in bank.seen.items()
        if not name.startswith(f"{_PROCESSOR}/") or name.partition("/")[2] in known
    )
    async with payments.units_of_work.begin(now=local(last)) as uow:
        ledger = balances(await write_journal(uow, first=first, last=last)).get(TRUST, 0)
    return [] if at_bank == ledger else [f"PAY-13: the bank has {at_bank}, and the ledger {ledger}"]
