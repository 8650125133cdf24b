"""What of the sending may have to wait: a notice, by itself (NOT-1)."""

from __future__ import annotations

from typing import Final

from bulkhead.retries.retries import RetryKind

NOTICES: Final = RetryKind("notices")

RETRIES: Final = (NOTICES,)
