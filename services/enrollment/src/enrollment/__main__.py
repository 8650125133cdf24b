"""``python -m enrollment``: the service's command line."""

from __future__ import annotations

from bulkhead.runtime.start import start


def main() -> None:
    """Run it."""
    start("enrollment")


if __name__ == "__main__":
    main()
