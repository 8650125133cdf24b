"""``python -m invoicing``: the service's command line."""

from __future__ import annotations

from invoicing.entrypoints.cli import cli

if __name__ == "__main__":
    cli()
