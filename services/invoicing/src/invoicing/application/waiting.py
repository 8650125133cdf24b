"""What of invoicing's work may have to wait (I9)."""

from __future__ import annotations

from typing import Final

from bulkhead.retries.retries import RetryKind

EXTENSIONS: Final = RetryKind("extensions")

RETRIES: Final = (EXTENSIONS,)
