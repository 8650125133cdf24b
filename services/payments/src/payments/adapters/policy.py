"""Payments' parameters out of the policy pack."""

from __future__ import annotations

from datetime import date

from bulkhead.policy import PolicyPack
from payments.domain.parameters import ParametersOn, PaymentsParameters


def parameters_of(pack: PolicyPack) -> ParametersOn:
    """Return the pack's parameters as of any date; what it returns raises `PolicyError` where the pack is
    silent.
    """

    def parameters_on(day: date) -> PaymentsParameters:
        return pack.load("payments", PaymentsParameters, day)

    return parameters_on
