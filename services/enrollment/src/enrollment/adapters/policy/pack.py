"""The policy pack's parameters of enrollment, with their citations."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date
from functools import lru_cache

from bulkhead.policy import PolicyPack
from enrollment.domain.parameters import EnrollmentParameters

SERVICE = "enrollment"

_CITED = tuple(each.name for each in fields(EnrollmentParameters) if each.name != "citations")


class PackParameters:
    """The parameters of a pack, as of any date."""

    def __init__(self, pack: PolicyPack) -> None:
        self._pack = pack
        self._load = lru_cache(maxsize=512)(self._read)

    def as_of(self, day: date) -> EnrollmentParameters:
        """Return the parameters in force on a date; raises `PolicyError` where the pack does not say."""
        return self._load(day)

    def _read(self, day: date) -> EnrollmentParameters:
        values = self._pack.load(SERVICE, EnrollmentParameters, day)
        citations = {name: self._pack.citation(SERVICE, name, day) for name in _CITED}
        return replace(values, citations=citations)
