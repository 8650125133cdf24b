"""Any script in Latin letters, by the tables of the anyascii project."""

from __future__ import annotations

from anyascii import anyascii


class AnyAsciiNames:
    """Transliterates character by character."""

    def latin(self, text: str) -> str:
        """Return a text in ASCII; empty where nothing comes near."""
        return anyascii(text)
