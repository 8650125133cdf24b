"""All facts of an exchange in memory, so that two that lived through the same can be held against each other.

Here ids follow from what was done, so that everything can be compared; on real processes they are made anew
(`stories.everything`).
"""

from __future__ import annotations

import json
from collections import Counter

from stories.lookout import MEASURED, Lookout
from stories.vocabulary import SERVICES


async def all_facts(look: Lookout) -> Counter[str]:
    """Return everything that services said, carriers were sent and people were told, and how often; ids that are drawn,
    instants and what was measured left out.
    """
    facts: Counter[str] = Counter()
    for service in SERVICES:
        for event in await look.journal(service):
            if event["type"] in MEASURED:
                continue
            kept = {name: event[name] for name in ("type", "household", "business_date", "data")}
            facts[f"{service} said {json.dumps(kept, sort_keys=True)}"] += 1
    for carrier in look.carriers:
        for sent in await look.sets_of(carrier):
            facts[f"{carrier} was sent {sent.kind} of {sent.policy}: {sent.effective} to {sent.ends}"] += 1
    for file in await look.remittances():
        facts[f"{file.carrier} was paid {file.total_cents} on {file.issued_on}: {file.lines}"] += 1
    for notice in await look.notices():
        facts[f"{notice.household} was told {notice.type} by {notice.by} on {notice.on}: {notice.text}"] += 1
    return facts
