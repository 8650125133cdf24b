"""Everything an 834 is made from, gathered: what the composer gets and needs nothing besides."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from carrier_gateway.domain.carriers import CarrierProfile
from carrier_gateway.domain.parameters import GatewayParameters
from carrier_gateway.domain.people import Listed
from carrier_gateway.domain.records import Contact, Policy, VersionTerms
from carrier_gateway.domain.telling import Step


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrollmentOrder:
    """One set to be written: about which policy, of whom (the subscriber first), for which carrier.

    ``terms`` are those that count on the day it speaks of.
    """

    step: Step
    policy: Policy
    people: tuple[Listed, ...]
    terms: VersionTerms
    contact: Contact
    profile: CarrierProfile
    exchange: GatewayParameters
    control_number: int
    made_at: datetime
