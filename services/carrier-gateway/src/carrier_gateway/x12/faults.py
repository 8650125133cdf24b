"""What can be wrong with a file, and where: every fault has a name, every problem a place.

Problems stand on floors, as in the file itself: file, group, set, member, element. A problem says nothing of
the value it is about, for the value may be a name or a number of a person.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, TypeAlias

Floor: TypeAlias = Literal["file", "group", "set", "member", "element"]


class Fault(StrEnum):
    """Every fault by name. Each one has a file of that name among the tests' fixtures."""

    NOT_AN_INTERCHANGE = "not-an-interchange"
    DELIMITERS_UNUSABLE = "delimiters-unusable"
    SEGMENT_NOT_TERMINATED = "segment-not-terminated"
    SEGMENT_EMPTY = "segment-empty"
    SEGMENT_TAG_MALFORMED = "segment-tag-malformed"
    SEGMENT_OUTSIDE = "segment-outside"
    INTERCHANGE_NOT_CLOSED = "interchange-not-closed"
    INTERCHANGE_NUMBER_DIFFERS = "interchange-number-differs"
    INTERCHANGE_COUNT_WRONG = "interchange-count-wrong"
    INTERCHANGE_NUMBER_REPEATED = "interchange-number-repeated"
    NOTE_CONTRADICTS = "note-contradicts"

    GROUP_NOT_CLOSED = "group-not-closed"
    GROUP_NUMBER_DIFFERS = "group-number-differs"
    GROUP_COUNT_WRONG = "group-count-wrong"
    GROUP_NUMBER_REPEATED = "group-number-repeated"

    SET_NOT_CLOSED = "set-not-closed"
    SET_NUMBER_DIFFERS = "set-number-differs"
    SET_COUNT_WRONG = "set-count-wrong"
    SET_NUMBER_REPEATED = "set-number-repeated"
    SET_VERSION_DIFFERS = "set-version-differs"
    SEGMENT_MISSING = "segment-missing"
    SEGMENT_UNEXPECTED = "segment-unexpected"
    SEGMENT_REPEATED = "segment-repeated"
    QUANTITY_TOTAL_WRONG = "quantity-total-wrong"
    QUANTITY_DEPENDENTS_WRONG = "quantity-dependents-wrong"
    SUBSCRIBER_MISSING = "subscriber-missing"
    SUBSCRIBER_TWICE = "subscriber-twice"
    PREMIUM_TOTAL_WRONG = "premium-total-wrong"
    RESPONSIBILITY_TOTAL_WRONG = "responsibility-total-wrong"
    ACTION_WRONG = "action-wrong"
    DEPENDENT_ON_AN_END = "dependent-on-an-end"
    ACKNOWLEDGED_COUNT_WRONG = "acknowledged-count-wrong"
    ACKNOWLEDGEMENT_CONTRADICTS = "acknowledgement-contradicts"
    PAYMENT_TOTAL_WRONG = "payment-total-wrong"
    PAYMENT_METHOD_WRONG = "payment-method-wrong"
    PAYMENT_NEGATIVE = "payment-negative"

    SUBSCRIBER_NOT_SELF = "subscriber-not-self"
    DEPENDENT_IS_SELF = "dependent-is-self"
    SUBSCRIBER_ID_DIFFERS = "subscriber-id-differs"
    END_BEFORE_BEGIN = "end-before-begin"
    COVERAGE_MISSING = "coverage-missing"
    COVERAGE_ON_AN_END = "coverage-on-an-end"
    QUALIFIER_REPEATED = "qualifier-repeated"
    REPORTING_LOOP_NOT_CLOSED = "reporting-loop-not-closed"
    REPORTING_NUMBER_WRONG = "reporting-number-wrong"
    CATEGORY_UNKNOWN = "category-unknown"
    CATEGORY_REPEATED = "category-repeated"
    CATEGORY_QUALIFIER_WRONG = "category-qualifier-wrong"
    CATEGORY_VALUE_WRONG = "category-value-wrong"
    CATEGORY_DATE_WRONG = "category-date-wrong"
    CATEGORY_NOT_THE_SUBSCRIBERS = "category-not-the-subscribers"
    ENTITY_NUMBER_WRONG = "entity-number-wrong"
    PLAN_DIFFERS = "plan-differs"
    POLICY_MISSING = "policy-missing"
    PAYMENT_TYPE_UNKNOWN = "payment-type-unknown"
    COVERAGE_MONTH_WRONG = "coverage-month-wrong"
    BALANCE_OF_A_SUBSCRIBER = "balance-of-a-subscriber"

    ELEMENT_MISSING = "element-missing"
    ELEMENT_NOT_USED = "element-not-used"
    ELEMENT_LENGTH = "element-length"
    ELEMENT_CODE_UNKNOWN = "element-code-unknown"
    ELEMENT_NOT_A_DATE = "element-not-a-date"
    ELEMENT_NOT_A_TIME = "element-not-a-time"
    ELEMENT_NOT_A_NUMBER = "element-not-a-number"
    ELEMENT_CHARACTERS = "element-characters"
    ELEMENT_TRAILING = "element-trailing"
    ELEMENT_PAIR_BROKEN = "element-pair-broken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong. ``position`` is the segment's number in the file, from 1; ``element`` is the
    element's number in its segment, 0 for the segment itself."""

    floor: Floor
    fault: Fault
    position: int
    segment: str
    element: int = 0
    says: str

    def __str__(self) -> str:
        place = f"segment {self.position}" + (f" {self.segment}" if self.segment else "")
        if self.element:
            place += f"{self.element:02d}"
        return f"{place}: {self.says} ({self.fault})"
