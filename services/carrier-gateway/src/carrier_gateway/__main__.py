"""``python -m carrier_gateway``: the service's command line."""

from __future__ import annotations

from carrier_gateway.entrypoints.cli import cli

if __name__ == "__main__":
    cli()
