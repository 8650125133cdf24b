"""``python -m notifications``: the service's command line."""

from __future__ import annotations

from notifications.entrypoints.cli import cli

if __name__ == "__main__":
    cli()
