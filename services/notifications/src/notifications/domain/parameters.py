"""What a state can change about notices: read from a policy pack, as of a date."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from typing import Literal

from bulkhead.kernel.maintenance import MaintenanceTerms
from bulkhead.kernel.parameters import ParameterFault, outside
from notifications.domain.notices import NOTICE_TYPES, NoticeType
from notifications.domain.quiet_hours import QuietHours


@dataclass(frozen=True, slots=True, kw_only=True)
class OnlineWay:
    """Where premiums are paid online, or plans selected."""

    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneWay:
    """The line that answers questions and takes payments, Monday to Friday between two local hours."""

    number: str
    opens: time
    closes: time


@dataclass(frozen=True, slots=True, kw_only=True)
class MailWay:
    """Where checks and letters go, line by line, and who a check is made out to."""

    payable_to: str
    address: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MailingTerms:
    """As what letters are mailed, and within how many business days after they went to print."""

    postal_class: Literal["first-class", "presorted", "certified"]
    within_business_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationsParameters:
    """The dated parameters of notices (NOT-1, NOT-2)."""

    exchange_name: str
    """The name notices are signed with."""
    payments_online: OnlineWay | None
    """None where paying online has not been opened yet (OPS-4)."""
    enrollment_online: OnlineWay | None
    """None where nothing can be selected online."""
    phone: PhoneWay
    payments_by_mail: MailWay
    wordings: dict[str, str]
    """Which version of its templates each type of notice is written with."""
    tagline_languages: tuple[str, ...]
    """In which languages each notice says that help in them is free, in this order."""
    mailing: MailingTerms
    """How letters are mailed, and by when: later than that they are overdue (I9)."""
    quiet_hours: QuietHours | None
    """When what is not urgent is not mailed; None for never."""
    on_paper: tuple[NoticeType, ...]
    """Notices that go on paper, whatever a household chose, where its address is known."""
    notice_overdue_days: int
    """After how many days somebody is told of a notice that has not left (I9)."""
    maintenance: MaintenanceTerms
    """When the service may be taken out, and the exchange's deadlines by the calendar (OPS-2)."""
    citations: Mapping[str, str] = field(default_factory=dict[str, str], compare=False)

    def faults(self) -> list[ParameterFault]:
        """Return what of these values a notice cannot be written with."""
        found = outside(self, "NOT-1, I9", "notice_overdue_days", least=1, most=60)

        def add(parameter: str, problem: str, rule: str, *, key: str | None = None) -> None:
            found.append(ParameterFault(parameter=parameter, problem=problem, rule=rule, key=key))

        ways = (
            ("payments_online", self.payments_online, "PAY-1"),
            ("enrollment_online", self.enrollment_online, "ENR-1"),
        )
        for name, way, rule in ways:
            if way and not way.address.startswith("https://"):
                add(name, "has an address that does not begin with https://", rule, key="address")
        if self.phone.opens >= self.phone.closes:
            problem = f"closes at {self.phone.closes}, and opens at {self.phone.opens}: it must be later"
            add("phone", problem, "NOT-2", key="closes")
        if self.quiet_hours is not None and self.quiet_hours.begins == self.quiet_hours.ends:
            problem = f"begin and end at {self.quiet_hours.ends}: they would be all day, or never"
            add("quiet_hours", problem, "NOT-1", key="ends")
        if not 1 <= self.mailing.within_business_days <= 20:
            problem = f"are {self.mailing.within_business_days}: they must be from 1 to 20"
            add("mailing", problem, "NOT-1", key="within_business_days")
        if not self.payments_by_mail.address:
            add("payments_by_mail", "must say where a check goes, line by line", "NOT-2", key="address")
        for name in sorted(
            {each for each in self.tagline_languages if self.tagline_languages.count(each) > 1}
        ):
            add("tagline_languages", f"names {name} twice", "NOT-1")
        for name in sorted({*NOTICE_TYPES} - self.wordings.keys()):
            add("wordings", f"says nothing of {name}: each type of notice must have its version", "NOT-1")
        for name in sorted(self.wordings.keys() - {*NOTICE_TYPES}):
            problem = f"names {name}, which is no notice (they are {', '.join(NOTICE_TYPES)})"
            add("wordings", problem, "NOT-1", key=name)
        return found
