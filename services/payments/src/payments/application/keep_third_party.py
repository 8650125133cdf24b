"""The sum of a third party as finance states it: kept whole as its file, which is read as one that was dropped is."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date

from bulkhead.kernel.decisions import Reason
from bulkhead.kernel.errors import InvalidValue
from bulkhead.kernel.money import format_cents
from bulkhead.persistence.ports import UnitOfWork
from payments.application.load_lockbox_files import store_lockbox_file
from payments.application.ports import Parameters
from payments.domain.bank_file import as_called
from payments.domain.lockbox import LockboxFile
from payments.domain.lockbox_lines import BrokenFrame
from payments.domain.payments import checked_past_date, checked_postmark
from payments.domain.third_parties import ThirdParty
from payments.domain.third_party_file import SumLine, third_party_frame, write_third_party_file


async def keep_third_party(
    uow: UnitOfWork, said: ThirdParty, lines: Sequence[SumLine], *, received_on: date, parameters: Parameters
) -> LockboxFile:
    """Keep the file that such a sum is, to be read in a moment, and return it; the same sum is the same file.

    Raises `InvalidValue` where its payer's kind is not accepted, where its lines are not the sum, by how much, or where
    no file can say it.
    """
    in_force = parameters.as_of(uow.today)
    if said.payer_kind not in in_force.third_party_payers:
        raise InvalidValue(
            field="/payer_kind",
            problem="is not accepted here",
            reasons=(
                Reason(
                    rule="PAY-1",
                    says="whose payments for others are taken is the exchange's, but for those that must be",
                    citation=in_force.citations.get("third_party_payers", "45 CFR 156.1250"),
                ),
            ),
        )
    checked_past_date(received_on, field="/received_on", today=uow.today)
    checked_past_date(said.postmarked_on, field="/postmarked_on", today=uow.today)
    checked_postmark(said.postmarked_on, received_on=received_on, field="/postmarked_on")
    if not as_called(said.reference):
        raise InvalidValue(
            field="/number",
            problem="must have a letter or a digit other than 0",
            reasons=(Reason(rule="PAY-1", says="a third party's sum is known again by its number"),),
        )
    found = sum(each.amount_cents for each in lines)
    if found != said.amount_cents:
        raise InvalidValue(
            field="/total_cents",
            problem="is not the sum of the lines",
            reasons=(
                Reason(
                    rule="PAY-1",
                    says="the lines of a third party's sum add up to it",
                    facts={
                        "lines": format_cents(found),
                        "difference": format_cents(said.amount_cents - found),
                    },
                ),
            ),
        )
    content = write_third_party_file(said, lines, received_on=received_on)
    try:
        third_party_frame(content, today=uow.today)
    except BrokenFrame as broken:
        raise InvalidValue(field="", problem=broken.problem) from broken
    name = f"third-party-{received_on.isoformat()}-{hashlib.sha256(content).hexdigest()[:12]}.csv"
    return await store_lockbox_file(uow, name=name, content=content)
