"""Enrollment's settings, read from the environment."""

from __future__ import annotations

from bulkhead.runtime.settings import Settings


class EnrollmentSettings(Settings):
    """Nothing beyond what every service needs."""
