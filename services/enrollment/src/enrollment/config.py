"""Enrollment's settings, read from the environment."""

from __future__ import annotations

from pydantic import Field

from bulkhead.runtime.addresses import HttpAddressOrSandbox
from bulkhead.runtime.contact_keys import ContactKeySettings


class EnrollmentSettings(ContactKeySettings):
    """Who confirms what households attest, besides what every service needs."""

    hub_url: HttpAddressOrSandbox = Field(
        validation_alias="ENROLLMENT_HUB_URL",
        description="The address of the federal hub that confirms what households attest, or `sandbox:` for one in this"
        " process that confirms everything. No request waits for it, and it may be away for weeks.",
    )
