"""What the merge of two households of one person means for the account of the one that was merged (OPS-5)."""

from __future__ import annotations

from bulkhead.service import Occasion
from invoicing.application.facts import HouseholdMerged, MergeReversed
from invoicing.domain.account import Account
from invoicing.domain.passing_on import call_back
from invoicing.domain.records import Merged


def note_merged(account: Account, fact: HouseholdMerged, _occasion: Occasion) -> None:
    """Let an account pass on what credit it has, and will have: when it is saved."""
    account.put(Merged(household=fact.household, into=fact.into, correction=fact.correction))


def note_merge_reversed(account: Account, fact: MergeReversed, occasion: Occasion) -> None:
    """Let an account keep its credit again, and call back what it passed on; what is so already changes nothing."""
    merged = account.find(Merged, fact.household)
    if merged is not None and merged.stands and merged.correction == fact.reverses:
        call_back(account, merged, correction=fact.correction, on=occasion.today)
