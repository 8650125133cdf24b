"""The setting of who says or hears how households are reached: the keys that it is sealed by on its way (ADR 0075)."""

from __future__ import annotations

from typing import Final, Self

from pydantic import Field, SecretStr, model_validator

from bulkhead.kernel.errors import BulkheadError
from bulkhead.kernel.key_rings import read_key_ring
from bulkhead.key_ring import KeyRing
from bulkhead.runtime.settings import Settings

NO_CONTACT_KEYS: Final = SecretStr("none:" + "A" * 43 + "=")
"""A key of nothing but zeros: for who seals nothing, such as a document."""


class NoContactKeys(BulkheadError):
    """No keys are set that contacts are sealed under: whoever says or hears them does not start."""


class ContactKeySettings(Settings):
    """The settings of a service that says or hears contacts."""

    contact_keys: SecretStr | None = Field(
        default=None,
        description="The keys under which the keys are sealed that seal each household's names and addresses on their"
        " way: a name, a colon and the base64 of 32 bytes, several with blanks between them. The first writes, and each"
        " reads: see `enrollment contact-keys`. Enrollment, carrier-gateway and notifications have the same. Needed by"
        " all but who migrates.",
    )

    @property
    def contact_key_ring(self) -> KeyRing:
        """The ring of these keys, which is the same for all three services. Raises `NoContactKeys`."""
        if self.contact_keys is None:
            raise NoContactKeys("BULKHEAD_CONTACT_KEYS: Field required")
        return KeyRing.read(self.contact_keys.get_secret_value(), owner="contacts")

    @model_validator(mode="after")
    def _has_keys(self) -> Self:
        """Refuse keys that cannot be any; no key is repeated."""
        if self.contact_keys is None:
            return self
        try:
            read_key_ring(self.contact_keys.get_secret_value())
        except ValueError as error:
            raise ValueError(f"BULKHEAD_CONTACT_KEYS: {error}") from None
        return self
