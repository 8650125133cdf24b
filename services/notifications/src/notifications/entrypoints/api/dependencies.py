"""What the API needs besides its database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bulkhead.kernel.webhooks import WebhookDoor
from notifications.application.drafts import Drafting


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependencies:
    """Whose mail events are let in, the seconds since 1970, also where the exchange's clock stands still, and what
    drafts of notices are made with.
    """

    webhooks: WebhookDoor
    wall_seconds: Callable[[], float]
    drafting: Drafting
