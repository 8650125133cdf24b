"""``python -m enrollment``: the service's command line."""

from __future__ import annotations

from enrollment.entrypoints.cli import cli

if __name__ == "__main__":
    cli()
