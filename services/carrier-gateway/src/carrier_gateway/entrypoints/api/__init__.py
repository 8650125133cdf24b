"""The gateway's routes, a file per resource."""

from __future__ import annotations

from pathlib import Path

EXAMPLES = Path(__file__).with_name("examples.json")
"""What is asked and answered in each operation, for the document."""
