"""What may have to wait, each by itself: a notice that is to be sent (NOT-1), a mail that came back
(NOT-4), the manifest of a day's letters.
"""

from __future__ import annotations

from typing import Final

from bulkhead.retries.retries import RetryKind

NOTICES: Final = RetryKind("notices")

RETURNED_MAIL: Final = RetryKind("returned-mail", log_items=False)

MANIFESTS: Final = RetryKind("print-manifests")

RETRIES: Final = (NOTICES, RETURNED_MAIL, MANIFESTS)
