"""How people pay, by the words of the policy pack that letters take too: one number, one address."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time
from typing import Any, TypeVar

from bulkhead.policy import PolicyPack
from bulkhead.policy_file import PolicyError
from bulkhead.policy_nodes import Fault, read_value

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class OnlineWay:
    """The page at which money is paid."""

    address: str


@dataclass(frozen=True, slots=True)
class PhoneWay:
    """A number, and when it is answered on business days."""

    number: str
    opens: time
    closes: time


@dataclass(frozen=True, slots=True)
class MailWay:
    """To whom a check is made out, and where it is sent."""

    payable_to: str
    address: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """The exchange's name and the ways to pay; ``online`` is None before it is opened."""

    exchange: str
    online: OnlineWay | None
    phone: PhoneWay
    mail: MailWay


class PackWays:
    """The ways to pay on any day. Made only of a pack that says them; raises `PolicyError`."""

    def __init__(self, pack: PolicyPack, *, today: date) -> None:
        self._pack = pack
        self.on(today)

    def on(self, day: date) -> Ways:
        """Return the ways to pay on a day; raises `PolicyError`."""
        return Ways(
            exchange=self._value("exchange_name", str, day),
            online=self._value("payments_online", OnlineWay | None, day),
            phone=self._value("phone", PhoneWay, day),
            mail=self._value("payments_by_mail", MailWay, day),
        )

    def _value(self, parameter: str, kind: Any, day: date) -> Any:
        file = self._pack.file("notifications")
        entry = file.entry_on(parameter, day)
        if entry is None:
            raise PolicyError(f"{file.where}: {parameter} has no value on {day}")
        faults: list[Fault] = []
        value = read_value(entry.node, kind, parameter, faults)
        if faults:
            raise file.error(faults)
        return value
