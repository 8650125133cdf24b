"""Who acts for a subscriber who is not of age is told to the carrier as enrollment says (loop 2100G)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from gateway_builders import FAMILY, Gateway, activated, contact, paid, segments, selected, terms

from bulkhead.kernel.personal import Masked


@pytest.mark.parametrize(("until_age", "named"), [(None, False), (18, True), (5, False)])
async def test_CAR_2_who_acts_for_a_subscriber_is_named_until_the_age_that_enrollment_says(
    until_age: int | None, *, named: bool
) -> None:
    gateway = await Gateway().open()
    who = Masked("Eva Example") if until_age else None
    child = replace(FAMILY[2], relation="self")
    alone = contact(child, responsible_name=who, responsible_latin_name=who, responsible_until_age=until_age)
    await gateway.tell(alone, selected(terms(members=("june-3",))), paid(), activated())
    (begin,) = (segments(each) for each in gateway.sets())
    assert ("NM1*S1*1*Example*Eva" in begin) == named
