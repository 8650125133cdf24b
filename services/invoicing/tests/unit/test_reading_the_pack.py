"""The pack that ships says all that invoicing needs, as the rules have it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from bulkhead.policy import PackParameters, PolicyPack
from invoicing.domain.parameters import InvoicingParameters
from services.invoicing.tests.builders import VERMONT_2016

PACK = PolicyPack.named("vermont-2016", directory=Path(__file__).parents[4] / "policy")


def test_INV_1_INV_2_INV_8_vermont_2016_reads_as_the_rules_have_it() -> None:
    parameters = PackParameters(PACK, "invoicing", InvoicingParameters)
    assert parameters.as_of(date(2015, 12, 1)) == VERMONT_2016
