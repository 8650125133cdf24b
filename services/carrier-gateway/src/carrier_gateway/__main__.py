"""``python -m carrier_gateway``: the service's command line."""

from __future__ import annotations

from bulkhead.runtime.start import start


def main() -> None:
    """Run it."""
    start("carrier_gateway")


if __name__ == "__main__":
    main()
