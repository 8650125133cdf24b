"""The builders of this service's tests are importable as ``gateway_builders`` and ``carriers_desk``."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
