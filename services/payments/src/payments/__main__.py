"""``python -m payments``: the service's command line."""

from __future__ import annotations

from payments.entrypoints.cli import cli

if __name__ == "__main__":
    cli()
