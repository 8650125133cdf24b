"""What a regulator or a state can change about payments: read from a policy pack, as of a date."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from bulkhead.kernel.maintenance import MaintenanceTerms, Weekday
from bulkhead.kernel.parameters import ParameterFault, outside
from payments.domain.declines import DeclineReason
from payments.domain.payer_kinds import MUST_BE_ACCEPTED, PayerKind


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentsParameters:
    """The dated parameters of payments. ``citations`` says, by parameter, where its value comes from."""

    online_payment: bool
    """Whether paying online has been opened: until then no card and no bank account is charged (OPS-4)."""
    clearing_business_days: int
    """Business days from receipt to clearing, 1 or more (PAY-4)."""
    remittance_weekday: Weekday
    """The weekday on which carriers are paid; the next business day when it is none (PAY-6)."""
    remit_on_last_business_day: bool
    """Whether carriers are also paid on the last business day of the month (PAY-6)."""
    attempt_overdue_days: int
    """Days after which an online payment must be known to have been taken or not (I9)."""
    refund_overdue_days: int
    """Days after which an approved refund must have been paid back (I9)."""
    lockbox_file_overdue_days: int
    """Days after which a lockbox file must have been read, and somebody have said what became of what was refused of it
    (I9)."""
    return_file_overdue_days: int
    """Days after which a bank's return file must have been read, or somebody have said what became of one that was
    refused (PAY-5, I9)."""
    return_item_overdue_days: int
    """Days after which a person must have decided about what a return file says and is not clear (PAY-5, I9)."""
    processor_event_overdue_days: int
    """Days after which a person must have seen to what the processor said and is not clear (PAY-1, PAY-5, I9)."""
    bank_match_business_days: int
    """How many banking days an entry of the bank's statement and a movement of the books of the same amount may be
    apart to be the same money (PAY-13)."""
    bank_file_overdue_days: int
    """Days after which a bank's statement file must have been read, or somebody have said what became of one that was
    refused; and banking days after which a banking day's statement must be there (PAY-13, I9)."""
    bank_item_overdue_business_days: int
    """Banking days after which it must be known what an entry of the bank's statement is, and after which a movement of
    the books must be on a statement (PAY-13, I9)."""
    remittance_file_overdue_days: int
    """Days after which a remittance's file must have been written, and its lines all have been told (I9)."""
    suspense_overdue_days: int
    """Days for which money may be in suspense before somebody is told again (PAY-3, I9)."""
    correction_alone_cents: int
    """The most cents that one person moves by a correction; above, a second one approves (OPS-5)."""
    correction_alone_days: int
    """Within how many days what one person corrected alone of payments to or from a household counts together
    (OPS-5).
    """
    correction_kinds_by_two: tuple[Literal["move-payment", "redate-payment"], ...]
    """The kinds of correction that a second person approves whatever the amount (OPS-5)."""
    correction_overdue_days: int
    """Days after which a correction that waits for a second person must be decided (OPS-5, I9)."""
    state_holidays: tuple[date, ...]
    """Days that are no business days here besides the Federal Reserve's holidays (CAL-2); invoicing has the same."""
    autopay_retry_days: tuple[int, ...]
    """Days to wait after each decline of a draw until it is tried again, one wait after the other: 1, 2 is a day after
    the first decline and two days after the second. There are no more tries than these (PAY-8).
    """
    autopay_hard_declines: tuple[DeclineReason, ...]
    """The declines after which autopay ends, for no later try can go through (PAY-8)."""
    draw_overdue_days: int
    """Days after its day on which a draw must have been tried (I9)."""
    debit_overdue_days: int
    """Days after which a debit of an account kept here must be in a file, and that file in its folder (I9)."""
    third_party_payers: tuple[PayerKind, ...]
    """The kinds of third parties whose sums for many households are taken (PAY-1)."""
    maintenance: MaintenanceTerms
    """When the service may be taken out, and the exchange's deadlines by the calendar (OPS-2)."""
    citations: Mapping[str, str] = field(default_factory=dict[str, str], compare=False)

    @property
    def extra_holidays(self) -> frozenset[date]:
        """The state's holidays as the calendar takes them (CAL-2)."""
        return frozenset(self.state_holidays)

    def faults(self) -> list[ParameterFault]:
        """Return what of these values cannot be meant."""
        waits = ("attempt_overdue_days", "refund_overdue_days", "lockbox_file_overdue_days")
        return [
            *outside(self, "PAY-4", "clearing_business_days", least=1, most=20),
            *outside(self, "I9", *waits, "remittance_file_overdue_days", least=1, most=365),
            *outside(self, "I9", "draw_overdue_days", "processor_event_overdue_days", least=1, most=365),
            *outside(
                self, "PAY-5", "return_file_overdue_days", "return_item_overdue_days", least=1, most=365
            ),
            *outside(self, "PAY-13", "bank_match_business_days", least=0, most=20),
            *outside(self, "PAY-13", "bank_file_overdue_days", least=1, most=365),
            *outside(self, "PAY-13", "bank_item_overdue_business_days", least=1, most=60),
            *outside(self, "PAY-8", "debit_overdue_days", least=1, most=365),
            *self._wrong_retries(),
            *self._refused_by_law(),
            *outside(self, "PAY-3", "suspense_overdue_days", least=1, most=365),
            *outside(self, "OPS-5", "correction_alone_cents", least=0, most=1_000_000),
            *outside(self, "OPS-5", "correction_alone_days", least=0, most=365),
            *outside(self, "OPS-5", "correction_overdue_days", least=1, most=365),
            *self.maintenance.unlike(
                remittance_weekday=self.remittance_weekday,
                remit_on_last_business_day=self.remit_on_last_business_day,
                state_holidays=self.state_holidays,
            ),
        ]

    def _refused_by_law(self) -> list[ParameterFault]:
        left_out = sorted(MUST_BE_ACCEPTED - set(self.third_party_payers))
        if not left_out:
            return []
        problem = f"must have {', '.join(left_out)}: 45 CFR 156.1250"
        return [ParameterFault(parameter="third_party_payers", problem=problem, rule="PAY-1")]

    def _wrong_retries(self) -> list[ParameterFault]:
        if all(1 <= each <= 31 for each in self.autopay_retry_days):
            return []
        problem = "has a wait that is not 1 to 31 days"
        return [ParameterFault(parameter="autopay_retry_days", problem=problem, rule="PAY-8")]
