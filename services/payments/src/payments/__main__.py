"""``python -m payments``: the service's command line."""

from __future__ import annotations

from bulkhead.runtime.start import start


def main() -> None:
    """Run it."""
    start("payments")


if __name__ == "__main__":
    main()
