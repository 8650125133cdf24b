"""``python -m stories``."""

from __future__ import annotations

from stories.cli import app

if __name__ == "__main__":
    app(prog_name="stories")
