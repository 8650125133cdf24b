"""Why a household goes on as another one, or stands for itself (OPS-5, ENR-16)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from bulkhead.kernel.calendar import local_date
from bulkhead.kernel.corrections import reason_of
from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.explanations import Explanation, Ground, facts_of
from enrollment.domain.corrections import Correction
from enrollment.domain.merges import OnePersonBy, of_merged
from enrollment.domain.sources import SOURCES

BY_ITSELF = "enrollment"
"""Who takes a merge back where coverage of the household stands again (INV-12)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LatestMerge:
    """The latest merge of a household that was done: the ``correction``, how the two were one person, None where that
    is not to be seen any more, and the correction that took it back, None where none did.
    """

    correction: Correction
    one_person_by: OnePersonBy | None
    taken_back: Correction | None

    @property
    def on(self) -> date:
        """The day on which it was done."""
        return _done_on(self.correction)

    @property
    def taken_back_on(self) -> date | None:
        """The day on which it was taken back, None where it was not."""
        return None if self.taken_back is None else _done_on(self.taken_back)


def explain_merge(*, survivor: str, latest: LatestMerge | None, absorbed: Sequence[str]) -> Explanation:
    """Return why a household goes on as the survivor, or stands for itself, and which others go on as it:
    ``absorbed``.
    """
    if latest is None:
        return Explanation(
            sentence="merge-never", facts=facts_of(absorbed=_named(absorbed)), grounds=_of_others(absorbed)
        )
    into, back = latest.correction.merged_into, latest.taken_back
    facts = facts_of(into=into, on=latest.on, absorbed=_named(absorbed))
    if back is None:
        return Explanation(
            sentence="merge-stands",
            facts=facts,
            grounds=(Ground(reason=of_merged(survivor)), *_why(latest), *_of_others(absorbed)),
        )
    facts |= facts_of(taken_back_on=latest.taken_back_on, covered_again=back.asked_by == BY_ITSELF or None)
    return Explanation(
        sentence="merge-taken-back",
        facts=facts,
        grounds=(Ground(reason=reason_of(back)), *_why(latest), *_of_others(absorbed)),
    )


def _why(latest: LatestMerge) -> tuple[Ground, ...]:
    grounds = [Ground(reason=reason_of(latest.correction))]
    if latest.one_person_by is not None:
        says = "Only households of one person are merged."
        facts = facts_of(one_person_by=latest.one_person_by)
        grounds.append(
            Ground(reason=Reason(rule="ENR-16", says=says, citation=SOURCES["ENR-16"], facts=facts))
        )
    return tuple(grounds)


def _of_others(absorbed: Sequence[str]) -> tuple[Ground, ...]:
    if not absorbed:
        return ()
    says = "Others were merged into the household: they go on as it, and as what it goes on as."
    facts = facts_of(absorbed=_named(absorbed))
    return (Ground(reason=Reason(rule="OPS-5", says=says, citation=SOURCES["OPS-5"], facts=facts)),)


def _named(absorbed: Sequence[str]) -> str | None:
    return " ".join(absorbed) or None


def _done_on(correction: Correction) -> date:
    return local_date(correction.decided_at or correction.asked_at)
